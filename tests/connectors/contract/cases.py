"""What a connector brings to the contract test: how its stand-in is filled, and what it holds afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from operator import attrgetter
from typing import Any

import connectors
from connectors._system import System
from flows._instances import stand_in
from flows._wiring import SHIPPED_MAPPINGS
from handoff.loading import load_mappings
from handoff.model import DealRef, Step, Value
from handoff.ports import Crm, Destination
from sandbox.wire import Record
from sandbox.world import World
from tests.fakes import OpenBudget
from tests.in_process import SleepAdvances, given_over
from tests.systems import GAINSIGHT

HERE = "tests.connectors.contract"
DEAL = DealRef("main", "salesforce", "00D000000000001EAA", "006000000000001AAA")


@dataclass(frozen=True)
class CrmCase:
    """
    A CRM.

    Args:
        won: The ids of the won deals that the stand-in of the generated tenant holds.
        receipt: What is written to a deal's record, by the CRM's own names.
        told: What a deal's record in the stand-in says in those fields.
        small_pages: The faults that make pages of a query small; none where `environment` does.
        environment: Settings of the instance by the ends of their names, as `PAGE_SIZE`.
    """

    won: Callable[[World], list[str]]
    receipt: Mapping[str, Value]
    told: Callable[[World, str], Mapping[str, Any]]
    small_pages: Sequence[Record] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlatformCase:
    """
    A platform.

    Args:
        fill: What steps lean on, such as an account, in the shape of `World.load`.
        step: A step of a kind, the number of which tells it from others; its key is `key_of(kind, number)`.
        person: Somebody who can be asked for, so that whoever must log in has done so.
        keys: The keys in the records of a kind that the stand-in holds, one for each record.
        environment: Settings of the instance by the ends of their names, as `LIST_SIZE`.
        named: By what a fault finds a step's record in a call: a name, id or key in it.
    """

    fill: Mapping[str, Any]
    step: Callable[[str, int], Step]
    keys: Callable[[World, str], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    named: Callable[[Step], str] = attrgetter("key")
    person: str = "kim.csm@acme.example"


def key_of(kind: str, number: int) -> str:
    """Return a key such as steps have."""
    return f"hb:main:salesforce:{DEAL.org}:{DEAL.id}:e1:main.{kind}_{number}"


def case_of(system: System) -> Any:
    """Return what a connector brings; it must bring something."""
    return import_module(f"{HERE}.{system.name}").CASE


def crm_over(world: World, system: System, case: CrmCase) -> Crm:
    """Return the CRM over its stand-in, reading what the shipped mapping reads."""
    mappings = load_mappings(SHIPPED_MAPPINGS, crm=system.name, platform=GAINSIGHT)
    made: Crm = system.make(_instance(world, system, case.environment), mappings, _given(world, system))
    return made


@dataclass(frozen=True)
class Tried:
    """A platform to be tried, its case, and the system whose stand-in answers: another one for work in a CRM."""

    system: System
    case: PlatformCase
    at: System


def platforms_to_try() -> dict[str, Tried]:
    """Return every platform by name; work in the CRM itself once for each CRM that can carry it."""
    tried: dict[str, Tried] = {}
    for name, one in connectors.platforms().items():
        if one.port:
            tried[name] = Tried(one, case_of(one), one)
            continue
        for crm in connectors.crms().values():
            if crm.work_in is not None:
                tried[f"{name} in {crm.name}"] = Tried(one, import_module(f"{HERE}.{crm.name}").WORK, crm)
    return tried


def platform_over(world: World, tried: Tried) -> Destination:
    """Return the platform over its stand-in."""
    given = _given(world, tried.at)
    if tried.at is not tried.system:
        given = replace(given, crm=crm_over(world, tried.at, case_of(tried.at)), work_in=tried.at.work_in)
    made: Destination = tried.system.make(_instance(world, tried.system, tried.case.environment), given)
    return made


def _instance(world: World, system: System, environment: Mapping[str, str]) -> Any:
    said = {f"HANDOFF_{system.kind}_MAIN_{name}".upper(): value for name, value in environment.items()}
    return stand_in(system, world.port_base, said)


def _given(world: World, system: System) -> Any:
    return given_over(world, system.name, clock=SleepAdvances(world.clock), budget=OpenBudget())
