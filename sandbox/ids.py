"""Ids for records that are made up before a stand-in has them."""

import string

from sandbox.salesforce.ids import checksum

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Ids:
    """Hands out ids in order; `pod` keeps those of different tenants apart."""

    def __init__(self, pod: str) -> None:
        self._pod = pod
        self._given: dict[str, int] = {}

    def salesforce(self, prefix: str) -> str:
        """Return the next id of 18 characters with this key prefix."""
        return with_checksum(f"{prefix}{self._pod}{in_base62(self._next(prefix), width=9)}")

    def gainsight(self, prefix: str) -> str:
        """Return the next GSID, 36 upper-case letters and digits."""
        return f"{prefix}{self._pod.upper()}{self._next(prefix):0{32 - len(self._pod)}d}"

    def _next(self, prefix: str) -> int:
        self._given[prefix] = self._given.get(prefix, 0) + 1
        return self._given[prefix]


def in_base62(number: int, *, width: int) -> str:
    """Return a number in digits and letters, with zeros in front."""
    text = ""
    while number:
        number, rest = divmod(number, 62)
        text = BASE62[rest] + text
    return text.rjust(width, "0")


def with_checksum(id15: str) -> str:
    """Return a Salesforce id of 15 characters as the 18 that are safe to compare without case."""
    return id15 + checksum(id15)
