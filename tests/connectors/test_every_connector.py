"""
What every connector promises, over its stand-in.

Each system brings a description of itself, `tests/connectors/contract/<system>.py`, and nothing else.
"""

from datetime import timedelta

import pytest

import connectors
from connectors._system import System
from handoff.errors import NotAllowed
from handoff.model import SETTLED, DealRef, Outcome, Result, Step, Window
from handoff.ports import Crm, Destination, Identity, Receipt
from sandbox.world import World
from tests.connectors.contract.cases import CrmCase, PlatformCase, case_of, crm_over, platform_over, platforms_to_try
from tests.in_process import START, world_at

MANY = 12
LONG_AGO = timedelta(days=3650)
CRMS, PLATFORMS = connectors.crms(), platforms_to_try()
KINDS = [(name, kind) for name, tried in PLATFORMS.items() for kind in tried.system.objects]
DROPPED_BY_THE_VENDOR = {("churnzero", "event")}
"""Kinds of which the same again is dropped as long as nothing in it changed, which no connector may rest on."""
of_every_crm = pytest.mark.parametrize("system", CRMS.values(), ids=list(CRMS))
of_every_platform = pytest.mark.parametrize("name", PLATFORMS)
of_every_kind = pytest.mark.parametrize(("name", "kind"), KINDS)


@pytest.fixture
def world() -> World:
    return world_at()


def until_now(world: World) -> Window:
    return Window(START - LONG_AGO, world.clock.now() - timedelta(seconds=10))


def struck(world: World) -> int:
    return sum(fault["struck"] for fault in world.faults_set())


# A CRM


def read_all(crm: Crm, world: World) -> list[list[str]]:
    return [[deal.ref.id for deal in page.deals] for page in crm.changed(until_now(world))]


def receipts(crm: Crm, case: CrmCase, ids: list[str]) -> list[Receipt]:
    refs = [DealRef(crm.instance, crm.system, crm.org(), one) for one in ids]
    return [Receipt(f"{ref}:receipt", ref, case.receipt) for ref in refs]


@of_every_crm
def test_a_deals_id_and_the_address_it_carries_name_that_deal_and_a_name_names_none(
    system: System, world: World
) -> None:
    (deal, *_) = next(crm_over(world, system, case_of(system)).changed(until_now(world))).deals

    assert deal.ref.id in system.ids_in(deal.ref.id)
    assert deal.ref.id in system.ids_in(deal.url)
    assert system.ids_in(deal.name) == []


@of_every_crm
def test_every_won_deal_is_read_to_the_last_page_and_none_twice(system: System, world: World) -> None:
    case = case_of(system)
    world.faults(list(case.small_pages))

    pages = read_all(crm_over(world, system, case), world)

    assert len(pages) > 1
    assert sorted(one for page in pages for one in page) == sorted(case.won(world))


@of_every_crm
def test_the_census_counts_every_won_deal_once(system: System, world: World) -> None:
    case = case_of(system)
    world.faults(list(case.small_pages))

    counted = [deal.ref.id for page in crm_over(world, system, case).census(until_now(world)) for deal in page]

    assert sorted(counted) == sorted(case.won(world))


@of_every_crm
def test_a_crm_that_refuses_us_is_told_and_not_asked_again_and_again(system: System, world: World) -> None:
    crm = crm_over(world, system, case_of(system))
    world.faults([{"system": system.name, "do": "unauthorized"}])

    with pytest.raises(NotAllowed):
        read_all(crm, world)

    assert struck(world) <= 2


@of_every_crm
def test_a_crm_that_is_busy_is_asked_again_later(system: System, world: World) -> None:
    case = case_of(system)
    crm = crm_over(world, system, case)
    world.faults([{"system": system.name, "do": "too_many", "times": 1}])
    before = world.clock.now()

    read = [one for page in read_all(crm, world) for one in page]

    assert sorted(read) == sorted(case.won(world))
    assert struck(world) == 1
    assert world.clock.now() - before >= timedelta(seconds=1)


@of_every_crm
def test_of_many_receipts_one_bad_one_is_refused_and_the_others_are_written(system: System, world: World) -> None:
    case = case_of(system)
    crm = crm_over(world, system, case)
    ids = sorted(case.won(world))[:MANY]
    sent = receipts(crm, case, ids)
    world.faults([{"system": system.name, "do": "bad_record", "record": ids[3], "route": "writes"}])

    outcomes = crm.write_back(sent)

    assert [one.key for one in outcomes] == [one.key for one in sent]
    assert [one.result for one in outcomes] == [Result.REJECTED if n == 3 else Result.UPDATED for n in range(MANY)]
    assert [case.told(world, one) == case.receipt for one in ids] == [n != 3 for n in range(MANY)]


@of_every_crm
def test_receipts_whose_answer_is_lost_are_never_said_to_be_refused(system: System, world: World) -> None:
    case = case_of(system)
    crm = crm_over(world, system, case)
    ids = sorted(case.won(world))[:MANY]
    world.faults([{"system": system.name, "do": "lose_answer", "route": "writes", "times": 1}])

    outcomes = crm.write_back(receipts(crm, case, ids))

    assert struck(world) == 1
    assert {one.result for one in outcomes} <= {Result.UPDATED, Result.UNKNOWN, Result.WAITING}
    assert [case.told(world, one) == case.receipt for one in ids] == [True] * MANY


# A platform


class Place:
    """A platform over its stand-in, and what became of steps there."""

    def __init__(self, name: str, world: World) -> None:
        self.tried, self.world = PLATFORMS[name], world
        self.case: PlatformCase = self.tried.case
        if self.case.fill:
            world.load(self.case.fill)
        self.platform: Destination = platform_over(world, self.tried)

    def steps(self, kind: str, count: int = MANY) -> list[Step]:
        return [self.case.step(kind, number) for number in range(count)]

    def fault(self, **said: object) -> None:
        self.world.faults([{"system": self.tried.at.name, **said}])

    def settle(self, kind: str) -> None:
        """Let pass what a look-up after doubt waits for; no fault is set any more."""
        self.world.faults([])
        self.world.clock.advance(self.platform.kinds[kind].settle.total_seconds() + 1)

    def keys(self, kind: str) -> list[str]:
        return self.case.keys(self.world, kind)

    def blind(self, kind: str) -> bool:
        return self.platform.kinds[kind].identity is Identity.BLIND


def keys_of(steps: list[Step]) -> list[str]:
    return sorted(step.key for step in steps)


def results(outcomes: list[Outcome]) -> set[Result]:
    return {one.result for one in outcomes}


@of_every_platform
def test_every_kind_that_can_be_made_says_how_it_is_found(name: str, world: World) -> None:
    place = Place(name, world)

    assert set(place.platform.kinds) == set(place.tried.system.objects)


@of_every_kind
def test_what_was_put_is_found_by_its_key(name: str, kind: str, world: World) -> None:
    place = Place(name, world)
    steps = place.steps(kind)

    outcomes = place.platform.put(steps)
    place.settle(kind)
    found = {} if place.blind(kind) else place.platform.find(steps)

    assert [one.key for one in outcomes] == [step.key for step in steps]
    assert results(outcomes) <= {Result.CREATED, Result.UPDATED}
    assert {key: [one.ref for one in some] for key, some in found.items()} == (
        {} if place.blind(kind) else {one.key: [one.ref] for one in outcomes}
    )


@of_every_kind
def test_what_is_put_twice_is_there_once_where_its_kind_says_so_and_nowhere_else(
    name: str, kind: str, world: World
) -> None:
    place = Place(name, world)
    steps = place.steps(kind)

    first, second = place.platform.put(steps), place.platform.put(steps)

    once = place.keys(kind) == keys_of(steps) and [one.ref for one in first] == [one.ref for one in second]
    natural = place.platform.kinds[kind].identity is Identity.NATURAL
    assert once == (natural or (name, kind) in DROPPED_BY_THE_VENDOR)


@of_every_kind
def test_of_many_steps_one_bad_one_is_refused_and_the_others_are_made(name: str, kind: str, world: World) -> None:
    place = Place(name, world)
    steps = place.steps(kind)
    place.fault(do="bad_record", record=place.case.named(steps[3]), route="writes")

    outcomes = place.platform.put(steps)

    assert [one.key for one in outcomes if one.result is Result.REJECTED] == [steps[3].key]
    assert results(outcomes) <= {Result.CREATED, Result.UPDATED, Result.REJECTED}
    assert place.keys(kind) == keys_of([step for step in steps if step is not steps[3]])


@of_every_kind
@pytest.mark.parametrize("do", ["lose_answer", "reset_before"])
def test_after_an_end_in_doubt_what_is_there_is_found_and_the_rest_is_made_once(
    name: str, kind: str, do: str, world: World
) -> None:
    place = Place(name, world)
    steps = place.steps(kind)
    place.platform.people([place.case.person])  # whoever must log in has done so
    place.fault(do=do, route="writes", times=1)

    outcomes = place.platform.put(steps)
    assert struck(world) == 1
    assert results(outcomes) <= SETTLED | {Result.UNKNOWN, Result.WAITING}
    open_ = {one.key for one in outcomes if one.result not in SETTLED}
    if place.blind(kind):
        return
    place.settle(kind)
    there = place.platform.find([step for step in steps if step.key in open_])
    again = [step for step in steps if step.key in open_ - there.keys()]
    place.platform.put(again)

    assert place.keys(kind) == keys_of(steps)


@of_every_kind
def test_a_platform_that_is_busy_is_asked_again_later(name: str, kind: str, world: World) -> None:
    place = Place(name, world)
    steps = place.steps(kind)
    place.fault(do="too_many", times=1)

    outcomes = place.platform.put(steps)

    assert struck(world) == 1
    assert results(outcomes) <= {Result.CREATED, Result.UPDATED}
    assert place.keys(kind) == keys_of(steps)


@of_every_kind
def test_a_platform_that_refuses_us_is_told_and_nothing_is_made(name: str, kind: str, world: World) -> None:
    place = Place(name, world)
    place.fault(do="unauthorized")

    with pytest.raises(NotAllowed):
        place.platform.put(place.steps(kind))

    assert struck(world) <= 3
    assert place.keys(kind) == []


@of_every_platform
def test_the_census_of_a_platform_has_every_key_of_ours_once(name: str, world: World) -> None:
    place = Place(name, world)
    kinds = [kind for kind in place.platform.kinds if not place.blind(kind)]
    made = {(kind, one.key, one.ref) for kind in kinds for one in place.platform.put(place.steps(kind))}
    place.settle(kinds[0])

    counted = [(one.kind, one.key, one.ref) for page in place.platform.census() for one in page]

    assert len(counted) == len(made)
    assert set(counted) == made


@of_every_kind
def test_every_step_is_announced_once_before_its_call_and_the_calls_are_foretold(
    name: str, kind: str, world: World
) -> None:
    place = Place(name, world)
    steps = place.steps(kind)
    announced: list[tuple[str, int]] = []
    foretold = place.platform.calls(steps)
    before = place.platform.traffic().calls

    place.platform.put(steps, lambda some: announced.extend((step.key, len(place.keys(kind))) for step in some))

    assert sorted(key for key, _ in announced) == keys_of(steps)
    assert all(made <= at for at, (_, made) in enumerate(announced))
    assert place.platform.traffic().calls - before == foretold
