"""The first files of a customer's own deployment: settings, secret names, and a copy of the shipped mappings."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

import connectors
from connectors._system import SWITCH, System, extra
from handoff.errors import BridgeBug, ConfigError
from handoff.settings import FILE, Instance, InstanceModel

ENVIRONMENT_FILE = ".env.example"
NAME = "main"
NAMED = "`main` is the instance's name; it is part of every key, so keep it"
COMMENTS_AT = 48
COPIED = frozenset((".yml", ".j2", ".csv"))
START_FROM = re.compile(r"^(start_from:\s*)\S+", re.MULTILINE)

HEAD = """\
# This deployment: which systems it joins. What stands in <angle brackets> is yours to replace.
# Secrets are not written here: {environment} names them. All settings: docs/configuration.md.

mappings = "mappings"                            # your contract, people, mappings and templates; relative to this file

[ledger]
url = "sqlite:///handoff.db"                     # relative to this file; what was done: back it up
"""

ENVIRONMENT_HEAD = """\
# The secrets of this deployment. Copy this file to .env, fill it in between the quotes, and load it before `handoff`:
#     set -a; . ./.env; set +a
# .env stays on this machine: .gitignore keeps it out of version control.
"""

IGNORED = """\
# Secrets, and the ledger with the names of people in it, stay out of version control.
.env
*.pem
*.db
*.db-shm
*.db-wal
*.db.lock
"""


@dataclass(frozen=True)
class NewDeployment:
    """The files to write, by their path in the folder, and the environment's names that must be set."""

    files: Mapping[str, str]
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class _Setting:
    """One setting as the first files show it."""

    name: str
    info: FieldInfo
    model: type[InstanceModel]

    @property
    def needed(self) -> bool:
        """Whether the way to log in that is written into the file needs it."""
        auth = self._extra("auth")
        return not auth or auth == self.model.model_fields["auth"].default

    @property
    def secret(self) -> bool:
        """Whether it is set in the environment."""
        return bool(self._extra("environment"))

    @property
    def must_be_set(self) -> bool:
        """Whether nothing can be called before the environment has it."""
        return self.secret and self.needed

    @property
    def line(self) -> str:
        """The setting as TOML; behind a # when it has another default or is for another way to log in."""
        value = self.info.examples[0] if self.info.examples else self.info.default
        written = self.info.is_required() or (self.needed and self.info.default is not None)
        shown = f"{'' if written else '# '}{self.name} = {json.dumps(value)}"
        return f"{shown:<{COMMENTS_AT}} # {self.comment}"

    @property
    def comment(self) -> str:
        """What it means, and for which way to log in."""
        auth = "" if self.needed else f'; for auth = "{self._extra("auth")}"'
        return f"{self.info.description}{auth}"

    def _extra(self, key: str) -> Any:
        return extra(self.model, self.name, key)


@dataclass(frozen=True)
class _Instance:
    """One system of the deployment, with its settings."""

    kind: str
    system: str
    settings: tuple[_Setting, ...]

    def section(self) -> str:
        """Return its section of handoff.toml."""
        head = f"\n[{self.kind}.{NAME}]"
        shown = (setting.line for setting in self.settings if not setting.secret)
        return "\n".join((f"{head:<{COMMENTS_AT + 1}} # {NAMED}", f'system = "{self.system}"', *shown, ""))

    def variables(self) -> str:
        """Return its secrets as lines for a shell."""
        lines = (
            f"# {setting.comment}\n{'' if setting.needed else '# '}{self.variable(setting)}=''"
            for setting in self.settings
            if setting.secret
        )
        return "\n".join((f"\n# [{self.kind}.{NAME}]: {self.system}", *lines, ""))

    def variable(self, setting: _Setting) -> str:
        """Return the environment's name of a setting."""
        return Instance(self.kind, NAME, {}, {}).variable(setting.name)


def new_deployment(shipped: Path, *, crm: str, platform: str, today: date) -> NewDeployment:
    """
    Return the first files of a deployment that joins `crm` to `platform`.

    Args:
        shipped: The mappings folder to copy; only what the two systems need is taken.
        today: From which day on wins are handed off: the first run must not hand off the company's history.

    Raises:
        ConfigError: This release has no connector for one of the systems.
    """
    chosen = connectors.system("crm", crm), connectors.system("platform", platform)
    instances = [_instance(one) for one in chosen]
    return NewDeployment(
        files={
            FILE: HEAD.format(environment=ENVIRONMENT_FILE) + "".join(one.section() for one in instances),
            ENVIRONMENT_FILE: ENVIRONMENT_HEAD + "".join(one.variables() for one in instances),
            ".gitignore": IGNORED,
            **{f"mappings/{name}": text for name, text in _mappings(shipped, {crm, platform}, today)},
        },
        secrets=tuple(one.variable(setting) for one in instances for setting in one.settings if setting.must_be_set),
    )


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """
    Write the files, all of them or none.

    Raises:
        ConfigError: One is there already, and each that is there is named; or the folder cannot be written to.
    """
    there = tuple(str(folder / name) for name in files if (folder / name).exists())
    if there:
        raise ConfigError(
            "Nothing was written: these files are there already. Take another folder, or move them away.", there
        )
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}. Take another folder.") from error


def _instance(system: System) -> _Instance:
    """Return the settings that every deployment thinks about: all but the vendor's open questions."""
    model = system.settings
    names = [name for name in model.model_fields if name != "system" and not extra(model, name, SWITCH)]
    settings = (_Setting(name, model.model_fields[name], model) for name in names)
    return _Instance(system.kind, system.name, tuple(settings))


def _mappings(shipped: Path, chosen: set[str], today: date) -> Iterator[tuple[str, str]]:
    """Yield the shipped files that the chosen systems need, by path; a file is named after the system it is for."""
    others = {name for _, name in connectors.systems()} - chosen
    for path in sorted(shipped.rglob("*")):
        if path.suffix in COPIED and path.stem.split(".")[0].split("_")[0] not in others:
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(shipped).as_posix()
            yield name, _starting(text, today) if name == "handoff.yml" else text


def _starting(contract: str, today: date) -> str:
    text, found = START_FROM.subn(rf"\g<1>{today.isoformat()}", contract)
    if found != 1:
        raise BridgeBug(f"The shipped handoff.yml has {found} lines with start_from; it needs one.")
    return text
