"""The vendor's envelopes: what a handler returns, what it raises, and how both are spelled."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sandbox.gainsight.org import Org
from sandbox.wire import PLAIN, Json, Record, Refusal, Request, Twist


@dataclass(frozen=True)
class Reply:
    """A handler's answer before it has its request id; `applied` and `records` are for the journal."""

    body: Record
    status: int = 200
    applied: bool = False
    records: int = 0


class Words(NamedTuple):
    """A code and its text."""

    code: str
    text: str


BROKEN = Words("GU_1101", "Oops, something went wrong.")


class Fault(Exception):
    """A refusal of the whole call."""

    def __init__(self, status: int, body: Record) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Call:
    """One authorised call: the request, the values in its path, the simulated time, the tenant and its twist."""

    request: Request
    now: datetime
    org: Org
    args: tuple[str, ...] = field(default=())
    twist: Twist = PLAIN

    def refused(self, place: int, record: Any) -> Refusal | None:
        """Return why the record sent at a place is refused whatever it holds, or None."""
        if self.twist.refuses is None or not isinstance(record, dict):
            return None
        return self.twist.refuses(place, record)

    def payload(self, code: str) -> Record:
        """Return the body's JSON object; anything else is refused with 400 and `code`."""
        try:
            body = json.loads(self.request.body, parse_constant=_no_constant)
            if b"\\ud" in self.request.body.lower():
                json.dumps(body, ensure_ascii=False).encode()  # half a character could not be answered with
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Fault(400, refusal(code, "Invalid request body"))
        return body


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def envelope(data: Json, *, result: bool = True) -> Record:
    """Return the usual envelope around `data`."""
    return {
        "result": result,
        "errorCode": None,
        "errorDesc": None,
        "requestId": None,
        "data": data,
        "message": None,
    }


def refusal(code: str, desc: str, data: Json = None) -> Record:
    """Return the usual envelope of a refusal."""
    return {**envelope(data, result=False), "errorCode": code, "errorDesc": desc}


def unauthorized() -> Record:
    """Return the body of a 401, which has no `data`."""
    body = {**refusal("GS_APIG_2401", "Unauthorized"), "message": "Unauthorized"}
    del body["data"]
    return body


def list_of_text(value: Any) -> list[str] | None:
    """Return `value` when it is a list of texts, else None."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    return None
