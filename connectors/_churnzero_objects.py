"""
What the bridge may make on ChurnZero, and what can be known of its fields without asking it.

No call makes a task, a note, a success plan, or a place in a journey, and none starts a play: an attribute or an event
sets off the play that an admin made. An attribute that nobody has defined is made by being written.
"""

from collections.abc import Mapping

from handoff.model import Scope, Write
from handoff.platforms import FieldFacts, NoteFields, ObjectFacts

DESCRIPTION = 255
"""Of an event (third-party code); our key stands at its beginning."""
ROOM = DESCRIPTION - 101
"""What is left of it behind the longest key."""
TEXT = 255
"""What an attribute surely holds; the vendor's limit is unknown."""

_DATE, _NUMBER = FieldFacts("date"), FieldFacts("number")
_ID = FieldFacts("text", TEXT, required=True)
_OF_ACCOUNT = FieldFacts("record", required=True, of="account")

ACCOUNT_FIELDS: Mapping[str, FieldFacts] = {
    "Name": FieldFacts("text", TEXT),
    "CrmId": FieldFacts("text", TEXT),
    "NextRenewalDate": _DATE,
    "TotalContractAmount": _NUMBER,
    "IsActive": FieldFacts("boolean"),
    "StartDate": _DATE,
    "EndDate": _DATE,
    "LicenseCount": _NUMBER,
    "OwnerUserAccount": FieldFacts("user"),
    "ParentAccountExternalId": FieldFacts("text", TEXT),
}
BILLING = "BillingAddress"
"""How the standard fields of an account's address begin; their whole names are in no source."""
CONTACT_FIELDS: Mapping[str, FieldFacts] = {
    "FirstName": FieldFacts("text", TEXT),
    "LastName": FieldFacts("text", TEXT),
    "Email": FieldFacts("email"),
}
PLANTED = frozenset({"appKey", "action", "entity", "Bridge Key", "allowDupes"})

OBJECTS: Mapping[str, ObjectFacts] = {
    "account": ObjectFacts(
        Scope.ACCOUNT,
        Write.IF_OURS,
        {"accountExternalId": _ID, **ACCOUNT_FIELDS},
        planted=PLANTED,
        many="accounts",
    ),
    "contact": ObjectFacts(
        Scope.DEAL,
        Write.IF_OURS,
        {"accountExternalId": _OF_ACCOUNT, "contactExternalId": _ID, **CONTACT_FIELDS},
        planted=PLANTED,
        many="contacts",
    ),
    "event": ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "accountExternalId": _OF_ACCOUNT,
            "contactExternalId": _ID,
            "eventName": FieldFacts("text", TEXT, required=True),
            "eventDate": FieldFacts("datetime", required=True),
            "description": FieldFacts("text", ROOM),
            "quantity": _NUMBER,
        },
        planted=PLANTED,
        note=NoteFields("eventName", "description", "eventDate", html=False),
        many="events",
    ),
}
