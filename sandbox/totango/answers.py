"""What a handler gets, what it returns and what it raises."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.totango.org import Org
from sandbox.wire import PLAIN, Json, Record, Request, Response, Twist

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """A handler's answer before it has the gateway's headers; `body` is JSON unless it is bytes of type `kind`."""

    body: Json
    status: int = 200
    kind: str = JSON
    applied: bool = False
    records: int = 0

    def response(self, headers: Mapping[str, str], *, mutates: bool) -> Response:
        """Return what goes over the wire."""
        text = self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()
        return Response(
            self.status,
            {"content-type": self.kind, **headers},
            text,
            mutates=mutates,
            applied=self.applied,
            records=self.records,
        )


class Fault(Exception):
    """A refusal: a status and what is said of it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status, self.message = status, message


class SearchFailed(Exception):
    """A search that is answered with 200 and told to have failed."""


@dataclass(frozen=True)
class Call:
    """One authorised call: the request, the values in its path, the simulated time, the tenant and its twist."""

    request: Request
    now: datetime
    org: Org
    args: tuple[str, ...] = field(default=())
    twist: Twist = PLAIN

    @property
    def seen_from(self) -> datetime:
        """From when searches show what this call writes."""
        return self.org.shown_from(self.now, self.twist.lag)

    def fields(self) -> Record:
        """Return the fields of a write, sent as a form or as JSON; anything else is refused with 400."""
        if "form" in self.request.headers.get("content-type", ""):
            return {name: _in_form(name, value) for name, value in self.request.form().items()}
        try:
            body = self.request.json()
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Fault(400, "Invalid request body")
        return body

    def refuse(self, record: Record) -> None:
        """Raise where a fault refuses the record whatever it holds."""
        why = self.twist.refuses(0, record) if self.twist.refuses else None
        if why is not None:
            raise Fault(400, why.message or why.code or "Invalid request")

    def account(self, account_id: Json, *, status: int = 400) -> Record:
        """Return the account of an id in that very spelling; refused with `status` where there is none."""
        found = self.org.rows("accounts").get(account_id) if isinstance(account_id, str) else None
        if found is None:
            raise Fault(status, "Account not found")
        return found

    def read_account(self, account_id: str) -> None:
        """Raise where what is asked for is of an unknown account, and the tenant refuses that."""
        if self.org.choices.unknown_account_reads == "refused":
            self.account(account_id, status=self.org.choices.unknown_record)


_LISTS = ("touchpoint_tags", "participantList")


def _in_form(name: str, value: str) -> Any:
    """Return a form's value: lists and objects stand in it as JSON."""
    if name in _LISTS:
        try:
            return json.loads(value)
        except ValueError:
            return [value]
    return value
