"""Identifiers of the stand-in: always the same for the same tenant and the same order of calls."""

import hashlib
import uuid
from collections import Counter

FIRST_NOTE, FIRST_TASK = 55_100, 7_000  # numbers of the vendor's are no small ones


class Ids:
    """Gives out numbers, event ids and UUIDs, each derived from the tenant and a counter."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._given: Counter[str] = Counter()

    def number(self, kind: str, *, first: int = 0) -> int:
        """Return the next whole number of a kind."""
        self._given[kind] += 1
        return first + self._given[kind]

    def event(self) -> str:
        """Return a new event id, which has nothing to do with the id of what happened."""
        number = self.number("event")
        return f"evt-{hashlib.sha256(f'{self._tenant_id}/{number}'.encode()).hexdigest()[:12]}"

    def uuid(self, kind: str) -> str:
        """Return a new UUID."""
        return named(f"{self._tenant_id}/{kind}/{self.number(kind)}")


def named(name: str) -> str:
    """Return the UUID for a name, the same in every tenant: what is configured by id is found again after a reset."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"totango/{name}".encode()).digest()[:16], version=4))
