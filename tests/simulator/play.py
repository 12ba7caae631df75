"""One simulated world from its first deal to the moment when nothing waits any more."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import and_, func, not_, or_, select

import connectors
from connectors._system import World as Given
from flows._wiring import Beating
from handoff import tables as t
from handoff.bridge import Bridge
from handoff.budgets import SharedBudget
from handoff.errors import ServiceError
from handoff.intents import State
from handoff.ledger import Ledger
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.model import Standing
from handoff.reconcile import Reconciled, reconcile
from handoff.report import Report
from handoff.run import run_once
from sandbox.clock import SimulatedClock
from sandbox.ids import with_checksum
from sandbox.stand_ins import Tenancy
from sandbox.wire import Request, Response
from sandbox.world import Engines, World, vendor_engines
from tests.simulator.faults import Faults
from tests.simulator.hub import CALM, Chances, Crash, Hub
from tests.simulator.memory import SimulatedLedger
from tests.simulator.network import Network
from tests.simulator.oracle import Found, judged
from tests.simulator.pairs import CRMS, FIRST, PLATFORMS, Pair
from tests.simulator.scene import LATEST_COMMIT_SECONDS, BulkScene, Scene
from tests.simulator.sides import Happening
from tests.simulator.welcome import Post

START = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
MAPPINGS = Path(__file__).parent / "mappings"
TENANCY = Tenancy(org=with_checksum("00DSim000000001"), tenant="harbor-simulated")
BATCHES = (5, 10, 50)
"""How many records go in one call while calls are disturbed; it differs from world to world."""
MOST_AT_ONCE = 50
"""How many go in one call once nothing is disturbed any more: what is left proves no more in many calls than in few."""
CALM_BETWEEN_SECONDS = 300.0
"""How far apart a worker's passes are then: a step in doubt waits for two minutes between its looks."""
A_PERSON_TRIES_AGAIN_SECONDS = 3_900.0
LAST_ROWS_ARE_LEFT_FOR = timedelta(seconds=20)
"""A pass that begins later than this after the last edit reads it: the bridge leaves the last 10 seconds alone."""
SECOND = "worker 2"
SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Plan:
    """
    What one world is like.

    `pair` names its CRM and its platform. `rate` is how many calls are disturbed, `chances` how often workers are, for
    `busy_for` from the start. What was made is invisible to look-ups for some of `lag_seconds`; a worker begins a pass
    about every `between_seconds`. A row of the CRM may appear `late_seconds` after its stamp. The second worker's clock
    is `ahead_seconds` ahead of all others. A world in which something waits for ever ends after `most_passes`.
    Everything follows from `seed`.
    """

    seed: int
    size: int = 200
    pair: Pair = FIRST
    workers: int = 2
    rate: float = 0.3
    chances: Chances = FIRST.chances
    busy_for: timedelta = FIRST.busy_for
    lag_seconds: tuple[int, int] = (0, 60)
    between_seconds: float = 120.0
    late_seconds: float = LATEST_COMMIT_SECONDS
    ahead_seconds: float = 0.0
    most_passes: int = 120

    @classmethod
    def of(cls, pair: Pair, seed: int, size: int = 0) -> "Plan":
        """Return a world of a pair as it usually is; `size` is how many deals it has, 0 as many as usual."""
        return cls(seed, size or pair.size, pair, chances=pair.chances, busy_for=pair.busy_for)

    @property
    def words(self) -> str:
        """What the command line is told to play it again, as it usually is."""
        return f"--pair {self.pair.name} --seed {self.seed} --size {self.size}"


@dataclass
class Ended:
    """What came of a world: what the oracle found, and what was tried on the way."""

    plan: Plan
    found: Found
    faults: Counter[str] = field(default_factory=Counter)
    ambiguous: int = 0
    calls: int = 0
    crashes: int = 0
    freezes: int = 0
    points: int = 0
    passes: int = 0
    broken_off: int = 0
    lasted: timedelta = timedelta(0)


class WorkerClock:
    """The business clock as a worker has it: it reads the world's, and a sleep lets others run."""

    scale = 1.0

    def __init__(self, clock: SimulatedClock, hub: Hub, ahead: timedelta) -> None:
        self._clock, self._hub, self._ahead = clock, hub, ahead

    def now(self) -> datetime:
        """Return the moment."""
        return self._clock.now() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Let time pass for this worker."""
        self._hub.point("sleep")
        self._hub.sleep(seconds)


class Play:
    """A world, its workers, and one ledger; `run` carries it through."""

    def __init__(
        self, plan: Plan, folder: Path, *, scene: Scene | None = None, trace: Callable[[str], None] | None = None
    ) -> None:
        self.plan, self._folder = plan, folder
        self.chance = random.Random(plan.seed)
        self.hub = Hub(START, random.Random(self.chance.random()))
        self.hub.trace = trace
        made_up = random.Random(self.chance.random())
        self.scene = scene or BulkScene(
            plan.size,
            made_up,
            START,
            CRMS[plan.pair.crm](),
            PLATFORMS[plan.pair.platform](),
            busy_for=plan.busy_for,
            late_seconds=plan.late_seconds,
        )
        self._ends_not_before = START + plan.busy_for + LAST_ROWS_ARE_LEFT_FOR + self.scene.crm.seen_within
        self.clock = SimulatedClock(real_now=self.hub.now, start=START)
        self.world = World(
            seed=plan.seed, clock=self.clock, real_now=self.hub.now, engines=self._engines, tenant=self.scene.contents
        )
        self.post = Post()
        self.network = Network(self._handle, self.hub, random.Random(self.chance.random()))
        self.faults = Faults(plan.rate, random.Random(self.chance.random()), self.hub)
        self.network.disturb = self.faults.disturb
        self._jitter = random.Random(self.chance.random())
        self._records = self.chance.choice(BATCHES)
        self.reports: list[Report] = []
        self.broken_off = 0
        self._calm = self._quiet = False
        self._passes_left = plan.most_passes

    def run(self) -> Ended:
        """Let the workers work until nothing waits, and return what the oracle found."""
        busy = self.plan
        self.hub.chances = busy.chances
        platform = self.scene.platform
        self.world.load({"tenant": {platform.system: dict(platform.lag(self.chance.randint(*busy.lag_seconds)))}})
        for happening in self.scene.happenings:
            self.hub.at(START + happening.after, lambda one=happening: self._happens(one))  # type: ignore[misc]
        self.hub.at(START + busy.busy_for, self._calms_down)
        for number in range(busy.workers):
            self.hub.start(f"worker {number + 1}", self._life)
        self.hub.run()
        return self._ended()

    def reconciled(self) -> Reconciled:
        """Return what `handoff reconcile` finds now."""
        ledger = SimulatedLedger(self._folder / "handoff.db", self.hub)
        try:
            return reconcile(self._bridge(ledger))
        finally:
            ledger.close()

    def _ended(self) -> Ended:
        ledger = Ledger(f"sqlite:///{self._folder / 'handoff.db'}")
        found = judged(self.scene, self.world.state(), self.post.letters, ledger, self.reports)
        ledger.close()
        return Ended(
            plan=self.plan,
            found=found,
            faults=self.faults.tried,
            ambiguous=self.faults.ambiguous,
            calls=self.faults.asked,
            crashes=self.hub.counts.crashes,
            freezes=self.hub.counts.freezes,
            points=self.hub.counts.points,
            passes=len(self.reports),
            broken_off=self.broken_off,
            lasted=self.hub.now() - START,
        )

    # What a worker does

    def _life(self) -> None:
        """Do passes until nothing waits, in one process after another."""
        while not self._quiet:
            self.hub.begun()
            try:
                self._process()
            except Crash:
                continue

    def _process(self) -> None:
        """Do passes as one process would; what it knows is lost when it is cut off."""
        while not self._quiet:
            between = CALM_BETWEEN_SECONDS if self._calm else self.plan.between_seconds
            self.hub.sleep(between * self.chance.uniform(0.5, 1.5))
            ledger = SimulatedLedger(self._folder / "handoff.db", self.hub)
            try:
                self._pass(ledger)
            finally:
                ledger.close()

    def _pass(self, ledger: SimulatedLedger) -> None:
        covers_all = self._calm and self.hub.now() > self._ends_not_before
        try:
            self.reports.append(run_once(self._bridge(ledger)))
        except ServiceError as error:
            self.broken_off += 1
            self._note(f"broken off: {error}")
            return
        self._note(self.reports[-1].balance.words())
        if self._calm and not covers_all and self.scene.crm.seen_within and not any(self._what_waits(ledger)):
            self.hub.sleep((self._ends_not_before - self.hub.now()).total_seconds())
        if covers_all:
            self._passes_left -= 1
            waits, persons = self._what_waits(ledger)
            self._quiet = not (waits or persons) or self._passes_left <= 0
            if persons and not waits:
                self.hub.sleep(A_PERSON_TRIES_AGAIN_SECONDS)

    def _what_waits(self, ledger: Ledger) -> tuple[int, int]:
        return what_waits(ledger, self.scene.platform.blind)

    def _bridge(self, ledger: SimulatedLedger) -> Bridge:
        ledger.open(stamps={})
        ahead = timedelta(seconds=self.plan.ahead_seconds if self.hub.running == SECOND else 0.0)
        clock, budget = Beating(WorkerClock(self.clock, self.hub, ahead), ledger.beat), SharedBudget(ledger)
        crm, platform, records = self.scene.crm, self.scene.platform, self._records

        def given(system: str) -> Given:
            return Given(
                clock,
                budget,
                jitter=self._jitter.random,
                read_only=False,
                httpx_transport=self.network.under_httpx(system),
                requests_adapter=self.network.under_requests(system),
                beat=ledger.beat,
            )

        port_base, loaded = self.world.port_base, mappings(self.plan.pair)
        of_crm = connectors.crms()[crm.system]
        made = of_crm.make(crm.instance(port_base, records), loaded, given(crm.system))
        beside = replace(given(platform.system), crm=made, work_in=of_crm.work_in)
        return Bridge(
            made,
            platform.destination(platform.instance(port_base, records), beside, self.network),
            loaded,
            ledger,
            clock,
            lease_clock=self.hub,
            stopping=lambda: self._records != records,  # new settings are for a new process
        )

    # What happens around the workers

    def _handle(self, system: str, request: Request) -> Response:
        if system == "post":
            return self.post.handle(request, self.clock.now())
        return self.world.handle(system, request)

    def _engines(self, tenancy: Tenancy, port_base: int) -> Engines:
        return vendor_engines(TENANCY, port_base, real_now=self.hub.now)

    def _happens(self, happening: Happening) -> None:
        edits, system = happening.edits, happening.system
        objects = edits(self.world.state(system)[system]) if callable(edits) else edits
        self.world.load({system: objects})
        self._note(f"in {'the CRM' if system == self.scene.crm.system else system}: {objects}")

    def _calms_down(self) -> None:
        self.hub.chances, self.faults.rate, self._calm = CALM, 0.0, True
        self._records = MOST_AT_ONCE
        self._note("the faults end")

    def _note(self, what: str) -> None:
        if self.hub.trace:
            self.hub.trace(f"{self.hub.now().isoformat(timespec='milliseconds')} {what}")


def what_waits(ledger: Ledger, blind: str) -> tuple[int, int]:
    """Return how many deals wait (or a note or receipt of them), and how many need a person but for a blind step."""
    c, s = t.deals.c, t.steps.c
    untold = and_(c.standing == Standing.DONE.value, c.try_at.is_not(None))
    waits = or_(c.standing == Standing.WAITING.value, untold, c.receipt_pending.is_not(None))
    parked = and_(s.kind == blind, s.state == State.UNKNOWN.value)
    undone = select(s.deal).where(s.state != State.SETTLED.value, not_(parked))
    begun = select(s.deal).where(s.state == State.SETTLED.value)
    persons = and_(c.standing == Standing.NEEDS_PERSON.value, or_(c.ref.in_(undone), c.ref.not_in(begun)))
    with ledger.reading() as connection:
        found = [connection.execute(select(func.count()).where(one)).scalar_one() for one in (waits, persons)]
    return found[0], found[1]


@cache
def mappings(pair: Pair) -> Mappings:
    """Return the simulated company's mapping files of a pair, loaded once."""
    return load_mappings(MAPPINGS, crm=pair.crm, platform=PLATFORMS[pair.platform]().known_as())


@contextmanager
def playing(plan: Plan, *, scene: Scene | None = None, trace: Callable[[str], None] | None = None) -> Iterator[Play]:
    """Yield a world that has not begun yet; its ledger is gone after the block."""
    with TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        yield Play(plan, Path(folder), scene=scene, trace=trace)


def play(plan: Plan, *, trace: Callable[[str], None] | None = None) -> Ended:
    """Carry one world through and return what came of it; the same plan gives the same, to the last call."""
    with playing(plan, trace=trace) as world:
        return world.run()
