"""Record ids: fifteen characters that mean something, and three that protect their upper and lower case."""

from functools import lru_cache
from hashlib import sha256

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

OWN_RANGE = 62**5
"""Ids that the stand-in assigns by itself count from here; whoever loads data may use every number below."""


def checksum(short: str) -> str:
    """Return the three characters that make an eighteen-character id of fifteen."""
    groups = (short[at : at + 5] for at in (0, 5, 10))
    return "".join(_CHECKS[sum(1 << i for i, c in enumerate(group) if "A" <= c <= "Z")] for group in groups)


@lru_cache(maxsize=65_536)
def normalised(value: str) -> str:
    """
    Return the id in eighteen characters.

    Raises:
        ValueError: the text has another length, another alphabet or a wrong checksum.
    """
    short = value[:15]
    if len(value) not in (15, 18) or not (short.isascii() and short.isalnum()):
        raise ValueError(f"{value!r} is no Salesforce id: 15 or 18 letters and digits are needed.")
    long = short + checksum(short)
    if len(value) == 18 and value != long:
        raise ValueError(f"{value!r} is no Salesforce id: its last three characters should be {long[15:]!r}.")
    return long


def new_id(prefix: str, n: int, org: str) -> str:
    """
    Return the `n`-th id of a kind of record in an org, the same one for ever.

    Args:
        prefix: The three characters of the object, as `006` for opportunities.
        n: Counts from 0; below `OWN_RANGE` it never meets an id that the stand-in assigned.
        org: The org's id, in 15 or 18 characters.
    """
    pod = _base62(int.from_bytes(sha256(org[:15].encode()).digest()[:4], "big"), 2)
    short = f"{prefix}{pod}0{_base62(n, 9)}"
    return short + checksum(short)


def _base62(n: int, width: int) -> str:
    digits = []
    for _ in range(width):
        n, rest = divmod(n, 62)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
