"""The exchanges typed from the vendor's reference: the connector says what they say, and understands each answer."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.churnzero import ChurnZero
from handoff.errors import NotAllowed, Transient
from handoff.model import Customer, How, Result, User
from tests.connectors.churnzero.world import ACCOUNT, PRIYA, Script, connector, step
from tests.golden.exchanges import read

HANK = "hank.scorpio@globex.example"
KEY = "hb:main:a:won"
ATTRIBUTES = {
    "accountExternalId": ACCOUNT,
    "Name": "Globex",
    "StartDate": date(2026, 12, 1),
    "TotalContractAmount": Decimal(48000),
    "OwnerUserAccount": PRIYA,
}
EVENT = {
    "accountExternalId": ACCOUNT,
    "contactExternalId": HANK,
    "eventName": "Deal Closed Won",
    "eventDate": datetime(2026, 11, 20, 16, 0, 0, 999_000, tzinfo=UTC),
    "description": "Globex: Platform roll-out",
    "quantity": 1,
}


def answer_of(name: str) -> httpx.Response:
    response = read("churnzero", name)["response"]
    body = response["text"].encode() if "text" in response else json.dumps(response.get("body")).encode()
    return httpx.Response(response["status"], headers=response["headers"], content=body)


def asking(ask: Callable[[ChurnZero], Any], *names: str, **settings: Any) -> tuple[Any, Script]:
    script = Script(*map(answer_of, names))
    return ask(connector(script, **settings)), script


def test_attributes_and_events_are_sent_as_the_reference_has_them():
    sent = read("churnzero", "set_attributes")["request"]["body"]
    account, event = step("account", ATTRIBUTES), step("event", EVENT, key=KEY)

    def both(platform: ChurnZero) -> list[Result]:
        return [platform.put([one])[0].result for one in (account, event)]

    ends, script = asking(both, "set_attributes", "set_attributes")
    (first,), (second,) = (json.loads(one.content) for one in script.requests)

    assert ends == [Result.CREATED, Result.CREATED]
    assert first == {**sent[0], "attr_Bridge Key": account.key}
    assert second == {**sent[1], "quantity": "1"}
    assert {str(one.url) for one in script.requests} == {"https://analytics.churnzero.net/i"}


def test_a_contact_is_sent_as_the_reference_has_it():
    sent = read("churnzero", "set_contact")["request"]["body"]
    names = {"FirstName": "Hank", "LastName": "Scorpio", "Email": HANK}
    contact = step("contact", {"accountExternalId": ACCOUNT, "contactExternalId": HANK, **names})

    _, script = asking(lambda platform: platform.put([contact]), "set_contact", list_size=1)

    assert json.loads(script.requests[0].content) == {**sent, "attr_Bridge Key": contact.key}


def test_an_account_is_read_by_its_key_and_its_values_in_the_types_of_ours():
    account = step("account", {**ATTRIBUTES, "Onboarding Status": "New"})

    found, script = asking(lambda platform: platform.find([account]), "account_by_external_id")

    asked = read("churnzero", "account_by_external_id")["request"]
    assert script.requests[0].url.path == asked["path"]
    assert script.requests[0].headers["authorization"] == asked["headers"]["authorization"]
    ((one,),) = found.values()
    assert (one.ref, one.how, one.label, dict(one.holds)) == (ACCOUNT, How.MATCH, "Globex", account.payload)


def test_an_account_that_is_not_there_is_not_found():
    found, _ = asking(lambda platform: platform.find([step("account", ATTRIBUTES)]), "account_unknown")

    assert found == {}


def test_an_event_is_found_by_the_key_that_its_description_begins_with():
    # The key of the golden exchange is no key of ours: the one of a step stands in its place.
    answer = read("churnzero", "events")["response"]["body"]
    ours = step("event", EVENT)
    answer["value"][0]["Description"] = f"{ours.key} Globex: Platform roll-out"
    script = Script(httpx.Response(200, json=answer))

    found = connector(script, event_lookup="account").find([ours])

    assert script.requests[0].url.params["$filter"] == f"AccountExternalId eq '{ACCOUNT}'"
    ((one,),) = found.values()
    assert (one.how, one.label) == (How.KEY, "Deal Closed Won")
    assert one.holds == {name: EVENT[name] for name in ("eventName", "eventDate", "description", "quantity")}


def test_users_are_known_by_name_and_found_by_address():
    users, _ = asking(lambda platform: platform.people([PRIYA.upper(), "nobody@harbor.example"]), "users")

    assert users == {PRIYA: User(PRIYA, PRIYA, active=True, name="Priya Shah")}


def test_a_customer_is_known_with_its_stage_and_its_owner_s_address():
    known, _ = asking(lambda platform: platform.customers([ACCOUNT]), "account_by_external_id", "users")

    assert known == {ACCOUNT: Customer(ACCOUNT, "Globex", None, "New", PRIYA)}


def test_pages_are_asked_for_by_number_and_the_link_is_not_followed():
    more = read("churnzero", "accounts_more_to_come")["response"]["body"]
    more["@odata.nextLink"] = "https://elsewhere.example/public/v1/Account?$skip=100"
    script = Script(httpx.Response(200, json=more), answer_of("accounts"), *[answer_of("event_types")] * 3)

    pages = list(connector(script).census())

    assert [one.url.params.get("$skip") for one in script.requests] == [None, "1", None, None, None]
    assert {one.url.host for one in script.requests} == {"acme.us1app.churnzero.net"}
    assert pages == [[], [], [], [], []]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("no_add_on", NotAllowed, "The REST API is an add-on"),
        ("unauthorized", NotAllowed, "user or key is not accepted"),
    ],
)
def test_a_rest_api_that_is_not_open_says_why(name, error, words):
    with pytest.raises(error, match=words):
        asking(lambda platform: platform.customers([ACCOUNT]), name)


def test_a_rest_api_that_is_busy_is_asked_again_until_it_is_enough():
    with pytest.raises(Transient, match="too many calls"):
        asking(lambda platform: platform.customers([ACCOUNT]), *["too_many_calls"] * 4)


def test_a_refusal_names_the_field_and_nothing_else():
    outcomes, _ = asking(lambda platform: platform.put([step("event", EVENT)]), "refused")

    assert [(one.result, one.reason) for one in outcomes] == [
        (Result.REJECTED, "ChurnZero refused what eventName says.")
    ]
