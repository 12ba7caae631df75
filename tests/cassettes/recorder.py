"""
Cassettes: played back by default, recorded anew by one switch.

`make record` records against a sandbox that it starts itself: fixed ports, seed, clock, org and tenant, so that
recording twice gives the same files. `HANDOFF_RECORD=live make record` records against an org and a tenant of your own,
which must hold what `scene.py` describes, invented people only. It takes HANDOFF_CRM_MAIN_DOMAIN (acme.my),
HANDOFF_PLATFORM_MAIN_BASE_URL, and HANDOFF_CRM_MAIN_ and HANDOFF_PLATFORM_MAIN_ with CLIENT_ID and CLIENT_SECRET.
Hosts, ids, addresses and credentials are replaced as they are written; names are not. It was never tried: nobody here
has a tenant. Expect to correct assertions (an org's pages do not end after two deals), and read the files first.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import vcr

from connectors._salesforce_gateway import Gateway
from connectors._salesforce_instance import SalesforceInstance
from connectors._system import World
from connectors.gainsight import SYSTEM, Gainsight
from connectors.salesforce import Salesforce, Wanted
from flows._wiring import SystemClock
from handoff.ports import Clock
from handoff.settings import Instance
from sandbox.clock import SimulatedClock
from sandbox.shell import Background
from sandbox.stand_ins import Tenancy
from sandbox.world import World as SandboxWorld
from sandbox.world import port_of, vendor_engines
from tests.cassettes.scene import START, scene
from tests.cassettes.scrub import Scrubber
from tests.fakes import FakeClock, OpenBudget

CASSETTES = Path(__file__).parents[2] / "cassettes"
SWITCH = "HANDOFF_RECORD"
PORT_BASE = 18_700
TENANCY = Tenancy(org="00D000000000062EAA", tenant="harbor-cassettes")
CRM_HOST, PLATFORM_HOST = "org.salesforce.example", "tenant.gainsight.example"
MATCHED_ON = ("method", "scheme", "host", "port", "path", "query", "body")
REPLAYED = {
    f"HANDOFF_{kind}_MAIN_CLIENT_{part}": "sandbox" for kind in ("CRM", "PLATFORM") for part in ("ID", "SECRET")
} | {"HANDOFF_CRM_MAIN_DOMAIN": "sandbox.my", "HANDOFF_PLATFORM_MAIN_BASE_URL": f"https://{PLATFORM_HOST}"}


@dataclass(frozen=True)
class Systems:
    """The connectors of one recording: as a deployment has them, but for the budget, which is open."""

    clock: Clock
    environment: Mapping[str, str]
    sandbox: int | None = None

    def salesforce(self, *, wanted: Wanted, write_fields: tuple[str, ...]) -> Salesforce:
        """Return the CRM, reading and writing what a test says and not what the shipped mapping does."""
        settings = Instance("crm", "main", {"system": "salesforce"}, self.environment).read(SalesforceInstance)
        gateway = Gateway(
            instance="main",
            auth=settings.login(),
            clock=self.clock,
            budget=OpenBudget(),
            jitter=lambda: 0.5,
            version=settings.version,
            rewrite_to=f"http://127.0.0.1:{self.sandbox + port_of('salesforce')}" if self.sandbox else None,
        )
        return Salesforce(
            instance="main", gateway=gateway, wanted=wanted, write_fields=write_fields, first_seen=self.clock.now
        )

    def gainsight(self) -> Gainsight:
        """Return the platform."""
        instance = Instance("platform", "main", {"system": "gainsight"}, self.environment)
        given = World(self.clock, OpenBudget(), lambda: 0.5, read_only=False)
        return cast(Gainsight, SYSTEM.make(instance, given))


@contextmanager
def cassette(
    name: str, *, folder: Path = CASSETTES, switch: str | None = None, port_base: int = PORT_BASE
) -> Iterator[Systems]:
    """
    Play the cassette of this name, or record it anew where the switch says so.

    Every call that was recorded must be made, each once; a call that was not recorded is refused.

    Args:
        name: The test's name; the file's too.
        switch: "" plays, "sandbox" and "live" record; `HANDOFF_RECORD` where nothing is said.
        port_base: Where the sandbox that is recorded listens; 0 picks free ports.
    """
    mode = os.environ.get(SWITCH, "") if switch is None else switch
    path = folder / f"{name}.yaml"
    if mode == "sandbox":
        with Background(sandbox_world(), port_base) as served:
            environment = REPLAYED | {"HANDOFF_PLATFORM_MAIN_BASE_URL": served.url("gainsight")}
            with _tape(path, "all", Scrubber(hosts(environment, served.port_base), live=False)):
                yield Systems(FakeClock(START), environment, served.port_base)
    elif mode == "live":
        if missing := [name for name in REPLAYED if not os.environ.get(name)]:
            raise ValueError(f"Recording live needs these in the environment: {', '.join(missing)}.")
        with _tape(path, "all", Scrubber(hosts(os.environ), live=True)):
            yield Systems(SystemClock(), os.environ)
    elif mode == "":
        scrubber = Scrubber(hosts(REPLAYED), live=False)
        with _tape(path, "none", scrubber) as tape:
            yield Systems(FakeClock(START), REPLAYED)
        left = [f"{asked.method} {asked.uri}" for at, asked in enumerate(tape.requests) if not tape.play_counts[at]]
        assert not left, f"{path.name} holds calls that were not made: {left}. Record it anew: make record"
    else:
        raise ValueError(f"{SWITCH}={mode!r} is no way to record. Use sandbox or live; unset it to play.")


def hosts(environment: Mapping[str, str], port_base: int | None = None) -> dict[str, str]:
    """Return by host and port, as they are called, the host that stands in the cassette."""
    named = {
        f"{environment['HANDOFF_CRM_MAIN_DOMAIN']}.salesforce.com": CRM_HOST,
        urlsplit(environment["HANDOFF_PLATFORM_MAIN_BASE_URL"]).netloc: PLATFORM_HOST,
    }
    return named | ({f"127.0.0.1:{port_base + port_of('salesforce')}": CRM_HOST} if port_base else {})


def sandbox_world() -> SandboxWorld:
    """Return the sandbox that is recorded: the same ids at every start, and a clock that stands still."""
    return SandboxWorld(
        seed=1,
        clock=SimulatedClock(real_now=lambda: START, start=START),
        port_base=PORT_BASE,
        real_now=lambda: START,
        engines=lambda _, base: vendor_engines(TENANCY, base, real_now=lambda: START),
        tenant=scene,
    )


def _tape(path: Path, record_mode: str, scrubber: Scrubber) -> Any:
    recorder = vcr.VCR(
        record_mode=record_mode,
        match_on=MATCHED_ON,
        decode_compressed_response=True,
        before_record_request=scrubber.request,
        before_record_response=scrubber.response,
    )
    # Dropping what was not used is for recording: while playing it would rewrite the file.
    return recorder.use_cassette(str(path), allow_playback_repeats=False, drop_unused_requests=record_mode == "all")
