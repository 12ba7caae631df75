"""The stand-in answers the exchanges typed from the reference in the shape that stands there."""

from collections.abc import Callable

import pytest
from churnzero_tenant import GLOBEX, PRIYA, Tenant, attributes, event

from tests.golden.exchanges import names, read, sent
from tests.golden.shape import shape_differences

HOSTS = {"push": "", "pull": ""}


def an_account(tenant: Tenant) -> None:
    setting = {"action": "setAttribute", "entity": "account", "name": "Onboarding Status", "value": "New"}
    named = attributes(Name="Globex", StartDate="2026-12-01", TotalContractAmount="48000", OwnerUserAccount=PRIYA)
    tenant.push(named, setting)


def its_number(tenant: Tenant) -> None:
    """Give the account the number that the exchanges name."""
    tenant.engine.load({"Account": [{"Id": 4711, "ExternalId": GLOBEX}]}, tenant.now)
    an_account(tenant)


def an_event(tenant: Tenant) -> None:
    tenant.push(attributes(Name="Globex"), event())


def many_accounts(tenant: Tenant) -> None:
    tenant.switch(page=1)
    tenant.push(attributes(Name="Globex"), {**attributes(Name="Initech"), "accountExternalId": "other"})


def many_calls(tenant: Tenant) -> None:
    tenant.switch(hard_per_minute=1)
    tenant.pull("Account")


BEFORE: dict[str, Callable[[Tenant], None]] = {
    "account_by_external_id": an_account,
    "accounts": an_account,
    "accounts_more_to_come": many_accounts,
    "events": an_event,
    "event_types": an_event,
    "tasks": its_number,
    "journey_progress": its_number,
    "too_many_calls": many_calls,
}


@pytest.mark.parametrize("name", names("churnzero"))
def test_the_stand_in_answers_in_the_shape_the_reference_shows(name):
    golden = read("churnzero", name)
    tenant = Tenant(**golden.get("switches", {}))
    BEFORE.get(name, lambda tenant: None)(tenant)

    answer, wanted = tenant.handle(sent(golden["request"], HOSTS)), golden["response"]

    assert answer.status == wanted["status"]
    assert set(wanted["headers"]) <= set(answer.response.headers)
    if "body" in wanted:
        assert shape_differences(wanted["body"], answer.body) == []
    elif "text" in wanted:
        assert answer.response.body.decode() == wanted["text"]


@pytest.mark.parametrize("name", ["set_attributes", "set_attribute", "batch_accounts"])
def test_what_the_exchanges_push_is_taken(name):
    tenant = Tenant(csv_delay_seconds=0)

    tenant.handle(sent(read("churnzero", name)["request"], HOSTS))

    assert [row["ExternalId"] for row in tenant.held("Account")] == [GLOBEX]
    assert tenant.held("rejected") == []


def test_a_case_is_of_an_exchange():
    assert set(BEFORE) <= set(names("churnzero"))
