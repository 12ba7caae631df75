"""Which address is what, in both families of paths."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sandbox.hubspot import batches, linking, metadata, records, search
from sandbox.hubspot.answers import Call, Reply
from sandbox.hubspot.schema import kind_named

DATED = ("2025-09", "2026-03", "2026-09")
_CRM = re.compile(r"/crm/(?:(?P<classic>v3|v4)/(?P<family>\w+)|(?P<family2>\w+)/(?P<dated>\d{4}-\d{2}))(?P<rest>/.*)?")
_ACCOUNT = re.compile(r"/account-info/(?P<version>v3|\d{4}-\d{2})(?P<rest>/.*)")


class Route(NamedTuple):
    """One call of the API; `classic` is its version in the classic family, `reads` is false where it can change."""

    family: str
    classic: str
    method: str
    pattern: str
    handler: Callable[[Call], Reply]
    reads: bool = True
    counts_as_search: bool = False


class Found(NamedTuple):
    """A route, the parts of its path and the version asked for."""

    route: Route
    args: Mapping[str, str]
    version: str

    @property
    def scopes(self) -> list[str]:
        """The scope that the token needs, if any."""
        family = self.route.family
        if family == "owners":
            return ["crm.objects.owners.read"]
        kind = kind_named(self.args.get("type", "")) or kind_named(self.args.get("from", ""))
        if kind is None:
            return []
        right = "read" if self.route.reads else "write"
        space = "schemas" if family in ("properties", "pipelines") else "objects"
        return [f"crm.{space}.{kind.scope}.{right}"]


_T, _ONE = "/(?P<type>[^/]+)", "/(?P<type>[^/]+)/(?P<id>[^/]+)"
_TO = f"{_ONE}/associations/(?P<to>[^/]+)"
_BOTH = "/(?P<from>[^/]+)/(?P<to>[^/]+)"
_ROUTES = (
    Route("objects", "v3", "POST", f"{_T}/search", search.search, counts_as_search=True),
    Route("objects", "v3", "POST", f"{_T}/batch/read", batches.read),
    Route("objects", "v3", "POST", f"{_T}/batch/create", batches.create_all, reads=False),
    Route("objects", "v3", "POST", f"{_T}/batch/update", batches.update_all, reads=False),
    Route("objects", "v3", "POST", f"{_T}/batch/upsert", batches.upsert_all, reads=False),
    Route("objects", "v3", "POST", f"{_T}/batch/archive", batches.archive_all, reads=False),
    Route("objects", "v3", "POST", f"{_T}/merge", records.merge, reads=False),
    Route("objects", "v3", "GET", _T, records.read_list),
    Route("objects", "v3", "POST", _T, records.create_one, reads=False),
    Route("objects", "v3", "GET", _ONE, records.read_one),
    Route("objects", "v3", "PATCH", _ONE, records.update_one, reads=False),
    Route("objects", "v3", "DELETE", _ONE, records.archive_one, reads=False),
    Route("objects", "v4", "GET", _TO, linking.read_one),
    Route("objects", "v4", "PUT", f"{_TO}/(?P<to_id>[^/]+)", linking.make_one, reads=False),
    Route("objects", "v4", "DELETE", f"{_TO}/(?P<to_id>[^/]+)", linking.undo_one, reads=False),
    Route("associations", "v4", "POST", f"{_BOTH}/batch/read", linking.read_batch),
    Route("associations", "v4", "POST", f"{_BOTH}/batch/create", linking.make_batch, reads=False),
    Route("associations", "v4", "POST", f"{_BOTH}/batch/archive", linking.undo_batch, reads=False),
    Route("associations", "v4", "GET", f"{_BOTH}/labels", linking.labels),
    Route("owners", "v3", "GET", "", metadata.owners),
    Route("owners", "v3", "GET", "/(?P<id>[^/]+)", metadata.owner),
    Route("pipelines", "v3", "GET", _T, metadata.pipelines),
    Route("pipelines", "v3", "GET", _ONE, metadata.pipeline),
    Route("properties", "v3", "GET", f"{_T}/groups", metadata.groups),
    Route("properties", "v3", "POST", f"{_T}/groups", metadata.create_group, reads=False),
    Route("properties", "v3", "GET", _T, metadata.properties),
    Route("properties", "v3", "POST", _T, metadata.create_property, reads=False),
    Route("properties", "v3", "GET", f"{_T}/(?P<name>[^/]+)", metadata.one_property),
    Route("account", "v3", "GET", "/details", metadata.account),
    Route("account", "v3", "GET", "/api-usage/daily/private-apps", metadata.usage),
)
_COMPILED = tuple((route, re.compile(route.pattern)) for route in _ROUTES)


def find(method: str, path: str) -> Found | None:
    """Return the route of a call; None when there is none."""
    family, version, rest = _parts(path)
    for route, pattern in _COMPILED:
        if route.method != method or route.family != family or version not in (route.classic, *DATED):
            continue
        if matched := pattern.fullmatch(rest):
            return Found(route, matched.groupdict(), version)
    return None


def _parts(path: str) -> tuple[str, str, str]:
    path = path.rstrip("/")
    if matched := _CRM.fullmatch(path):
        family = matched["family"] or matched["family2"]
        return family, matched["classic"] or matched["dated"], matched["rest"] or ""
    if matched := _ACCOUNT.fullmatch(path):
        return "account", matched["version"], matched["rest"]
    return "", "", ""
