"""Every path the stand-in serves, and who answers it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.gainsight import cockpit, metadata, objects, plans, timeline
from sandbox.gainsight.answers import Call, Reply

Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """One path and method; `family` is the limit it counts against, `mutates` what the journal says."""

    method: str
    path: re.Pattern[str]
    handler: Handler
    mutates: bool = False
    family: str = "sync"


def _route(method: str, path: str, handler: Handler, *, mutates: bool = False, family: str = "sync") -> Route:
    pattern = re.sub(r"\{\w+\}", "([^/]+)", path)
    return Route(method, re.compile(pattern + "/?"), handler, mutates, family)


_OBJECTS = "/v1/data/objects"
_META = "/v1/meta/services"
TOKEN = "/v1/users/m2m/oauth/token"
ROUTES = (
    _route("POST", f"{_OBJECTS}/query/{{object}}", objects.query),
    _route("POST", f"{_OBJECTS}/{{object}}", objects.insert, mutates=True),
    _route("PUT", f"{_OBJECTS}/{{object}}", objects.update, mutates=True),
    _route("GET", f"{_OBJECTS}/{{object}}/{{gsid}}", objects.read),
    _route("DELETE", f"{_OBJECTS}/{{object}}/{{gsid}}", objects.delete, mutates=True),
    _route("GET", f"{_META}/objects/list", metadata.objects_list),
    _route("POST", f"{_META}/objects/describe", metadata.describe_many),
    _route("GET", f"{_META}/objects/{{object}}/describe", metadata.describe_one),
    _route("POST", f"{_META}/objects", metadata.describe_all),
    _route("GET", f"{_META}/dropdowns/{{category}}", metadata.dropdown),
    _route("POST", "/v2/cockpit/cta", cockpit.create, mutates=True),
    _route("PUT", "/v2/cockpit/cta", cockpit.update, mutates=True),
    _route("POST", "/v2/cockpit/cta/list", cockpit.listed),
    _route("POST", "/v2/cockpit/cta/deleted/list", cockpit.deleted),
    _route("GET", "/v2/cockpit/admin/picklist/lite", cockpit.configuration),
    _route("POST", "/v2/successPlan", plans.create, mutates=True),
    _route("PUT", "/v2/successPlan", plans.update, mutates=True),
    _route("POST", "/v2/successPlan/list", plans.listed),
    _route("POST", "/v2/successPlan/deleted/list", plans.deleted),
    _route("GET", "/v2/successPlan/admin/picklist/lite", plans.configuration),
    _route("POST", "/v1/ant/es/activity", timeline.create, mutates=True, family="timeline"),
    _route("PUT", "/v1/ant/es/activity", timeline.update, mutates=True, family="timeline"),
)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a call and the values in its path, or None when the vendor has none such."""
    for route in ROUTES:
        match = route.path.fullmatch(path) if route.method == method else None
        if match is not None:
            return route, match.groups()
    return None
