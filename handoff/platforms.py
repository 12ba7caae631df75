"""
What the bridge may make on each platform, and what can be known of its fields without asking it.

Sources: the vendors' references. A field that is not listed here may exist all the same; `check --live` asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handoff.model import Scope, Write


@dataclass(frozen=True)
class FieldFacts:
    """
    One standard field.

    `longest` bounds its text in characters, `values` lists all it takes, `takes` says what kind of value it is: text,
    date, datetime, number, user (the id of one), email, company, record (another step's id; of the object that `of`
    names), list, or any.
    """

    takes: str = "any"
    longest: int | None = None
    values: tuple[str, ...] = ()
    required: bool = False
    of: str = ""


@dataclass(frozen=True)
class NoteFields:
    """Which fields of a note hold its title, its body, and its moment."""

    title: str
    body: str
    moment: str


@dataclass(frozen=True)
class ObjectFacts:
    """
    One kind of step.

    `write` is the mode of its fields where the mapping names none. `complete` says that `fields` lists all standard
    fields, so that any other name is a mistake. `planted` are written by the connector and cannot be mapped.
    `children` are the lists of records it can be made with, `adopts` the fields it can be adopted by. `one_of` are
    groups of fields of which one is required.
    """

    scope: Scope
    write: Write
    fields: Mapping[str, FieldFacts]
    complete: bool = False
    planted: frozenset[str] = frozenset()
    children: tuple[str, ...] = ()
    adopts: tuple[str, ...] = ()
    matches: bool = False
    one_of: tuple[tuple[str, ...], ...] = ()
    note: NoteFields | None = None
    child_fields: Mapping[str, FieldFacts] = field(default_factory=dict)


def _text(longest: int | None = None, *, required: bool = False, values: tuple[str, ...] = ()) -> FieldFacts:
    return FieldFacts("text", longest, values, required)


_DATE, _USER, _RECORD, _NUMBER = FieldFacts("date"), FieldFacts("user"), FieldFacts("record"), FieldFacts("number")
_KEYS = frozenset({"Gsid", "referenceId", "Bridge_Key__gc"})
CTA_NAME = 80
"""Longer names are cut in Cockpit's views (vendor's rules page); the hard limit is unknown."""
RICH_TEXT = 30_000
"""Below the 32,000 that rich text fields usually take; the vendor's limit is unknown."""

GAINSIGHT: Mapping[str, ObjectFacts] = {
    "company": ObjectFacts(
        Scope.ACCOUNT,
        Write.IF_OURS,
        {
            "Name": _text(255, required=True),
            "SfdcAccountId": _text(18),
            "Industry": _text(255),
            "ARR": _NUMBER,
            "Employees": _NUMBER,
            "LifecycleInWeeks": _NUMBER,
            "OriginalContractDate": _DATE,
            "RenewalDate": _DATE,
            "Stage": _text(),
            "Status": _text(),
            "Csm": _USER,
            "ParentCompanyName": _text(255),
            "CurrencyIsoCode": _text(3),
        },
        planted=_KEYS,
        matches=True,
    ),
    "success_plan": ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "Name": _text(CTA_NAME, required=True),
            "CompanyId": FieldFacts("record", required=True, of="company"),
            "OwnerId": FieldFacts("user", required=True),
            "SuccessPlanType": _text(required=True),
            "status": _text(),
            "DueDate": _DATE,
            "ActionPlan": _text(RICH_TEXT),
            "Templates": FieldFacts("list"),
        },
        complete=True,
        planted=_KEYS | {"Objectives"},
        children=("Objectives",),
        adopts=("SuccessPlanType", "status"),
        child_fields={
            "Name": _text(CTA_NAME, required=True),
            "DueDate": _DATE,
            "OwnerId": _USER,
            "OwnerEmail": FieldFacts("email"),
            "status": _text(),
            "priority": _text(),
            "reason": _text(),
            "Comments": _text(RICH_TEXT),
        },
    ),
    "cta": ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "Name": _text(CTA_NAME, required=True),
            "CompanyId": FieldFacts("record", required=True, of="company"),
            "CtaGroupId": FieldFacts("record", of="success_plan"),
            "OwnerId": FieldFacts("user", required=True),
            "type": _text(required=True),
            "reason": _text(required=True),
            "status": _text(required=True),
            "priority": _text(required=True),
            "DueDate": FieldFacts("date", required=True),
            "Comments": _text(RICH_TEXT),
            "IsImportant": FieldFacts("boolean"),
        },
        complete=True,
        planted=_KEYS,
        adopts=("type", "reason", "status", "priority"),
    ),
    "timeline": ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "GsCompanyId": FieldFacts("record", of="company"),
            "companyName": _text(255),
            "ContextName": _text(
                required=True,
                values=("Company", "Relationship", "CTA", "SuccessPlan", "Scorecard", "ScorecardMeasure", "Milestone"),
            ),
            "ContextId": _RECORD,
            "TypeName": _text(required=True),
            "Author": FieldFacts("email", required=True),
            "Subject": _text(255, required=True),
            "Notes": _text(RICH_TEXT, required=True),
            "ActivityDate": FieldFacts("datetime"),
            "internalAttendees": FieldFacts("list"),
            "externalAttendees": FieldFacts("list"),
        },
        complete=True,
        planted=frozenset({"ExternalId", "Gsid", "ActivityId"}),
        one_of=(("GsCompanyId", "companyName"),),
        note=NoteFields("Subject", "Notes", "ActivityDate"),
    ),
}

PLATFORMS: Mapping[str, Mapping[str, ObjectFacts]] = {"gainsight": GAINSIGHT}

CUSTOM = ("__gc", "__c")
"""How the names of a customer's own fields end."""
