"""What ChurnZero is sent, and what is said of it: accepted is all that an answer tells."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from handoff.errors import BridgeBug, NotAllowed
from handoff.model import Result, Step
from handoff.ports import Identity
from tests.connectors.churnzero.world import ACCOUNT, OTHER, Script, StandIn, connector, step

MOMENT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
GIF = httpx.Response(200, headers={"content-type": "image/gif"}, content=b"GIF89a")


def event(description: str = "Harbor lights", **more: Any) -> Step:
    payload = {
        "accountExternalId": ACCOUNT,
        "contactExternalId": "sales-handoff",
        "eventName": "Deal Closed Won",
        "eventDate": MOMENT,
        "description": description,
    }
    return step("event", payload, **more)


def account(**attributes: Any) -> Step:
    return step("account", {"accountExternalId": ACCOUNT, "Name": "Globex", **attributes})


def test_what_is_taken_is_said_to_be_accepted_and_not_verified():
    (outcome,) = StandIn().connector(verify=False).put([account()])

    assert (outcome.result, outcome.ref) == (Result.CREATED, ACCOUNT)
    assert outcome.reason.startswith("accepted, not verified")


def test_what_churnzero_drops_without_a_word_counts_as_accepted_and_is_not_found():
    tenant = StandIn()
    platform = tenant.connector()
    dropped = account(OwnerUserAccount="nobody")

    (outcome,) = platform.put([dropped])

    assert outcome.result is Result.CREATED
    assert platform.find([dropped]) == {}


def test_a_hundred_actions_go_in_one_call_and_fewer_where_a_tenant_takes_fewer():
    steps = [event(name=f"won_{number}") for number in range(101)]
    usual, small = StandIn(), StandIn()

    usual.connector().put(steps)
    small.connector(list_size=30).put(steps)

    assert [len(one) for one in usual.pushed()] == [100, 1]
    assert [len(one) for one in small.pushed()] == [30, 30, 30, 11]
    assert usual.connector().calls(steps) == 2


def test_one_action_at_a_time_is_not_sent_as_a_list():
    tenant = StandIn()

    tenant.connector(list_size=1).put([event()])

    assert isinstance(tenant.pushed()[0], dict)
    assert len(tenant.rows("Event")) == 1


def test_an_event_s_description_begins_with_its_key_and_fits():
    tenant = StandIn()
    long = event("word " * 100)

    tenant.connector().put([long])

    (row,) = tenant.rows("Event")
    assert row["Description"].startswith(f"{long.key} word word")
    assert 240 < len(row["Description"]) <= 255
    assert row["Description"].endswith("…")


def test_the_same_event_sent_twice_is_there_once_and_duplicates_are_never_allowed():
    tenant = StandIn()
    platform = tenant.connector(verify=False)

    first, second = platform.put([event()]), platform.put([event()])

    assert first == second
    assert len(tenant.rows("Event")) == 1
    assert all("allowDupes" not in action for call in tenant.pushed() for action in call)


def test_without_the_rest_api_an_event_whose_answer_is_lost_is_sent_again_at_once():
    tenant = StandIn()
    tenant.lose = 1

    (outcome,) = tenant.connector(verify=False).put([event()])

    assert outcome.result is Result.CREATED
    assert (len(tenant.asked), len(tenant.rows("Event"))) == (2, 1)


def test_with_the_rest_api_an_event_whose_answer_is_lost_is_in_doubt_and_found():
    tenant = StandIn()
    platform = tenant.connector()
    tenant.lose = 1

    (outcome,) = platform.put([event()])
    ((found,),) = platform.find([event()]).values()

    assert (outcome.result, outcome.ref) == (Result.UNKNOWN, None)
    assert len(tenant.pushed()) == 1
    assert found.ref.startswith(f"{ACCOUNT}/2026-03-10T09:30:00Z/")


def test_an_event_is_natural_only_where_it_cannot_be_looked_up():
    with_, without = StandIn().connector(), StandIn().connector(verify=False)

    assert with_.kinds["event"].identity is Identity.FINDABLE
    assert without.kinds["event"].identity is Identity.NATURAL
    assert (with_.kinds["account"].looks_first, without.kinds["account"].looks_first) == (True, False)


def test_a_note_of_a_change_does_not_have_the_name_that_sets_off_plays():
    tenant = StandIn()
    payload = {**event().payload, "eventName": "Changed after the handoff: Globex", "description": "Amount: 1 → 2"}
    note = step("event", payload, name="change-1a2b3c4d")

    tenant.connector().put([note])

    assert [row["EventTypeName"] for row in tenant.rows("Event")] == ["Deal Changed After Handoff"]
    assert tenant.rows("Task") == []


@pytest.mark.parametrize("field", ["contactExternalId", "eventName", "eventDate"])
def test_an_event_that_would_be_dropped_is_refused_and_not_sent(field):
    tenant = StandIn()
    payload = {name: value for name, value in event().payload.items() if name != field}

    (outcome,) = tenant.connector().put([step("event", payload)])

    assert (outcome.result, tenant.asked) == (Result.REJECTED, [])
    assert outcome.reason.startswith(f"{field}:")


def test_an_event_that_is_there_cannot_be_changed():
    (outcome,) = StandIn().connector().put([event(ref=f"{ACCOUNT}/2026-03-10T09:30:00Z/1a2b3c4d")])

    assert (outcome.result, "cannot be changed" in outcome.reason) == (Result.REJECTED, True)


def test_a_short_salesforce_id_is_refused():
    (outcome,) = StandIn().connector().put([step("account", {"accountExternalId": ACCOUNT[:15], "Name": "Globex"})])

    assert (outcome.result, "18 characters" in outcome.reason) == (Result.REJECTED, True)


def test_an_update_without_news_is_not_sent():
    tenant = StandIn()

    (outcome,) = tenant.connector().put([step("account", {}, ref=ACCOUNT)])

    assert (outcome.result, tenant.asked) == (Result.UNCHANGED, [])


def test_where_a_tenant_refuses_in_words_the_bad_one_stands_alone_and_nothing_is_doubled():
    tenant = StandIn(bad_parameters="422")
    steps = [event(name=f"won_{number}") for number in range(8)]
    steps[5] = step("event", {**event().payload, "eventDate": "soon"}, name="won_5")

    outcomes = tenant.connector().put(steps)

    assert [one.result for one in outcomes].count(Result.CREATED) == 7
    assert (outcomes[5].result, outcomes[5].key) == (Result.REJECTED, steps[5].key)
    assert len(tenant.rows("Event")) == 7


def test_a_wrong_application_key_stops_the_connector_where_the_tenant_tells():
    answer = httpx.Response(422, content=b"appKey is wrong")

    with pytest.raises(NotAllowed, match="Application Keys"):
        connector(Script(answer)).put([event()])


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "https://elsewhere.example/i"}),
        httpx.Response(404, content=b"Not Found"),
        httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html>"),
    ],
)
def test_what_is_no_picture_is_not_taken_for_an_answer_of_churnzero(answer):
    with pytest.raises(NotAllowed, match="region"):
        connector(Script(answer)).put([event()])


def test_what_is_left_waits_when_access_ends_on_the_way():
    steps = [event(name="won_1"), event(name="won_2")]

    outcomes = connector(Script(GIF, httpx.Response(401)), list_size=1).put(steps)

    assert [one.result for one in outcomes] == [Result.CREATED, Result.WAITING]


def test_two_deals_with_one_contact_are_both_among_its_keys():
    tenant = StandIn()
    tenant.load(Account=[{"ExternalId": ACCOUNT}])
    platform = tenant.connector()
    payload = {"accountExternalId": ACCOUNT, "contactExternalId": "ida@globex.example", "FirstName": "Ida"}
    first = step("contact", payload)
    second = step("contact", payload, key=first.key.replace("006000000000001AAA", "006000000000002AAA"))

    platform.put([first])
    platform.find([second])
    platform.put([second])

    (row,) = tenant.rows("Contact")
    assert row["CfBridgeKey"].split() == [first.key, second.key]
    assert [one.key for page in platform.census() for one in page] == [first.key, second.key]


def test_the_application_key_is_never_in_an_address_and_a_reading_connector_never_pushes():
    tenant = StandIn()
    tenant.connector().put(
        [
            account(),
        ]
    )

    with pytest.raises(BridgeBug):
        tenant.connector(read_only=True).put([account()])

    assert [str(one.url) for one in tenant.asked] == ["https://analytics.churnzero.net/i"]


def test_steps_of_two_kinds_are_not_put_in_one_go():
    with pytest.raises(BridgeBug):
        StandIn().connector().put([account(), event()])


def test_no_account_is_taken_for_another():
    tenant = StandIn()
    platform = tenant.connector()
    platform.put([account(), step("account", {"accountExternalId": OTHER, "Name": "Initech"})])

    found = platform.find([step("account", {"accountExternalId": OTHER})])

    assert [(one.ref, one.label) for some in found.values() for one in some] == [(OTHER, "Initech")]
