"""What goes over the wire, without a socket: requests, responses, and the engine that answers them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable
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
    `delay`: how long the answer takes to arrive, in seconds of real time.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    mutates: bool = False
    applied: bool = False
    records: int = 0
    delay: float = 0.0


How = Literal["refused", "reset", "silent"]


class Cut(Exception):
    """
    A call that gets no answer.

    `how` is `refused` (no connection was made), `reset` (it was closed before an answer came) or `silent` (nothing
    comes until the caller gives up). Whether the call was carried out before that is in the journal.
    """

    def __init__(self, how: How) -> None:
        super().__init__(how)
        self.how = how


Purpose = Literal["read", "write", "token"]
Why = Literal["stranger", "busy", "spent", "broken"]
Loss = Literal["sight", "write"]


class Refusal(NamedTuple):
    """Why a record is refused, for good or (`passing`) for now; an empty code or text is the vendor's own."""

    code: str = ""
    message: str = ""
    passing: bool = False


@dataclass(frozen=True)
class Twist:
    """
    How one call goes otherwise than it would; without arguments it goes as ever.

    Args:
        refuses: Says of a record sent, by its place and what it holds, whether and why it is refused.
        partial: A batch that is atomic otherwise keeps its good records.
        lag: For how long queries do not show what the call makes.
        page: The longest page of a query; None leaves it to the call.
        repeat: How many rows of the page before come again.
        running_since: When the oldest transaction began that is not committed yet.
        locked: Ids of the records that such transactions hold.
    """

    refuses: Callable[[int, Record], Refusal | None] | None = None
    partial: bool = False
    lag: timedelta = timedelta(0)
    page: int | None = None
    repeat: int = 0
    running_since: datetime | None = None
    locked: frozenset[str] = frozenset()


PLAIN = Twist()


class Engine(Protocol):
    """One vendor's system, without sockets, threads or a clock of its own."""

    system: str

    def handle(self, request: Request, now: datetime, twist: Twist = PLAIN) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        ...

    def purpose(self, request: Request) -> Purpose:
        """Return what a call is for; one that the vendor does not have is a read or a write by its method."""
        ...

    def turned_away(self, why: Why, request: Request, now: datetime) -> Response:
        """
        Answer in the vendor's words a call that is not carried out.

        Because of its credentials (`stranger`), of too many calls now (`busy`) or this day (`spent`), or because
        the system itself does not work (`broken`).
        """
        ...

    def forget_logins(self) -> None:
        """Make every token given so far worth nothing; the key `sandbox` itself stays good."""
        ...

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """
        Take sight of these fields (`Object.Field`), or the right to write them, from the caller, beside the set-up.

        Fields that are no longer named come back. Raises `ValueError` for one the vendor does not have.
        """
        ...

    def mentioned(self, name: str, words: str) -> Record | None:
        """Return a copy of the first record of an object whose id stands in the words; None when there is none."""
        ...

    def state(self) -> Objects:
        """Return a copy of every record by the vendor's object name."""
        ...

    def state_of(self, name: str) -> list[Record]:
        """Return copies of one object's records; raises `ValueError` for an object the vendor does not have."""
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


@runtime_checkable
class Transactional(Engine, Protocol):
    """An engine whose queries have cursors and whose changes are transactions."""

    def forget_cursors(self) -> None:
        """Let every open query cursor expire."""
        ...

    def rehearse(self, objects: Objects, now: datetime) -> None:
        """Raise `ValueError` where `load` would; change nothing."""
        ...


@runtime_checkable
class Delayed(Engine, Protocol):
    """An engine that carries some of its calls out later."""

    def settle(self, now: datetime) -> None:
        """Carry out what is due at `now`."""
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
