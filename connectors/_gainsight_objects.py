"""
What the bridge may make on Gainsight, and what can be known of its fields without asking it.

Source: the vendor's reference. A field that is not listed here may exist all the same; `check --live` asks.
"""

from collections.abc import Mapping

from handoff.model import Scope, Write
from handoff.platforms import FieldFacts, NoteFields, ObjectFacts, OpenWork

CUSTOM = ("__gc", "__c")
"""How the names of a customer's own fields end."""


def _text(longest: int | None = None, *, required: bool = False, values: tuple[str, ...] = ()) -> FieldFacts:
    return FieldFacts("text", longest, values, required)


_DATE, _USER, _RECORD, _NUMBER = FieldFacts("date"), FieldFacts("user"), FieldFacts("record"), FieldFacts("number")
_KEYS = frozenset({"Gsid", "referenceId", "Bridge_Key__gc"})
CTA_NAME = 80
"""Longer names are cut in Cockpit's views (vendor's rules page); the hard limit is unknown."""
RICH_TEXT = 30_000
"""Below the 32,000 that rich text fields usually take; the vendor's limit is unknown."""

OBJECTS: Mapping[str, ObjectFacts] = {
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
        many="companies",
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
        work=OpenWork("OwnerId", "DueDate"),
        many="success plans",
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
        work=OpenWork("OwnerId", "DueDate"),
        many="CTAs",
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
        many="timeline entries",
    ),
}
