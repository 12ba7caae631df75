"""The one place where real clocks, sleep, chance and connectors meet the core. Nothing here imports prefect."""

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import platformdirs
from sqlalchemy import func, select

from connectors import USUAL_CRM, USUAL_PLATFORM
from connectors._system import System, World
from flows._instances import file_of, must_fit, place_of, stand_in, system_of, tenant_of
from flows._stopping import Stop, softly
from handoff.bridge import Bridge, Lane
from handoff.budgets import OwnBudget, SharedBudget
from handoff.database import Database
from handoff.errors import ConfigError, Stopped, Transient
from handoff.intake import first_moment
from handoff.leases import RENEW_AFTER
from handoff.ledger import Ledger
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.ports import Clock, Crm, Destination, LeaseClock, Progress, silent
from handoff.settings import FILE, Instance, Settings, beside, read_settings

SHIPPED_MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
DEFAULT_PORT_BASE = 8700
LAST_PORT_BASE = 65_000
CLOCK_TIMEOUT_SECONDS = 5.0


class SystemClock:
    """The wall clock."""

    scale = 1.0

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        time.sleep(max(0.0, seconds))


class SandboxClock:
    """The sandbox's simulated clock, read again each real second so that all processes agree."""

    def __init__(self, port_base: int) -> None:
        self._url = f"http://127.0.0.1:{port_base}/clock"
        self._client = httpx.Client(timeout=CLOCK_TIMEOUT_SECONDS, trust_env=False)
        self._read_at = -1.0
        self._real0 = self._simulated0 = 0.0
        self._scale = 1.0
        self._read()

    @property
    def scale(self) -> float:
        """Simulated seconds in one real second."""
        return self._scale

    def now(self) -> datetime:
        """Return the simulated moment, in UTC."""
        if time.monotonic() - self._read_at >= 1.0:
            self._read()
        return datetime.fromtimestamp(self._simulated0 + (time.time() - self._real0) * self._scale, UTC)

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` of simulated time have passed."""
        time.sleep(max(0.0, seconds) / self._scale)

    def _read(self) -> None:
        said = self._client.get(self._url).json()
        self._real0, self._simulated0, self._scale = said["real"], said["simulated"], said["scale"]
        self._read_at = time.monotonic()


class Beating:
    """
    A clock whose sleeper gives a sign of life every few real seconds.

    Args:
        clock: The clock itself.
        beat: Gives the sign; what it raises ends the sleep.
    """

    def __init__(self, clock: Clock, beat: Callable[[], None]) -> None:
        self._clock, self._beat = clock, beat

    @property
    def scale(self) -> float:
        """Seconds of the clock in one real second."""
        return self._clock.scale

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` of the clock have passed."""
        while seconds > 0:
            some = min(seconds, RENEW_AFTER.total_seconds() * self.scale)
            self._clock.sleep(some)
            self._beat()
            seconds -= some


class DatabaseClock:
    """The clock of the database that several machines share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        with self._database.reading() as connection:
            moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)


def lease_clock(database: Database) -> LeaseClock:
    """Return the clock that all workers on this ledger share: the database's, or this machine's."""
    return DatabaseClock(database) if database.shared else SystemClock()


@dataclass(frozen=True)
class Choice:
    """
    Which deployment a command works on: the `handoff.toml` of a folder, or the sandbox at a port base.

    `crm` is the CRM that is meant, None: each.
    """

    folder: Path
    mappings: Path | None = None
    sandbox: int | None = None
    crm: str | None = None

    def settings(self) -> Settings:
        """Return the settings; raises `ConfigError` when they are not whole, `Transient` when no sandbox answers."""
        if self.sandbox is None:
            return read_settings(self.folder, mappings=self.mappings, only=self.crm)
        return sandbox_settings(self.sandbox, mappings=self.mappings, only=self.crm)

    def each(self) -> list["Choice"]:
        """Return this choice for each CRM that is meant, alone."""
        return [replace(self, crm=one.name) for one in self.settings().meant]

    def alone(self) -> "Choice":
        """Return this choice for the one CRM that is meant; raises `ConfigError` when several are."""
        return replace(self, crm=self.settings().crm.name)

    def clock(self) -> Clock:
        """Return the business clock."""
        return SandboxClock(self.sandbox) if self.sandbox is not None else SystemClock()


def choice(*, sandbox: bool, mappings: Path | None, folder: Path | None = None, crm: str | None = None) -> Choice:
    """Return what the options and `HANDOFF_SANDBOX` choose together."""
    said = os.environ.get("HANDOFF_SANDBOX", "")
    if said and not (re.fullmatch(r"\d{2,5}", said) and int(said) <= LAST_PORT_BASE):
        raise ConfigError(f"HANDOFF_SANDBOX={said!r} is no port base. Set it to the sandbox's, like 8700.")
    port_base = int(said) if said else DEFAULT_PORT_BASE if sandbox else None
    return Choice(folder or Path.cwd(), mappings, port_base, crm)


def sandbox_settings(port_base: int, *, mappings: Path | None, only: str | None = None) -> Settings:
    """Return settings that point every instance at the stand-ins; the ledger is named after the sandbox's org."""
    try:
        org = httpx.get(f"http://127.0.0.1:{port_base}/healthz", timeout=CLOCK_TIMEOUT_SECONDS, trust_env=False)
        name = f"sandbox-{port_base}-{org.json()['org']}"
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        own = "" if port_base == DEFAULT_PORT_BASE else f" --port-base {port_base}"
        raise Transient(
            system="the sandbox",
            doing=f"looking for it on port {port_base}",
            why="no sandbox answers there.",
            remedy=f"Start it in another shell: handoff sandbox{own}",
        ) from error
    home = Path(platformdirs.user_state_dir("handoff-bridge", appauthor=False))
    url = os.environ.get("HANDOFF_LEDGER_URL")
    if not url:
        home.mkdir(parents=True, exist_ok=True)
    crms, platforms = sandbox_systems()
    usual = ([one.name for one in crms], [one.name for one in platforms]) == ([USUAL_CRM], [USUAL_PLATFORM])
    between = "" if usual else "".join(f"-{one.name}" for one in (*crms, *platforms))
    return Settings(
        ledger_url=beside(url, Path.cwd()) if url else f"sqlite:///{home / name}{between}.db",
        crms=_stand_ins(crms, port_base),
        platforms=_stand_ins(platforms, port_base),
        mappings=mappings or SHIPPED_MAPPINGS,
        only=only,
    )


def sandbox_systems() -> tuple[list[System], list[System]]:
    """
    Return the CRMs and the platforms of the sandbox: `HANDOFF_SANDBOX_CRM`, `HANDOFF_SANDBOX_PLATFORM`, with commas.

    Raises:
        ConfigError: There is no connector for one of them.
    """
    crms = _named("crm", os.environ.get("HANDOFF_SANDBOX_CRM") or USUAL_CRM)
    return crms, _named("platform", os.environ.get("HANDOFF_SANDBOX_PLATFORM") or USUAL_PLATFORM)


def _named(kind: str, said: str) -> list[System]:
    names = dict.fromkeys(name.strip() for name in said.split(","))
    return [system_of(Instance(kind, "main", {"system": name}, {})) for name in names]


def _stand_ins(systems: list[System], port_base: int) -> tuple[Instance, ...]:
    """Return the instances of the sandbox: the first is `main`, a further one is called as its system."""
    names = ["main", *(one.name for one in systems[1:])]
    return tuple(stand_in(one, port_base, os.environ, name) for one, name in zip(systems, names, strict=True))


def systems_in(folder: Path) -> tuple[list[str], list[str]]:
    """Return the systems of the CRMs and platforms of a folder's `handoff.toml`; the sandbox's where there is none."""
    if (folder / FILE).exists():
        settings = read_settings(folder, mappings=None)
        return [one.system for one in settings.crms], [one.system for one in settings.platforms]
    crms, platforms = sandbox_systems()
    return [one.name for one in crms], [one.name for one in platforms]


def several_in(folder: Path, mappings: Path) -> list[Choice]:
    """Return the choice of each CRM where the `handoff.toml` of a folder names several systems of a kind, else []."""
    if not (folder / FILE).exists():
        return []
    chosen = Choice(folder, mappings)
    settings = chosen.settings()
    return chosen.each() if len(settings.crms) > 1 or len(settings.platforms) > 1 else []


@contextmanager
def open_ledger(chosen: Choice) -> Iterator[Ledger]:
    """Open the ledger alone, for commands that ask no system."""
    ledger = Ledger(chosen.settings().ledger_url)
    try:
        ledger.open(stamps={})
        yield ledger
    finally:
        ledger.close()


@contextmanager
def ledger_as_it_is(chosen: Choice) -> Iterator[Ledger]:
    """Yield the ledger without opening it: nothing is made in it or brought up."""
    ledger = Ledger(chosen.settings().ledger_url)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def wired(
    chosen: Choice,
    *,
    read_only: bool = False,
    only_ledger: bool = False,
    backfill: bool = False,
    progress: Progress = silent,
) -> Iterator[Bridge]:
    """
    Put a bridge together and take it apart again.

    Args:
        read_only: Nothing is written but the calls that looking costs.
        only_ledger: The ledger is written, and neither system.
        backfill: Only that share of the calls is used which the contract gives a backfill.

    Raises:
        ConfigError: The files or settings are wrong; nothing was called.
        ServiceError: The CRM does not let us in.
    """
    settings = chosen.settings()
    crm_system, loaded = system_of(settings.crm), _each_loaded(settings)
    mappings = next(iter(loaded.values()))
    first_moment(mappings)
    ledger = Ledger(settings.ledger_url)
    with ExitStack() as until_the_end:
        until_the_end.callback(ledger.close)
        ledger.open(stamps={})
        stop = Stop() if read_only else until_the_end.enter_context(softly())

        def beat() -> None:
            if stop():
                raise Stopped.as_asked()
            ledger.beat()

        clock = Beating(chosen.clock(), beat)
        shadow = mappings.contract.rollout.mode == "shadow"  # then the exchange itself refuses every write
        only_reads = read_only or only_ledger or shadow
        budget = SharedBudget(ledger, share=mappings.contract.backfill.share if backfill else 1.0)
        world = World(clock, budget, random.random, only_reads, chosen.sandbox, beat=ledger.beat)
        crm = crm_system.make(settings.crm, mappings, world)
        inside = replace(world, crm=crm, work_in=crm_system.work_in)
        platforms = {one.name: system_of(one).make(one, inside) for one in settings.platforms}
        ledger.open(stamps=_stamps(settings, crm.org()), keep=not read_only)
        several = {name: Lane(platforms[name], loaded[name]) for name in platforms} if len(platforms) > 1 else {}
        first = next(iter(platforms.values()))
        of_leases = lease_clock(ledger)
        yield Bridge(
            crm, first, mappings, ledger, clock, progress=progress, lease_clock=of_leases, stopping=stop, lanes=several
        )


def mappings_of(chosen: Choice) -> Mappings:
    """Return the deployment's mapping files for the first platform; raises `ConfigError` for mistakes in any."""
    return next(iter(each_mappings_of(chosen).values()))


def each_mappings_of(chosen: Choice) -> dict[str, Mappings]:
    """Return the files for each platform by name, checked and compiled; raises `ConfigError` for their mistakes."""
    return _each_loaded(chosen.settings())


def to_inspect(chosen: Choice, mappings: Mappings) -> tuple[Crm, dict[str, Destination]]:
    """
    Return the CRM and the platforms by name, to be read only; no ledger is opened, and nothing is called yet.

    The calls are kept within our own limits by this process alone.
    """
    settings = chosen.settings()
    world = World(chosen.clock(), OwnBudget(), random.random, read_only=True, sandbox=chosen.sandbox)
    of_crm = system_of(settings.crm)
    crm = of_crm.make(settings.crm, mappings, world)
    inside = replace(world, crm=crm, work_in=of_crm.work_in)
    return crm, {one.name: system_of(one).make(one, inside) for one in settings.platforms}


def systems(chosen: Choice) -> str:
    """Return the line that names what a command will touch."""
    if chosen.sandbox is not None:
        of_crms, of_platforms = sandbox_systems()
        crms, platforms = (" and ".join(one.called for one in some) for some in (of_crms, of_platforms))
        return f"sandbox on port {chosen.sandbox}: {crms} to {platforms}"
    settings = chosen.settings()
    crms, platforms = (" and ".join(map(place_of, some)) for some in (settings.meant, settings.platforms))
    return f"LIVE: {crms} to {platforms}"


def _stamps(settings: Settings, org: str) -> dict[str, str]:
    of_platforms = {f"{one.system} {one.name}": tenant_of(one) for one in settings.platforms}
    return {f"{settings.crm.system} {settings.crm.name}": org, **of_platforms}


def _each_loaded(settings: Settings) -> dict[str, Mappings]:
    """Return the mapping files of the CRM that is meant for each platform, by its name."""
    crm, folder = file_of(settings.mappings / "sources", settings.crm), settings.mappings
    loaded = {
        one.name: load_mappings(
            folder, crm=crm, platform=system_of(one).platform, target=file_of(folder / "targets", one)
        )
        for one in settings.platforms
    }
    must_fit(next(iter(loaded.values())), settings)
    return loaded
