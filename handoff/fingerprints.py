"""Fingerprints: what tells that something changed without keeping what it says."""

import re
from collections.abc import Container, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from handoff.model import Deal, Needed, Value
from handoff.transforms import exact

OF_THE_DEAL = {
    "deal.name": "name",
    "deal.amount": "amount",
    "deal.currency": "currency",
    "account.id": "account_id",
    "account.name": "account_name",
    "owner.email": "owner_email",
    "owner.active": "owner_active",
}
"""What comes with every deal, by the name of its fingerprint: the attribute that holds it."""

GIVEN = OF_THE_DEAL.keys() - {"owner.active"}
"""The canonical fields that have a fingerprint of their own, since they come with every deal."""

REPEATED_TEXT = 60
"""Texts up to this length may well be those of other deals too."""

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def source_hashes(deal: Deal, *, ours: Container[str] = ()) -> dict[str, str]:
    """
    Return a fingerprint of each thing that the mapping reads of a deal, without the fields that we write.

    What comes with every deal stands under its canonical name (`deal.amount`), the rest under the CRM's path. Of a
    list each path has its own (`OpportunityLineItems.Quantity`), all rows in order, and `rows_of` it their number.
    """
    # A deal never changes, and is asked when it is read, judged and concluded: its own answer stays with it.
    kept = deal.__dict__.get("_source_hashes")
    if kept is not None and kept[0] is ours:
        return dict(kept[1])
    given = {name: getattr(deal, attribute) for name, attribute in OF_THE_DEAL.items()} | {"deal.episode": deal.episode}
    read = {path: value for path, value in deal.source.items() if path not in ours}
    hashes = {name: fingerprint(value) for name, value in (read | _columns(deal) | given).items()}
    deal.__dict__["_source_hashes"] = ours, hashes
    return dict(hashes)


def rows_of(name: str) -> str:
    """Return under which name the number of a list's rows has its fingerprint."""
    return f"{name}.#"


def _columns(deal: Deal) -> dict[str, Value]:
    """Return the lists of a deal by path, so that one that is read beside the others leaves those as they were."""
    columns: dict[str, Value] = {}
    for name, rows in deal.children.items():
        columns[rows_of(name)] = len(rows)
        for path in dict.fromkeys(path for row in rows for path in row):
            columns[f"{name}.{path}"] = [row.get(path) for row in rows]
    return columns


def changed(before: Mapping[str, str] | None, now: Mapping[str, str]) -> bool:
    """
    Return whether a deal says something else than when it was last handled; True when it never was.

    Only what was read both times counts: a mapping that reads more, or less, changes no deal.
    """
    return before is None or bool(differing(before, now))


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> frozenset[str]:
    """Return the names whose fingerprint is another now, of those that are there both times."""
    return frozenset(name for name in before.keys() & now.keys() if before[name] != now[name])


def fingerprint(value: Any) -> str:
    """Return 16 hex digits that change with the value; equal values give equal digits in every process."""
    # Short cuts for what most fields hold; each gives what the encoder gives.
    if value is None:
        return NOTHING
    kind = type(value)
    if kind is str:
        return _of_text(value) if len(value) <= REPEATED_TEXT else _digits(encode_basestring(value))
    if kind is Decimal:
        return _of_text(exact(value))
    if kind is datetime or kind is date:
        return _of_moment(value)
    return _digits("".join(_encoded(value, 0)))


def _digits(canonical: str) -> str:
    return sha256(canonical.encode()).hexdigest()[:16]


@lru_cache(maxsize=1_024)
def _of_moment(value: date) -> str:
    return _digits(encode_basestring(_plain(value)))


@lru_cache(maxsize=8_192)
def _of_text(value: str) -> str:
    """Names of stages, types and owners come with every deal."""
    return _digits(encode_basestring(value))


def field_hashes(payload: Mapping[str, Value]) -> dict[str, str]:
    """Return a fingerprint of each field, as `field_fingerprint` has it."""
    return {name: field_fingerprint(value) for name, value in payload.items()}


def field_fingerprint(value: Value) -> str:
    """
    Return the fingerprint of a payload's field, the same for what was written and for what is read back of it.

    Platforms cut white space at the ends of texts, keep milliseconds and floats, order lists as they like, and write
    addresses in small letters: none of that is a person's edit.
    """
    return _of_kept_text(value) if type(value) is str and len(value) <= REPEATED_TEXT else fingerprint(_as_kept(value))


@lru_cache(maxsize=8_192)
def _of_kept_text(value: str) -> str:
    return fingerprint(_as_kept(value))


def _as_kept(value: Any) -> Any:
    if isinstance(value, str):
        said = value.strip()
        return said.lower() if "@" in said and _ADDRESS.fullmatch(said) else said
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, Decimal) and value.is_finite():
        return Decimal(str(float(value)))
    if isinstance(value, list | tuple) and not any(isinstance(one, Mapping) for one in value):
        return sorted((_as_kept(one) for one in value), key=str)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Needed):
        return {"step": value.key}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str) if not isinstance(value, tuple) else list(value)
    raise TypeError(f"{type(value).__name__} has no fingerprint")


# What `json.dumps` makes for each call: no markers (nothing here holds itself), our texts, sorted keys, no key skipped.
_encoded = c_make_encoder(None, _plain, encode_basestring, None, ":", ",", True, False, True)
NOTHING = _digits("null")
"""The fingerprint of nothing."""
