"""What a connector brings to the contract test: how its stand-in is filled, and what it holds afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from typing import Any

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
        keys: The keys in the records of a kind that the stand-in holds, one for each record.
        environment: Settings of the instance by the ends of their names, as `LIST_SIZE`.
        named: By what a fault finds a step's record in a call: a name, id or key in it.
    """

    fill: Mapping[str, Any]
    step: Callable[[str, int], Step]
    keys: Callable[[World, str], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    named: Callable[[Step], str] = attrgetter("key")


def key_of(kind: str, number: int) -> str:
    """Return a key such as steps have."""
    return f"hb:main:salesforce:{DEAL.org}:{DEAL.id}:e1:main.{kind}_{number}"


def case_of(system: System) -> Any:
    """Return what a connector brings; it must bring something."""
    return import_module(f"tests.connectors.contract.{system.name}").CASE


def crm_over(world: World, system: System, case: CrmCase) -> Crm:
    """Return the CRM over its stand-in, reading what the shipped mapping reads."""
    mappings = load_mappings(SHIPPED_MAPPINGS, crm=system.name, platform=GAINSIGHT)
    made: Crm = system.make(_instance(world, system, case.environment), mappings, _given(world, system))
    return made


def platform_over(world: World, system: System, case: PlatformCase) -> Destination:
    """Return the platform over its stand-in."""
    made: Destination = system.make(_instance(world, system, case.environment), _given(world, system))
    return made


def _instance(world: World, system: System, environment: Mapping[str, str]) -> Any:
    said = {f"HANDOFF_{system.kind}_MAIN_{name}".upper(): value for name, value in environment.items()}
    return stand_in(system, world.port_base, said)


def _given(world: World, system: System) -> Any:
    return given_over(world, system.name, clock=SleepAdvances(world.clock), budget=OpenBudget())
