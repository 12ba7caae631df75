"""Faults that change what the data show: refused records, lag, late commits, pages, fields and people's edits."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.wire import Cut
from sandbox.world import SandboxError
from tests.sandbox.faulty import (
    ACCOUNT,
    DATA,
    DEAL,
    OTHER,
    START,
    activities,
    companies,
    ctas,
    gainsight,
    names,
    query_companies,
    said,
    salesforce,
    small_world,
    soql,
    write_back,
)

MANY = [f"006{number:012}AAA" for number in range(100, 130)]


@pytest.fixture
def world():
    return small_world()


def deals(world, *ids):
    fields = {"StageName": "Closed Won", "CloseDate": "2026-03-01"}
    world.load({"salesforce": {"Opportunity": [{"Id": each, "Name": each, **fields} for each in ids]}})


def seen(world, statement="SELECT Id, Name FROM Opportunity ORDER BY Id"):
    return [row["Name"] for row in said(world.handle("salesforce", soql(statement)))["records"]]


def pages(world, statement):
    """Return the ids of every page of a statement."""
    found, answer = [], said(world.handle("salesforce", soql(statement)))
    while True:
        found.append([row["Id"] for row in answer["records"]])
        if answer["done"]:
            return found
        answer = said(world.handle("salesforce", later(answer)))


def later(answer):
    return salesforce("GET", answer["nextRecordsUrl"].removeprefix(f"{DATA}/"))


def deal(world, number=DEAL):
    rows = world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]
    return next(row for row in rows if row["Id"] == number)


def test_one_bad_record_sinks_an_atomic_batch_and_the_answer_does_not_say_which(world):
    world.faults([{"system": "gainsight", "do": "bad_record", "record": "Bad"}])

    answer = world.handle("gainsight", companies("Good", "Bad AG"))

    assert (answer.status, answer.applied) == (400, False)
    assert said(answer)["result"] is False
    assert said(answer)["data"]["count"] == 0
    assert said(answer)["data"]["errors"][0][0]["errors"][0]["errorCode"] == said(answer)["errorCode"] == "GSOBJ_1008"
    assert names(world, "Company") == ["Acme"]
    assert world.handle("gainsight", companies("Good")).status == 200


def test_a_bad_record_of_a_cta_call_fails_by_itself(world):
    world.faults([{"system": "gainsight", "do": "bad_record", "record": "key-Bad", "code": "COCKPIT_9700"}])

    data = said(world.handle("gainsight", ctas("Good", "Bad")))["data"]

    assert [list(each) for each in data["success"]] == [["1"]]
    assert [list(each) for each in data["failure"]] == [["2"]]
    assert data["failure"][0]["2"].startswith("COCKPIT_9700: ")
    assert names(world, "call_to_action") == ["Good"]


def test_a_bad_record_of_a_timeline_call_fails_by_itself(world):
    world.faults([{"system": "gainsight", "do": "bad_record", "record": "k2", "message": "No"}])

    data = said(world.handle("gainsight", activities("k1", "k2")))["data"]

    assert list(data["success"]) == ["k1"]
    assert data["failures"]["k2"][0]["message"] == "No"


def test_without_a_record_the_first_of_a_call_is_bad(world):
    world.faults([{"system": "gainsight", "do": "bad_record"}])

    assert [list(each) for each in said(world.handle("gainsight", ctas("A", "B")))["data"]["failure"]] == [["1"]]


@pytest.mark.parametrize(("strict", "codes"), [(False, [None, "FIELD_CUSTOM_VALIDATION_EXCEPTION"]), (True, "all")])
def test_a_bad_record_of_salesforce_fails_alone_or_with_all(world, strict, codes):
    world.faults([{"system": "salesforce", "do": "bad_record", "record": OTHER}])

    entries = said(world.handle("salesforce", write_back(DEAL, OTHER, strict=strict)))

    told = [each["errors"][0]["statusCode"] if each["errors"] else None for each in entries]
    if codes == "all":
        codes = ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]
    assert told == codes
    assert "id" not in entries[1]
    assert names(world, "Opportunity", "NextStep") == ([None, None] if strict else ["Kickoff", None])


def test_a_single_write_of_a_bad_record_is_refused_in_the_vendor_s_shape(world):
    world.faults([{"system": "salesforce", "do": "bad_record", "record": DEAL, "code": "STRING_TOO_LONG"}])

    answer = world.handle("salesforce", salesforce("PATCH", f"sobjects/Opportunity/{DEAL}", {"NextStep": "x"}))

    assert answer.status == 400
    assert said(answer)[0]["errorCode"] == "STRING_TOO_LONG"
    assert deal(world)["NextStep"] is None


def test_two_bad_records_of_one_call_are_both_refused(world):
    world.faults([{"system": "gainsight", "do": "bad_record", "record": f"key-{name}"} for name in ("A", "C")])

    data = said(world.handle("gainsight", ctas("A", "B", "C")))["data"]

    assert [list(each) for each in data["failure"]] == [["1"], ["3"]]
    assert [each["struck"] for each in world.faults_set()] == [1, 1]


def test_a_bad_record_that_a_call_only_speaks_of_does_not_strike(world):
    world.faults([{"system": "salesforce", "do": "bad_record", "record": "Kickoff"}])

    assert said(world.handle("salesforce", write_back(DEAL)))[0]["success"] is True
    assert world.struck()["bad_record"] == 0


def test_a_batch_succeeds_in_part_where_it_is_atomic_otherwise(world):
    world.faults([{"system": "gainsight", "do": "partial", "share": 0.5}])

    answer = world.handle("gainsight", companies("A", "B", "C", "D"))

    assert answer.status == 200
    assert said(answer)["data"]["count"] == 2
    assert len(said(answer)["data"]["errors"]) == 2
    assert len(names(world, "Company")) == 3


def test_a_share_of_ctas_is_refused_at_least_one(world):
    world.faults([{"system": "gainsight", "do": "partial", "share": 0.01}])

    data = said(world.handle("gainsight", ctas("A", "B", "C")))["data"]

    assert (len(data["success"]), len(data["failure"])) == (2, 1)


def test_rows_that_salesforce_cannot_lock_can_be_tried_again(world):
    world.faults([{"system": "salesforce", "do": "partial", "times": 1}])

    entries = said(world.handle("salesforce", write_back(DEAL, OTHER)))

    errors = [each["errors"][0] for each in entries if not each["success"]]
    assert errors == [
        {
            "statusCode": "UNABLE_TO_LOCK_ROW",
            "message": "unable to obtain exclusive access to this record",
            "fields": [],
        }
    ]
    assert all(each["success"] for each in said(world.handle("salesforce", write_back(DEAL, OTHER))))


def test_what_a_call_made_is_not_in_gainsight_s_queries_for_a_while(world):
    world.faults([{"system": "gainsight", "do": "lag", "seconds": 30, "times": 1}])
    world.handle("gainsight", companies("Lagging"))
    world.handle("gainsight", companies("Prompt"))

    def found():
        return [row["Name"] for row in said(world.handle("gainsight", query))["data"]["records"]]

    query = query_companies("Lagging", "Prompt")
    assert found() == ["Prompt"]
    world.clock.advance(29)
    assert found() == ["Prompt"]
    world.clock.advance(1)
    assert found() == ["Lagging", "Prompt"]


@pytest.mark.parametrize("call", [ctas("A"), activities("A")])
def test_ctas_and_activities_lag_too(world, call):
    world.faults([{"system": "gainsight", "do": "lag"}])
    world.handle("gainsight", call)

    def count():
        objects = ("call_to_action", "activity_timeline")
        asked = (gainsight("POST", f"/v1/data/objects/query/{name}", {"select": ["Gsid"]}) for name in objects)
        return sum(len(said(world.handle("gainsight", each))["data"]["records"]) for each in asked)

    assert count() == 0
    world.clock.advance(5)
    assert count() == 1


def test_what_a_call_made_is_not_in_soql_for_a_while_and_can_be_read_by_id(world):
    world.faults([{"system": "salesforce", "do": "lag", "seconds": 30}])
    made = said(world.handle("salesforce", salesforce("POST", "sobjects/Account", {"Name": "Lagging"})))["id"]

    statement = "SELECT Id, Name FROM Account"
    assert seen(world, statement) == ["Acme"]
    assert world.handle("salesforce", salesforce("GET", f"sobjects/Account/{made}")).status == 200
    world.clock.advance(30)
    assert seen(world, statement) == ["Acme", "Lagging"]


def updated(world):
    window = {"start": "2026-03-10T11:00:00+00:00", "end": "2026-03-10T13:00:00+00:00"}
    return said(world.handle("salesforce", salesforce("GET", "sobjects/Opportunity/updated", query=urlencode(window))))


def test_a_late_commit_appears_later_with_the_stamp_of_its_beginning(world):
    world.faults([{"system": "salesforce", "do": "late_commit", "seconds": 90, "record": MANY[0]}])
    world.clock.advance(10)  # 12:00:40
    deals(world, MANY[0])
    world.clock.advance(5)
    deals(world, MANY[1])
    world.clock.advance(60)

    assert seen(world) == ["Rocket", "Sledge", MANY[1]]
    assert world.handle("salesforce", salesforce("GET", f"sobjects/Opportunity/{MANY[0]}")).status == 404
    assert updated(world)["latestDateCovered"] == "2026-03-10T12:00:40.000+0000"

    world.clock.advance(25)
    assert seen(world) == ["Rocket", "Sledge", MANY[0], MANY[1]]
    assert deal(world, MANY[0])["SystemModstamp"] == "2026-03-10T12:00:40.000+0000"
    assert deal(world, MANY[1])["SystemModstamp"] == "2026-03-10T12:00:45.000+0000"
    assert updated(world)["latestDateCovered"] == "2026-03-10T12:02:10.000+0000"
    assert world.struck() == {"late_commit": 1}


def test_until_a_late_commit_the_record_is_as_it_was_and_locked(world):
    world.faults([{"system": "salesforce", "do": "late_commit"}])
    world.load({"salesforce": {"Opportunity": [{"Id": DEAL, "Name": "Renamed"}]}})

    entries = said(world.handle("salesforce", write_back(DEAL, OTHER)))

    assert seen(world) == ["Rocket", "Sledge"]
    assert entries[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert entries[1]["success"] is True
    world.clock.advance(60)
    assert seen(world) == ["Renamed", "Sledge"]
    assert said(world.handle("salesforce", write_back(DEAL)))[0]["success"] is True


def test_a_late_commit_comes_also_when_the_faults_are_cleared_meanwhile(world):
    world.faults([{"system": "salesforce", "do": "late_commit"}])
    deals(world, MANY[0])
    world.faults([])

    assert MANY[0] not in seen(world)
    world.clock.advance(60)
    assert MANY[0] in names(world, "Opportunity")


@pytest.mark.parametrize("later", [30, 300])
def test_what_people_change_later_is_not_undone_by_a_late_commit(world, later):
    world.faults([{"system": "salesforce", "do": "late_commit", "seconds": 60, "times": 1}])
    world.load({"salesforce": {"Opportunity": [{"Id": DEAL, "NextStep": "first", "Name": "Renamed"}]}})
    world.clock.advance(later)

    world.load({"salesforce": {"Opportunity": [{"Id": DEAL[:15], "NextStep": "second"}]}})

    world.clock.advance(60)
    assert (deal(world, DEAL)["NextStep"], deal(world, DEAL)["Name"]) == ("second", "Renamed")
    moment = (START + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert deal(world, DEAL)["SystemModstamp"] == moment


def test_an_edit_beside_a_call_is_not_undone_by_a_late_commit_nor_locked_out_by_it(world):
    world.faults(
        [
            {"system": "salesforce", "do": "late_commit", "times": 1},
            {"system": "salesforce", "do": "edit_record", "set": {"Description": "second"}, "times": 1},
        ]
    )
    world.load({"salesforce": {"Opportunity": [{"Id": DEAL, "Description": "first"}]}})

    entries = said(world.handle("salesforce", write_back(DEAL)))

    world.clock.advance(60)
    assert deal(world, DEAL)["Description"] == "second"
    assert entries[0]["success"] is True


def test_what_refers_to_a_deal_that_is_not_committed_yet_lets_it_commit_first(world):
    world.faults([{"system": "salesforce", "do": "late_commit", "times": 1}])
    deals(world, MANY[0])

    item = {"OpportunityId": MANY[0], "Quantity": 1, "UnitPrice": 10}
    world.load({"salesforce": {"OpportunityLineItem": [item]}})

    assert deal(world, MANY[0])["HasOpportunityLineItem"] is True


def test_a_late_commit_wakes_no_deal_that_went_with_its_account(world):
    world.faults([{"system": "salesforce", "do": "late_commit", "times": 1}])
    world.load({"salesforce": {"Opportunity": [{"Id": DEAL, "NextStep": "first"}]}})

    world.load({"salesforce": {"Account": [{"Id": ACCOUNT, "_deleted": True}]}})

    world.clock.advance(60)
    assert names(world, "Opportunity") == []


def test_a_clock_that_steps_past_a_late_commit_lets_the_call_see_it(world):
    world.faults([{"system": "salesforce", "do": do} for do in ("late_commit", "clock_step")])
    deals(world, MANY[0])

    assert MANY[0] in seen(world)


edits = st.tuples(st.sampled_from([DEAL, OTHER]), st.sampled_from(["won", "open", "task", "delete"]))
waits = st.sampled_from([10, 50, 200])


@settings(max_examples=60, deadline=None)
@given(done=st.lists(edits | waits, max_size=12), seed=st.integers(0, 1000))
def test_late_commits_change_when_something_is_seen_and_nothing_else(done, seed):
    late = [{"system": "salesforce", "do": "late_commit", "seconds": 60, "rate": 0.5, "seed": seed}]

    assert left_by(done, late) == left_by(done, [])


def left_by(done, faults):
    """Return what people's edits and waits come to in the end, stamps and all."""
    world, deleted = small_world(), set()
    world.faults(faults)
    for place, each in enumerate(done):
        if isinstance(each, int):
            world.clock.advance(each)
        elif each[0] not in deleted:
            load_edit(world, *each, text=str(place))
            deleted |= {each[0]} if each[1] == "delete" else set()
    world.clock.advance(60)
    return [
        sorted(str([row[field] for field in fields]) for row in world.state("salesforce", name)["salesforce"][name])
        for name, fields in (
            ("Opportunity", ("Id", "NextStep", "StageName", "IsDeleted", "SystemModstamp")),
            ("OpportunityHistory", ("OpportunityId", "StageName", "CreatedDate")),
            ("Task", ("WhatId", "Subject", "IsDeleted")),
        )
    ]


def load_edit(world, number, action, text):
    changes = {
        "won": {"StageName": "Closed Won", "NextStep": text},
        "open": {"StageName": "Prospecting", "NextStep": text},
        "delete": {"_deleted": True},
    }
    if action == "task":
        world.load({"salesforce": {"Task": [{"Subject": text, "WhatId": number}]}})
    else:
        world.load({"salesforce": {"Opportunity": [{"Id": number, **changes[action]}]}})


def test_an_id_of_15_characters_locks_its_record_too(world):
    world.faults([{"system": "salesforce", "do": "late_commit"}])
    world.load({"salesforce": {"Opportunity": [{"Id": DEAL[:15], "Name": "Renamed"}]}})

    entries = said(world.handle("salesforce", write_back(DEAL)))

    assert entries[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_a_load_is_found_by_a_name_in_any_letters(world):
    world.faults([{"system": "salesforce", "do": "late_commit", "record": "Müller"}])

    world.load({"salesforce": {"Opportunity": [{"Id": DEAL, "Name": "Müller GmbH"}]}})

    assert names(world, "Opportunity") == ["Rocket", "Sledge"]


def test_a_load_that_is_wrong_is_refused_at_once_and_not_late(world):
    world.faults([{"system": "salesforce", "do": "late_commit"}])

    with pytest.raises(SandboxError, match="no stage"):
        world.load({"salesforce": {"Opportunity": [{"Name": "X", "StageName": "Nowhere"}]}})

    world.clock.advance(60)
    assert seen(world) == ["Rocket", "Sledge"]
    assert world.struck()["late_commit"] == 0


def test_ties_of_one_second_need_no_fault(world):
    deals(world, *MANY[:3])

    assert len({deal(world, each)["SystemModstamp"] for each in MANY[:3]}) == 1


def test_an_expired_cursor_is_gone_for_good(world):
    deals(world, *MANY)
    world.load({"tenant": {"page_size": 10}})
    world.faults([{"system": "salesforce", "do": "expire_cursor", "times": 1}])
    first = said(world.handle("salesforce", soql("SELECT Id FROM Opportunity")))

    for _ in range(2):
        answer = world.handle("salesforce", later(first))
        assert answer.status == 400
        assert said(answer)[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert world.struck() == {"expire_cursor": 1}


def test_pages_vary_in_length_and_lose_nothing(world):
    deals(world, *MANY)
    world.faults([{"system": "salesforce", "do": "short_pages", "least": 2, "most": 9}])

    found = pages(world, "SELECT Id FROM Opportunity ORDER BY Id")

    assert [each for page in found for each in page] == [DEAL, OTHER, *MANY]
    assert len({len(page) for page in found[:-1]}) > 1
    assert all(2 <= len(page) <= 9 for page in found[:-1])


def test_rows_of_the_page_before_come_again_and_none_is_missing(world):
    deals(world, *MANY)
    world.load({"tenant": {"page_size": 10}})
    world.faults([{"system": "salesforce", "do": "repeat_rows", "rows": 2, "nth": 1}])

    found = pages(world, "SELECT Id FROM Opportunity ORDER BY Id")

    assert found[1][:2] == found[0][-2:]
    assert [each for page in found for each in page] == [DEAL, OTHER, *MANY[:8], *MANY[6:]]


def test_a_field_vanishes_from_describe_queries_and_writes_of_salesforce(world):
    world.faults([{"system": "salesforce", "do": "hide_field", "field": "Opportunity.NextStep", "nth": 2}])
    ask = soql("SELECT NextStep FROM Opportunity")

    assert world.handle("salesforce", ask).status == 200
    assert said(world.handle("salesforce", ask))[0]["errorCode"] == "INVALID_FIELD"
    described = said(world.handle("salesforce", salesforce("GET", "sobjects/Opportunity/describe")))
    assert "NextStep" not in {field["name"] for field in described["fields"]}
    entry = said(world.handle("salesforce", write_back(DEAL)))[0]
    assert entry["errors"][0]["statusCode"] == "INVALID_FIELD"

    world.faults([])
    assert world.handle("salesforce", ask).status == 200


def test_a_field_that_lost_its_write_permission_can_still_be_read(world):
    world.faults([{"system": "salesforce", "do": "hide_field", "field": "Opportunity.NextStep", "lose": "write"}])

    entry = said(world.handle("salesforce", write_back(DEAL)))[0]

    assert entry["errors"][0]["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert world.handle("salesforce", soql("SELECT NextStep FROM Opportunity")).status == 200


def test_a_field_vanishes_from_gainsight(world):
    world.faults([{"system": "gainsight", "do": "hide_field", "field": "call_to_action.Bridge_Key__gc"}])

    failed = said(world.handle("gainsight", ctas("A")))["data"]["failure"]
    asked = gainsight("POST", "/v1/data/objects/query/call_to_action", {"select": ["Bridge_Key__gc"]})

    assert "Bridge_Key__gc" in failed[0]["1"]
    assert world.handle("gainsight", asked).status == 400
    world.faults([])
    assert world.handle("gainsight", asked).status == 200


def test_fields_hidden_by_the_set_up_stay_hidden(world):
    world.load({"tenant": {"hidden_fields": ["Opportunity.Type"]}})
    world.faults([{"system": "salesforce", "do": "hide_field", "field": "Opportunity.NextStep"}])
    world.handle("salesforce", soql("SELECT Id FROM Opportunity"))

    for field in ("Type", "NextStep"):
        assert world.handle("salesforce", soql(f"SELECT {field} FROM Opportunity")).status == 400
    world.faults([])
    assert world.handle("salesforce", soql("SELECT Type FROM Opportunity")).status == 400


@pytest.mark.parametrize("field", ["Opportunity.Nowhere", "Nowhere.Name", "NextStep"])
@pytest.mark.parametrize("system", ["salesforce", "gainsight"])
def test_a_field_that_does_not_exist_is_refused_when_the_fault_is_set(world, system, field):
    with pytest.raises(SandboxError, match="field"):
        world.faults([{"system": system, "do": "hide_field", "field": field}])


@pytest.mark.parametrize(("when", "step"), [("before", "Kickoff"), ("after", "Theirs")])
def test_a_person_edits_the_record_that_a_call_names_right_before_or_after_it(world, when, step):
    fault = {"system": "salesforce", "do": "edit_record", "route": "writes", "when": when}
    world.faults([{**fault, "set": {"NextStep": "Theirs", "Amount": 7}}])

    world.handle("salesforce", write_back(OTHER))

    assert (deal(world, OTHER)["NextStep"], deal(world, OTHER)["Amount"]) == (step, 7)
    assert deal(world)["Amount"] is None


def test_a_person_who_saves_without_a_change_moves_the_stamps(world):
    world.faults([{"system": "salesforce", "do": "edit_record", "record": DEAL}])
    world.clock.advance(60)

    seen(world)

    assert deal(world)["SystemModstamp"] > deal(world, OTHER)["SystemModstamp"]
    assert deal(world)["Name"] == "Rocket"


def test_a_person_edits_what_an_answer_named(world):
    world.faults([{"system": "salesforce", "do": "edit_record", "when": "after", "action": "delete"}])

    assert seen(world) == ["Rocket", "Sledge"]
    assert seen(world) == ["Sledge"]


def test_a_person_edits_the_record_that_the_fault_names(world):
    world.faults([{"system": "salesforce", "do": "edit_record", "record": "Sledge", "set": {"Name": "Hammer"}}])

    assert seen(world) == ["Rocket", "Hammer"]


def test_a_deal_is_reopened_and_won_again(world):
    world.faults([{"system": "salesforce", "do": "edit_record", "record": DEAL, "action": "reopen", "times": 1}])
    seen(world)
    assert (deal(world)["IsWon"], deal(world)["IsClosed"]) == (False, False)

    world.faults([{"system": "salesforce", "do": "edit_record", "record": DEAL, "action": "win", "times": 1}])
    seen(world)
    assert deal(world)["IsWon"] is True
    rows = world.state("salesforce", "OpportunityHistory")["salesforce"]["OpportunityHistory"]
    stages = [row["StageName"] for row in rows if row["OpportunityId"] == DEAL]
    assert stages == ["Closed Won", "Negotiation/Review", "Closed Won"]


def test_a_won_deal_that_is_won_again_was_open_between(world):
    world.faults([{"system": "salesforce", "do": "edit_record", "record": DEAL, "action": "win", "times": 1}])
    seen(world)

    rows = world.state("salesforce", "OpportunityHistory")["salesforce"]["OpportunityHistory"]
    stages = [row["StageName"] for row in rows if row["OpportunityId"] == DEAL]
    assert stages == ["Closed Won", "Negotiation/Review", "Closed Won"]


def test_accounts_are_merged_and_the_deals_go_to_the_one_that_stays(world):
    winner = "001000000000002AAA"
    world.load({"salesforce": {"Account": [{"Id": winner, "Name": "Acme Group"}]}})
    world.faults([{"system": "salesforce", "do": "edit_record", "action": "merge", "into": winner, "times": 1}])

    world.handle("salesforce", write_back(DEAL))

    assert names(world, "Account") == ["Acme Group"]
    assert {deal(world, each)["AccountId"] for each in (DEAL, OTHER)} == {winner}
    assert winner != ACCOUNT


def test_a_merge_takes_along_all_that_hangs_on_the_account(world):
    winner, branch = "001000000000002AAA", "001000000000003AAA"
    accounts = [{"Id": each, "Name": each, "ParentId": ACCOUNT} for each in (winner, branch)]
    task = {"Subject": "Call", "WhatId": ACCOUNT}
    world.load(
        {"salesforce": {"Account": accounts, "Task": [task], "Contact": [{"LastName": "Holm", "AccountId": ACCOUNT}]}}
    )
    world.faults([{"system": "salesforce", "do": "edit_record", "action": "merge", "into": winner, "times": 1}])

    world.handle("salesforce", write_back(DEAL))

    assert names(world, "Task", "WhatId") == [winner]
    assert names(world, "Contact", "AccountId") == [winner]
    parents = zip(names(world, "Account"), names(world, "Account", "ParentId"), strict=True)
    assert list(parents) == [(winner, None), (branch, winner)]


def test_a_merge_wakes_no_deal_that_was_deleted(world):
    world.load({"salesforce": {"Account": [{"Name": "Acme Group"}], "Opportunity": [{"Id": OTHER, "_deleted": True}]}})
    world.faults([{"system": "salesforce", "do": "edit_record", "action": "merge", "times": 1}])

    world.handle("salesforce", write_back(DEAL))

    assert world.struck() == {"edit_record": 1}
    assert names(world, "Opportunity") == ["Rocket"]


def test_a_person_edits_the_company_that_a_gainsight_call_names(world):
    gsid = world.state("gainsight", "Company")["gainsight"]["Company"][0]["Gsid"]
    fault = {
        "system": "gainsight",
        "do": "edit_record",
        "object": "Company",
        "when": "after",
        "set": {"Name": "Theirs"},
    }
    world.faults([{**fault, "route": "PUT"}])
    body = {"records": [{"Gsid": gsid, "Name": "Ours"}]}

    world.handle("gainsight", gainsight("PUT", "/v1/data/objects/Company", body, query="keys=Gsid"))

    assert names(world, "Company") == ["Theirs"]


def test_an_edit_that_cannot_be_done_strikes_nothing_and_is_told(world):
    world.faults([{"system": "salesforce", "do": "edit_record", "record": DEAL, "set": {"Colour": "red"}}])

    assert seen(world) == ["Rocket", "Sledge"]
    (report,) = world.faults_set()
    assert report["struck"] == 0
    assert "Colour" in report["error"]


def test_a_fault_in_the_data_does_not_strike_a_call_that_was_not_carried_out(world):
    world.faults([{"system": "gainsight", "do": "lag"}, {"system": "gainsight", "do": "refuse"}])

    with pytest.raises(Cut):
        world.handle("gainsight", companies("A"))

    assert [each["struck"] for each in world.faults_set()] == [0, 1]
