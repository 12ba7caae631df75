"""What is read back of Gainsight's records: the values, in the payload's own names and types."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors._gainsight_words import Refusal
from handoff.errors import BridgeBug, NotAllowed
from handoff.fingerprints import fingerprint
from handoff.model import Held, How, Result, Write
from tests.connectors.gainsight.world import Script, StandIn, connector, gsid, step

KIM, LEE = gsid("1P01", 1), gsid("1P01", 2)
GLOBEX = gsid("1P02", 1)
ACCOUNT = "001A0000006Vm9uIAC"
USERS = [
    {"Gsid": KIM, "Email": "kim.csm@acme.example", "Name": "Kim Csm"},
    {"Gsid": LEE, "Email": "lee@acme.example", "Name": "Lee"},
]
CUSTOM = {"Kickoff__gc": "DATETIME", "Live__gc": "BOOLEAN", "Story__gc": "RICHTEXTAREA", "Seats__gc": "NUMBER"}
DESCRIBE = ("POST", "/v1/meta/services/objects/describe")


def world(**switches):
    fields = dict.fromkeys(("Company", "call_to_action", "cta_group"), CUSTOM)
    stand_in = StandIn(custom_fields=fields, **switches)
    stand_in.load(gsuser=USERS, Company=[{"Gsid": GLOBEX, "Name": "Globex", "SfdcAccountId": ACCOUNT}])
    return stand_in


@pytest.fixture
def gainsight():
    return world()


CTA = {
    "Name": "Onboard Globex",
    "CompanyId": GLOBEX,
    "OwnerId": KIM,
    "type": "Lifecycle",
    "reason": "Onboarding",
    "status": "New",
    "priority": "High",
    "DueDate": date(2026, 4, 1),
    "Comments": "<p>Sold</p>",
}
PLAN = {
    "Name": "Globex: first 90 days",
    "CompanyId": GLOBEX,
    "OwnerId": KIM,
    "SuccessPlanType": "Onboarding",
    "status": "Draft",
    "DueDate": date(2026, 6, 8),
    "Templates": ["Enterprise Template"],
}
ENTRY = {
    "ContextName": "Company",
    "TypeName": "Update",
    "Author": "kim.csm@acme.example",
    "GsCompanyId": GLOBEX,
    "Subject": "Sales handoff",
    "Notes": "<p>Sold.</p>",
    "ActivityDate": datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
    "internalAttendees": ["lee@acme.example"],
}


def made(gainsight, kind, payload, key="k"):
    """Return the step of a record just made, as one that knows it."""
    (outcome,) = connector(gainsight).put([step(kind, key, payload)])
    assert outcome.result is Result.CREATED, outcome.reason
    return step(kind, key, payload, ref=outcome.ref)


def test_a_cta_holds_what_was_written_and_says_whether_it_is_closed(gainsight):
    known = made(gainsight, "cta", CTA)

    assert connector(gainsight).read([known]) == {"k": Held(known.ref, CTA, closed=False, label="Onboard Globex")}


def test_what_a_person_changed_is_read_in_our_words(gainsight):
    known = made(gainsight, "cta", CTA)
    edit = {"OwnerId": LEE, "StatusId": "Closed Success", "DueDate": "2026-04-20", "Comments": None}
    gainsight.load(call_to_action=[{"Gsid": known.ref, **edit}])

    held = connector(gainsight).read([known])["k"]

    assert held.closed
    changed = {"OwnerId": LEE, "status": "Closed Success", "DueDate": date(2026, 4, 20), "Comments": None}
    assert held.values == CTA | changed


def test_of_a_plan_all_is_read_but_what_only_its_creation_takes(gainsight):
    known = made(gainsight, "success_plan", PLAN)

    held = connector(gainsight).read([known])["k"]

    assert held.values == {name: value for name, value in PLAN.items() if name != "Templates"}
    assert (held.label, held.closed) == ("Globex: first 90 days", False)


def test_a_closed_plan_is_closed(gainsight):
    known = made(gainsight, "success_plan", PLAN)
    gainsight.load(cta_group=[{"Gsid": known.ref, "StatusId": "Closed"}])

    assert connector(gainsight).read([known])["k"].closed


def test_a_timeline_entry_is_read_by_its_key_with_its_author(gainsight):
    known = made(gainsight, "timeline", ENTRY)
    other_id = step("timeline", "k", ENTRY, ref="an activity id that is no Gsid")

    held = connector(gainsight).read([other_id])["k"]

    assert held.ref == "an activity id that is no Gsid" != known.ref
    assert held.values == {name: value for name, value in ENTRY.items() if name != "internalAttendees"}


def test_a_record_that_is_gone_is_absent(gainsight):
    known = made(gainsight, "cta", CTA)
    gone = made(gainsight, "cta", CTA, "gone")
    gainsight.load(call_to_action=[{"Gsid": gone.ref, "_deleted": True}])

    assert list(connector(gainsight).read([known, gone])) == ["k"]


def test_all_kinds_are_read_in_one_go_with_a_call_each(gainsight):
    steps = [
        made(gainsight, "cta", CTA, "c"),
        made(gainsight, "success_plan", PLAN, "p"),
        made(gainsight, "timeline", ENTRY, "t"),
        step("company", "g", {"Name": "Globex"}, ref=GLOBEX),
    ]
    gainsight.asked.clear()

    held = connector(gainsight).read(steps)

    assert set(held) == {"c", "p", "t", "g"}
    assert len(gainsight.asked) == 4


def test_two_hundred_records_are_read_with_a_call_and_one_more_with_two(gainsight):
    steps = [step("company", f"k{n}", {"Name": ""}, ref=gsid("1P02", 1000 + n)) for n in range(201)]

    assert connector(gainsight).read(steps) == {}
    assert len(gainsight.asked) == 2


def test_steps_that_share_a_record_each_get_their_own_fields(gainsight):
    name, account = (
        step("company", "a", {"Name": "x"}, ref=GLOBEX),
        step("company", "b", {"SfdcAccountId": "x"}, ref=GLOBEX),
    )

    held = connector(gainsight).read([name, account])

    assert (held["a"].values, held["b"].values) == ({"Name": "Globex"}, {"SfdcAccountId": ACCOUNT})
    assert len(gainsight.asked) == 1


def test_a_companys_picklists_are_read_as_labels_and_described_once(gainsight):
    gainsight.load(Company=[{"Gsid": GLOBEX, "Stage": "Launched", "Status": "Active"}])
    payload = {"Stage": "New Customer", "Status": "Active"}
    modes = {"Stage": Write.CREATE_ONLY, "Status": Write.IF_OURS}
    platform, known = connector(gainsight), step("company", "k", payload, ref=GLOBEX, modes=modes)

    first, again = platform.read([known]), platform.read([known])

    assert first["k"].values == again["k"].values == {"Stage": "Launched", "Status": "Active"}
    assert gainsight.calls(*DESCRIBE) == 1


def test_a_mapping_without_picklists_costs_no_describe(gainsight):
    connector(gainsight).read([step("company", "k", {"Name": "x", "Csm": KIM}, ref=GLOBEX)])

    assert gainsight.calls(*DESCRIBE) == 0


def test_an_item_that_the_mapping_names_by_its_id_stays_an_id():
    item = "1I00" + "A" * 32
    script = Script({"result": True, "data": {"records": [{"Gsid": GLOBEX, "Name": "Globex", "Stage": item}]}})

    held = connector(script).read([step("company", "k", {"Stage": "1I00" + "B" * 32}, ref=GLOBEX)])

    assert held["k"].values == {"Stage": item}


@pytest.mark.parametrize(
    "described",
    [
        {"result": True, "data": []},
        {"result": True, "data": None},
        {"result": True, "data": [{"fields": [{"fieldName": "Stage", "options": None}]}]},
        httpx.Response(400, json={"result": False, "title": "OBJECT_NOT_FOUND", "detail": "no such object"}),
        httpx.Response(403, json={"result": False, "errorCode": "GS_APIG_2403"}),
        httpx.Response(404, json={"result": False, "errorCode": "GS_APIG_1000"}),
    ],
)
def test_a_label_that_nobody_tells_is_absent_and_never_guessed(described):
    row = {"Gsid": GLOBEX, "Name": "Globex", "Stage": "1I00" + "A" * 32}
    script = Script({"result": True, "data": {"records": [row]}}, described)

    held = connector(script).read([step("company", "k", {"Stage": "Launched", "Name": "x"}, ref=GLOBEX)])

    assert held["k"].values == {"Name": "Globex"}


def test_a_field_that_the_tenant_does_not_have_is_absent_and_asked_for_once(gainsight):
    platform = connector(gainsight)
    known = step("company", "k", {"Name": "x", "Nowhere__gc": "x"}, ref=GLOBEX)

    assert platform.read([known])["k"].values == {"Name": "Globex"}
    assert platform.read([known])["k"].values == {"Name": "Globex"}
    assert len(gainsight.asked) == 3


@pytest.mark.parametrize("said", ["Invalid fields in select clause - Nowhere__gc", "Unknown: (Nowhere__gc = x)."])
def test_a_refusal_may_name_the_field_in_more_than_one_way(said):
    refused = httpx.Response(400, json={"result": False, "errorCode": "COCKPIT_5101", "errorDesc": said, "data": {}})
    script = Script(refused, {"result": True, "data": {"records": [{"Gsid": GLOBEX, "Name": "Globex"}]}})

    held = connector(script).read([step("company", "k", {"Name": "x", "Nowhere__gc": "x"}, ref=GLOBEX)])

    assert held["k"].values == {"Name": "Globex"}
    assert script.asked[1][2]["select"] == ["Gsid", "Name"]


def test_a_refusal_that_names_no_field_of_ours_is_raised_and_shows_nothing_of_it():
    said = {"result": False, "errorCode": "GSOBJ_1002", "errorDesc": "Acme Corp is not a valid value"}
    script = Script(*[httpx.Response(400, json=said)] * 2)

    with pytest.raises(Refusal) as refusal:
        connector(script).read([step("company", "k", {"Industry": "x"}, ref=GLOBEX)])

    assert "Acme" not in str(refusal.value)
    assert "GSOBJ_1002" in str(refusal.value)


def test_a_field_that_the_refusal_does_not_name_is_found_by_asking_for_each_once():
    row = {"Gsid": GLOBEX, "Name": "Globex", "Industry": "Energy", "Employees": 12}

    def answer(request):
        selects.append(json.loads(request.content)["select"])
        if "Nowhere__gc" in selects[-1]:
            return httpx.Response(400, json={"result": False, "errorCode": "GSOBJ_1002", "errorDesc": "Bad mapping"})
        return httpx.Response(200, json={"result": True, "data": {"records": [row]}})

    selects: list[list[str]] = []
    platform = connector(answer)
    known = step("company", "k", {"Industry": "x", "Nowhere__gc": "x", "Employees": Decimal(1)}, ref=GLOBEX)

    first, again = platform.read([known]), platform.read([known])

    assert first["k"].values == again["k"].values == {"Industry": "Energy", "Employees": Decimal(12)}
    assert len(selects) == 1 + 1 + 3 + 1 + 1


def test_a_tenant_that_leaves_empty_values_out_holds_none():
    gainsight = world(empty_values="omitted")

    held = connector(gainsight).read([step("company", "k", {"Industry": "x"}, ref=GLOBEX)])

    assert held["k"].values == {"Industry": None}


def test_reading_needs_a_record_and_may_be_done_by_a_reading_command(gainsight):
    with pytest.raises(BridgeBug, match="without a record"):
        connector(gainsight).read([step("cta", "k")])
    known = step("company", "k", {"Stage": "Launched"}, ref=GLOBEX)
    gainsight.load(Company=[{"Gsid": GLOBEX, "Stage": "Launched"}])
    assert connector(gainsight, read_only=True).read([known])["k"].values == {"Stage": "Launched"}
    gainsight.engine.tenant({"accesskey": "reset"})
    with pytest.raises(NotAllowed):
        connector(gainsight).read([known])


def test_what_is_found_shows_what_it_holds_without_another_call(gainsight):
    gainsight.load(Company=[{"Gsid": GLOBEX, "Stage": "Launched", "Employees": 12}])
    rules = ({"SfdcAccountId": ACCOUNT}, {"Name": "Globex"})
    payload = {"Name": "x", "Employees": Decimal(1), "Csm": KIM, "Stage": "New Customer"}
    wanted = step("company", "k", payload, match=rules, modes={"Stage": Write.CREATE_ONLY})

    (hit,) = connector(gainsight).find([wanted])["k"]

    assert (hit.how, hit.holds) == (How.MATCH, {"Name": "Globex", "Employees": Decimal(12), "Csm": None})
    assert len(gainsight.asked) == 1


def test_a_label_that_decides_over_a_write_is_asked_for_when_a_company_is_found(gainsight):
    gainsight.load(Company=[{"Gsid": GLOBEX, "Stage": "Launched"}])
    wanted = step("company", "k", {"Stage": "x"}, match=({"SfdcAccountId": ACCOUNT},), modes={"Stage": Write.IF_OURS})

    (hit,) = connector(gainsight).find([wanted])["k"]

    assert hit.holds == {"Stage": "Launched"}
    assert gainsight.calls(*DESCRIBE) == 1


def test_an_empty_picklist_is_known_to_be_empty_whatever_its_mode(gainsight):
    wanted = step("company", "k", {"Stage": "x"}, match=({"Name": "Globex"},), modes={"Stage": Write.CREATE_ONLY})

    assert connector(gainsight).find([wanted])["k"][0].holds == {"Stage": None}


def test_work_found_by_its_key_shows_what_it_holds_and_whether_it_is_closed(gainsight):
    known = made(gainsight, "cta", CTA)
    gainsight.load(call_to_action=[{"Gsid": known.ref, "StatusId": "Closed Invalid"}])
    gainsight.asked.clear()

    (hit,) = connector(gainsight).find([step("cta", "k", CTA)])["k"]

    assert (hit.ref, hit.how, hit.closed, hit.holds) == (known.ref, How.KEY, True, CTA | {"status": "Closed Invalid"})
    assert len(gainsight.asked) == 1


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).filter(
    str.strip
)
numbers = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=2)
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
OPTIONAL = {
    "Kickoff__gc": moments,
    "Live__gc": st.booleans(),
    "Story__gc": texts.map(lambda text: f"<p>{text}</p>\n"),
    "Seats__gc": st.integers(0, 10**9),
}
reasons = st.sampled_from([("Lifecycle", "Renewal"), ("Risk", "Other"), ("Opportunity", "Upsell")])
KINDS = {
    "company": st.fixed_dictionaries(
        {"Name": texts},
        optional={
            **OPTIONAL,
            "ARR": numbers,
            "Handoff_Completeness__gc": st.decimals(0, 100, places=1),
            "RenewalDate": days,
            "Stage": st.sampled_from(["New Customer", "Launched", "Churn"]),
            "Status": st.sampled_from(["Active", "Inactive"]),
            "Csm": st.sampled_from([KIM, LEE]),
            "Industry": texts,
        },
    ),
    "cta": st.builds(
        lambda chosen, pair: {**CTA, **chosen, "type": pair[0], "reason": pair[1]},
        st.fixed_dictionaries(
            {"Name": texts, "DueDate": days},
            optional={
                **OPTIONAL,
                "Comments": texts,
                "priority": st.sampled_from(["Low", "High"]),
                "status": st.sampled_from(["New", "Closed Success"]),
                "OwnerId": st.sampled_from([KIM, LEE]),
            },
        ),
        reasons,
    ),
    "success_plan": st.builds(
        lambda chosen: {**PLAN, **chosen},
        st.fixed_dictionaries(
            {"Name": texts},
            optional={**OPTIONAL, "DueDate": days, "SuccessPlanType": st.sampled_from(["Growth", "Retention"])},
        ),
    ),
    "timeline": st.builds(
        lambda chosen: {**ENTRY, **chosen},
        st.fixed_dictionaries(
            {"Subject": texts},
            optional={"Notes": texts, "ActivityDate": moments, "Author": st.just("Lee@Acme.example")},
        ),
    ),
}
UNREAD = {"Templates", "internalAttendees"}


@pytest.mark.parametrize("dates", ["iso", "epoch"])
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_put_is_what_is_read(kind, dates, data):
    payload = data.draw(KINDS[kind])
    gainsight = world(dates=dates, text_match="ignore_case")

    held = connector(gainsight).read([made(gainsight, kind, payload)])["k"]

    sent = {name: fingerprint(value) for name, value in payload.items() if name not in UNREAD}
    assert {name: fingerprint(value) for name, value in held.values.items()} == sent


def trimmed(payload):
    kept = {name: value for name, value in payload.items() if name not in ("Kickoff__gc", "Story__gc")}
    return {name: value.strip() if isinstance(value, str) else value for name, value in kept.items()}


@pytest.mark.parametrize("dates", ["iso", "epoch"])
@given(before=KINDS["company"], after=KINDS["company"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_put_is_read_as_such_also_when_something_else_is_planned_now(dates, before, after):
    # A moment is sent in milliseconds and the white space around a text does not count: those are compared as sent.
    before, after = trimmed(before), trimmed(after)
    gainsight = world(dates=dates)
    known = made(gainsight, "company", before)

    held = connector(gainsight).read([step("company", "k", after, ref=known.ref)])["k"]

    both = before.keys() & after.keys()
    assert {name: fingerprint(held.values[name]) for name in both} == {name: fingerprint(before[name]) for name in both}
