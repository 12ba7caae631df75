"""The stand-in driven by HubSpot's own Python client, over a socket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import (
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicFetchAssociationsBatchRequest,
)
from hubspot.crm.deals import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectId,
)
from hubspot.crm.objects.tasks import BatchInputSimplePublicObjectBatchInputForCreate
from hubspot.crm.objects.tasks import SimplePublicObjectBatchInputForCreate as NewTask
from hubspot.crm.properties import ApiException as PropertyRefused
from hubspot.crm.properties import PropertyCreate

from sandbox.clock import SimulatedClock
from sandbox.shell import Background
from sandbox.wire import Contents
from sandbox.world import World
from tests.sandbox.hubspot.hubspot_portal import ACME, ADA, BIRCH, CEDAR, COMPANY, LEE, RAE, START, contents


@pytest.fixture(scope="module")
def served() -> Iterator[Background]:
    clock = SimulatedClock(real_now=lambda: datetime.now(UTC), start=START)
    world = World(
        seed=1,
        clock=clock,
        real_now=lambda: datetime.now(UTC),
        tenant=lambda number, now: Contents({}, {"hubspot": contents()}),
    )
    with Background(world, 0) as background:
        yield background


@pytest.fixture
def client(served: Background) -> HubSpot:
    served.world.clock.advance(timedelta(minutes=1).total_seconds())
    return HubSpot(access_token="sandbox", host=served.url("hubspot"))


def test_it_searches_won_deals_in_pages(client: HubSpot) -> None:
    won = {"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"}
    asked: dict[str, Any] = {"filter_groups": [{"filters": [won]}], "properties": ["dealname"], "limit": 2}
    sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]

    first = client.crm.deals.search_api.do_search(PublicObjectSearchRequest(**asked, sorts=sorts, after="0"))
    after = first.paging.next.after
    rest = client.crm.deals.search_api.do_search(PublicObjectSearchRequest(**asked, sorts=sorts, after=after))

    assert first.total == 3
    assert [each.id for each in (*first.results, *rest.results)] == [ACME, BIRCH, CEDAR]
    assert rest.paging is None


def test_it_follows_the_list_to_its_end(client: HubSpot) -> None:
    assert {each.id for each in client.crm.deals.get_all()} == {ACME, BIRCH, CEDAR}


def test_it_reads_a_batch_with_the_history_of_the_stage(client: HubSpot) -> None:
    inputs = [SimplePublicObjectId(id=ACME), SimplePublicObjectId(id=BIRCH)]
    asked = BatchReadInputSimplePublicObjectId(
        properties=["amount"], properties_with_history=["dealstage"], inputs=inputs
    )

    read = client.crm.deals.batch_api.read(asked)

    amounts = {each.id: each.properties["amount"] for each in read.results}
    stages = [each.value for each in read.results[0].properties_with_history["dealstage"]]
    assert amounts == {ACME: "48000", BIRCH: "12000"}
    assert stages == ["closedwon", "appointmentscheduled"]


def test_it_writes_a_batch_and_hears_of_the_one_that_is_not_there(client: HubSpot, served: Background) -> None:
    inputs = [
        SimplePublicObjectBatchInput(id=each, properties={"handoff_status": "Handed off"}, object_write_trace_id=each)
        for each in (ACME, "99")
    ]

    said = client.crm.deals.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))

    deals = {each["id"]: each for each in served.world.state("hubspot", "deals")["hubspot"]["deals"]}
    assert [each.id for each in said.results] == [ACME]
    assert said.errors[0].context["ids"] == ["99"]
    assert deals[ACME]["handoff_status"] == "Handed off"


def test_a_wrong_value_is_an_error_of_the_client(client: HubSpot) -> None:
    inputs = [SimplePublicObjectBatchInput(id=ACME, properties={"dealtype": "surprise"})]

    with pytest.raises(ApiException) as refused:
        client.crm.deals.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))

    assert refused.value.status == 400
    assert "INVALID_OPTION" in refused.value.body


def test_it_reads_associations_with_their_labels(client: HubSpot) -> None:
    inputs = [PublicFetchAssociationsBatchRequest(id=ACME)]

    read = client.crm.associations.v4.batch_api.get_page(
        "deals", "contacts", BatchInputPublicFetchAssociationsBatchRequest(inputs=inputs)
    )

    (found,) = read.results[0].to
    assert str(found.to_object_id) == ADA
    assert {each.label for each in found.association_types} == {None, "Decision Maker"}


def test_it_makes_a_task_with_its_deal(client: HubSpot) -> None:
    new = NewTask(
        properties={"hs_timestamp": "2026-11-27T09:00:00Z", "hs_task_subject": "Kickoff"},
        associations=[
            {"to": {"id": ACME}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 216}]}
        ],
    )

    made = client.crm.objects.tasks.batch_api.create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=[new]))

    tied = client.crm.associations.v4.basic_api.get_page("deals", ACME, "tasks")
    assert [str(each.to_object_id) for each in tied.results] == [made.results[0].id]


def test_it_reads_owners_pipelines_and_properties(client: HubSpot) -> None:
    here = client.crm.owners.owners_api.get_page()
    gone = client.crm.owners.owners_api.get_page(archived=True)
    pipelines = client.crm.pipelines.pipelines_api.get_all("deals")
    properties = client.crm.properties.core_api.get_all("deals")

    assert ([each.id for each in here.results], [each.id for each in gone.results]) == ([RAE], [LEE])
    assert "closedwon" in [stage.id for stage in pipelines.results[0].stages]
    assert "handoff_status" in [each.name for each in properties.results]


def test_it_makes_a_property_once(client: HubSpot) -> None:
    wanted = PropertyCreate(
        name="handoff_note", label="Handoff note", group_name="handoff", type="string", field_type="text"
    )

    made = client.crm.properties.core_api.create("deals", wanted)

    assert made.name == "handoff_note"
    with pytest.raises(PropertyRefused, match="409"):
        client.crm.properties.core_api.create("deals", wanted)


def test_it_reads_a_company_by_a_unique_property(client: HubSpot) -> None:
    found = client.crm.companies.basic_api.get_by_id("hb:acme", id_property="handoff_key", properties=["name"])

    assert (found.id, found.properties["name"]) == (COMPANY, "Acme")
