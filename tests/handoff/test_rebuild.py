"""A lost ledger is built anew from keys and receipts: a pass after it sends nothing, a reconciliation finds nothing."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from flows._wiring import SHIPPED_MAPPINGS
from handoff import tables as t
from handoff.bridge import Bridge
from handoff.errors import ConfigError
from handoff.findings import What
from handoff.ledger import Ledger
from handoff.ports import Identity
from handoff.rebuild import Rebuilt, rebuild
from handoff.reconcile import reconcile
from handoff.run import run_once
from sandbox.world import World
from tests import fakes
from tests.fakes import End, with_files
from tests.handoff.builders import ACCOUNT, DEAL, a_deal, users
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole

DAY = 86_400.0


class House:
    """A sandbox and the bridge over it, whose ledger can be lost."""

    def __init__(self, folder: Path, mappings: Path | None = None) -> None:
        self.world: World = world_at()
        self.folder, self.mappings, self.losses = folder, mappings, 0
        self.bridge: Bridge = bridge_over(self.world, folder, mappings=mappings)

    def sync(self, *, after: float = 120) -> Any:
        self.world.clock.advance(after)
        return run_once(self.bridge)

    def lose_the_ledger(self) -> None:
        self.losses += 1
        new = self.folder / f"ledger-{self.losses}"
        new.mkdir()
        self.bridge = bridge_over(self.world, new, mappings=self.mappings)

    def rebuild(self, *, after: float = DAY) -> Rebuilt:
        self.lose_the_ledger()
        self.world.clock.advance(after)
        return rebuild(self.bridge)

    def rows(self, name: str, system: str = "gainsight") -> list[dict[str, Any]]:
        return self.world.state(system, name)[system][name]

    def ctas(self) -> list[dict[str, Any]]:
        return sorted(
            (r for r in self.rows("call_to_action") if r["Bridge_Key__gc"]), key=lambda r: r["Bridge_Key__gc"]
        )

    def edit(self, system: str, name: str, **fields: Any) -> None:
        self.world.load({system: {name: [fields]}})

    def writes(self, since: int) -> list[dict[str, Any]]:
        return [entry for entry in self.world.journal()[since:] if entry["mutates"]]

    def steps(self) -> dict[str, tuple[Any, ...]]:
        """Return what the ledger knows of the work that was made."""
        with self.bridge.ledger.reading() as connection:
            rows = connection.execute(select(t.steps).where(t.steps.c.remote_id.is_not(None))).all()
        return {row.key: (row.kind, row.name, row.scope, row.state, row.remote_id, row.payload_hash) for row in rows}

    def quiet(self) -> None:
        """A pass sends nothing, and a reconciliation finds no difference."""
        calls = len(self.world.journal())
        report = self.sync()
        assert self.writes(calls) == []
        assert report.balance.waiting == 0
        self.world.clock.advance(120)
        found = reconcile(self.bridge)
        assert [one.as_dict() for one in found.findings if one.difference] == []


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings"))


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def deal_of(cta: dict[str, Any]) -> str:
    return str(cta["Bridge_Key__gc"].split(":")[4])


def test_everything_is_known_again_and_nothing_is_sent(tmp_path):
    house = House(tmp_path)
    house.sync()
    before, calls = house.steps(), len(house.world.journal())

    done = house.rebuild()

    assert house.writes(calls) == []
    assert (done.deals, done.handoffs, done.steps, done.left, done.parked, done.untold) == (45, 43, 144, 0, 0, 0)
    assert house.steps() == before
    house.quiet()


def test_a_rebuild_is_on_record(tmp_path):
    house = House(tmp_path)
    house.sync()

    done = house.rebuild()

    (run,) = house.bridge.ledger.runs()
    assert (run.id, run.command, run.ok, run.counts["deals"]) == (done.run, "ledger rebuild", True, 45)


def test_a_ledger_that_knows_something_is_not_built_anew(tmp_path):
    house = House(tmp_path)
    house.sync()

    with pytest.raises(ConfigError, match="not lost"):
        rebuild(house.bridge)


def test_a_deal_that_was_never_handled_is_left_to_the_next_pass(tmp_path):
    house = House(tmp_path)

    done = house.rebuild()
    report = house.sync()

    assert (done.deals, done.left) == (0, 45)
    assert report.handed_off == 43


def test_a_customer_that_was_linked_and_carries_no_key_is_known_by_the_receipt(tmp_path, mappings):
    edited(
        mappings / "targets" / "gainsight.yml", "      Handoff_Completeness__gc:", "      # Handoff_Completeness__gc:"
    )
    house = House(tmp_path, mappings)
    deal = next(row for row in house.rows("Opportunity", "salesforce") if row["StageName"] == "Closed Won")
    theirs = {"SfdcAccountId": deal["AccountId"], "Name": "Theirs", "Industry": "Shipping"}
    csm = house.rows("gsuser")[0]["Gsid"]
    known = [one for one in house.rows("Company") if one["SfdcAccountId"] == deal["AccountId"]]
    house.edit("gainsight", "Company", **theirs, Csm=csm, **({"Gsid": known[0]["Gsid"]} if known else {}))
    house.sync()
    (company,) = [one for one in house.rows("Company") if one["SfdcAccountId"] == deal["AccountId"]]
    assert not company["Bridge_Key__gc"]
    before = house.steps()

    house.rebuild()

    assert house.steps() == before
    assert company["Gsid"] in {step[4] for step in house.steps().values()}
    house.quiet()


def test_a_change_is_told_after_a_rebuild_as_before_it_and_never_under_an_old_name(tmp_path):
    house = House(tmp_path)
    house.sync()
    first = deal_of(house.ctas()[0])
    before = next(row for row in house.rows("Opportunity", "salesforce") if row["Id"] == first)
    there_and_back = ({"Amount": 77_777, "ARR__c": 77_777}, {"Amount": before["Amount"], "ARR__c": before["ARR__c"]})
    for change in there_and_back:
        house.edit("salesforce", "Opportunity", Id=first, **change)
        house.sync()
    house.rebuild()
    house.quiet()

    house.edit("salesforce", "Opportunity", Id=first, **there_and_back[0])
    house.sync()

    told = [row for row in house.rows("activity_timeline") if ".change-" in row["ExternalId"]]
    assert len(told) == len({row["ExternalId"] for row in told}) == 3
    assert "77,777" in told[-1]["Notes"]


def test_what_the_receipt_proves_to_be_ours_follows_the_deal_after_a_rebuild(tmp_path):
    house = House(tmp_path)
    house.sync()
    cta = house.ctas()[0]
    house.rebuild(after=3_600)

    house.edit("salesforce", "Opportunity", Id=deal_of(cta), Amount=77_777, ARR__c=77_777)
    house.sync()

    assert "77,777" in house.ctas()[0]["Comments"]


def test_deleted_work_is_not_made_again_after_a_rebuild(tmp_path):
    house = House(tmp_path)
    house.sync()
    cta = house.ctas()[0]
    house.edit("gainsight", "call_to_action", Gsid=cta["Gsid"], _deleted=True)

    house.rebuild()
    house.quiet()

    assert cta["Bridge_Key__gc"] not in {row["Bridge_Key__gc"] for row in house.ctas()}
    assert [one.what for one in reconcile(house.bridge).findings] == [What.VANISHED]


def test_work_of_a_deal_that_is_not_won_any_more_is_known_too(tmp_path):
    house = House(tmp_path)
    house.sync()
    house.edit("salesforce", "Opportunity", Id=deal_of(house.ctas()[0]), StageName="Prospecting")

    done = house.rebuild()

    assert (done.deals, done.records > 0) == (44, True)
    house.quiet()


def test_without_receipts_the_keys_are_enough(tmp_path, mappings):
    source = mappings / "sources" / "salesforce.yml"
    text = source.read_text(encoding="utf-8")
    source.write_text(text[: text.index("write_back:")] + "write_back: {to: nothing}\n", encoding="utf-8")
    house = House(tmp_path, mappings)
    house.sync()
    before = {key: step[:5] for key, step in house.steps().items()}

    done = house.rebuild()

    assert done.left == 2
    assert {key: step[:5] for key, step in house.steps().items()} == before
    house.quiet()


# Over a small bridge in memory


def small() -> fakes.World:
    return fakes.World(with_files(), "sqlite://", users())


def lose(world: fakes.World) -> None:
    world.ledger = Ledger("sqlite://")
    world.ledger.open(stamps={})
    world.bridge = replace(world.bridge, ledger=world.ledger)


def test_a_handoff_that_was_begun_is_gone_on_with_and_nothing_is_made_twice():
    world = small()
    world.platform.ends = lambda step: End.WAITING if step.name == "brief" else None
    world.crm.win(a_deal())
    world.run()
    world.platform.ends = lambda step: None
    lose(world)

    rebuild(world.bridge)
    report = world.until_quiet()

    assert [one.kind for one in world.platform.made] == ["company", "cta", "timeline"]
    assert world.keys_twice() == []
    assert report.balance.done == 1


def test_a_blind_step_without_a_receipt_is_parked_and_not_repeated():
    world = small()
    kinds = dict(world.platform.kinds)
    world.platform.kinds = kinds | {"timeline": replace(kinds["timeline"], identity=Identity.BLIND)}
    world.crm.refuses_receipts[DEAL] = "locked"
    world.crm.win(a_deal())
    world.run()
    sent = len(world.platform.sent)
    lose(world)

    done = rebuild(world.bridge)
    world.run()

    assert done.parked == 1
    assert len(world.platform.sent) == sent
    assert world.standing(DEAL) == "needs_person"
    assert "no receipt tells whether it was done" in world.deal(DEAL).reason


def test_a_blind_step_that_the_receipt_tells_of_is_known_to_be_done():
    world = small()
    kinds = dict(world.platform.kinds)
    world.platform.kinds = kinds | {"timeline": replace(kinds["timeline"], identity=Identity.BLIND)}
    world.crm.win(a_deal())
    world.run()
    sent = len(world.platform.sent)
    lose(world)

    done = rebuild(world.bridge)
    world.run()

    assert done.parked == 0
    assert (len(world.platform.sent), world.standing(DEAL)) == (sent, "done")


def test_a_linked_customer_is_found_again_where_no_receipt_was_written():
    world = small()
    world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind", "Goal": "theirs", "ARR__gc": 1})
    world.crm.refuses_receipts[DEAL] = "locked"
    world.crm.win(a_deal())
    world.run()
    world.platform.of("company")[0].key = ""
    lose(world)

    rebuild(world.bridge)
    world.run()

    assert len(world.platform.of("company")) == 1
    assert len(world.platform.made) == 3
