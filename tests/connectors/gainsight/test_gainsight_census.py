"""What Gainsight holds of ours, whatever anybody else knows."""

import httpx
import pytest

from handoff.model import How
from tests.connectors.gainsight.world import Script, StandIn, connector, gsid, step

GLOBEX = gsid("1P02", 1)
ACCOUNT = "001A0000006Vm9uIAC"
QUERY = "/v1/data/objects/query/"


def counted(platform):
    return [one for page in platform.census() for one in page]


def test_every_record_with_a_key_of_ours_is_counted_and_no_other():
    gainsight = StandIn()
    gainsight.load(
        Company=[
            {"Gsid": GLOBEX, "Name": "Globex", "SfdcAccountId": ACCOUNT[:15], "Bridge_Key__gc": "hb:a:company"},
            {"Gsid": gsid("1P02", 2), "Name": "Initech"},
        ],
        call_to_action=[
            {"Gsid": gsid("1S01", 1), "Name": "a", "Bridge_Key__gc": "hb:a:cta", "IsClosed": True},
            {"Gsid": gsid("1S01", 2), "Name": "b", "Bridge_Key__gc": "another tool's"},
        ],
        cta_group=[{"Gsid": gsid("1S02", 1), "Name": "a", "CompanyId": GLOBEX, "Bridge_Key__gc": "hb:a:plan"}],
        activity_timeline=[
            {"Gsid": gsid("1A01", 1), "ExternalId": "hb:a:brief", "GsCompanyId": GLOBEX},
            {"Gsid": gsid("1A01", 2), "ExternalId": "zendesk-77"},
        ],
    )

    found = counted(connector(gainsight, rows_per_query=1))

    assert [(one.kind, one.key, one.of, one.closed) for one in found] == [
        ("company", "hb:a:company", ACCOUNT, False),
        ("success_plan", "hb:a:plan", GLOBEX, False),
        ("cta", "hb:a:cta", "", True),
        ("timeline", "hb:a:brief", GLOBEX, False),
    ]
    assert all(one.made_at is not None and one.changed_at is not None for one in found)


@pytest.mark.parametrize("paging", ["keyset", "offset"])
def test_it_is_counted_to_the_last_page_each_record_once(paging):
    gainsight = StandIn()
    rows = [{"Gsid": gsid("1S01", n), "Name": "x", "Bridge_Key__gc": f"hb:{n}"} for n in range(7)]
    gainsight.load(call_to_action=rows)

    found = counted(connector(gainsight, rows_per_query=2, census_paging=paging))

    assert [one.key for one in found] == [f"hb:{n}" for n in range(7)]


def test_records_that_did_not_change_since_are_left_out():
    gainsight = StandIn()
    gainsight.load(Company=[{"Gsid": GLOBEX, "Name": "Globex", "Bridge_Key__gc": "hb:old"}])
    gainsight.clock.advance(3_600)
    since = gainsight.clock.now()
    gainsight.load(Company=[{"Gsid": gsid("1P02", 2), "Name": "Initech", "Bridge_Key__gc": "hb:new"}])

    found = [one for page in connector(gainsight).census(since) for one in page]

    assert [one.key for one in found] == ["hb:new"]


def test_a_tenant_without_the_stamps_is_counted_all_the_same():
    gainsight = StandIn(hidden_fields=["Company.ModifiedDate", "Company.CreatedDate"])
    gainsight.load(Company=[{"Gsid": GLOBEX, "Name": "Globex", "Bridge_Key__gc": "hb:a"}])

    (one,) = counted(connector(gainsight))

    assert (one.key, one.made_at, one.changed_at) == ("hb:a", None, None)


def test_counting_writes_nothing():
    gainsight = StandIn()

    counted(connector(gainsight, read_only=True))

    assert {path.startswith(QUERY) for _, path in gainsight.asked} == {True}


def test_what_is_counted_is_what_a_look_up_finds():
    gainsight = StandIn()
    gainsight.load(call_to_action=[{"Gsid": gsid("1S01", 1), "Name": "a", "Bridge_Key__gc": "hb:main:a:cta"}])
    platform = connector(gainsight)

    (one,) = counted(platform)

    assert platform.find([step("cta", one.key)])[one.key][0].ref == one.ref
    assert platform.find([step("cta", one.key)])[one.key][0].how is How.KEY


def test_a_deleted_record_is_said_to_be_deleted_and_another_is_not():
    gainsight = StandIn()
    gainsight.load(Company=[{"Gsid": GLOBEX, "Name": "Globex"}, {"Gsid": gsid("1P02", 2), "Name": "Initech"}])
    gainsight.load(Company=[{"Gsid": GLOBEX, "_deleted": True}])

    said = connector(gainsight).deleted([GLOBEX, gsid("1P02", 2), gsid("1P02", 3)])

    assert said == {GLOBEX: gainsight.clock.now().replace(microsecond=0)}


def test_a_tenant_without_a_log_of_deletions_proves_nothing():
    refused = {"result": False, "errorCode": "GSOBJ_1006", "errorDesc": "Requested object not found"}

    assert connector(Script(httpx.Response(400, json=refused))).deleted([GLOBEX]) == {}
    assert connector(Script(), delete_log_object="").deleted([GLOBEX]) == {}
