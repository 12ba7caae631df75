"""The systems that a deployment names, and the connectors behind them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import connectors
from connectors._system import System, credentials
from handoff.errors import ConfigError
from handoff.lanes import named_in
from handoff.mapping import Mappings
from handoff.settings import FILE, Instance, Settings
from handoff.yaml_files import nearest

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


def titles(crms: Sequence[Instance], platforms: Sequence[Instance]) -> dict[str, str]:
    """Return how the vendors of a deployment's systems write them, joined by `or`; work in the CRM is the CRM's."""
    of_crms = [system_of(one).called for one in crms]
    of_platforms = [one.called if one.port else called for one in map(system_of, platforms) for called in of_crms]
    joined = {"crm": of_crms, "platform": of_platforms}
    return {kind: " or ".join(dict.fromkeys(some)) for kind, some in joined.items()}


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


def file_of(folder: Path, instance: Instance) -> str:
    """Return how the instance's file in a folder is called: as its system and itself, where there is such a file."""
    own = f"{instance.system}-{instance.name}"
    return own if (folder / f"{own}.yml").is_file() else instance.system


def must_fit(mappings: Mappings, settings: Settings) -> None:
    """Raise `ConfigError` where the platforms of the contract are not those of `handoff.toml`."""
    platforms, crms = ([one.name for one in some] for some in (settings.platforms, settings.crms))
    if len(platforms) > 1 and not mappings.contract.platforms:
        raise ConfigError(
            f"{FILE} names several platforms ({', '.join(platforms)}), and handoff.yml does not say which deals go "
            f"where. Add rules, the last without a condition: platforms: [{{segments: [...], to: {platforms[-1]}}}, "
            f"{{to: {platforms[0]}}}]"
        )
    asked = named_in(mappings)
    for kind, said, known in (("platform", asked[0], platforms), ("crm", asked[1], crms)):
        for name in sorted(said - {*known}):
            raise ConfigError(f"handoff.yml platforms: {FILE} has no [{kind}.{name}] section. {nearest(name, known)}")
