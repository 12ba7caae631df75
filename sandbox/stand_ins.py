"""What the package of a stand-in tells of it; whoever needs the stand-ins finds them here, and nothing lists them."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sandbox
from sandbox.wire import Contents, Engine, Json, Objects, RealClock, Record


@dataclass(frozen=True)
class Tenancy:
    """Whose systems these are: an org id of 18 characters and a tenant id, new at every start."""

    org: str
    tenant: str


@dataclass(frozen=True)
class StandIn:
    """
    One stand-in; the package of each calls it `STAND_IN`.

    Args:
        name: The system, as `GET /state` has it.
        port: Its place after the port base.
        make: Returns the engine, empty; it is told whose it is, under which host and port it answers, and the real
            time, for the lifetimes of tokens.
        edits: The object whose record a fault's person edits where the fault names none.
        id: The field that holds a record's id.
        hides: The field that a fault hides where it names none.
        faults: The kinds of faults that not every system has and this one does.
        actions: What a fault's person can do to a record.
        merges: The object whose records that person merges where the fault names none.
        acts: Returns the loads that are an action other than set, delete and what the faults do themselves: of the
            engine, the action, the record, and the fault's arguments.
        loses: What a fault can take of a field.
        queries: The paths of queries; a group `page` in it is there in the path of a later page only.
        batches: How the paths of batches of work begin.
        begins: Returns what it holds at the start, made from what the others do; None: what the tenant's maker gives.
        plain_settings: Whether its own switches may stand in `{"tenant": {...}}` without its name; of one system only.
        journals: The objects in which it notes what calls did; a customer's tenant holds no such records.
        sums_up: Says of its records in a few words how much there is, where the sandbox tells that it is ready.
    """

    name: str
    port: int
    make: Callable[[Tenancy, str, RealClock], Engine]
    edits: str
    id: str
    hides: str
    faults: frozenset[str] = frozenset()
    actions: tuple[str, ...] = ("set", "delete")
    merges: str = ""
    acts: Callable[[Engine, str, Record, Mapping[str, Json]], Iterator[Objects]] | None = None
    loses: tuple[str, ...] = ("sight",)
    queries: re.Pattern[str] | None = None
    batches: re.Pattern[str] | None = None
    begins: Callable[[Contents, datetime], Objects] | None = None
    plain_settings: bool = False
    journals: frozenset[str] = frozenset()
    sums_up: Callable[[Objects], str] | None = None


@cache
def stand_ins() -> Mapping[str, StandIn]:
    """Return every stand-in of this release, by the name of its system, in the order of their ports."""
    packages = (importlib.import_module(f"sandbox.{one.name}") for one in pkgutil.iter_modules(sandbox.__path__))
    found = [package.STAND_IN for package in packages if hasattr(package, "STAND_IN")]
    return {one.name: one for one in sorted(found, key=lambda one: one.port)}
