"""One module for each outside system. They never import each other, and nothing else lists them."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from connectors._system import System
from handoff.deals import IdsIn
from handoff.errors import ConfigError

USUAL_CRM, USUAL_PLATFORM = "salesforce", "gainsight"
"""The systems of a new deployment, and of the sandbox, where nobody says which."""


@cache
def systems() -> Mapping[tuple[str, str], System]:
    """Return every system that this release has a connector for, by kind and name."""
    names = [one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_")]
    found = [importlib.import_module(f"{__name__}.{name}").SYSTEM for name in names]
    return {(one.kind, one.name): one for one in found}


def system(kind: str, name: str) -> System:
    """Return one system by what an option calls it; raises `ConfigError` when there is none."""
    known = crms() if kind == "crm" else platforms()
    if name not in known:
        raise ConfigError(f"--{kind}: there is no connector for {name!r}. Use one of: {', '.join(known)}.")
    return known[name]


def crms() -> Mapping[str, System]:
    """Return the systems in which deals are won, by name."""
    return {name: one for (kind, name), one in systems().items() if kind == "crm"}


def ids_in() -> IdsIn:
    """Return how each system's ids are read from words, by its name; see `System.ids_in`."""
    return {name: one.ids_in for (_, name), one in systems().items()}


def platforms() -> Mapping[str, System]:
    """Return the systems in which work is made, by name."""
    return {name: one for (kind, name), one in systems().items() if kind == "platform"}
