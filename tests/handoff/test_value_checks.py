"""Whether what a rule gives is what the platform's field takes."""

from typing import Any

import pytest

from connectors._gainsight_objects import OBJECTS as GAINSIGHT
from handoff.rules import FieldRule
from handoff.value_checks import mistakes_in_value

CTA, TIMELINE, COMPANY = (GAINSIGHT[name].fields for name in ("cta", "timeline", "company"))
FIELDS = {**COMPANY, **TIMELINE, **CTA, "Templates": GAINSIGHT["success_plan"].fields["Templates"]}
SENT = {"from": "receiver.email", "find": "active_user"}


def found(name: str, rule: dict[str, Any]) -> list[tuple[Any, str]]:
    return list(mistakes_in_value(name, FieldRule.model_validate(rule), FIELDS[name]))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("OwnerId", SENT),
        ("OwnerId", {"value": "1P01ABC"}),
        ("CompanyId", {"step": "company"}),
        ("CompanyId", {"from": "account.gsid"}),
        ("CompanyId", {"from": "account.id", "find": "company"}),
        ("DueDate", {"from": "go_live_on"}),
        ("DueDate", {"from": "won_at", "as": "date", "default": "2026-12-01"}),
        ("DueDate", {"value": "2026-12-01"}),
        ("ARR", {"from": "arr", "as": "decimal"}),
        ("ARR", {"value": 5}),
        ("IsImportant", {"value": True}),
        ("IsImportant", {"from": "urgent", "as": "boolean"}),
        ("Templates", {"value": ["Enterprise"]}),
        ("Author", {"from": "receiver.email", "find": "active_email"}),
        ("Author", {"value": "bridge@fjord.example"}),
        ("ActivityDate", {"from": "won_at", "as": "datetime"}),
        ("ContextName", {"from": "segment", "values": {"smb": "Company"}, "default": "Relationship"}),
        ("Name", {"text": "{account.name}", "max": 80}),
    ],
)
def test_what_a_field_takes_is_no_mistake(name, rule):
    assert found(name, rule) == []


@pytest.mark.parametrize(
    ("name", "rule", "at", "said"),
    [
        (
            "OwnerId",
            {"from": "receiver.email"},
            ("from",),
            "OwnerId takes a user, found by e-mail. Add find: active_user",
        ),
        ("OwnerId", {"value": "ida@fjord.example"}, (), "OwnerId takes a user's id, not an address. Write {from: "),
        ("Name", SENT, ("find",), "Name takes no user's id. Take `find` out"),
        ("Author", SENT, ("find",), "Author takes no user's id. Use find: active_email"),
        (
            "Author",
            {"value": "Ida"},
            ("value",),
            "Author takes an e-mail address. Write one, or {from: receiver.email,",
        ),
        ("DueDate", {"from": "x", "find": "active_email"}, ("find",), "DueDate takes no address. Take `find` out"),
        ("CompanyId", {"value": "1P02"}, (), "CompanyId takes the id of another step's record. Write {step: company}"),
        ("CompanyId", {"from": "account.id"}, ("from",), "CompanyId takes the platform's id of a record, and this is"),
        (
            "DueDate",
            {"from": "deadlines.x.due"},
            ("from",),
            "DueDate takes a day, and deadlines.x.due is a moment. Add as",
        ),
        (
            "DueDate",
            {"from": "x", "as": "datetime"},
            ("as",),
            "DueDate takes a day, not what `as: datetime` makes. Use as",
        ),
        ("DueDate", {"value": "soon"}, ("value",), "DueDate takes a day. Write it like 2026-12-01"),
        ("DueDate", {"from": "x", "default": "soon"}, ("default",), "DueDate takes a day. Write it like 2026-12-01"),
        ("DueDate", {"from": "x", "values": {"a": "soon"}}, ("values", "a"), "DueDate takes a day."),
        ("DueDate", {"text": "{won_at}"}, (), "DueDate takes a day, not a text. Use from, or value"),
        ("ARR", {"value": "large"}, ("value",), "ARR takes a number. Write one, without quotes"),
        (
            "ARR",
            {"from": "arr", "as": "date"},
            ("as",),
            "ARR takes a number, not what `as: date` makes. Use as: number",
        ),
        ("IsImportant", {"value": "sometimes"}, ("value",), "IsImportant takes yes or no. Write true or false"),
        ("Templates", {"value": "Enterprise"}, ("value",), "Templates takes a list. Write it as [a, b]"),
        ("Templates", {"text": "{segment}"}, ("text",), "Templates takes a list. Write it as [a, b]"),
        (
            "Name",
            {"from": "x", "max": 81},
            ("max",),
            "81 characters do not fit; the platform takes 80. Write at most that",
        ),
        ("Name", {"value": "x" * 81}, ("value",), "this text has 81 characters; the platform takes 80. Shorten it"),
        ("Name", {"from": "x", "default": "x" * 81}, ("default",), "this text has 81 characters;"),
        (
            "ContextName",
            {"value": "company"},
            ("value",),
            "'company' is not among the platform's values. Nearest: Company.",
        ),
        (
            "ContextName",
            {"from": "x", "values": {"a": "Cta"}},
            ("values", "a"),
            "'Cta' is not among the platform's values.",
        ),
    ],
)
def test_what_a_field_does_not_take_is_told_with_its_key_and_a_fix(name, rule, at, said):
    [(place, words)] = found(name, rule)

    assert place == at
    assert words.startswith(said)
