"""
What the bridge may make on Totango, and what can be known of its fields without asking it.

Source: the vendor's articles. Attributes of accounts and rows are the tenant's own; `check --live` asks for them.
"""

from collections.abc import Mapping

from connectors._totango_settings import (
    ACCOUNT,
    ACCOUNT_STAMP,
    ENROLMENT,
    ENROLMENT_STAMP,
    LAST_ROW_STAMP,
    OBJECTIVE,
    PLAY,
    ROW,
    ROW_STAMP,
    ROW_STEPS,
    TASK,
    TOUCHPOINT,
)
from handoff.inspection import KEY_LENGTH
from handoff.model import Scope, Write
from handoff.platforms import FieldFacts, NoteFields, ObjectFacts, OpenWork

NAME, TEXT = 128, 512
"""The longest account name, and the longest text in an attribute of an account or a row."""
MARKER = len("\n\n[ref ]") + KEY_LENGTH
CONTENT = 12_000 - MARKER
"""What is left of a touchpoint's 12,000 characters; behind it stands our key."""


def _text(longest: int | None = None, *, required: bool = False, values: tuple[str, ...] = ()) -> FieldFacts:
    return FieldFacts("text", longest, values, required)


def _of_the_account(*, required: bool = True) -> FieldFacts:
    return FieldFacts("record", required=required, of=ACCOUNT)


OBJECTS: Mapping[str, ObjectFacts] = {
    ACCOUNT: ObjectFacts(
        Scope.ACCOUNT,
        Write.IF_OURS,
        {
            "id": _text(480, required=True),
            "account_name": _text(NAME, required=True),
            "Status": _text(TEXT),
            "Create Date": FieldFacts("date"),
            "Contract Start Date": FieldFacts("date"),
            "Contract Renewal Date": FieldFacts("date"),
            "Contract Value": FieldFacts("number"),
            "Licenses": FieldFacts("number"),
            "parent_id": _text(480),
            "sfid": _text(TEXT),
        },
        planted=frozenset({ACCOUNT_STAMP, ENROLMENT_STAMP}),
    ),
    ENROLMENT: ObjectFacts(
        Scope.ACCOUNT,
        Write.IF_EMPTY,
        {
            "account_id": _of_the_account(),
            "Customer Journey Stage": _text(TEXT),
            "Onboarding Stage": _text(TEXT),
            "Success Manager___tid": FieldFacts("email"),
            "Sales Manager___tid": FieldFacts("email"),
        },
        planted=frozenset({ACCOUNT_STAMP, ENROLMENT_STAMP}),
    ),
    PLAY: ObjectFacts(
        Scope.ACCOUNT,
        Write.CREATE_ONLY,
        {"accountId": _of_the_account(), "successplayId": _text(required=True)},
        complete=True,
        work=OpenWork(),  # the play itself says whose its tasks are, and until when
    ),
    TOUCHPOINT: ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "account_id": _of_the_account(),
            "subject": _text(),
            "content": _text(CONTENT, required=True),
            "activity_type_id": _text(),
            "touchpointType": _text(),
            "touchpoint_tags": FieldFacts("list"),
            "participantList": FieldFacts("list"),
            "created_by": FieldFacts("email"),
            "create_date": FieldFacts("datetime"),
        },
        complete=True,
        planted=frozenset({"disable_sync", "note_id", "event_id"}),
        note=NoteFields("subject", "content", "create_date", html=False),
    ),
    TASK: ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "account_id": _of_the_account(),
            "title": _text(required=True),
            "description": _text(),
            "due_date": FieldFacts("date"),
            "priority": _text(values=("1", "2", "3")),
            "assignee": FieldFacts("email"),
            "activity_type_id": _text(required=True),
            "status": _text(values=("open", "closed")),
        },
        complete=True,
        work=OpenWork("assignee", "due_date"),
    ),
    ROW: ObjectFacts(
        Scope.DEAL,
        Write.ALWAYS,
        {"account_id": _of_the_account()},
        planted=frozenset({"id", ROW_STAMP, LAST_ROW_STAMP, ROW_STEPS}),
        many="collection rows",
    ),
    OBJECTIVE: ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {"accountId": _of_the_account(), "ObjectiveTemplateId": _text(required=True)},
        complete=True,
    ),
}
