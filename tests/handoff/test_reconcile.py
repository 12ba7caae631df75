"""A reconciliation names every loss, double and edit, over the stand-ins' own engines, and repairs what is safe."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

import connectors
from handoff import tables as t
from handoff.bridge import Bridge
from handoff.by_hand import Said, Word, say, subject
from handoff.errors import ConfigError
from handoff.findings import Finding, What
from handoff.reconcile import Reconciled, reconcile
from handoff.run import run_once
from sandbox.world import World
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole

DAY = 86_400.0


class House:
    """A sandbox, a bridge over it, and the hands of people and of bad luck."""

    def __init__(self, tmp_path: Path) -> None:
        self.world: World = world_at()
        self.bridge: Bridge = bridge_over(self.world, tmp_path)

    def sync(self, *, after: float = 120) -> Any:
        self.world.clock.advance(after)
        return run_once(self.bridge)

    def reconcile(self, *, heal: bool = False, after: float = 120) -> Reconciled:
        self.world.clock.advance(after)
        return reconcile(self.bridge, heal=heal)

    def rows(self, name: str, system: str = "gainsight") -> list[dict[str, Any]]:
        return self.world.state(system, name)[system][name]

    def ctas(self) -> list[dict[str, Any]]:
        rows = [row for row in self.rows("call_to_action") if row["Bridge_Key__gc"]]
        return sorted(rows, key=lambda row: str(row["Bridge_Key__gc"]))

    def edit(self, system: str, name: str, **fields: Any) -> None:
        self.world.load({system: {name: [fields]}})

    def tamper(self, *statements: Any) -> None:
        with self.bridge.ledger.writing() as connection:
            for statement in statements:
                connection.execute(statement)

    def kept(self, table: Any) -> list[Any]:
        with self.bridge.ledger.reading() as connection:
            return list(connection.execute(select(table)))

    def step(self, key: str) -> Any:
        return self.bridge.ledger.steps([key])[key]

    def writes(self, since: int) -> list[dict[str, Any]]:
        return [entry for entry in self.world.journal()[since:] if entry["mutates"]]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house in which everything was handed off a day ago, and a pass ran just now."""
    made = House(tmp_path)
    made.sync()
    made.sync(after=DAY)
    return made


def the_only(done: Reconciled) -> Finding:
    (one,) = done.findings
    return one


def forget(house: House, deal_id: str) -> None:
    """Take all that the ledger knows of a deal out of it."""
    own = house.bridge.crm_name + ":" + deal_id
    house.tamper(
        delete(t.deals).where(t.deals.c.ref == own),
        delete(t.handoffs).where(t.handoffs.c.deal == own),
        delete(t.steps).where(t.steps.c.deal == own, t.steps.c.scope == "deal"),
    )


# A clean house


def test_where_everything_was_handed_off_nothing_is_found_and_nothing_written(house):
    calls, runs = len(house.world.journal()), len(house.kept(t.runs))

    done = house.reconcile()

    assert done.findings == ()
    assert done.balance.words() == "45 won = 43 done + 0 waiting + 2 needs a person + 0 excluded + 0 lost"
    assert done.records == 144
    assert house.writes(calls) == []
    assert (len(house.kept(t.runs)), done.run) == (runs, None)


def test_before_the_first_pass_every_deal_waits_to_be_read(tmp_path):
    done = House(tmp_path).reconcile()

    assert done.findings == ()
    assert done.balance.words() == "45 won = 0 done + 45 waiting + 0 needs a person + 0 excluded + 0 lost"


def test_a_deal_won_just_now_is_read_by_the_next_pass_and_not_lost(house):
    house.world.clock.advance(60)
    open_deal = next(row for row in house.rows("Opportunity", "salesforce") if not row["IsClosed"])
    house.edit("salesforce", "Opportunity", Id=open_deal["Id"], StageName="Closed Won")

    done = house.reconcile(after=5)

    assert done.findings == ()
    assert (done.balance.seen, done.balance.waiting) == (46, 1)


# Lost deals


def missed_by_the_cursor(house: House) -> str:
    """Win a deal of which no pass is told: the cursor goes past it, further than a sweep goes back."""
    open_deal = next(row for row in house.rows("Opportunity", "salesforce") if not row["IsClosed"])
    house.edit("salesforce", "Opportunity", Id=open_deal["Id"], StageName="Closed Won")
    house.world.clock.advance(2 * DAY)
    house.tamper(update(t.windows).values(cursor=house.world.clock.now()))
    house.sync()
    return str(open_deal["Id"])


def test_a_won_deal_that_no_pass_ever_read_is_named_as_lost(house):
    deal_id = missed_by_the_cursor(house)

    done = house.reconcile()

    one = the_only(done)
    assert (one.what, one.deal, one.difference) == (What.LOST, deal_id, True)
    assert one.url.endswith(f"/{deal_id}/view")
    assert (done.balance.seen, done.balance.lost, done.differences) == (46, 1, 1)


def test_a_healed_lost_deal_is_handed_off_by_the_next_pass_once(house):
    deal_id = missed_by_the_cursor(house)

    healed = house.reconcile(heal=True)
    report = house.sync()

    assert [one.healed for one in healed.findings] == [True]
    assert report.handed_off == 1
    assert len([row for row in house.ctas() if deal_id in row["Bridge_Key__gc"]]) == 1
    assert house.reconcile().findings == ()


def test_a_deal_that_the_ledger_forgot_is_taken_in_again_and_nothing_is_made_twice(house):
    deal_id = house.ctas()[0]["Bridge_Key__gc"].split(":")[4]
    before = len(house.ctas())
    forget(house, deal_id)

    found = house.reconcile(heal=True)
    house.sync()

    assert {(one.what, one.deal) for one in found.findings} >= {(What.LOST, deal_id), (What.UNRECORDED, deal_id)}
    assert len(house.ctas()) == before
    assert house.reconcile().differences == 0


def test_a_deal_that_counts_as_done_without_a_handoff_is_lost(house):
    deal = house.ctas()[0]["Bridge_Key__gc"].split(":")[4]
    house.tamper(delete(t.handoffs).where(t.handoffs.c.deal.endswith(deal)))

    done = house.reconcile()

    assert [(one.what, one.deal) for one in done.findings if one.what is What.LOST] == [(What.LOST, deal)]


def by_hand(house: House, word: Word, words: str, ref: str | None = None) -> None:
    ledger, now = house.bridge.ledger, house.bridge.clock.now()
    say(ledger, subject(ledger, words, connectors.ids_in()), Said(word, "ada", "as agreed", ref), at=now, lease_now=now)


def test_deals_that_a_person_took_over_are_neither_lost_nor_told_otherwise(house):
    resolved, skipped = (row for row in house.kept(t.deals) if row.standing == "needs_person")
    by_hand(house, Word.RESOLVE, resolved.deal_id)
    by_hand(house, Word.SKIP, skipped.deal_id)
    house.tamper(delete(t.handoffs).where(t.handoffs.c.deal == resolved.ref))
    house.sync()

    done = house.reconcile()

    assert done.findings == ()
    assert done.balance.words() == "45 won = 44 done + 0 waiting + 0 needs a person + 1 excluded + 0 lost"


def test_a_record_that_a_person_gave_for_a_step_need_not_carry_its_key(house):
    cta = house.ctas()[0]
    key = cta["Bridge_Key__gc"]
    house.tamper(update(t.steps).where(t.steps.c.key == key).values(state="rejected", remote_id=None))
    house.edit("gainsight", "call_to_action", Gsid=cta["Gsid"], Bridge_Key__gc="")

    by_hand(house, Word.RESOLVE, f"{key.split(':')[4]}/{house.step(key).name}", cta["Gsid"])
    house.sync()

    assert house.reconcile().findings == ()


# Work


def test_work_that_a_person_deleted_is_news_and_is_never_made_again(house):
    cta = house.ctas()[0]
    house.edit("gainsight", "call_to_action", Gsid=cta["Gsid"], _deleted=True)

    looked, healed = house.reconcile(), house.reconcile(heal=True)
    house.sync()

    one = the_only(looked)
    assert (one.what, one.refs, looked.differences) == (What.VANISHED, (cta["Gsid"],), 0)
    assert "it was deleted on 2026-03-11" in one.why
    assert the_only(healed).healed
    assert house.step(cta["Bridge_Key__gc"]).gone
    assert cta["Bridge_Key__gc"] not in [row["Bridge_Key__gc"] for row in house.ctas()]
    assert house.reconcile().findings == ()


def never_there(house: House) -> str:
    """Let the ledger count a CTA as made that nobody ever saw."""
    cta = house.ctas()[0]
    house.edit("gainsight", "call_to_action", Gsid=cta["Gsid"], Bridge_Key__gc=None)
    house.tamper(
        update(t.steps).where(t.steps.c.key == cta["Bridge_Key__gc"]).values(remote_id="1S01" + "0" * 32),
    )
    return str(cta["Bridge_Key__gc"])


def test_work_that_the_ledger_settled_and_the_platform_never_showed_is_lost_and_a_person_s(house):
    key = never_there(house)

    done = house.reconcile(heal=True)

    lost = [one for one in done.findings if one.what is What.LOST]
    assert [(one.step, one.healed, one.who) for one in lost] == [(key, False, "CS Ops")]


def test_work_that_an_earlier_reconciliation_saw_has_vanished_also_when_no_log_tells_of_it(house):
    house.reconcile(heal=True)
    key = never_there(house)

    done = house.reconcile()

    assert [(one.what, one.step) for one in done.findings if one.what in (What.LOST, What.VANISHED)] == [
        (What.VANISHED, key)
    ]


def test_what_was_lost_once_is_not_taken_for_seen_the_next_night(house):
    key = never_there(house)
    house.reconcile(heal=True)

    done = house.reconcile(after=DAY)

    assert [one.step for one in done.findings if one.what is What.LOST] == [key]


def test_work_made_a_moment_ago_may_not_be_visible_yet_and_is_not_missed(house):
    key = never_there(house)
    house.tamper(update(t.steps).where(t.steps.c.key == key).values(changed_at=house.world.clock.now()))

    done = house.reconcile(after=30)

    assert [one for one in done.findings if one.what is What.LOST] == []


def copy_of(cta: dict[str, Any], key: str) -> dict[str, Any]:
    names = ("Name", "CompanyId", "OwnerId", "TypeId", "ReasonId", "StatusId", "PriorityId", "DueDate")
    return {name: cta[name] for name in names} | {"Bridge_Key__gc": key}


def test_two_records_with_one_key_are_a_duplicate_that_is_left_to_a_person(house):
    cta = house.ctas()[0]
    house.edit("gainsight", "call_to_action", **copy_of(cta, cta["Bridge_Key__gc"]))

    done = house.reconcile(heal=True)

    one = the_only(done)
    assert (one.what, one.step, one.healed) == (What.DUPLICATE, cta["Bridge_Key__gc"], False)
    assert len(one.refs) == 2
    assert cta["Gsid"] in one.refs
    assert len([row for row in house.ctas() if row["Bridge_Key__gc"] == cta["Bridge_Key__gc"]]) == 2


def test_two_keys_that_mean_the_same_work_are_a_duplicate(house):
    cta = house.ctas()[0]
    house.edit("gainsight", "call_to_action", **copy_of(cta, cta["Bridge_Key__gc"].replace(":main.", ":other.")))

    done = house.reconcile()

    assert [len(one.refs) for one in done.findings if one.what is What.DUPLICATE] == [2]


def test_a_customer_that_is_there_twice_under_one_key_is_a_duplicate(house):
    company = next(row for row in house.rows("Company") if row["Bridge_Key__gc"])
    house.edit("gainsight", "Company", Name="Its twin", Bridge_Key__gc=company["Bridge_Key__gc"])

    done = house.reconcile()

    assert [(one.what, one.kind) for one in done.findings] == [(What.DUPLICATE, "company")]
    assert len(the_only(done).links) == 2


def test_work_that_the_ledger_does_not_know_is_settled_from_its_record(house):
    key = house.ctas()[0]["Bridge_Key__gc"]
    house.tamper(delete(t.steps).where(t.steps.c.key == key))

    found = house.reconcile(heal=True)
    house.sync()

    assert [(one.what, one.step, one.healed) for one in found.findings if one.what is What.UNRECORDED] == [
        (What.UNRECORDED, key, True)
    ]
    assert house.step(key).remote_id == house.ctas()[0]["Gsid"]
    assert house.reconcile().findings == ()


def test_work_in_doubt_whose_record_is_there_is_settled(house):
    key = house.ctas()[0]["Bridge_Key__gc"]
    hashes = dict(house.step(key).field_hashes)
    doubt = {"state": "unknown", "remote_id": None, "field_hashes": {}}
    house.tamper(
        update(t.steps).where(t.steps.c.key == key).values(doubt | {"intended": {n: [h] for n, h in hashes.items()}})
    )

    done = house.reconcile(heal=True)

    assert [one.what for one in done.findings if one.healed and one.step == key] == [What.UNRECORDED]
    assert (house.step(key).state, house.step(key).field_hashes) == ("settled", hashes)


def test_work_that_somebody_is_carrying_out_right_now_is_left_to_them(house):
    key = house.ctas()[0]["Bridge_Key__gc"]
    now = house.world.clock.now()
    doubt = {"state": "intended", "remote_id": None, "changed_at": now}
    house.tamper(update(t.steps).where(t.steps.c.key == key).values(doubt))

    done = house.reconcile(after=5)

    assert [one for one in done.findings if one.step == key] == []


def test_work_of_which_nothing_is_known_for_hours_is_stuck(house):
    key = never_there(house)
    house.tamper(update(t.steps).where(t.steps.c.key == key).values(state="unknown", remote_id=None))

    done = house.reconcile()

    assert [one.step for one in done.findings if one.what is What.STUCK] == [key]


def test_a_record_that_belongs_to_another_deployment_is_counted_and_left_alone(house):
    cta = house.ctas()[0]
    key = "hb:main:salesforce:00D000000000099AAA:0060000000000ABCDE:e1:main.onboarding_cta"
    house.edit("gainsight", "call_to_action", **copy_of(cta, key))

    done = house.reconcile()

    assert (done.findings, done.strangers) == ((), 1)


# What people did


def test_a_field_that_a_person_changed_is_news_and_stays(house):
    cta = house.ctas()[0]
    house.edit("gainsight", "call_to_action", Gsid=cta["Gsid"], Comments="<p>Mine now</p>", DueDate="2026-12-24")

    done = house.reconcile(heal=True)
    house.sync()

    one = the_only(done)
    assert (one.what, one.step, done.differences) == (What.ALTERED, cta["Bridge_Key__gc"], 0)
    assert one.why.startswith("Comments, DueDate of onboarding_cta")
    assert house.ctas()[0]["Comments"] == "<p>Mine now</p>"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"StageName": "Prospecting"}, "it is open again in the CRM"),
        ({"StageName": "Closed Lost"}, "it is lost in the CRM"),
        ({"_deleted": True}, "it is deleted in the CRM"),
    ],
)
def test_a_deal_that_is_not_won_any_more_is_news_for_its_csm(house, change, said):
    deal = house.ctas()[0]["Bridge_Key__gc"].split(":")[4]
    house.edit("salesforce", "Opportunity", Id=deal, **change)

    done = house.reconcile()

    one = the_only(done)
    assert (one.what, one.deal, one.why, one.who) == (What.NOT_WON, deal, said, "its CSM")
    assert done.balance.seen == 44


def test_a_deal_s_record_that_says_something_else_is_told_again(house):
    deal = house.ctas()[0]["Bridge_Key__gc"].split(":")[4]
    house.edit("salesforce", "Opportunity", Id=deal, Handoff_Status__c="Excluded")

    done = house.reconcile(heal=True)
    house.sync()

    assert [(one.what, one.deal, one.why) for one in done.findings] == [
        (What.RECEIPT, deal, "it differs in Handoff_Status__c")
    ]
    told = {row["Id"]: row["Handoff_Status__c"] for row in house.rows("Opportunity", "salesforce")}
    assert told[deal] == "Handed off"
    assert house.reconcile().findings == ()


def test_a_deal_that_waits_past_its_moment_is_stuck(house):
    deal = house.ctas()[0]["Bridge_Key__gc"].split(":")[4]
    past = house.world.clock.now() - timedelta(hours=5)
    waits = {"standing": "waiting", "try_at": past, "read_at": past, "reason": "brief waits: no budget"}
    house.tamper(update(t.deals).where(t.deals.c.deal_id == deal).values(waits))

    done = house.reconcile()

    one = the_only(done)
    assert (one.what, one.deal) == (What.STUCK, deal)
    assert "brief waits: no budget" in one.why
    assert done.balance.waiting == 1


# Repairs


def test_a_healing_run_is_on_record_with_its_findings(house):
    deal = missed_by_the_cursor(house)

    done = house.reconcile(heal=True)

    found = house.bridge.ledger.run(done.run)
    assert found is not None
    row, report = found
    assert (row.command, row.ok, row.counts["findings"]) == ("reconcile", True, {"lost": 1})
    assert [one["deal"] for one in report["findings"]] == [deal]
    assert [one.counted_at for one in house.kept(t.windows)] == [house.world.clock.now()]
    assert ("healed", deal) in [(one.what, one.deal.rpartition(":")[2]) for one in house.kept(t.events) if one.deal]


def test_no_repair_sends_anything(house):
    missed_by_the_cursor(house)
    house.edit("gainsight", "call_to_action", Gsid=house.ctas()[0]["Gsid"], _deleted=True)
    house.edit("salesforce", "Opportunity", Id=house.ctas()[1]["Bridge_Key__gc"].split(":")[4], Handoff_Sequence__c=9)
    calls = len(house.world.journal())

    done = house.reconcile(heal=True)

    assert done.healed == 3
    assert house.writes(calls) == []


def test_what_another_pass_works_on_is_left_to_it(house):
    key = house.ctas()[0]["Bridge_Key__gc"]
    deal, ledger = house.bridge.crm_name + ":" + key.split(":")[4], house.bridge.ledger
    house.tamper(delete(t.steps).where(t.steps.c.key == key))
    other = ledger.begin_run("sync", house.world.clock.now(), "v")
    ledger.hold(other, house.bridge.leasing)
    ledger.take([deal])
    ledger.fence = None  # the other pass stands still in its own process

    done = house.reconcile(heal=True, after=1)

    assert [one.healed for one in done.findings if one.step == key] == [False]
    assert ledger.steps([key]) == {}


def test_what_was_settled_since_the_census_is_left_alone(house, monkeypatch):
    key = house.ctas()[0]["Bridge_Key__gc"]
    house.tamper(update(t.steps).where(t.steps.c.key == key).values(state="planned", remote_id=None))
    read = house.bridge.crm.read

    def settled_meanwhile(ids: Any) -> Any:
        house.tamper(update(t.steps).where(t.steps.c.key == key).values(state="settled", remote_id="meanwhile"))
        return read(ids)

    missed_by_the_cursor(house)
    monkeypatch.setattr(house.bridge.crm, "read", settled_meanwhile)

    done = house.reconcile(heal=True)

    healed = {one.what: one.healed for one in done.findings}
    assert (healed[What.LOST], healed[What.UNRECORDED]) == (True, False)
    assert house.step(key).remote_id == "meanwhile"


def test_an_empty_ledger_is_not_healed_over_records_of_ours(house):
    house.tamper(*(delete(table) for table in (t.deals, t.handoffs, t.steps, t.windows)))

    with pytest.raises(ConfigError, match="handoff ledger rebuild"):
        house.reconcile(heal=True)


def test_a_reconciliation_that_breaks_off_is_on_record_as_such(house, monkeypatch):
    def refuse(*_: Any) -> Any:
        raise ConfigError("the settings lead nowhere")

    monkeypatch.setattr(house.bridge.crm, "census", refuse)

    with pytest.raises(ConfigError):
        house.reconcile(heal=True)

    newest = house.bridge.ledger.runs(1)[0]
    assert (newest.command, newest.ok, newest.error) == ("reconcile", False, "the settings lead nowhere")


@pytest.mark.parametrize("tampered", [missed_by_the_cursor, never_there])
def test_looking_without_healing_changes_nothing_in_the_ledger(house, tampered: Callable[[House], str]):
    tampered(house)
    tables = (t.deals, t.handoffs, t.steps, t.runs, t.events, t.windows, t.payloads)
    before = [house.kept(table) for table in tables]

    house.reconcile()

    assert [house.kept(table) for table in tables] == before
