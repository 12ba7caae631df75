"""Whole passes over the HubSpot stand-in: each won deal is handed off once, and our own write-back is no change."""

from functools import partial
from pathlib import Path

import pytest

from handoff.bridge import Bridge, Pace
from handoff.ledger import Ledger
from handoff.model import Standing, User
from handoff.run import run_once
from sandbox.hubspot import HubspotEngine
from sandbox.seed import contents as tenant
from tests.connectors.hubspot.sandbox_portal import SandboxPortal
from tests.connectors.hubspot.test_hubspot_sandbox import AT, MAPPINGS, over
from tests.fakes import FakeClock, FakeDestination
from tests.in_process import bridge_over, world_at
from tests.sandbox.hubspot.hubspot_portal import ACME, BIRCH, CEDAR, contents

WRITE = "/crm/objects/2026-03/deals/batch/update"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


@pytest.fixture
def portal(clock: FakeClock) -> SandboxPortal:
    engine = HubspotEngine(portal_id=123, real_now=lambda: AT)
    engine.load(contents(), AT)
    return SandboxPortal(engine, clock)


@pytest.fixture
def platform() -> FakeDestination:
    emails = [one.email for one in MAPPINGS.people.people]
    return FakeDestination({email: User(f"u{n}", email, active=True) for n, email in enumerate(emails)})


@pytest.fixture
def bridge(portal: SandboxPortal, platform: FakeDestination, clock: FakeClock, tmp_path: Path) -> Bridge:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.open(stamps={})
    return Bridge(over(portal), platform, MAPPINGS, ledger, clock, Pace())


def test_a_won_deal_is_handed_off_once_told_so_and_its_own_receipt_is_no_change(
    bridge: Bridge, portal: SandboxPortal, platform: FakeDestination, clock: FakeClock
) -> None:
    clock.advance(60)
    first = run_once(bridge)
    made, writes = len(platform.made), portal.asked.count(("POST", WRITE))

    for _ in range(3):
        clock.advance(120)  # what was written back comes into the index, and with it into the next windows
        again = run_once(bridge)

    assert {one.key for one in platform.made if f":{ACME}:" in one.key} != set()
    assert (first.balance.seen, again.balance.seen) == (3, 3)
    assert (first.balance.done, again.balance.done) == (1, 1)  # the other two deals sit on no company
    assert portal.deal(ACME)["handoff_status"] == "Handed off"
    assert portal.deal(ACME)["handoff_receipt"].startswith("hb:")
    assert (len(platform.made), portal.asked.count(("POST", WRITE))) == (made, writes)


def test_a_deal_that_gets_a_new_id_by_a_merge_is_not_handed_off_again(
    bridge: Bridge, portal: SandboxPortal, platform: FakeDestination, clock: FakeClock
) -> None:
    portal.engine.tenant({"merge_id": "new"})
    clock.advance(60)
    run_once(bridge)
    made = len(platform.made)
    portal.load(deals=[{"id": BIRCH, "_merged_into": ACME}])

    for _ in range(3):
        clock.advance(120)
        again = run_once(bridge)

    (new,) = (row for row in bridge.ledger.search("") if row.deal_id not in (ACME, BIRCH, CEDAR))
    assert (new.standing, len(platform.made)) == (Standing.EXCLUDED, made)
    assert new.reason.startswith(f"linked: it was handed off as deal {ACME} (Acme")
    assert portal.deal(new.deal_id)["handoff_status"] == "Excluded"
    assert again.balance.remainder == 0


@pytest.mark.whole
def test_of_a_tenant_that_works_with_hubspot_only_what_is_wrong_there_needs_a_person(tmp_path: Path) -> None:
    world = world_at(tenant=partial(tenant, crm="hubspot"))
    bridge = bridge_over(world, tmp_path, crm="hubspot")

    done = run_once(bridge)

    stopped = [row for row in bridge.ledger.search("") if row.standing == Standing.NEEDS_PERSON]
    assert (done.balance.seen, done.balance.done) == (45, 43)
    assert sorted(row.name.partition(": ")[0] for row in stopped) == ["No account", "Two companies"]
