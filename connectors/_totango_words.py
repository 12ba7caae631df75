"""What Totango refuses, in words of the field; its own text is never carried on."""

import re
from collections.abc import Mapping
from typing import Any

from handoff.owners import Owner

NO_ACCOUNT = "it does not know the account."
SERVICE_ID = "it does not take the service id: of SP-12345-1 it wants the number between the dashes, 12345."
UNSAID = "it refused the request and does not say why."

_SAID: tuple[tuple[str, str, Owner], ...] = (
    (
        r"^(?!.*play).*\baccount\S*(\s+\S+){0,4}?\s+(not (be )?found|does not exist)|(unknown|no such) account",
        NO_ACCOUNT,
        Owner.CS_OPS,
    ),
    (
        r"not manual",
        "the SuccessPlay is not marked manual. Mark it in Totango, or name another one in the mapping.",
        Owner.PLATFORM_ADMIN,
    ),
    (
        r"not active|inactive|disabled play|play is disabled",
        "the SuccessPlay is not active. Activate it in Totango, or name another one in the mapping.",
        Owner.PLATFORM_ADMIN,
    ),
    (
        r"success ?play not found|unknown (success ?)?play",
        "there is no such SuccessPlay. Its id stands in the address of its page: correct it in the mapping.",
        Owner.REVOPS,
    ),
    (r"service.?id", SERVICE_ID, Owner.REVOPS),
    (r"assignee", "it does not know the assignee. Add the user in Totango, or name another one.", Owner.REVOPS),
    (
        r"activity.?type|flow",
        "there is no such flow, or it is disabled. Correct activity_type_id in the mapping.",
        Owner.REVOPS,
    ),
    (r"touchpoint.?type", "there is no such touchpoint type. Correct touchpointType in the mapping.", Owner.REVOPS),
    (r"tag", "there is no such touchpoint tag. Correct touchpoint_tags in the mapping.", Owner.REVOPS),
    (r"12,?000|too long|longer than|length", "a text is too long. Shorten it in the mapping.", Owner.REVOPS),
    (r"content", "the content is missing.", Owner.REVOPS),
    (r"due.?date", "it does not take the due date.", Owner.REVOPS),
    (r"title", "the title is missing.", Owner.REVOPS),
    (r"template", "there is no such template of an objective. Correct it in the mapping.", Owner.REVOPS),
    (r"terms", "the search has no terms, which is our mistake.", Owner.BRIDGE),
)


def said_in(body: Any) -> str:
    """Return the text of a refusal, under whichever name it comes; "" when there is none."""
    if isinstance(body, str):
        return body
    if not isinstance(body, Mapping):
        return ""
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    for one in (body.get("message"), body.get("error"), body.get("_error"), first):
        if isinstance(one, str) and one.strip():
            return one
        if isinstance(one, Mapping):
            return said_in(one)
    return ""


def says_why(body: Any) -> bool:
    """Return whether a 404 says more than its status does: a gateway's own is `Not Found`, of whatever address."""
    return isinstance(body, Mapping) and said_in(body).strip(" .!").casefold() not in ("", "not found")


def in_words(body: Any) -> tuple[str, Owner]:
    """Return why something was refused, and who can clear it."""
    said = said_in(body).casefold()
    for pattern, words, owner in _SAID:
        if said and re.search(pattern, said):
            return words, owner
    return UNSAID, Owner.REVOPS
