"""How records are named in reasons: never by what somebody typed about a person."""

import pytest

from handoff.labels import masked, named
from handoff.model import Found, How, Scope, Step
from tests.handoff.builders import a_ref


def step(kind: str, scope: Scope) -> Step:
    return Step("k", kind, kind, scope, a_ref(), {})


def test_work_is_named_by_its_kind_id_and_link_and_not_by_its_title():
    found = Found("1S01", How.ADOPT, "Call Jane Doe, jane.doe@fjord.example")

    assert named(found, step("cta", Scope.DEAL), "https://acme.example/cta/1S01") == (
        "cta (1S01) https://acme.example/cta/1S01"
    )


def test_a_company_is_named_by_its_name():
    assert named(Found("1P01", How.MATCH, "Nordwind"), step("company", Scope.ACCOUNT)) == "Nordwind (1P01)"


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Nordwind (jane.doe@fjord.example)", "Nordwind (…)"),
        ("Nordwind, +47 22 33 44 55", "Nordwind, …"),
        ("Route 66 GmbH, 2026", "Route 66 GmbH, 2026"),
    ],
)
def test_addresses_and_telephone_numbers_are_masked(label, shown):
    assert masked(label) == shown
