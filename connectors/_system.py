"""What a connector module tells of its system: its settings, how it is made, and what can be made there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_type_hints

import httpx
from pydantic import Field, create_model
from requests.adapters import BaseAdapter

from handoff.mapping import Mappings
from handoff.platforms import ObjectFacts, Platform
from handoff.ports import Budget, Clock, Crm, Destination
from handoff.settings import Instance, InstanceModel

SWITCH = "switch"
"""Marks a setting that answers an open question of the vendor: it is documented among those, and nobody must set it."""


@dataclass(frozen=True)
class World:
    """
    What every connector is given: time, budget, chance, whether it may write, and what it tells before each call.

    `sandbox` is the port base of the stand-ins, where they are used. `httpx_transport` and `requests_adapter` stand for
    the network in tests. `crm` is the CRM of the deals, for a platform that works in it by `work_in`; see `System`.
    """

    clock: Clock
    budget: Budget
    jitter: Callable[[], float]
    read_only: bool
    sandbox: int | None = None
    httpx_transport: httpx.BaseTransport | None = None
    requests_adapter: BaseAdapter | None = None
    beat: Callable[[], None] = lambda: None
    crm: Crm | None = None
    work_in: "WorkIn | None" = None

    def port(self, offset: int) -> int:
        """Return the port of a stand-in, by its place after the port base."""
        assert self.sandbox is not None
        return self.sandbox + offset


MakeCrm = Callable[[Instance, Mappings, World], Crm]
MakePlatform = Callable[[Instance, World], Destination]
WorkIn = Callable[[Any, str, World], Destination]


def at_base_url(port: int) -> dict[str, Any]:
    """Return the settings of an instance that is the stand-in at this port."""
    return {"base_url": f"http://127.0.0.1:{port}"}


@dataclass(frozen=True)
class System:
    """
    One outside system; each module of this package that has one calls it `SYSTEM`.

    Args:
        name: As `system = "..."` and the mapping file have it.
        kind: Whether deals are won there, or work is made.
        settings: Its section of `handoff.toml`.
        make: Returns the connector: `make(instance, mappings, world)` of a CRM, `make(instance, world)` of a platform.
        port: The place of its stand-in after the port base; 0 where it has none of its own.
        objects: What can be made on it; a CRM has none.
        custom: How the names of a customer's own fields end; none where nothing tells them apart.
        title: How its vendor writes it.
        tells_apart: The setting by which two customers' tenants differ; shown, and kept in the ledger.
        stand_in: Returns the settings that point to a stand-in at a port, without its credentials.
        work_in: Of a CRM that can carry the work itself: returns the destination in the CRM it is given, under a
            platform's name; see `connectors.crm`.
        ids_in: Returns the ids of records that words name by their shape or in an address, whole, as the connector
            gives them out.
    """

    name: str
    kind: Literal["crm", "platform"]
    settings: type[InstanceModel]
    make: Callable[..., Any]
    port: int
    objects: Mapping[str, ObjectFacts] = field(default_factory=dict)
    custom: tuple[str, ...] = ()
    title: str = ""
    tells_apart: str = "base_url"
    stand_in: Callable[[int], Mapping[str, Any]] = at_base_url
    work_in: WorkIn | None = None
    ids_in: Callable[[str], Sequence[str]] = lambda _: ()

    @property
    def platform(self) -> Platform:
        """What can be made there, as mapping files are checked against it."""
        return Platform(self.name, self.objects, self.custom)

    @property
    def called(self) -> str:
        """The name in a sentence."""
        return self.title or self.name.capitalize()


def from_environment(what: str, *, auth: str = "", default: Any = ...) -> Any:
    """Return a setting that belongs into the environment; with `auth`, only this way to log in needs it."""
    return Field(default, description=what, json_schema_extra={"environment": True, "auth": auth})


def only_for(auth: str, what: str, example: str) -> Any:
    """Return a setting that only one way to log in needs."""
    return Field(None, description=what, examples=[example], json_schema_extra={"auth": auth})


Model = TypeVar("Model", bound=InstanceModel)


def with_switches(base: type[Model], switches: type[Any]) -> type[Model]:
    """Return the settings with a switch for each field of a dataclass."""
    hints = get_type_hints(switches)
    each: dict[str, Any] = {
        one.name: (
            hints[one.name],
            Field(... if one.default is MISSING else one.default, json_schema_extra={SWITCH: True}),
        )
        for one in fields(switches)
    }
    return create_model(f"{base.__name__.strip('_')}Instance", __base__=base, **each)


def chosen(settings: InstanceModel, switches: type[Any]) -> dict[str, Any]:
    """Return those fields of the dataclass that this deployment sets, by name."""
    names = {one.name for one in fields(switches)}
    return {name: value for name, value in settings.model_dump(exclude_unset=True).items() if name in names}


def extra(model: type[InstanceModel], name: str, key: str) -> Any:
    """Return what is marked at a setting: `environment`, `auth`, or `switch`; None when nothing is."""
    marked = model.model_fields[name].json_schema_extra
    return marked.get(key) if isinstance(marked, dict) else None


def credentials(model: type[InstanceModel]) -> tuple[str, ...]:
    """Return the settings that only the environment holds and that the usual way to log in needs."""
    usual = model.model_fields["auth"].default if "auth" in model.model_fields else ""
    return tuple(
        name
        for name in model.model_fields
        if extra(model, name, "environment") and extra(model, name, "auth") in ("", usual)
    )
