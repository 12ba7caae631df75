"""The backfill of the public data set in simulated time: cut off on the way, and a live deal a minute beside it."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any, NoReturn

from benchmarks.calls import Setting, floor, mappings_for, won_deals
from handoff.backfill import plan_backfill
from handoff.backfill_plan import BackfillPlan
from handoff.backfills import Asked, states
from handoff.bridge import Bridge
from handoff.plans import carried_out
from handoff.run import run_once
from sandbox import csv_data
from sandbox.clock import SimulatedClock
from sandbox.ids import Ids
from sandbox.journal import iso_z
from sandbox.wire import Contents, Request, Response
from sandbox.world import World
from tests.fakes import PowerCut
from tests.in_process import START, bridge_over
from tests.simulator.hub import Chances, Hub

A_MINUTE = 30
SHARE = 0.8
KILLS = 3
CALL_SECONDS = 0.33
MINUTE = timedelta(minutes=1)
AGAIN_AFTER_SECONDS = 5.0
"""How long whoever does the plan again waits where a run found nothing it could do."""

LONGEST = timedelta(hours=6)
ASKED = Asked(date(2017, 1, 1), date(2017, 12, 31), full=True)
IDS = Ids("Bfl")
PLAN, BACKFILL, LIVE = "plan", "backfill", "live"
PASSES_AFTER = 5


@dataclass(frozen=True)
class Used:
    """The calls of one system, counted by the exchanges of the backfill and of the live passes, and what was said."""

    planned: int
    arithmetic: int
    backfill: int
    live: int


@dataclass(frozen=True)
class Measured:
    """How a backfill went; `calls` by system, `waits` of live deals from close to CTA in simulated seconds."""

    lists: int
    seed: int
    deals: int
    kills: tuple[str, ...]
    runs: int
    calls: dict[str, Used]
    planned: timedelta
    took: timedelta
    windows_over: int
    fullest_minute: int
    live_deals: int
    waits: list[float]

    @property
    def p99(self) -> float:
        """The 99th percentile of the live deals' waits."""
        return quantiles(self.waits, n=100, method="inclusive")[98]


class HubClock:
    """The business clock of a process that shares the hub's time with others: they work while it sleeps."""

    scale = 1.0

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def now(self) -> datetime:
        """Return the moment."""
        return self._hub.now()

    def sleep(self, seconds: float) -> None:
        """Return when so much time has passed."""
        self._hub.sleep(seconds)


class Deployment:
    """The data set's deals, all won before `start_from`, and accounts whose deals are won while it runs."""

    def __init__(self, data: Path, setting: Setting, folder: Path, *, live: int, seed: int) -> None:
        self.data, self.setting, self.folder = data, setting, folder
        self.mappings = historic_mappings(setting, folder)
        self.live = [(IDS.salesforce("001"), IDS.salesforce("006")) for _ in range(live)]
        self.chance = random.Random(seed)
        self.hub = Hub(START, self.chance)
        self.hub.chances = Chances(switch=0.0)
        clock = SimulatedClock(real_now=self.hub.now, start=START)
        self.world = World(seed=1, clock=clock, real_now=self.hub.now, tenant=self._tenant)
        self.clock = HubClock(self.hub)
        self.won: dict[str, datetime] = {}
        self.bridges: dict[str, list[Bridge]] = {PLAN: [], BACKFILL: [], LIVE: []}
        self._handle = self.world.handle
        self.world.handle = self._answer  # type: ignore[method-assign]
        self._calls, self._cuts = 0, dict[int, bool]()
        self.kills: list[str] = []
        self.log: list[tuple[str, datetime]] = []
        self.unsent: Counter[str] = Counter()

    def _tenant(self, seed: int, now: datetime) -> Contents:
        made = csv_data.contents(self.data, now)
        crm = made.objects["salesforce"]
        rep = crm["User"][0]["Id"]
        for number, (account, deal) in enumerate(self.live):
            crm["Account"].append({"Id": account, "Name": f"Quay {number:03d}", "OwnerId": rep})
            open_ = {"StageName": "Prospecting", "CloseDate": f"{now:%Y-%m-%d}", "Amount": 4_800}
            crm["Opportunity"].append(
                {"Id": deal, "Name": f"Live {number}", "AccountId": account, "OwnerId": rep, **open_}
            )
        return made

    def bridge(self, who: str) -> Bridge:
        """Return a new bridge with nothing in its memory; its calls are counted as those of `who`."""
        how: dict[str, Any] = {"PLATFORM_MAIN_CALLS_PER_MINUTE": str(A_MINUTE)} | sizes_of(self.setting)
        share = 1.0 if who == LIVE else SHARE
        made = bridge_over(self.world, self.folder, mappings=self.mappings, share=share, clock=self.clock, **how)
        self.bridges[who].append(made)
        return made

    def cut_off_at(self, calls: int) -> None:
        """Let the backfill be cut off at some of its next so many calls, before or after they are carried out."""
        self._cuts = {number: self.chance.random() < 0.5 for number in self.chance.sample(range(1, calls), KILLS)}

    def _answer(self, system: str, request: Request) -> Response:
        """Answer a call after it took its time, others working meanwhile; some cut the backfill off."""
        who = self.hub.running
        self.hub.sleep(CALL_SECONDS)
        if system == "gainsight" and not request.path.endswith("/token"):
            self.log.append((who or PLAN, self.hub.now()))
        if who != BACKFILL:
            return self._handle(system, request)
        self._calls += 1
        after = self._cuts.pop(self._calls, None)
        if after is False:
            self.unsent[system] += 1
            self._power_cut(f"before call {self._calls}", request)
        said = self._handle(system, request)
        if after:
            self._power_cut(f"after call {self._calls}", request)
        return said

    def _power_cut(self, when: str, request: Request) -> NoReturn:
        """Let the process be gone at once: from now on it cannot say in the ledger either that it is."""

        def gone() -> NoReturn:
            raise PowerCut

        self.kills.append(f"{when} ({request.method} {request.path})")
        self.bridges[BACKFILL][-1].ledger.writing = gone  # type: ignore[method-assign]
        raise PowerCut

    def live_passes(self, until_done: Callable[[], bool]) -> None:
        """Run a live pass each minute, a live deal won at any moment between, until all of it has been handed off."""
        self.clock.sleep(60 * self.chance.random())  # a schedule knows nothing of the vendor's minutes
        bridge, tick, after = self.bridge(LIVE), self.clock.now(), 0
        while after < PASSES_AFTER:
            run_once(bridge)
            tick += MINUTE
            if until_done():
                after += 1
            elif len(self.won) < len(self.live):
                self.hub.at(self.clock.now() + MINUTE * self.chance.random(), self._win)
            self.clock.sleep((tick - self.clock.now()).total_seconds())

    def _win(self) -> None:
        _, deal = self.live[len(self.won)]
        now = self.world.clock.now()
        self.won[deal] = now
        row = {"Id": deal, "StageName": "Closed Won", "LastStageChangeDate": iso_z(now), "SystemModstamp": iso_z(now)}
        self.world.load({"salesforce": {"Opportunity": [row]}})

    def calls(self, who: str) -> Counter[str]:
        """Return the calls that count against a limit, by system."""
        used: Counter[str] = Counter()
        for one in self.bridges[who]:
            used += Counter({port.system: port.traffic().calls for port in (one.crm, one.platform)})
        return used

    def in_the_journal(self) -> Counter[str]:
        """Return the calls that reached each system, tokens apart."""
        return Counter(row["system"] for row in self.world.journal() if not _is_token(row))

    def fullest_minute(self) -> int:
        """Return how many calls the platform got in the fullest minute."""
        rows = (row for row in self.world.journal("gainsight") if not _is_token(row))
        return max(Counter(row["at"][:16] for row in rows).values())

    def windows_over(self, calls: int, since: datetime) -> int:
        """Return by how many minutes the last call was later than so many calls take of what others left of each."""
        first = _minute(since)
        used = Counter((who, _minute(at) - first) for who, at in self.log)
        left, at = calls, -1
        while left > 0:
            at += 1
            others = used[PLAN, at] + used[LIVE, at]
            left -= max(0, min(int(A_MINUTE * SHARE) - used[PLAN, at], A_MINUTE - others))
        return max(minute for who, minute in used if who == BACKFILL) - at

    def records(self, name: str) -> list[dict[str, Any]]:
        """Return the platform's records of one kind."""
        return self.world.state("gainsight", name)["gainsight"][name]


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def sizes_of(setting: Setting) -> dict[str, str]:
    """Return the variables by which the platform's connector has these sizes, by the ends of their names."""
    sizes = {"LIST_SIZE": setting.lists, "TIMELINE_LIST_SIZE": setting.timeline}
    sizes |= {"OBJECT_LIST_SIZE": setting.objects, "KEYS_PER_LOOKUP": setting.keys}
    return {f"PLATFORM_MAIN_{name}": str(size) for name, size in sizes.items()}


def historic_mappings(setting: Setting, folder: Path) -> Path:
    """Return the measuring mappings by which every win of the data set is historical."""
    mappings = mappings_for(setting, folder)
    contract = mappings / "handoff.yml"
    said = contract.read_text(encoding="utf-8")
    contract.write_text(said.replace("start_from: 2017-01-01", f"start_from: {START:%Y-%m-%d}"), encoding="utf-8")
    return mappings


def _is_token(row: dict[str, Any]) -> bool:
    return str(row["path"]).endswith("/token")


def measured(data: Path, setting: Setting, *, seed: int, live: int = 200) -> Measured:
    """Back the data set up from the past; raises `SystemExit` where a record is missing or there twice."""
    with tempfile.TemporaryDirectory() as name:
        there = Deployment(data, setting, Path(name), live=live, seed=seed)
        plan = plan_backfill(there.bridge(PLAN), ASKED)
        there.cut_off_at(sum(one.calls for one in plan.ahead))
        course = Course(there, plan)
        there.hub.start(BACKFILL, course.backfill)
        there.hub.start(LIVE, course.live)
        there.hub.run()
        _as_it_should_be(there, plan)
        return Measured(
            setting.lists,
            seed,
            plan.deals,
            tuple(there.kills),
            course.runs,
            _used(there, plan),
            max(one.takes for one in plan.ahead),
            course.took,
            there.windows_over(_of_gainsight(plan), course.started),
            there.fullest_minute(),
            len(there.won),
            list(_waits(there)),
        )


class Course:
    """What the two processes do: one carries the plan out, again after every stop; the other hands live deals off."""

    def __init__(self, there: Deployment, plan: BackfillPlan) -> None:
        self.there, self.plan = there, plan
        self.runs, self.took, self.started = 0, timedelta(0), there.clock.now()

    def backfill(self) -> None:
        """Do the plan until every deal of it is done."""
        started = self.started
        while not self.took:
            self.runs += 1
            bridge = self.there.bridge(BACKFILL)
            with suppress(PowerCut):
                carried_out(bridge, self.plan.number)
                left = states(bridge.ledger, self.plan.number)
                if left == {"done": self.plan.deals}:
                    self.took = self.there.clock.now() - started
                elif self.there.clock.now() - started > LONGEST:
                    raise SystemExit(f"not done within {LONGEST}: {left}")
                elif not bridge.platform.traffic().calls:
                    self.there.clock.sleep(AGAIN_AFTER_SECONDS)

    def live(self) -> None:
        """Hand the live deals off."""
        self.there.live_passes(lambda: bool(self.took))


def _used(there: Deployment, plan: BackfillPlan) -> dict[str, Used]:
    deals = won_deals(there.data)
    floors = dict(zip(("gainsight", "salesforce"), floor(deals, there.setting, plan_from=3_000), strict=True))
    said = {one.system.split()[0]: one.calls for one in plan.ahead}
    of = {who: there.calls(who) for who in there.bridges}
    reached = there.in_the_journal() + there.unsent
    for system in said:
        counted = sum(calls[system] for calls in of.values())
        if counted != reached[system]:
            raise SystemExit(f"{system}: {counted} calls were counted, and {reached[system]} reached it")
    return {name: Used(said[name], floors[name], of["backfill"][name], of["live"][name]) for name in said}


def _of_gainsight(plan: BackfillPlan) -> int:
    return next(one.calls for one in plan.ahead if one.system.startswith("gainsight"))


def _as_it_should_be(there: Deployment, plan: BackfillPlan) -> None:
    """Check against the stand-ins alone: each deal has its work once, each account its company once."""
    wanted = plan.deals + len(there.won)
    for kind, field in (("call_to_action", "Bridge_Key__gc"), ("activity_timeline", "ExternalId")):
        keys = [row[field] for row in there.records(kind) if row[field]]
        if len(keys) != wanted or len(set(keys)) != wanted:
            raise SystemExit(f"{kind}: {len(keys)} records, {len(set(keys))} keys, {wanted} wanted")
    accounts = Counter(row["SfdcAccountId"] for row in there.records("Company"))
    if max(accounts.values()) > 1:
        raise SystemExit("a company is there twice")


def _waits(there: Deployment) -> Iterator[float]:
    made = {row["Bridge_Key__gc"].split(":")[4]: row["CreatedDate"] for row in there.records("call_to_action")}
    for deal, at in there.won.items():
        yield (datetime.fromisoformat(made[deal]).astimezone(UTC) - at).total_seconds()
