"""One simulated world from its first deal to the moment when nothing waits any more."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from handoff.settings import Instance
from sandbox.clock import SimulatedClock
from sandbox.ids import with_checksum
from sandbox.stand_ins import Tenancy
from sandbox.wire import Request, Response
from sandbox.world import Engines, World, port_of, vendor_engines
from tests.simulator.faults import Faults
from tests.simulator.hub import CALM, Chances, Crash, Hub
from tests.simulator.memory import SimulatedLedger
from tests.simulator.network import Network
from tests.simulator.oracle import Found, judged
from tests.simulator.scene import LATEST_COMMIT_SECONDS, BulkScene, Happening, Scene
from tests.simulator.welcome import WELCOME, Post, WithWelcome, with_welcome
from tests.systems import GAINSIGHT

START = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
MAPPINGS = Path(__file__).parent / "mappings"
CRM, PLATFORM = connectors.crms()["salesforce"], connectors.platforms()["gainsight"]
TENANCY = Tenancy(org=with_checksum("00DSim000000001"), tenant="harbor-simulated")
BUSY_FOR = timedelta(minutes=15)
A_PERSON_TRIES_AGAIN_SECONDS = 3_900.0
MOST_PASSES_UNTIL_QUIET = 120
LAST_ROWS_ARE_LEFT_FOR = timedelta(seconds=20)
"""A pass that begins later than this after the last edit reads it: the bridge leaves the last 10 seconds alone."""
SECOND = "worker 2"
ROUGH = Chances(crash=0.001, freeze=0.002)
SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Plan:
    """
    What one world is like.

    `rate` is how many calls are disturbed, `chances` how often workers are, for `busy_for` from the start. What was
    made is invisible to look-ups for some of `lag_seconds`; a worker begins a pass about every `between_seconds`. A row
    of the CRM may appear `late_seconds` after its stamp. The second worker's clock is `ahead_seconds` ahead of all
    others. Everything follows from `seed`.
    """

    seed: int
    size: int = 200
    workers: int = 2
    rate: float = 0.3
    chances: Chances = ROUGH
    busy_for: timedelta = BUSY_FOR
    lag_seconds: tuple[int, int] = (0, 60)
    between_seconds: float = 120.0
    late_seconds: float = LATEST_COMMIT_SECONDS
    ahead_seconds: float = 0.0


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
            plan.size, made_up, START, busy_for=plan.busy_for, late_seconds=plan.late_seconds
        )
        self.clock = SimulatedClock(real_now=self.hub.now, start=START)
        self.world = World(
            seed=plan.seed, clock=self.clock, real_now=self.hub.now, engines=self._engines, tenant=self.scene.contents
        )
        self.post = Post()
        self.network = Network(self._handle, self.hub, random.Random(self.chance.random()))
        self.faults = Faults(plan.rate, random.Random(self.chance.random()), self.hub)
        self.network.disturb = self.faults.disturb
        self._jitter = random.Random(self.chance.random())
        self._crm, self._platform = _instances(port_of("gainsight") + self.world.port_base, self.chance)
        self.reports: list[Report] = []
        self.broken_off = 0
        self._calm = self._quiet = False
        self._passes_left = MOST_PASSES_UNTIL_QUIET

    def run(self) -> Ended:
        """Let the workers work until nothing waits, and return what the oracle found."""
        busy = self.plan
        self.hub.chances = busy.chances
        self.world.load({"tenant": {"gainsight": {"read_lag_seconds": self.chance.randint(*busy.lag_seconds)}}})
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
            self.hub.sleep(self.plan.between_seconds * self.chance.uniform(0.5, 1.5))
            ledger = SimulatedLedger(self._folder / "handoff.db", self.hub)
            try:
                self._pass(ledger)
            finally:
                ledger.close()

    def _pass(self, ledger: SimulatedLedger) -> None:
        covers_all = self._calm and self.hub.now() > START + self.plan.busy_for + LAST_ROWS_ARE_LEFT_FOR
        try:
            self.reports.append(run_once(self._bridge(ledger)))
        except ServiceError as error:
            self.broken_off += 1
            self._note(f"broken off: {error}")
            return
        self._note(self.reports[-1].balance.words())
        if covers_all:
            self._passes_left -= 1
            waits, persons = what_waits(ledger)
            self._quiet = not (waits or persons) or self._passes_left <= 0
            if persons and not waits:
                self.hub.sleep(A_PERSON_TRIES_AGAIN_SECONDS)

    def _bridge(self, ledger: SimulatedLedger) -> Bridge:
        ledger.open(stamps={})
        ahead = timedelta(seconds=self.plan.ahead_seconds if self.hub.running == SECOND else 0.0)
        clock, budget = Beating(WorkerClock(self.clock, self.hub, ahead), ledger.beat), SharedBudget(ledger)
        given = Given(
            clock,
            budget,
            jitter=self._jitter.random,
            read_only=False,
            httpx_transport=self.network.under_httpx("gainsight"),
            requests_adapter=self.network.under_requests("salesforce"),
            beat=ledger.beat,
        )
        platform = WithWelcome(
            PLATFORM.make(self._platform, given),
            transport=self.network.under_httpx("post"),
            clock=clock,
            budget=budget,
            jitter=self._jitter.random,
            beat=ledger.beat,
        )
        crm = CRM.make(self._crm, mappings(), given)
        return Bridge(crm, platform, mappings(), ledger, clock, lease_clock=self.hub)

    # What happens around the workers

    def _handle(self, system: str, request: Request) -> Response:
        if system == "post":
            return self.post.handle(request, self.clock.now())
        return self.world.handle(system, request)

    def _engines(self, tenancy: Tenancy, port_base: int) -> Engines:
        return vendor_engines(TENANCY, port_base, real_now=self.hub.now)

    def _happens(self, happening: Happening) -> None:
        self.world.load({"salesforce": happening.objects})
        self._note(f"in the CRM: {happening.objects}")

    def _calms_down(self) -> None:
        self.hub.chances, self.faults.rate, self._calm = CALM, 0.0, True
        self._note("the faults end")

    def _note(self, what: str) -> None:
        if self.hub.trace:
            self.hub.trace(f"{self.hub.now().isoformat(timespec='milliseconds')} {what}")


def _instances(port: int, chance: random.Random) -> tuple[Instance, Instance]:
    """Return the settings of the CRM and the platform; how many records go in one call differs from world to world."""
    secrets = {
        f"HANDOFF_{kind}_MAIN_CLIENT_{part}": "sandbox" for kind in ("CRM", "PLATFORM") for part in ("ID", "SECRET")
    }
    size = str(chance.choice((5, 10, 50)))
    sizes = {f"HANDOFF_PLATFORM_MAIN_{name}": size for name in ("LIST_SIZE", "OBJECT_LIST_SIZE", "TIMELINE_LIST_SIZE")}
    said = {**secrets, **sizes, "HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE": "95"}
    crm = {"system": "salesforce", "domain": "sandbox.my"}
    platform = {"system": "gainsight", "base_url": f"http://127.0.0.1:{port}"}
    return Instance("crm", "main", crm, said), Instance("platform", "main", platform, said)


def what_waits(ledger: Ledger) -> tuple[int, int]:
    """Return how many deals wait (or a note or receipt of them), and how many need a person but for a letter."""
    c, s = t.deals.c, t.steps.c
    untold = and_(c.standing == Standing.DONE.value, c.try_at.is_not(None))
    waits = or_(c.standing == Standing.WAITING.value, untold, c.receipt_pending.is_not(None))
    parked = and_(s.kind == WELCOME, s.state == State.UNKNOWN.value)
    undone = select(s.deal).where(s.state != State.SETTLED.value, not_(parked))
    begun = select(s.deal).where(s.state == State.SETTLED.value)
    persons = and_(c.standing == Standing.NEEDS_PERSON.value, or_(c.ref.in_(undone), c.ref.not_in(begun)))
    with ledger.reading() as connection:
        found = [connection.execute(select(func.count()).where(one)).scalar_one() for one in (waits, persons)]
    return found[0], found[1]


@cache
def mappings() -> Mappings:
    """Return the simulated company's mapping files, loaded once."""
    return load_mappings(MAPPINGS, crm="salesforce", platform=with_welcome(GAINSIGHT))


@contextmanager
def playing(plan: Plan, *, scene: Scene | None = None, trace: Callable[[str], None] | None = None) -> Iterator[Play]:
    """Yield a world that has not begun yet; its ledger is gone after the block."""
    with TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        yield Play(plan, Path(folder), scene=scene, trace=trace)


def play(plan: Plan, *, trace: Callable[[str], None] | None = None) -> Ended:
    """Carry one world through and return what came of it; the same plan gives the same, to the last call."""
    with playing(plan, trace=trace) as world:
        return world.run()
