"""Two passes on one ledger: who works on what, and what a pass that stood still may no longer do."""

from dataclasses import replace
from pathlib import Path

import pytest

from handoff.errors import BridgeBug, LeaseLost, TooLate
from handoff.leases import LEASE
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.ports import Capability, Identity
from handoff.run import run_once
from tests.fakes import ACTING, NOON, End, FakeClock, PowerCut, World, with_files
from tests.handoff.builders import DEAL, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"
ELSEWHERE = "0015g00000ElSeWAAV"
KINDS = ["company", "success_plan", "cta", "timeline"]


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def world(acting: Mappings, url: str) -> World:
    return World(acting, url, users())


@pytest.fixture
def beside(world: World, url: str):
    """A second worker: the same systems and clock, its own ledger object on the same database."""
    ledger = Ledger(url)
    ledger.open(stamps={})
    return replace(world.bridge, ledger=ledger)


def holding(url: str, clock: FakeClock) -> Ledger:
    """Return a ledger that a run of its own holds."""
    ledger = Ledger(url)
    ledger.open(stamps={})
    ledger.hold(ledger.begin_run("sync", clock.now(), "v1"), clock)
    return ledger


def in_the_middle(world: World, kind: str, what) -> None:
    """Let something happen once, right before a step of this kind is put."""
    put = world.platform.put

    def first(steps, intend):
        if steps[0].kind == kind:
            world.platform.put = put
            what()
        return put(steps, intend)

    world.platform.put = first


# Taking


def test_what_one_run_holds_another_does_not_get_and_gets_what_is_free(url):
    clock = FakeClock()
    one, other = holding(url, clock), holding(url, clock)

    assert one.take(["a", "b"]) == {"a", "b"}
    assert other.take(["b", "c"]) == {"c"}
    assert one.take(["a", "c"]) == {"a"}


def test_what_was_released_is_free(url):
    clock = FakeClock()
    one, other = holding(url, clock), holding(url, clock)
    one.take(["a", "b"])

    one.release(["a"])

    assert other.take(["a", "b"]) == {"a"}


def test_a_run_that_ended_holds_nothing(url):
    clock = FakeClock()
    one, other = holding(url, clock), holding(url, clock)
    one.take(["a"])

    one.let_go()

    assert other.take(["a"]) == {"a"}


def test_a_run_that_gives_no_sign_is_taken_over_once_its_time_is_over_and_not_before(url):
    clock = FakeClock()
    one, other = holding(url, clock), holding(url, clock)
    one.take(["a"])

    clock.advance(LEASE.total_seconds() - 1)
    other.beat()
    early = other.take(["a"])
    clock.advance(1)

    assert (early, other.take(["a"])) == (set(), {"a"})


def test_a_run_that_was_taken_over_can_write_nothing_more(url):
    clock = FakeClock()
    one, other = holding(url, clock), holding(url, clock)
    one.take(["a"])
    clock.advance(LEASE.total_seconds())
    with pytest.raises(LeaseLost, match="the next pass goes on"):
        one.take(["b"])
    other.let_go()
    other.hold(other.begin_run("sync", NOON, "v1"), clock)
    other.take(["a"])

    for write in (lambda: one.release(["a"]), lambda: one.take_in([a_deal()], [], NOON, 1)):
        with pytest.raises(LeaseLost):
            write()

    assert one.deals([str(a_deal().ref)]) == {}


def test_a_run_stays_alive_as_long_as_it_beats(url):
    clock = FakeClock()
    one, other = holding(url, clock), holding(url, clock)
    one.take(["a"])

    for _ in range(6):
        clock.advance(LEASE.total_seconds() / 2)
        one.beat()
        other.beat()

    assert other.take(["a"]) == set()


def test_leases_are_taken_in_a_run_only(url):
    ledger = Ledger(url)
    ledger.open(stamps={})

    with pytest.raises(BridgeBug):
        ledger.take(["a"])


# Two passes


def test_a_pass_leaves_alone_what_another_works_on_and_says_so(world, beside):
    world.crm.win(a_deal(), a_deal(SECOND, account_id=ELSEWHERE, account_name="Ostwind"))
    reports = []
    in_the_middle(world, "cta", lambda: reports.append(run_once(beside)))

    report = world.run()

    assert (reports[0].balance.waiting, report.balance.done) == (2, 2)
    assert "another pass works on it" in reports[0].exceptions[0].reason
    assert [one.kind for one in world.platform.made].count("cta") == 2
    assert world.keys_twice() == []


def test_a_deal_of_an_account_that_another_pass_works_on_waits(world, beside):
    world.crm.win(a_deal())
    reports = []

    def another_deal_is_won():
        world.crm.win(a_deal(SECOND, name="More seats"))
        world.clock.advance(12)
        reports.append(run_once(beside, deals=[SECOND]))

    in_the_middle(world, "company", another_deal_is_won)
    world.run()

    assert reports[0].balance.waiting == 1
    assert world.run().balance.done == 2
    assert len(world.platform.of("company")) == 1


def test_a_pass_that_stood_still_sends_nothing_after_another_took_its_work_over(world, beside):
    world.crm.win(a_deal())

    def stand_still():
        world.clock.advance(60)
        assert run_once(beside).balance.done == 1

    in_the_middle(world, "cta", stand_still)
    with pytest.raises(LeaseLost):
        world.run()

    assert [one.kind for one in world.platform.made] == KINDS
    assert world.standing(DEAL) == "done"
    assert world.run().steps == {}


def test_what_could_not_be_sent_in_time_after_it_was_written_down_is_not_sent(world):
    world.crm.win(a_deal())
    intend = world.ledger.intend

    def slowly(*given, **more):
        intend(*given, **more)
        world.clock.advance(12)

    world.ledger.intend = slowly
    with pytest.raises(TooLate, match="stood still"):
        world.run()

    assert world.platform.made == []


def test_a_step_that_was_cut_off_is_left_alone_until_its_call_must_be_over(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.CUT_BEFORE if step.kind == "cta" else None
    with pytest.raises(PowerCut):
        world.run()
    world.platform.ends = lambda step: None
    world.ledger.let_go()
    looked = len(world.platform.looked)

    early, said = world.run(after=19), world.deal(DEAL).reason
    late = world.run(after=2)

    assert (early.balance.waiting, late.balance.waiting) == (1, 1)
    assert "may still be under way" in said
    assert len(world.platform.looked) == looked + 1
    assert world.until_quiet().balance.done == 1
    assert world.keys_twice() == []


def test_an_older_reading_does_not_replace_a_newer_one(url):
    world = World(with_files(), url, users())
    beside = replace(world.bridge, ledger=Ledger(url))
    world.crm.win(a_deal())
    changed = world.crm.changed

    def read_and_then_edited(window):
        pages = list(changed(window))
        world.crm.changed = changed
        world.clock.advance(3)
        world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
        world.clock.advance(11)
        run_once(beside)
        yield from pages

    world.crm.changed = read_and_then_edited
    world.run()

    (cta,) = world.platform.of("cta")
    assert "Fewer claims" in cta.payload["Comments"]
    assert world.run().steps == {}


# Blind steps


@pytest.fixture
def blind(world: World) -> World:
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    return world


@pytest.mark.parametrize("end", [End.UNKNOWN_BEFORE, End.UNKNOWN_AFTER])
def test_a_blind_step_without_an_answer_is_parked_for_a_person_and_never_sent_again(blind, end):
    blind.crm.win(a_deal())
    blind.platform.ends = lambda step: end if step.kind == "timeline" else None
    report = blind.run()
    blind.platform.ends = lambda step: None

    sent = len(blind.platform.sent)

    later = [blind.run(after=3_700) for _ in range(3)]

    assert (report.balance.needs_person, later[-1].balance.needs_person) == (1, 1)
    assert len(blind.platform.sent) == sent
    assert len(blind.platform.of("timeline")) == (end is End.UNKNOWN_AFTER)
    assert "the connection broke" in blind.deal(DEAL).reason


@pytest.mark.parametrize("end", [End.CUT_BEFORE, End.CUT_AFTER])
def test_a_blind_step_that_was_cut_off_is_parked_for_a_person(blind, end):
    blind.crm.win(a_deal())
    blind.platform.ends = lambda step: end if step.kind == "timeline" else None
    with pytest.raises(PowerCut):
        blind.run()
    blind.platform.ends = lambda step: None

    reports = [blind.run(after=3_700) for _ in range(2)]

    assert [one.balance.needs_person for one in reports] == [1, 1]
    assert "handoff queue" in blind.deal(DEAL).reason
    assert len(blind.platform.of("timeline")) == (end is End.CUT_AFTER)


def test_a_blind_step_that_surely_was_not_sent_is_sent_by_the_next_pass(blind):
    blind.crm.win(a_deal())
    blind.platform.ends = lambda step: End.WAITING if step.kind == "timeline" else None
    blind.run()
    blind.platform.ends = lambda step: None

    assert blind.run().balance.done == 1
    assert len(blind.platform.of("timeline")) == 1


def test_a_put_of_blind_steps_parks_only_those_without_an_answer(blind):
    blind.crm.win(a_deal(), a_deal(SECOND, account_id=ELSEWHERE, account_name="Ostwind"))
    blind.platform.ends = lambda step: (
        End.UNKNOWN_AFTER if step.kind == "timeline" and SECOND in str(step.deal) else None
    )

    blind.run()

    assert (blind.standing(DEAL), blind.standing(SECOND)) == ("done", "needs_person")
