"""Identifiers of the stand-in: always the same for the same tenant and the same order of calls."""

import hashlib
import uuid
from collections import Counter

GSID_LENGTH = 36
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIRS = [low + high for high in _LETTERS for low in _LETTERS]


class Ids:
    """Gives out GSIDs, request ids and tokens, each derived from the tenant and a counter."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._given: Counter[str] = Counter()

    def gsid(self, prefix: str) -> str:
        """Return a new GSID: `prefix`, then letters and digits, 36 characters in all."""
        return self.named(prefix, str(self._next(prefix)))

    def named(self, prefix: str, name: str) -> str:
        """Return the GSID that this tenant has for `name`, the same at every call."""
        number = int.from_bytes(self._digest(f"{prefix}/{name}"))
        text = prefix
        while len(text) < GSID_LENGTH:
            number, pair = divmod(number, len(_PAIRS))
            text += _PAIRS[pair]
        return text[:GSID_LENGTH]

    def request_id(self) -> str:
        """Return a new request id in the shape of a UUID."""
        return str(uuid.UUID(bytes=self._digest(f"request/{self._next('request')}")[:16], version=4))

    def token(self) -> str:
        """Return a new bearer token."""
        return f"sandbox-token-{self._next('token')}"

    def _next(self, kind: str) -> int:
        self._given[kind] += 1
        return self._given[kind]

    def _digest(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._tenant_id}/{text}".encode()).digest()
