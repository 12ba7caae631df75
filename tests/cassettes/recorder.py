"""
Cassettes: played back by default, recorded anew by one switch.

`make record` records against a sandbox that it starts itself: fixed ports, seed, clock, org and tenant, so that
recording twice gives the same files. `HANDOFF_RECORD=live make record` records against systems of your own, which must
hold what `scene.py` describes, invented people only; `VARIABLES` names what each needs in the environment, with the
addresses by which it is called. Hosts, e-mail addresses, credentials and the ids of Salesforce and Gainsight are
replaced as they are written; names, and ids that are plain numbers, are not. It was never tried: nobody here has a
tenant. Expect to correct assertions (an org's pages do not end after two deals), and read the files first.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import vcr

from connectors import churnzero, gainsight, totango
from connectors._hubspot_mapped import Wanted as HubSpotWanted
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_instance import SalesforceInstance
from connectors._system import World
from connectors.churnzero import ChurnZero
from connectors.gainsight import Gainsight
from connectors.hubspot import HubSpot, way_to
from connectors.salesforce import Salesforce, Wanted
from connectors.totango import Totango
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
PORTAL_HOST = "portal.hubspot.example"
TOTANGO_HOST, CHURNZERO_HOST = "tenant.totango.example", "tenant.churnzero.example"
MATCHED_ON = ("method", "scheme", "host", "port", "path", "query", "body")
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "salesforce": {
        "HANDOFF_CRM_MAIN_DOMAIN": "sandbox.my",
        **dict.fromkeys(("HANDOFF_CRM_MAIN_CLIENT_ID", "HANDOFF_CRM_MAIN_CLIENT_SECRET"), "sandbox"),
    },
    "gainsight": {
        "HANDOFF_PLATFORM_MAIN_BASE_URL": f"https://{PLATFORM_HOST}",
        **dict.fromkeys(("HANDOFF_PLATFORM_MAIN_CLIENT_ID", "HANDOFF_PLATFORM_MAIN_CLIENT_SECRET"), "sandbox"),
    },
    "hubspot": {
        "HANDOFF_CRM_HUBSPOT_BASE_URL": f"https://{PORTAL_HOST}",
        "HANDOFF_CRM_HUBSPOT_SERVICE_KEY": "sandbox",
    },
    "totango": {
        "HANDOFF_PLATFORM_TOTANGO_BASE_URL": f"https://{TOTANGO_HOST}",
        "HANDOFF_PLATFORM_TOTANGO_SERVICE_ID": "10001",
        "HANDOFF_PLATFORM_TOTANGO_TOKEN": "sandbox",
    },
    "churnzero": {
        "HANDOFF_PLATFORM_CHURNZERO_TENANT": "sandbox",
        **{f"HANDOFF_PLATFORM_CHURNZERO_{end}_URL": f"https://{CHURNZERO_HOST}" for end in ("PUSH", "PULL")},
        **{f"HANDOFF_PLATFORM_CHURNZERO_{end}": "sandbox" for end in ("APP_KEY", "API_USER", "API_KEY")},
    },
}
"""By system what a deployment sets in the environment, as it is while a cassette is played."""
REPLAYED = {name: value for some in VARIABLES.values() for name, value in some.items()}
BY_DEFAULT = frozenset({"HANDOFF_PLATFORM_TOTANGO_BASE_URL"})
"""What a live recording does without: the vendor's own hosts, which are these."""
VENDORS = {
    **{f"api{tail}.totango.com": f"{TOTANGO_HOST}{'/api-eu1' if tail else ''}" for tail in ("", "-eu1")},
    **{f"int-hub{tail}.totango.com": f"{TOTANGO_HOST}/int-hub{tail}" for tail in ("", "-eu1")},
    "app.hubspot.com": PORTAL_HOST,
}


@dataclass(frozen=True)
class Systems:
    """The connectors of one recording: as a deployment has them, but for the budget, which is open."""

    clock: Clock
    environment: Mapping[str, str]
    sandbox: int | None = None

    def salesforce(self, *, wanted: Wanted, write_fields: tuple[str, ...]) -> Salesforce:
        """Return the CRM, reading and writing what a test says and not what the shipped mapping does."""
        settings = self._instance("crm", "main", "salesforce").read(SalesforceInstance)
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

    def hubspot(self, *, wanted: HubSpotWanted, write_fields: tuple[str, ...], page: int = 100) -> HubSpot:
        """Return the CRM, reading and writing what a test says, `page` deals at a time."""
        instance = self._instance("crm", "hubspot", "hubspot", deals_a_page=page)
        return HubSpot(
            instance="hubspot",
            wire=way_to(instance, self._world()),
            wanted=wanted,
            write_fields=write_fields,
            first_seen=self.clock.now,
        )

    def gainsight(self) -> Gainsight:
        """Return the platform."""
        return cast(Gainsight, gainsight.SYSTEM.make(self._instance("platform", "main", "gainsight"), self._world()))

    def totango(self) -> Totango:
        """Return the platform."""
        return cast(Totango, totango.SYSTEM.make(self._instance("platform", "totango", "totango"), self._world()))

    def churnzero(self) -> ChurnZero:
        """Return the platform, with the REST API that reads it."""
        instance = self._instance("platform", "churnzero", "churnzero", verify=True)
        return cast(ChurnZero, churnzero.SYSTEM.make(instance, self._world()))

    def _world(self) -> World:
        return World(self.clock, OpenBudget(), lambda: 0.5, read_only=False)

    def _instance(self, kind: str, name: str, system: str, **values: object) -> Instance:
        """Return the settings of a system; raises `ValueError` where a live recording has not got them all."""
        if missing := [one for one in VARIABLES[system] if one not in {*self.environment, *BY_DEFAULT}]:
            raise ValueError(f"Recording live needs these in the environment: {', '.join(missing)}.")
        return Instance(kind, name, {"system": system, **values}, self.environment)


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
            environment = REPLAYED | {
                name: served.url(system) for system, some in VARIABLES.items() for name in some if name.endswith("_URL")
            }
            with _tape(path, "all", Scrubber(hosts(environment, served.port_base), live=False)):
                yield Systems(FakeClock(START), environment, served.port_base)
    elif mode == "live":
        environment = {name: value for name in REPLAYED if (value := os.environ.get(name))}
        with _tape(path, "all", Scrubber(hosts(environment), live=True)):
            yield Systems(SystemClock(), environment)
    elif mode == "":
        scrubber = Scrubber(hosts(REPLAYED), live=False)
        with _tape(path, "none", scrubber) as tape:
            yield Systems(FakeClock(START), REPLAYED)
        left = [f"{asked.method} {asked.uri}" for at, asked in enumerate(tape.requests) if not tape.play_counts[at]]
        assert not left, f"{path.name} holds calls that were not made: {left}. Record it anew: make record"
    else:
        raise ValueError(f"{SWITCH}={mode!r} is no way to record. Use sandbox or live; unset it to play.")


def hosts(environment: Mapping[str, str], port_base: int | None = None) -> dict[str, str]:
    """Return by host and port, as they are called, what stands for them in the cassette: a host, and a path's begin."""
    domain = environment.get("HANDOFF_CRM_MAIN_DOMAIN")
    crm = {f"{domain}.salesforce.com": CRM_HOST} if domain else {}
    named = {
        urlsplit(environment[name]).netloc: urlsplit(said).netloc
        for name, said in REPLAYED.items()
        if name.endswith("_URL") and name in environment
    }
    served = {f"127.0.0.1:{port_base + port_of('salesforce')}": CRM_HOST} if port_base else {}
    return VENDORS | crm | named | served


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
