"""Every path the stand-in serves, and who answers it; the hosts of the vendor are told apart by a prefix."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.totango import events, hub, lookups, objectives, plays, search, tasks, touchpoints
from sandbox.totango.answers import Call, Reply

Handler = Callable[[Call], Reply]
HOSTS = {
    "/int-hub-eu1": ("hub", "eu"),
    "/int-hub": ("hub", "us"),
    "/sdr-eu1": ("sdr", "eu"),
    "/sdr": ("sdr", "us"),
    "/api-eu1": ("api", "eu"),
}
"""What stands before a path, and which of the vendor's hosts it means; without any it is the REST API's in the US."""

TENANT = re.compile(r"/t01/[^/]+(?=/)")  # the same paths within the web app


@dataclass(frozen=True)
class Place:
    """Where a call goes: a host (`api`, `hub`, `sdr`), its region, and the path there."""

    host: str
    region: str
    path: str


@dataclass(frozen=True)
class Route:
    """One path and method; `mutates` is what the journal says."""

    method: str
    path: re.Pattern[str]
    handler: Handler
    mutates: bool


def _route(method: str, path: str, handler: Handler, *, mutates: bool | None = None) -> Route:
    pattern = re.sub(r"\{\w+\}", "([^/]+)", path)
    return Route(method, re.compile(pattern + "/?"), handler, method != "GET" if mutates is None else mutates)


TOKEN = "/oauth2/api/v1/token"
PIXEL = re.compile(r"/pixel\.gif/?")
_SEARCH = "/api/v1/search"
_OBJECTIVES = "/api/v3/objectives-collection"
API = (
    _route("POST", f"{_SEARCH}/accounts", search.accounts, mutates=False),
    _route("POST", f"{_SEARCH}/users", search.users, mutates=False),
    _route("POST", f"{_SEARCH}/accounts/collections", search.collections, mutates=False),
    _route("POST", f"{_SEARCH}/users/internal", search.totango_users, mutates=False),
    _route("POST", "/api/v2/events/search", events.search, mutates=False),
    _route("GET", "/api/v2/events", events.timeline),
    _route("GET", "/api/v3/activity-types", lookups.flows),
    _route("GET", "/api/v3/touchpoint-types", lookups.types),
    _route("GET", "/api/v3/touchpoint-tags", lookups.tags),
    _route("POST", "/api/v3/touchpoints", touchpoints.create),
    _route("PUT", "/api/v3/touchpoints/{id}", touchpoints.update),
    _route("GET", "/api/v3/touchpoints/{id}", touchpoints.read),
    _route("DELETE", "/api/v3/touchpoints/{id}", touchpoints.delete),
    _route("POST", "/api/v3/tasks", tasks.create),
    _route("PUT", "/api/v3/tasks", tasks.update),
    _route("GET", "/api/v3/tasks", tasks.listed),
    _route("GET", "/api/v3/tasks/export/csv", tasks.exported),
    _route("PUT", "/api/v3/tasks/{id}", tasks.update),
    _route("DELETE", "/api/v3/tasks/{id}", tasks.delete),
    _route("POST", "/api/v2/automations/run-manual-successplay", plays.run_manual),
    _route("GET", "/api/v3/objective-settings/status", lookups.objective_statuses),
    _route("GET", "/api/v3/objective-settings/category", lookups.objective_categories),
    _route("POST", _OBJECTIVES, objectives.create),
    _route("POST", f"{_OBJECTIVES}/create-by-template", objectives.from_template),
    _route("PUT", f"{_OBJECTIVES}/{{id}}", objectives.update),
    _route("DELETE", f"{_OBJECTIVES}/{{id}}", objectives.delete),
    _route("GET", "/api/v3/accounts/{id}/plan_summary", lookups.plan_summary),
    _route("GET", "/api/v2/teams/{id}", lookups.team),
    _route("GET", "/api/v2/scim/services/{id}/Users", lookups.scim_users),
)
HUB = (
    _route("POST", "/api/v1/accounts", hub.accounts),
    _route("POST", "/api/v1/users", hub.users),
    _route("POST", "/api/v1/collections/{type}", hub.collections),
    _route("POST", "/api/v1/usage", hub.usage),
    _route("GET", "/api/v1/status/{id}", hub.status),
)


def place(path: str) -> Place:
    """Return which host of the vendor a path is for, and the path there."""
    for prefix, (host, region) in HOSTS.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return Place(host, region, TENANT.sub("", path.removeprefix(prefix), count=1))
    return Place("api", "us", TENANT.sub("", path, count=1))


def find(method: str, where: Place) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a call and the values in its path, or None when the vendor has none such."""
    for route in {"api": API, "hub": HUB}.get(where.host, ()):
        match = route.path.fullmatch(where.path) if route.method == method else None
        if match is not None:
            return route, match.groups()
    return None
