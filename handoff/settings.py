"""`handoff.toml` and the environment: which systems this deployment serves, and where its ledger is."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from handoff.engines import names_a_password
from handoff.errors import ConfigError
from handoff.yaml_files import nearest

FILE = "handoff.toml"
PREFIX = "HANDOFF"
SECTIONS = ("ledger", "crm", "platform", "mappings")
PLACEHOLDER = re.compile(r"<[^<>]+>")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}")
IN_A_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")
"""What can be sent as a credential: ASCII that is seen, with blanks between at most."""
PEM = "-----BEGIN "
RELATIVE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!:memory:)([^/].*)")


class InstanceModel(BaseModel):
    """The settings of one system; a `SecretStr` is taken from the environment only."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Model = TypeVar("Model", bound=InstanceModel)


@dataclass(frozen=True)
class Instance:
    """One named system of `handoff.toml`: `[crm.main]` or `[platform.main]`."""

    kind: str
    name: str
    values: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def system(self) -> str:
        """Which product it is."""
        return str(self.values.get("system", ""))

    def variable(self, setting: str) -> str:
        """Return the environment's name of a setting: `HANDOFF_CRM_MAIN_CLIENT_ID`."""
        return f"{PREFIX}_{self.kind}_{self.name}_{setting}".upper()

    def read(self, model: type[Model]) -> Model:
        """
        Return the settings; the environment wins over the file.

        Raises:
            ConfigError: One finding for each setting that is wrong, missing or in the wrong place.
        """
        where = f"[{self.kind}.{self.name}]"
        secrets = {name for name, info in model.model_fields.items() if SecretStr in _parts(info.annotation)}
        written = sorted(secrets & set(self.values))
        if written:
            raise ConfigError(
                f"{FILE} {where} holds {', '.join(written)}, which are secrets. Take them out of the file and set "
                f"{', '.join(self.variable(name) for name in written)} in the environment."
            )
        values = dict(self.values)
        for name in model.model_fields:
            # What a file or a secret store hands over often ends with a line break that belongs to nothing.
            from_environment = self.environment.get(self.variable(name), "").rstrip("\r\n")
            if from_environment:
                values[name] = from_environment
        odd = tuple(
            f"{self.variable(name)} holds a line break, a blank at an end, or a character beyond ASCII, which no "
            f"{name} has. Copy it anew, in plain letters on one line."
            for name in sorted(secrets & values.keys())
            if not _can_be_sent(str(values[name]))
        )
        if odd:
            raise ConfigError(f"The settings of {where} cannot be used; nothing was sent.", odd)
        try:
            settings = model.model_validate(values)
        except ValidationError as error:
            findings = tuple(self._finding(model, where, e["type"], e["loc"], e["msg"]) for e in error.errors())
            raise ConfigError(f"The settings of {where} are not complete; nothing was sent.", findings) from None
        left = tuple(
            f"{FILE} {where}: {name}: {found[0]} stands for something of yours. Write that in its place."
            for name, value in values.items()
            if isinstance(value, str) and name not in secrets and (found := PLACEHOLDER.search(value))
        )
        if left:
            raise ConfigError(f"The settings of {where} are not complete; nothing was sent.", left)
        return settings

    def _finding(self, model: type[Model], where: str, kind: str, at: tuple[int | str, ...], message: str) -> str:
        if not at:
            return f"{FILE} {where}: {message.removeprefix('Value error, ')}"
        name = str(at[0])
        if kind == "extra_forbidden":
            return f"{FILE} {where}: {name}: unknown setting. {nearest(name, model.model_fields)}"
        if kind == "missing":
            return f"{FILE} {where}: {name} is missing. Set it there, or {self.variable(name)} in the environment."
        if self.environment.get(self.variable(name)):
            where = f"{where}, from {self.variable(name)}"
        message = message.removeprefix("Value error, ").rstrip(".")
        return f"{FILE} {where}: {name}: {message[:1].lower()}{message[1:]}."


@dataclass(frozen=True)
class Settings:
    """
    One deployment: its ledger, its CRMs and its platforms, as `handoff.toml` orders them.

    `only` is the CRM that a command was told to work on, None: each.
    """

    ledger_url: str = field(repr=False)
    crms: tuple[Instance, ...]
    platforms: tuple[Instance, ...]
    mappings: Path
    only: str | None = None

    def __post_init__(self) -> None:
        names = [one.name for one in self.crms]
        if self.only is not None and self.only not in names:
            raise ConfigError(f"{FILE} has no [crm.{self.only}] section. {nearest(self.only, names)}")

    @property
    def crm(self) -> Instance:
        """The one CRM that is meant; raises `ConfigError` when several are and none was named."""
        meant = self.meant
        if len(meant) > 1:
            names = ", ".join(one.name for one in meant)
            raise ConfigError(f"{FILE} has several CRMs: {names}. Say which one is meant: --crm NAME.")
        return meant[0]

    @property
    def platform(self) -> Instance:
        """The one platform; raises `ConfigError` when there are several."""
        if len(self.platforms) > 1:
            names = ", ".join(one.name for one in self.platforms)
            raise ConfigError(f"{FILE} has several platforms: {names}. Say which one is meant: --platform NAME.")
        return self.platforms[0]

    @property
    def meant(self) -> tuple[Instance, ...]:
        """The CRMs that a command works on."""
        return tuple(one for one in self.crms if self.only in (None, one.name))


def read_settings(
    folder: Path, *, mappings: Path | None, environment: Mapping[str, str] | None = None, only: str | None = None
) -> Settings:
    """
    Return the settings of the `handoff.toml` in `folder`.

    Args:
        only: The CRM that is meant; None: each.

    Raises:
        ConfigError: There is none, or it is not whole, or has no such CRM.
    """
    env = dict(os.environ if environment is None else environment)
    path = folder / FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"There is no {FILE} here, so no system to work with. Add --sandbox to use the stand-ins "
            "(start them with `handoff sandbox`), or write one: `handoff init DIR` does; docs/configuration.md "
            "shows it whole."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{FILE}: {error}. Correct that line.") from error
    _known(data, SECTIONS, "")
    ledger = data.get("ledger", {})
    _table(ledger, "[ledger]")
    _known(ledger, ("url",), " [ledger]")
    written = str(ledger.get("url", "sqlite:///handoff.db"))
    if names_a_password(written):
        raise ConfigError(
            f"{FILE} [ledger]: url names a password, which is a secret. Take it out of the file, and set "
            "HANDOFF_LEDGER_URL (or PGPASSWORD) in the environment."
        )
    url = env.get("HANDOFF_LEDGER_URL") or written
    return Settings(
        ledger_url=beside(url, folder),
        crms=_instances(data, "crm", env),
        platforms=_instances(data, "platform", env),
        mappings=mappings or folder / str(data.get("mappings", "mappings")),
        only=only,
    )


def beside(url: str, folder: Path) -> str:
    """Return the address with a relative SQLite path made absolute: it is relative to `handoff.toml`."""
    found = RELATIVE.fullmatch(url)
    return f"{found[1]}{(folder / found[2]).resolve()}" if found else url


def _instances(data: Mapping[str, Any], kind: str, env: Mapping[str, str]) -> tuple[Instance, ...]:
    instances = data.get(kind) or {}
    _table(instances, f"[{kind}.<name>]")
    if not instances:
        raise ConfigError(f"{FILE} needs a [{kind}.<name>] section; there is none. Add one, such as [{kind}.main].")
    found = tuple(_instance(kind, name, values, env) for name, values in instances.items())
    # Their variables are written in capitals: one secret would be taken for two.
    for index, one in enumerate(found):
        if one.name.lower() in (other.name.lower() for other in found[:index]):
            raise ConfigError(f"{FILE} [{kind}.{one.name}]: another one has this name but for capitals. Rename it.")
    return found


def _instance(kind: str, name: str, values: Any, env: Mapping[str, str]) -> Instance:
    _table(values, f"[{kind}.<name>]")
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{FILE} [{kind}.{name}]: {name!r} is no name. Use letters, digits and _, at most 30 of them, "
            f"as in {kind}.main."
        )
    return Instance(kind, name, values, env)


def _table(value: Any, section: str) -> None:
    if not isinstance(value, dict):
        raise ConfigError(f"{FILE}: {section} must be a section of its own, with its settings below it.")


def _known(values: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in values:
        if name not in known:
            raise ConfigError(f"{FILE}{where}: {name}: unknown setting. {nearest(name, known)}")


def _can_be_sent(secret: str) -> bool:
    """Return whether a header can hold a secret; a private key has several lines, and is never sent."""
    return all(IN_A_HEADER.fullmatch(line) for line in (secret.splitlines() if secret.startswith(PEM) else [secret]))


def _parts(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))
