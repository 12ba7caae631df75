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


def stand_in(system: System, port_base: int, environment: Mapping[str, str], name: str = "main") -> Instance:
    """Return the instance that is the system's stand-in; what the environment says of it wins."""
    values: dict[str, Any] = {"system": system.name, **system.stand_in(port_base + system.port)}
    bare = Instance(system.kind, name, values, {})
    said = {bare.variable(setting): SANDBOX for setting in credentials(system.settings)}
    return Instance(system.kind, name, values, {**said, **environment})


def tenant_of(instance: Instance) -> str:
    """Return what tells this customer's tenant from others, "" where nothing does."""
    said = str(instance.values.get(system_of(instance).tells_apart, ""))
    return urlsplit(said).netloc or said


def place_of(instance: Instance) -> str:
    """Return the system and whose it is, as a person knows it: `gainsight acme.gainsightcloud.com`."""
    said = str(instance.values.get(system_of(instance).tells_apart, ""))
    return f"{instance.system} {urlsplit(said).hostname or said or instance.name}"
