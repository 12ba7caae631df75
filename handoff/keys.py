"""The keys that are planted in the platforms' records. They never change between releases."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.errors import ConfigError
from handoff.model import DealRef

LONGEST = 100

_PLANTED = re.compile(
    r"hb:(?P<instance>[^:]+):(?P<system>[^:]+):(?P<org>[^:]+):(?P<id>[^:]+)(:e(?P<episode>\d+))?"
    r":(?P<platform>[^:.]+)\.(?P<step>[^:]+)"
)


@dataclass(frozen=True)
class Planted:
    """What the key of a step says: of a deal's own work also which win it is for, of an account's None."""

    ref: DealRef
    episode: int | None
    platform: str
    step: str

    @property
    def meaning(self) -> tuple[str, str, int | None, str]:
        """What the step is, whatever the instances are called: two records that mean the same are one too many."""
        return self.ref.org, self.ref.id, self.episode, self.step


def deal_key(ref: DealRef, episode: int) -> str:
    """Return the key of one won episode of a deal: `hb:main:salesforce:00D…:006…:e1`."""
    return checked(f"hb:{ref}:e{episode}")


def step_key(ref: DealRef, episode: int, platform: str, step: str) -> str:
    """Return the key of a step that every deal has for itself."""
    return checked(f"{deal_key(ref, episode)}:{platform}.{step}")


def account_key(ref: DealRef, account_id: str, platform: str, step: str) -> str:
    """Return the key of a step that all deals of one account share."""
    return checked(f"hb:{ref.instance}:{ref.system}:{ref.org}:{account_id}:{platform}.{step}")


def beside(key: str, other: str) -> str:
    """Return the key of another step of the same episode or account: `...e1:main.brief` to `...e1:main.change-1f2e`."""
    return checked(f"{key.rpartition('.')[0]}.{other}")


def checked(key: str) -> str:
    """Return the key; raises `ConfigError` when it is longer than every platform takes."""
    if len(key) > LONGEST:
        raise ConfigError(
            f"The key {key!r} is longer than {LONGEST} characters. Give instances and steps shorter names."
        )
    return key


def planted(key: str) -> Planted | None:
    """Return what the key of a step says, None for what is no such key. The ref of an account's step is its account."""
    found = _PLANTED.fullmatch(key)
    if found is None:
        return None
    ref = DealRef(found["instance"], found["system"], found["org"], found["id"])
    return Planted(ref, int(found["episode"]) if found["episode"] else None, found["platform"], found["step"])


def begun_on(steps: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the platform on which the steps that a handoff lists are made, None when it lists none."""
    said = planted(steps[0]["key"]) if steps else None
    return said.platform if said is not None else None
