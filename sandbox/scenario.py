"""A scenario file: what the control API takes, written down beforehand in YAML."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sandbox.clock import ORDERS, check_orders
from sandbox.faults import faults_in
from sandbox.naming import unknown
from sandbox.wire import Json
from sandbox.world import SandboxError

KEYS = ("seed", "csv", "into", "load", "tenant", "clock", "faults")


@dataclass(frozen=True)
class Scenario:
    """
    What a scenario file says; every part may be absent.

    A relative `csv` is beside the file; `into` names the CRM that it goes into, or else by whose ids the
    tenant's platforms know its customers.
    """

    seed: int | None = None
    csv: Path | None = None
    into: str | None = None
    load: Mapping[str, Json] = field(default_factory=dict)
    tenant: Mapping[str, Json] = field(default_factory=dict)
    clock: Mapping[str, Json] = field(default_factory=dict)
    faults: Sequence[Json] = ()

    def to_load(self, *, csv: Path | None = None, into: str | None = None) -> dict[str, Json]:
        """Return the body for `World.load`; `csv` and `into`, when given, go before the file's own."""
        body: dict[str, Json] = dict(self.load)
        if self.tenant:
            body["tenant"] = dict(self.tenant)
        if directory := csv or self.csv:
            body["csv"] = str(directory)
            if crm := into or self.into:
                body["into"] = crm
        return body


def read_scenario(path: Path) -> Scenario:
    """Return what the file says; raises `SandboxError` with file, line and the nearest right key."""
    try:
        text = path.read_text(encoding="utf-8")
        said = reader().load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"Cannot read the scenario {path}: {error}. Check --scenario.") from error
    except YAMLError as error:
        raise SandboxError(f"{path}{line_of(error)}: this is no YAML the sandbox can read: {said_by(error)}") from error
    if said is None:
        return Scenario()
    if not isinstance(said, dict):
        raise SandboxError(f"{path}: a scenario is a mapping. Use any of: {', '.join(KEYS)}.")
    checked(said, path, text)
    if said.get("csv") is not None:
        said["csv"] = path.parent / said["csv"]
    return Scenario(**{key: value for key, value in said.items() if value is not None})


def checked(said: Mapping[str, Json], path: Path, text: str) -> None:
    """Raise `SandboxError` for a key that does not exist or a value of the wrong kind."""
    kinds = {"seed": int, "csv": str, "into": str, "load": dict, "tenant": dict, "clock": dict, "faults": list}
    for key, value in said.items():
        where = f"{path}:{line_with(text, key)}"
        if key not in kinds:
            raise SandboxError(f"{where}: {unknown('key', key, KEYS)}")
        if value is not None and (not isinstance(value, kinds[key]) or isinstance(value, bool)):
            raise SandboxError(f"{where}: {key} takes {wanted(key)}, not {value!r}.")
    orders = said.get("clock") or {}
    if wrong := [key for key in orders if key not in ORDERS]:
        raise SandboxError(f"{path}:{line_with(text, wrong[0])}: {unknown('clock key', wrong[0], ORDERS)}")
    try:
        if orders:
            check_orders(orders)
    except ValueError as error:
        raise SandboxError(f"{path}:{line_with(text, 'clock')}: {error}") from error
    try:
        faults_in(said.get("faults") or [])
    except ValueError as error:
        raise SandboxError(f"{path}:{line_with(text, 'faults')}: {error}") from error


def wanted(key: str) -> str:
    """Return what a key takes, in words."""
    return {
        "seed": "a whole number",
        "csv": "the path of a directory",
        "into": "the name of a CRM",
        "faults": "a list",
    }.get(key, "a mapping")


class TextDates(SafeConstructor):
    """Leaves dates and times as they are written: records hold them as text."""


TextDates.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def reader() -> YAML:
    """Return a reader of YAML 1.2 that refuses a doubled key."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = TextDates
    return yaml


def line_with(text: str, key: object) -> int:
    """Return the first line, from 1, on which a key stands."""
    found = re.search(rf"(?<![\w-])['\"]?{re.escape(str(key))}['\"]?\s*:", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def line_of(error: YAMLError) -> str:
    """Return `:line` where a YAML error says it, else nothing."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return f":{mark.line + 1}" if mark else ""


def said_by(error: YAMLError) -> str:
    """Return the first sentence of a YAML error."""
    return str(getattr(error, "problem", None) or error).splitlines()[0]
