"""The one place where real clocks, sleep, chance and connectors meet the core. Nothing here imports prefect."""

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import platformdirs
from sqlalchemy import func, select

from flows._instances import CRMS, PLATFORMS, World, known
from flows._stopping import Stop, softly
from handoff.bridge import Bridge
from handoff.budgets import OwnBudget, SharedBudget
from handoff.database import Database
from handoff.errors import ConfigError, Stopped, Transient
from handoff.intake import first_moment
from handoff.leases import RENEW_AFTER
from handoff.ledger import Ledger
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.ports import Clock, Crm, Destination, LeaseClock, Progress, silent
from handoff.settings import Instance, Settings, beside, read_settings

SHIPPED_MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
DEFAULT_PORT_BASE = 8700
LAST_PORT_BASE = 65_000
SANDBOX_CALLS_PER_MINUTE = "95"
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
    """Which deployment a command works on: the `handoff.toml` of a folder, or the sandbox at a port base."""

    folder: Path
    mappings: Path | None = None
    sandbox: int | None = None

    def settings(self) -> Settings:
        """Return the settings; raises `ConfigError` when they are not whole, `Transient` when no sandbox answers."""
        if self.sandbox is None:
            return read_settings(self.folder, mappings=self.mappings)
        return sandbox_settings(self.sandbox, mappings=self.mappings)

    def clock(self) -> Clock:
        """Return the business clock."""
        return SandboxClock(self.sandbox) if self.sandbox is not None else SystemClock()


def choice(*, sandbox: bool, mappings: Path | None, folder: Path | None = None) -> Choice:
    """Return what the options and `HANDOFF_SANDBOX` choose together."""
    said = os.environ.get("HANDOFF_SANDBOX", "")
    if said and not (re.fullmatch(r"\d{2,5}", said) and int(said) <= LAST_PORT_BASE):
        raise ConfigError(f"HANDOFF_SANDBOX={said!r} is no port base. Set it to the sandbox's, like 8700.")
    port_base = int(said) if said else DEFAULT_PORT_BASE if sandbox else None
    return Choice(folder or Path.cwd(), mappings, port_base)


def sandbox_settings(port_base: int, *, mappings: Path | None) -> Settings:
    """Return settings that point every instance at the stand-ins; the ledger is named after the sandbox's org."""
    try:
        org = httpx.get(f"http://127.0.0.1:{port_base}/healthz", timeout=CLOCK_TIMEOUT_SECONDS, trust_env=False)
        name = f"sandbox-{port_base}-{org.json()['org']}.db"
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        own = "" if port_base == DEFAULT_PORT_BASE else f" --port-base {port_base}"
        raise Transient(
            system="the sandbox",
            doing=f"looking for it on port {port_base}",
            why="no sandbox answers there.",
            remedy=f"Start it in another shell: handoff sandbox{own}",
        ) from error
    names = [f"HANDOFF_{kind}_MAIN_CLIENT_{part}" for kind in ("CRM", "PLATFORM") for part in ("ID", "SECRET")]
    defaults = dict.fromkeys(names, "sandbox") | {"HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE": SANDBOX_CALLS_PER_MINUTE}
    environment = {**defaults, **os.environ}
    home = Path(platformdirs.user_state_dir("handoff-bridge", appauthor=False))
    url = os.environ.get("HANDOFF_LEDGER_URL")
    if not url:
        home.mkdir(parents=True, exist_ok=True)
    crm = {"system": "salesforce", "domain": "sandbox.my"}
    platform = {"system": "gainsight", "base_url": f"http://127.0.0.1:{port_base + 3}"}
    return Settings(
        ledger_url=beside(url, Path.cwd()) if url else f"sqlite:///{home / name}",
        crm=Instance("crm", "main", crm, environment),
        platform=Instance("platform", "main", platform, environment),
        mappings=mappings or SHIPPED_MAPPINGS,
    )


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
    chosen: Choice, *, read_only: bool = False, only_ledger: bool = False, progress: Progress = silent
) -> Iterator[Bridge]:
    """
    Put a bridge together and take it apart again.

    Args:
        read_only: Nothing is written but the calls that looking costs.
        only_ledger: The ledger is written, and neither system.

    Raises:
        ConfigError: The files or settings are wrong; nothing was called.
        ServiceError: The CRM does not let us in.
    """
    settings = chosen.settings()
    crm_system, platform_system = known(settings.crm, CRMS), known(settings.platform, PLATFORMS)
    mappings: Mappings = load_mappings(settings.mappings, crm=crm_system, platform=platform_system)
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
        world = World(clock, SharedBudget(ledger), random.random, only_reads, chosen.sandbox, beat=ledger.beat)
        crm = CRMS[crm_system](settings.crm, mappings, world)
        platform = PLATFORMS[platform_system](settings.platform, world)
        ledger.open(stamps=_stamps(settings, crm.org()), keep=not read_only)
        yield Bridge(
            crm, platform, mappings, ledger, clock, progress=progress, lease_clock=lease_clock(ledger), stopping=stop
        )


def mappings_of(chosen: Choice) -> Mappings:
    """Return the deployment's mapping files, checked and compiled; raises `ConfigError` for their mistakes."""
    settings = chosen.settings()
    crm, platform = known(settings.crm, CRMS), known(settings.platform, PLATFORMS)
    return load_mappings(settings.mappings, crm=crm, platform=platform)


def to_inspect(chosen: Choice, mappings: Mappings) -> tuple[Crm, Destination]:
    """
    Return the two systems, to be read only; no ledger is opened, and nothing is called yet.

    The calls are kept within our own limits by this process alone.
    """
    settings = chosen.settings()
    world = World(chosen.clock(), OwnBudget(), random.random, read_only=True, sandbox=chosen.sandbox)
    crm, platform = CRMS[known(settings.crm, CRMS)], PLATFORMS[known(settings.platform, PLATFORMS)]
    return crm(settings.crm, mappings, world), platform(settings.platform, world)


def systems(chosen: Choice) -> str:
    """Return the line that names what a command will touch."""
    if chosen.sandbox is not None:
        return f"sandbox on port {chosen.sandbox}: Salesforce to Gainsight"
    settings = chosen.settings()
    crm, platform = settings.crm, settings.platform
    host = urlsplit(str(platform.values.get("base_url", ""))).hostname
    return f"LIVE: {crm.system} {crm.values.get('domain', crm.name)} to {platform.system} {host or platform.name}"


def _stamps(settings: Settings, org: str) -> dict[str, str]:
    platform = settings.platform
    tenant = urlsplit(str(platform.values.get("base_url", ""))).netloc
    return {f"{settings.crm.system} {settings.crm.name}": org, f"{platform.system} {platform.name}": tenant}
