"""Several CRMs on one ledger: each has its own window, its own balance, and its own word in every screen."""

from dataclasses import replace
from pathlib import Path

import pytest

from handoff.books import last_reconciled
from handoff.bridge import Bridge
from handoff.errors import ServiceError
from handoff.model import Deal, DealRef
from handoff.reconcile import reconcile
from handoff.report import Balance
from handoff.run import run_once
from handoff.status import Status, status
from tests.fakes import ACTING, FakeCrm, World
from tests.handoff.builders import a_deal, mappings_in, users

EMEA_ORG = "00D7h000004EmEaEAK"
ELSEWHERE = "0067h00000EmEaAAAV"


@pytest.fixture
def main(tmp_path: Path) -> World:
    return World(mappings_in(tmp_path, ACTING), f"sqlite:///{tmp_path / 'handoff.db'}", users())


@pytest.fixture
def emea(main: World) -> Bridge:
    return replace(main.bridge, crm=FakeCrm(main.clock, org=EMEA_ORG, instance="emea"))


def of_emea(deal: Deal) -> Deal:
    return replace(deal, ref=DealRef("emea", "salesforce", EMEA_ORG, deal.ref.id))


def stands(world: World, crm: str) -> Status:
    now = world.clock.now()
    return status(world.ledger, [], now=now, lease_now=now, crm=crm)


def test_each_crm_is_read_in_its_own_window(main, emea):
    main.run()
    main.clock.advance(3_600)
    emea.crm.win(of_emea(a_deal(ELSEWHERE, account_id="0017h00000OtHeRAAV")))

    main.run()
    report = run_once(emea)

    assert report.balance == Balance(1, 1, 0, 0, 0)
    assert emea.crm.windows[0].lower < main.crm.windows[1].lower


def test_each_crm_has_its_own_balance_and_its_own_last_pass(main, emea):
    main.crm.win(a_deal())
    main.run()
    main.clock.advance(3_600)
    run_once(emea)

    assert (stands(main, "main").counts, stands(main, "emea").counts) == ({"done": 1}, {})
    assert stands(main, "main").overdue
    assert not stands(main, "emea").overdue


def test_what_stops_the_pass_of_one_crm_is_told_of_that_one(main, emea):
    main.run()
    emea.crm.gone = True
    with pytest.raises(ServiceError):
        run_once(emea)

    assert stands(main, "main").last_error == ""
    assert stands(main, "emea").last_error


def test_a_reconciliation_of_one_crm_takes_the_work_of_another_for_no_stranger(main, emea):
    main.crm.win(a_deal())
    main.run()
    run_once(emea)
    main.clock.advance(3_600)

    done = reconcile(emea)

    assert (done.records, done.strangers, done.findings) == (0, 0, ())


def test_what_was_not_found_is_remembered_of_each_crm_apart(main, emea):
    main.crm.win(a_deal())
    main.run()
    main.platform.made.clear()
    main.clock.advance(3_600)
    began = reconcile(main.bridge, heal=True).at
    main.clock.advance(3_600)
    run_once(emea)
    reconcile(emea, heal=True)

    at, lost = last_reconciled(main.ledger, "main")

    assert (at, bool(lost)) == (began, True)
    assert last_reconciled(main.ledger, "emea")[1] == frozenset()


def test_the_balance_in_all_is_the_sum_of_each():
    assert Balance.of_all([Balance(5, 3, 1, 1, 0), Balance(2, 0, 0, 0, 2)]) == Balance(7, 3, 1, 1, 2)
    assert Balance.of_all([]) == Balance(0, 0, 0, 0, 0)
