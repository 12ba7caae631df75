"""The systems that a deployment names, and the connectors behind them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import connectors
from connectors._system import System, credentials
from handoff.errors import ConfigError
from handoff.settings import Instance

SANDBOX = "sandbox"
"""Every credential of a stand-in."""


def system_of(instance: Instance) -> System:
    """Return the instance's system; raises `ConfigError` when this release has no connector for it."""
    known = {name: one for (kind, name), one in connectors.systems().items() if kind == instance.kind}
    if instance.system not in known:
        raise ConfigError(
            f"handoff.toml [{instance.kind}.{instance.name}]: system = {instance.system!r} has no connector. "
            f"Use one of: {', '.join(known)}."
        )
    return known[instance.system]


def titles(crm: Instance, platform: Instance) -> dict[str, str]:
    """Return how the vendors of a deployment's CRM and platform write them; work in the CRM is the CRM's."""
    of_crm, of_platform = system_of(crm), system_of(platform)
    return {"crm": of_crm.called, "platform": of_platform.called if of_platform.port else of_crm.called}


def stand_in(system: System, port_base: int, environment: Mapping[str, str]) -> Instance:
    """Return the instance that is the system's stand-in; what the environment says of it wins."""
    values: dict[str, Any] = {"system": system.name, **system.stand_in(port_base + system.port)}
    bare = Instance(system.kind, "main", values, {})
    said = {bare.variable(name): SANDBOX for name in credentials(system.settings)}
    return Instance(system.kind, "main", values, {**said, **environment})


def tenant_of(instance: Instance) -> str:
    """Return what tells this customer's tenant from others, "" where nothing does."""
    said = str(instance.values.get(system_of(instance).tells_apart, ""))
    return urlsplit(said).netloc or said


def place_of(instance: Instance) -> str:
    """Return the system and whose it is, as a person knows it: `gainsight acme.gainsightcloud.com`."""
    said = str(instance.values.get(system_of(instance).tells_apart, ""))
    return f"{instance.system} {urlsplit(said).hostname or said or instance.name}"
