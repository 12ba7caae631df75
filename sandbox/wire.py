"""What goes over the wire, without a socket: requests, responses, and the engine that answers them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

Json = Any
Record = dict[str, Any]
Objects = dict[str, list[Record]]


@dataclass(frozen=True)
class Contents:
    """What a tenant begins with, by system: its settings, and records in the shape of `Engine.load`."""

    settings: dict[str, dict[str, Json]]
    objects: dict[str, Objects]


@dataclass(frozen=True)
class Request:
    """
    One call as it reached the stand-in.

    `path` is decoded and starts with a slash; `query` is the raw query string without `?`;
    header names are lower case; `body` is the decoded body (chunked transfer is undone by the shell).
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def params(self) -> dict[str, str]:
        """Return the query parameters; of a repeated one the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """Return a form-encoded body's fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Json:
        """Return the JSON body; raises `ValueError` when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """
    One answer, and what the journal says of it.

    `mutates`: a write route was called, whether or not anything changed (a token call is not one).
    `applied`: something changed. `records`: how many records the call read or wrote.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    mutates: bool = False
    applied: bool = False
    records: int = 0


class Cut(Exception):
    """
    A call that gets no answer.

    `how` is `refused` (no connection was made), `reset` (it was closed before an answer came) or `silent` (nothing
    comes until the caller gives up). Whether the call was carried out before that is in the journal.
    """

    def __init__(self, how: Literal["refused", "reset", "silent"]) -> None:
        super().__init__(how)
        self.how = how


class Engine(Protocol):
    """One vendor's system, without sockets, threads or a clock of its own."""

    system: str

    def handle(self, request: Request, now: datetime) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        ...

    def state(self) -> Objects:
        """Return a copy of every record by the vendor's object name."""
        ...

    def load(self, objects: Objects, now: datetime) -> None:
        """
        Take records in `state`'s shape, as edits made by a person: stamps move to `now`.

        A record whose id is known is edited, with `"_deleted": true` deleted, otherwise created; a
        stamp that the record itself carries is kept (so history can be loaded). Raises `ValueError` for
        an object the vendor does not have.
        """
        ...

    def tenant(self, settings: Mapping[str, Json]) -> None:
        """Take the set-up of the org: `hidden_fields`, `picklists`, `inactive_users`, and the system's own switches."""
        ...


RealClock = Callable[[], datetime]


def as_json(status: int, body: Json, headers: Mapping[str, str] | None = None, **said: Any) -> Response:
    """Return a JSON response; `said` is what the journal says of it."""
    return Response(
        status,
        {"content-type": "application/json;charset=UTF-8", **(headers or {})},
        json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(),
        **said,
    )
