"""The memory of the bridge: durable, set-wise, in UTC, without personal data, and of one customer only."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from handoff import tables as t
from handoff.entries import Frozen, Judged, ReadTo
from handoff.errors import ConfigError
from handoff.intents import Ending, Intent
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef, Outcome, Result, Scope, Standing, Step, Unreadable
from tests.fakes import ACTING, NOON, End, World
from tests.handoff.builders import BEN, DEAL, TOMAS, WON, a_deal, a_ref, as_judged, mappings_in, users

REF = str(a_ref())


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    ledger = Ledger(ledger_url)
    ledger.open(stamps={})
    return ledger


def a_step(key: str = "hb:x:main.company", *, deal: DealRef | None = None, **payload) -> Step:
    return Step(key, "company", "company", Scope.ACCOUNT, deal or a_ref(), payload or {"Name": "Nordwind"})


def judged(standing: Standing, reason: str = "", **about) -> Judged:
    return Judged(a_deal(**about), {"Name": "hash"}, standing, reason)


def test_a_file_ledger_is_durable(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path / 'handoff.db'}")
    ledger.open(stamps={})

    with ledger.engine.connect() as connection:
        said = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}

    assert said == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL


def test_what_one_ledger_wrote_the_next_one_reads(shared_url):
    first = Ledger(shared_url)
    first.open(stamps={"salesforce main": "00D1"})
    first.take_in([a_deal()], [], NOON, 1, read_to=ReadTo("main", NOON, WON))
    first.close()

    second = Ledger(shared_url)
    second.open(stamps={"salesforce main": "00D1"})

    assert second.deals([REF])[REF].name == "Harbor lights, 40 seats"
    assert second.read_until("main", WON) == NOON


def test_a_ledger_refuses_another_org_and_names_both(ledger):
    ledger.open(stamps={"salesforce main": "00D1"})

    with pytest.raises(ConfigError, match=r"belongs to salesforce main 00D1, but the settings lead to 00D2"):
        ledger.open(stamps={"salesforce main": "00D2"})

    ledger.open(stamps={"salesforce main": "00D1"})


def test_a_deal_of_the_release_before_is_followed_up_as_if_nothing_had_been_told(acting, ledger_url):
    world = World(acting, ledger_url, users())
    world.crm.win(a_deal())
    world.run()
    with world.ledger.writing() as connection:
        connection.execute(t.handoffs.update().values(told=None, tellings=None))
        connection.execute(t.deals.update().values(changed=None))
        connection.execute(t.steps.update().values(intended=None, declined=None, gone=None))
        connection.execute(t.payloads.delete())
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    report = world.run()

    assert report.balance.done == 1
    assert world.platform.of("company")[0].payload["Goal"] == "Fewer claims"
    assert "(not kept) → Fewer claims" in world.platform.of("timeline")[-1].payload["Notes"]


def test_sets_of_5000_keys_are_found_whole(ledger):
    deals = [a_deal(f"0065g00000{number:05d}AAV") for number in range(5_000)]
    ledger.take_in(deals, [], NOON, 1)

    assert len(ledger.deals(str(deal.ref) for deal in deals)) == 5_000
    assert ledger.steps(f"hb:{number}" for number in range(5_000)) == {}
    assert len(ledger.exclude("main", [deal.ref.id for deal in deals], "gone", NOON, 1)) == 5_000


def test_moments_come_back_aware_and_in_utc_whatever_zone_they_came_in(ledger):
    oslo = datetime(2026, 3, 9, 16, 0, tzinfo=timezone(timedelta(hours=1)))
    ledger.take_in([a_deal(won_at=oslo)], [], NOON, 1)

    row = ledger.deals([REF])[REF]

    assert row.won_at == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert row.won_at.tzinfo is UTC
    assert row.first_seen_at == NOON


def test_moments_are_utc_on_a_machine_of_another_zone(ledger, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        ledger.take_in([a_deal()], [], NOON, 1)
        row = ledger.deals([REF])[REF]
    finally:
        monkeypatch.undo()
        time.tzset()

    assert (row.won_at, row.read_at) == (WON, NOON)


def test_first_seen_stays_first_seen(ledger):
    later = NOON + timedelta(days=1)
    ledger.take_in([a_deal()], [], NOON, 1)
    ledger.conclude([judged(Standing.DONE)], later, 2)
    ledger.take_in([a_deal(name="Changed")], [], later, 2)
    ledger.take_in([], [Unreadable(a_ref(), "Changed", "torn")], later, 2)

    row = ledger.deals([REF])[REF]

    assert (row.first_seen_at, row.read_at, row.name) == (NOON, later, "Changed")


def test_a_deal_that_was_done_and_changed_waits_and_keeps_the_fingerprint_it_was_done_with(ledger):
    """So that a power cut before it is handled leaves it to be handled."""
    ledger.take_in([a_deal()], [], NOON, 1)
    ledger.conclude([judged(Standing.DONE)], NOON, 1)

    ledger.take_in([a_deal(name="Changed")], [], NOON, 2)

    row = ledger.deals([REF])[REF]
    assert (row.standing, row.source_hashes, row.reason) == ("waiting", {"Name": "hash"}, "read, not yet handed off")
    assert ledger.due("main", NOON, "v1") == [DEAL]


def test_deals_are_due_oldest_win_first_and_only_once_their_moment_has_come(ledger):
    deals = [a_deal(f"0065g0000000{n:03d}AAV", won_at=WON - timedelta(days=n)) for n in range(4)]
    ledger.take_in(deals, [], NOON, 1)
    late = Judged(deals[3], {}, Standing.WAITING, "later", try_at=NOON + timedelta(minutes=5))
    ledger.conclude([late, Judged(deals[0], {}, Standing.DONE, "")], NOON, 1)

    assert ledger.due("main", NOON, "v1") == [deals[2].ref.id, deals[1].ref.id]
    assert ledger.due("main", NOON + timedelta(minutes=5), "v1")[:1] == [deals[3].ref.id]
    assert ledger.due("other", NOON, "v1") == []


def test_an_intent_is_there_before_the_call_and_counts_attempts(ledger):
    for _ in range(2):
        ledger.intend([Intent(a_step(), WON)], NOON, 1, "v1")

    (row,) = ledger.steps(["hb:x:main.company"]).values()
    assert (row.state, row.attempts, row.remote_id, row.try_at) == ("intended", 2, None, None)


def test_an_update_on_its_way_keeps_the_record_and_what_it_held(ledger):
    ledger.settle([Ending(a_step(), Outcome("hb:x:main.company", Result.CREATED, "1P02"), WON)], NOON, 1, "v1")
    before = ledger.steps(["hb:x:main.company"])["hb:x:main.company"]

    ledger.intend([Intent(a_step(Name="Nordwind AG"), WON)], NOON, 2, "v1")

    (row,) = ledger.steps(["hb:x:main.company"]).values()
    assert (row.state, row.remote_id, row.field_hashes) == ("intended", "1P02", before.field_hashes)


@pytest.mark.parametrize("result", [Result.WAITING, Result.UNKNOWN, Result.REJECTED])
def test_a_step_that_did_not_settle_keeps_the_record_and_what_it_held(ledger, result):
    ledger.settle([Ending(a_step(), Outcome("hb:x:main.company", Result.CREATED, "1P02"), WON)], NOON, 1, "v1")
    before = ledger.steps(["hb:x:main.company"])["hb:x:main.company"]

    ledger.settle([Ending(a_step(Name="AG"), Outcome("hb:x:main.company", result, reason="no"), WON)], NOON, 2, "v1")

    (row,) = ledger.steps(["hb:x:main.company"]).values()
    assert (row.remote_id, row.field_hashes, row.reason) == ("1P02", before.field_hashes, "no")


def test_what_an_update_may_have_written_is_remembered_until_the_step_is_settled(ledger):
    ledger.intend([Intent(a_step(), WON, {"Goal": "a"})], NOON, 1, "v1")
    ledger.intend([Intent(a_step(), WON, {"Goal": "b"}, {"Goal": ["a"]})], NOON, 1, "v1")
    (unsure,) = ledger.steps(["hb:x:main.company"]).values()

    ending = Ending(a_step(), Outcome("hb:x:main.company", Result.UPDATED, "1P02"), WON, {"Goal": "b"})
    ledger.settle([ending], NOON, 2, "v1")

    (settled,) = ledger.steps(["hb:x:main.company"]).values()
    assert (unsure.intended, unsure.field_hashes) == ({"Goal": ["a", "b"]}, {})
    assert (settled.intended, settled.field_hashes) == ({}, {"Goal": "b"})


def test_a_record_is_known_by_a_step_only_once_the_step_is_settled(ledger):
    """A record that was found and is being linked may turn out otherwise: it is found again."""
    ledger.intend([Intent(a_step(), WON)], NOON, 1, "v1")
    unknown = Outcome("hb:x:main.company", Result.UNKNOWN, "1P02")
    ledger.settle([Ending(a_step(), unknown, WON)], NOON, 1, "v1")

    (row,) = ledger.steps(["hb:x:main.company"]).values()
    assert row.remote_id is None


def test_delivered_is_said_once(ledger):
    deal = a_deal()
    ledger.take_in([deal], [], NOON, 1)
    ledger.freeze([_frozen(deal, NOON)], "v1")
    ledger.conclude([judged(Standing.DONE)], NOON, 1)
    ledger.conclude([judged(Standing.DONE)], NOON + timedelta(1), 2)

    assert ledger.handoffs(["hb:k:e1"])["hb:k:e1"].delivered_at == NOON


def test_the_moments_of_a_handoff_are_frozen(ledger):
    for moment in (NOON, NOON + timedelta(1)):
        ledger.freeze([_frozen(a_deal(), moment)], "v1")

    assert ledger.handoffs(["hb:k:e1"])["hb:k:e1"].work_starts_at == NOON


def test_what_a_deal_was_when_it_was_first_handled_is_frozen(ledger):
    before = {"ref": "1P02", "name": "", "status": "Active", "stage": None, "csm_email": None}
    ledger.freeze([_frozen(a_deal(), NOON, kind="expansion", background=before)], "v1")
    ledger.freeze([_frozen(a_deal(), NOON, kind="new_customer")], "v2")

    row = ledger.handoffs(["hb:k:e1"])["hb:k:e1"]
    assert (row.kind, row.background, row.mapping_version) == ("expansion", before, "v2")


def test_whom_a_background_names_is_kept_where_it_can_be_purged(ledger):
    before = {"ref": "1P02", "name": "", "status": "Active", "stage": None, "csm_email": "ida@fjord.example"}
    for _ in range(2):
        ledger.freeze([_frozen(a_deal(), NOON, background=before)], "v1")

    assert ledger.handoffs(["hb:k:e1"])["hb:k:e1"].background == before | {"csm_email": None}
    assert ledger.bodies("background", ["hb:k:e1"]) == {"hb:k:e1": {"csm_email": "ida@fjord.example"}}


def _frozen(deal: Deal, moment: datetime, *, kind: str = "new_customer", background: Any = None) -> Frozen:
    return Frozen("hb:k:e1", as_judged(deal, moment, kind=kind), [], background)


def test_an_event_is_kept_only_when_standing_or_reason_change(ledger):
    ledger.take_in([a_deal()], [], NOON, 1)
    for standing, reason in (
        (Standing.NEEDS_PERSON, "two match"),
        (Standing.NEEDS_PERSON, "two match"),
        (Standing.NEEDS_PERSON, "refused"),
        (Standing.DONE, ""),
        (Standing.DONE, ""),
    ):
        ledger.conclude([judged(standing, reason)], NOON, 1)

    assert [(e.what, e.detail, e.actor) for e in ledger.story(REF)["events"]] == [
        ("needs_person", "two match", "bridge"),
        ("needs_person", "refused", "bridge"),
        ("done", "", "bridge"),
    ]


def test_no_address_stands_anywhere_but_among_the_payloads(acting, ledger_url):
    world = World(acting, ledger_url, users())
    world.crm.win(
        a_deal(), a_deal("0065g00000SeCoNAAV", account_id=None), a_deal("0065g00000ThIrDAAV", account_id="0015g0000QQ")
    )
    world.crm.unreadable = {"0065g00000ThIrDAAV": "its account was not returned"}
    world.platform.ends = lambda step: End.REFUSED if step.kind == "timeline" else None
    world.run()
    world.platform.users = users(inactive=(BEN, TOMAS))
    world.crm.edit(DEAL, episode=2)
    world.run()
    assert world.standing(DEAL) == "needs_person"  # nobody active can receive it
    world.platform.gone = True
    world.crm.edit(DEAL, episode=3)
    world.platform.users = users()
    with pytest.raises(Exception, match="gainsight"):
        world.run()

    rows = _texts(world.ledger)

    assert len(rows) > 100
    assert [(table, text) for table, text in rows if table != "payloads" and "@" in text] == []
    assert any("@" in text for table, text in rows if table == "payloads")


def _texts(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.engine.connect() as connection:
        return [
            (table.name, str(value))
            for table in t.metadata.sorted_tables
            for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")
            for value in row
        ]


@pytest.mark.parametrize("words", ["100%", "a_b", "back\\slash", "NORDWIND"])
def test_a_search_takes_every_character_as_it_is(ledger, words):
    names = ["100% Pure", "a_b Ltd", "back\\slash Inc", "Nordwind Freight", "1000 Pure", "axb Ltd", "backslash Inc"]
    deals = [a_deal(f"0065g0000000{n:03d}AAV", account_name=name) for n, name in enumerate(names)]
    ledger.take_in(deals, [], NOON, 1)

    found = ledger.search(words)

    assert [row.account_name for row in found] == [name for name in names[:4] if words.lower() in name.lower()]
