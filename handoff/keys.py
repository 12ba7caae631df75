"""The keys that are planted in the platforms' records. They never change between releases."""

from handoff.errors import ConfigError
from handoff.model import DealRef

LONGEST = 100


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
