"""Every fault there is: what the caller sees, which calls it can strike, and its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.faults.arguments import LONGEST, Argument, Fields, Number, count, flag, one_of, seconds, share, text
from sandbox.stand_ins import stand_ins

Scope = Literal["calls", "api", "writes", "batches", "queries", "pages", "loads"]

SCOPES: Mapping[Scope, str] = {
    "calls": "every call, token calls too",
    "api": "every call; a token call only where `route` names it",
    "writes": "writes",
    "batches": "writes of CTAs, plans and activities, and HubSpot's batches",
    "queries": "queries and their later pages",
    "pages": "later pages of a query",
    "loads": "what people change through `POST /load`, one load being one transaction",
}


@dataclass(frozen=True)
class Kind:
    """
    One fault that can be set.

    A fault that `decides` settles what the caller gets: of several such faults the first strikes a call. One of `some`
    systems is one that a stand-in must name to have it.
    """

    sees: str
    scope: Scope = "api"
    decides: bool = False
    some: bool = False
    arguments: Mapping[str, Argument] = field(default_factory=dict)


_CODE = text("", "the vendor's code; empty: the one documented for it")
_MESSAGE = text("", "the vendor's text; empty: the one documented for it")

KINDS: Mapping[str, Kind] = {
    "refuse": Kind("No connection. Nothing was done.", "calls", decides=True),
    "reset_before": Kind("The connection is closed without an answer. Nothing was done.", "calls", decides=True),
    "reset_after": Kind("The connection is closed without an answer. The call was carried out.", "calls", decides=True),
    "lose_answer": Kind(
        "Nothing until the caller's own time-out of 10 s. The call was carried out.", "calls", decides=True
    ),
    "slow": Kind(
        "The right answer, late.",
        "calls",
        arguments={"seconds": seconds(3.0, "how late, in real time", high=600)},
    ),
    "status": Kind(
        "An error of the vendor or of a proxy in front of it.",
        "calls",
        decides=True,
        arguments={
            "status": one_of(503, 500, 502, 504, 423, 477, says="the status; the last two are HubSpot's"),
            "form": one_of("html", "json", "empty", says="the body; `json` is the vendor's own"),
            "applied": flag(False, "whether the call was carried out all the same"),
        },
    ),
    "too_many": Kind(
        "429, and of Salesforce 403 `REQUEST_LIMIT_EXCEEDED` (concurrent requests). Nothing was done.",
        decides=True,
        arguments={
            "form": one_of("json", "plain", "empty", says="the body; `json` is the vendor's own, others are a 429"),
            "retry_after": Number(None, "whole seconds, or null", "`Retry-After`; null: none", 0, 3600, True, True),
        },
    ),
    "daily_limit": Kind(
        "429, and of Salesforce 403 `REQUEST_LIMIT_EXCEEDED` (total requests). Nothing was done.",
        decides=True,
    ),
    "unauthorized": Kind(
        "401. Nothing was done.",
        decides=True,
        arguments={
            "form": one_of("json", "html", "object", says="the body; `object` is a JSON object where a list is due"),
            "reset": flag(False, "whether no token given before is good any more"),
        },
    ),
    "truncate": Kind(
        "The answer's body cut off in the middle. The call was carried out.",
        decides=True,
        arguments={"at": share(0.5, "which share of the body arrives")},
    ),
    "result_false": Kind(
        "200 with `result: false`.",
        decides=True,
        some=True,
        arguments={"applied": flag(False, "whether the call was carried out all the same")},
    ),
    "partial": Kind(
        "Some records of a batch refused, the others written.",
        "writes",
        arguments={"share": share(0.5, "which share is refused, at least one"), "code": _CODE, "message": _MESSAGE},
    ),
    "drop_reference": Kind(
        "A record that was written is missing from the answer.",
        "batches",
        some=True,
    ),
    "bad_record": Kind(
        "The records that `record` names (else the first) are refused; an atomic call as a whole.",
        "writes",
        arguments={"code": _CODE, "message": _MESSAGE},
    ),
    "lag": Kind(
        "Queries and lists do not show what the call made, for a while.",
        "writes",
        arguments={"seconds": seconds(5.0, "how long, in simulated time")},
    ),
    "late_commit": Kind(
        "What people changed appears late with the stamp of its beginning; until then it is locked, and "
        "`latestDateCovered` stays at that beginning.",
        "loads",
        some=True,
        arguments={"seconds": seconds(60.0, "how late, in simulated time")},
    ),
    "expire_cursor": Kind("400 `INVALID_QUERY_LOCATOR`, for every open cursor.", "pages", some=True),
    "short_pages": Kind(
        "A page of a query shorter than asked for.",
        "queries",
        some=True,
        arguments={"least": count(1, "its shortest length"), "most": count(50, "its longest length")},
    ),
    "repeat_rows": Kind(
        "The last rows of the page before, again at the start of this one; none is missing.",
        "pages",
        some=True,
        arguments={"rows": count(1, "how many")},
    ),
    "hide_field": Kind(
        "A field is gone from describe, queries and writes, or can only be read, until the faults are cleared.",
        arguments={
            "field": text(
                "",
                "object and field; empty: `Opportunity.NextStep`, `deals.hs_next_step`, `Company.Industry`",
                "Object.Field",
            ),
            "lose": one_of("sight", "write", says="what is lost; `write` not in Gainsight"),
        },
    ),
    "edit_record": Kind(
        "A person edits a record right before or after the call.",
        arguments={
            "when": one_of("before", "after", says="when"),
            "object": text("", "the record's object; empty: `Opportunity`, `deals`, `call_to_action`"),
            "action": one_of(
                "set",
                "delete",
                "reopen",
                "win",
                "merge",
                says="what the person does; in Gainsight one of the first two",
            ),
            "set": Fields({}, "an object of fields", "what the person writes; nothing: only the stamps move"),
            "into": text("", "the id of the record that stays when two are merged"),
        },
    ),
    "clock_step": Kind(
        "The simulated clock, and so `Date`, jumps before the call is handled.",
        "calls",
        arguments={"seconds": seconds(3600.0, "how far; backwards below 0", low=-LONGEST)},
    ),
}


def systems_with(do: str) -> tuple[str, ...]:
    """Return the systems that have a kind of fault."""
    return tuple(name for name, one in stand_ins().items() if not KINDS[do].some or do in one.faults)
