"""Which calls a fault concerns."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from urllib.parse import unquote_plus

from sandbox.faults.kinds import Scope
from sandbox.stand_ins import stand_ins
from sandbox.wire import Purpose, Request

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
GROUPS: Mapping[str, Purpose] = {"reads": "read", "writes": "write", "tokens": "token"}
ROUTE = "a method, reads, writes or tokens, and a path, the beginning of one or a glob, such as POST /v2/cockpit/cta"


@dataclass(frozen=True)
class Asked:
    """One call, and what the engine says it is for."""

    system: str
    request: Request
    purpose: Purpose

    @cached_property
    def words(self) -> str:
        """The path, the query and the body, as text."""
        request = self.request
        return f"{request.path}\n{unquote_plus(request.query)}\n{request.body.decode('utf-8', 'replace')}"


@dataclass(frozen=True)
class Route:
    """The calls that a `route` means; an empty one means all."""

    method: str = ""
    purpose: Purpose | None = None
    path: str = ""

    def means(self, asked: Asked) -> bool:
        """Return whether it means this call."""
        if self.method and asked.request.method != self.method:
            return False
        if self.purpose and asked.purpose != self.purpose:
            return False
        return not self.path or self._leads_to(asked.request.path)

    def _leads_to(self, path: str) -> bool:
        if any(sign in self.path for sign in "*?["):
            return fnmatchcase(path, self.path)
        beginning = self.path.rstrip("/")
        return path == beginning or path.startswith(f"{beginning}/")

    def names_tokens(self, asked: Asked) -> bool:
        """Return whether a token call is meant expressly."""
        return self.purpose == "token" or bool(self.path)


def route(said: str) -> Route:
    """Return the route a person wrote; raises `ValueError` for what is none."""
    words = said.split()
    first = words[0] if words else ""
    method = first if first in METHODS else ""
    purpose = GROUPS.get(first)
    rest = words[1:] if method or purpose else words
    if len(rest) > 1 or (rest and not rest[0].startswith(("/", "*"))):
        raise ValueError(f"route takes {ROUTE}, not {said!r}.")
    return Route(method, purpose, rest[0] if rest else "")


def in_scope(scope: Scope, asked: Asked, route: Route) -> bool:
    """Return whether a fault of this scope can strike the call at all."""
    if scope == "api":
        return asked.purpose != "token" or route.names_tokens(asked)
    return _SCOPES[scope](asked)


def _of_query(asked: Asked) -> re.Match[str] | None:
    queries = stand_ins()[asked.system].queries if asked.system in stand_ins() else None
    return queries.fullmatch(asked.request.path) if queries else None


def _page(asked: Asked) -> bool:
    found = _of_query(asked)
    return found is not None and found["page"] is not None


def _batched(asked: Asked) -> bool:
    batches = stand_ins()[asked.system].batches if asked.system in stand_ins() else None
    return asked.purpose == "write" and batches is not None and batches.match(asked.request.path) is not None


_SCOPES: Mapping[str, Callable[[Asked], bool]] = {
    "calls": lambda asked: True,
    "writes": lambda asked: asked.purpose == "write",
    "batches": _batched,
    "queries": lambda asked: _of_query(asked) is not None,
    "pages": _page,
    "loads": lambda asked: False,
}
