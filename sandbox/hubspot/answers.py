"""Answers in the vendor's words: what went wrong, what a call got, and what one call is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.wire import PLAIN, Json, Record, Request, Twist

if TYPE_CHECKING:
    from sandbox.hubspot.portal import Portal

NO_CREDENTIALS = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details "
    "at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)
_SCOPES_PAGE = "https://developers.hubspot.com/scopes"


@dataclass
class Fault(Exception):
    """A call that is refused."""

    message: str
    category: str | None = "VALIDATION_ERROR"
    status: int = 400
    more: Record = field(default_factory=dict)

    def body(self, correlation_id: str) -> Record:
        """Return the body of the answer."""
        body = {"status": "error", "message": self.message, "correlationId": correlation_id}
        return {**body, **({"category": self.category} if self.category else {}), **self.more}


@dataclass(frozen=True)
class Reply:
    """What a call got, and what the journal says of it."""

    body: Json
    status: int = 200
    applied: bool = False
    records: int = 0


@dataclass(frozen=True)
class Call:
    """One call: `args` are the parts of its path, `version` is `v3`, `v4` or a date."""

    portal: "Portal"
    request: Request
    now: datetime
    args: Mapping[str, str]
    version: str
    twist: Twist = PLAIN

    def body(self) -> Record:
        """Return the JSON object sent; an empty body is one without keys."""
        if not self.request.body.strip():
            return {}
        try:
            body = self.request.json()
        except json.JSONDecodeError as error:
            raise Fault(f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}") from error
        except ValueError as error:
            raise Fault("Invalid input JSON on line 1, column 1: not UTF-8") from error
        if not isinstance(body, dict):
            raise Fault("Invalid input JSON on line 1, column 1: Cannot deserialize value")
        return body

    def inputs(self) -> list[Record]:
        """Return the inputs of a batch, those that are objects."""
        inputs = self.body().get("inputs")
        return [each for each in inputs if isinstance(each, dict)] if isinstance(inputs, list) else []

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number of the query string from 1 to `most`."""
        text = self.request.params().get(name) or str(default)
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise Fault(f"Invalid value for query parameter {name}: {text}. It must be from 1 to {most}.")
        return int(text)

    def flag(self, name: str) -> bool:
        """Return whether a parameter of the query string says true."""
        return self.request.params().get(name, "").lower() == "true"


def not_found() -> Fault:
    """Return the refusal of a record that is not there."""
    return Fault("resource not found", "OBJECT_NOT_FOUND", 404)


def no_route() -> Fault:
    """Return the refusal of an address that is none."""
    return Fault("resource not found", None, 404)


def stranger(category: str = "INVALID_AUTHENTICATION") -> Fault:
    """Return the refusal of a key that is not good, or no longer."""
    expired = category == "EXPIRED_AUTHENTICATION"
    return Fault("The OAuth token used to make this call expired." if expired else NO_CREDENTIALS, category, 401)


def missing_scopes(scopes: Sequence[str]) -> Fault:
    """Return the refusal of a token without one of these scopes."""
    more = {
        "errors": [
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        "links": {"scopes": _SCOPES_PAGE},
    }
    said = (
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here -> "
    )
    return Fault(f"{said}{_SCOPES_PAGE}.", "MISSING_SCOPES", 403, more)


def too_many(policy: str) -> Fault:
    """Return the refusal above a limit: `TEN_SECONDLY_ROLLING` or `DAILY`."""
    more = {"errorType": "RATE_LIMIT", "policyName": policy}
    return Fault(f"You have reached your {policy.lower()} limit.", None, 429, more)


def too_many_searches(*, policy_name: bool) -> Fault:
    """Return the refusal above the limit of searches."""
    more: Record = {"policyName": "SECONDLY"} if policy_name else {}
    return Fault("You have reached your secondly limit.", "RATE_LIMITS", 429, more)


def invalid(problems: Sequence[Record], portal_id: int) -> Fault:
    """Return the refusal of properties: a JSON list inside the text."""
    said = [
        {
            "isValid": False,
            "message": each["message"],
            "error": each["error"],
            "name": each["name"],
            "localizedErrorMessage": each["message"],
            "portalId": portal_id,
        }
        for each in problems
    ]
    return Fault(f"Property values were not valid: {json.dumps(said, separators=(',', ':'), ensure_ascii=False)}")
