"""Salesforce's records and ours: ids, stamps, SOQL literals, when a deal was won, what a refused record means."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from simple_salesforce.format import SoqlFormatter

from connectors._http_json import loaded
from handoff.errors import BridgeBug, ConfigError
from handoff.model import Value
from handoff.paths import getter

Row = Mapping[str, Any]

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
ID_IN_WORDS = re.compile(r"(?<![A-Za-z0-9])[0-9](?:[A-Za-z0-9]{17}|[A-Za-z0-9]{14})(?![A-Za-z0-9])")
LONG_ID = re.compile(r"00[A-Za-z0-9]{16}")
"""What nobody means but as an id: the keys of Salesforce's own kinds of record begin with 00."""
OPPORTUNITY = "006"
CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
ADDRESS = re.compile(r"\S+@\S+")
CONTROL = re.compile(r"\s+")

LATER = frozenset(
    {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "UNEXPECTED_ERROR", "REQUEST_LIMIT_EXCEEDED"}
)
REMEDIES = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "Satisfy the rule, or exempt the integration user from it.",
    "INSUFFICIENT_ACCESS_OR_READONLY": "Give the integration user edit access to the record.",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "Give the integration user access to the related record.",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "Grant edit access to the field, or take it out of write_back.",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "A trigger or flow of the org failed; its owner must look.",
    "ENTITY_IS_DELETED": "The deal was deleted.",
    "INVALID_CROSS_REFERENCE_KEY": "The deal is gone or hidden from the integration user.",
}


@dataclass(frozen=True)
class Facts:
    """
    What the vendor's documents leave open, as we assume it; one switch each.

    Args:
        batch_size: The page size asked for; a hint, pages may be shorter.
        trust_last_stage_change: Whether `LastStageChangeDate` dates a win that history does not show.
        uri_bytes: The longest address sent: the vendor counts headers into its 16,384.
        keyset_within_a_second: Whether rows stamped alike are ordered by id alone. Salesforce hands out whole
            seconds, so it holds; a stamp that does carry milliseconds is read again whole in any case.
        second_opinion: Whether the log of changes is asked too, one call a pass: how late a row may become visible is
            not said.
    """

    batch_size: int = 2_000
    trust_last_stage_change: bool = True
    uri_bytes: int = 14_000
    keyset_within_a_second: bool = True
    second_opinion: bool = True


def id18(record_id: str) -> str:
    """Return the 18-character form of a 15- or 18-character record id; raises `ValueError` for anything else."""
    if not RECORD_ID.fullmatch(record_id):
        raise ValueError("A Salesforce id has 15 or 18 letters and digits.")
    if len(record_id) == 18:
        return record_id
    groups = (record_id[at : at + 5] for at in (0, 5, 10))
    return record_id + "".join(CHECKSUM[sum(1 << i for i, c in enumerate(g) if "A" <= c <= "Z")] for g in groups)


def ids_in(words: str) -> list[str]:
    """Return the records' ids that stand in the words or in an address among them, in their 18-character form."""
    return [id18(one) for one in ID_IN_WORDS.findall(words)]


def opportunity_id(text: str) -> str:
    """Return the 18-character form of an opportunity's id; raises `ConfigError` for what cannot be one."""
    # The last three characters say which of the others are capitals, so an id in the wrong case shows itself.
    if RECORD_ID.fullmatch(text) and text.startswith(OPPORTUNITY) and id18(text[:15]).startswith(text):
        return id18(text[:15])
    raise ConfigError(
        f"{text!r} is no opportunity id: ids are case-sensitive, and those of opportunities begin with {OPPORTUNITY}. "
        "Copy it from the deal's address."
    )


def checked(name: str) -> str:
    """Return a field path that may stand in a statement; raises `ConfigError` for one that cannot be a field."""
    if not IDENTIFIER.fullmatch(name) or ".." in name or name.endswith("."):
        raise ConfigError(
            f"{name!r} is no Salesforce field path. Use letters, digits, underscores and dots, as in Account.Industry."
        )
    return name


class _Literals(SoqlFormatter):
    """The library's formatter, for the values it refuses or changes without a word."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec:
            return super().format_field(value, format_spec)
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, datetime):
            return _moment(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            return "(" + ",".join(self.format_field(member, "") for member in value) + ")"
        return super().format_field(value, format_spec)


def soql(template: str, *values: Any) -> str:
    """Return the template with every `{}` replaced by a quoted value, every `{:like}` by an escaped pattern."""
    return str(_Literals().vformat(template, values, {}))


def _moment(value: datetime) -> str:
    """Salesforce compares whole seconds: a literal that would be cut is our mistake, so it is not sent."""
    if value.tzinfo is None or value.microsecond:
        raise BridgeBug("A moment in a SOQL statement must carry a time zone and be a whole second.")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(stamp: str) -> datetime:
    """Return the aware moment of a stamp such as `2026-11-20T17:03:22.000+0000`, in UTC."""
    return datetime.fromisoformat(stamp).astimezone(UTC)


def whole_second(at: datetime) -> datetime:
    """Return the second that holds this moment."""
    return at.replace(microsecond=0)


def after(stamp: str, record_id: str, facts: Facts) -> str:
    """Return the condition for the rows that follow this one in the order of stamp and id."""
    exact = moment(stamp)
    second = whole_second(exact)
    if exact.microsecond or not facts.keyset_within_a_second:
        return soql("SystemModstamp >= {}", second)
    return soql("(SystemModstamp > {} OR (SystemModstamp = {} AND Id > {}))", second, second, record_id)


def parsed(body: bytes) -> Any:
    """Return the JSON body with every fraction as the exact decimal it was written as; `ValueError` if it is none."""
    return loaded(body, parse_float=Decimal)


def value_at(row: Row | None, path: str) -> Value:
    """Return the raw value at a dotted path, whole numbers as Decimal; None where a parent is missing."""
    return getter(path)(row)


def end_of_day(day: str) -> datetime:
    """Return the last second, in UTC, of a day such as `2026-11-20`."""
    return datetime.combine(date.fromisoformat(day), time(23, 59, 59), UTC)


def won_moments(history: Iterable[Row], won_stages: frozenset[str]) -> list[datetime]:
    """
    Return the moments of every step from a stage that is not won to one that is, in order.

    `history` is in order of time. A first row that is already won counts: the deal was born won.
    """
    moments, was_won = [], False
    for row in history:
        won = row.get("StageName") in won_stages
        if won and not was_won:
            moments.append(moment(row["CreatedDate"]))
        was_won = won
    return moments


def outgoing(value: Value, *, length: int) -> Any:
    """Return a plain value as Salesforce takes it in JSON; text is cut to `length` where that is not 0."""
    if isinstance(value, str):
        return value[:length] if length else value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise BridgeBug("A receipt carries a moment without a time zone.")
        at = value.astimezone(UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"
    if isinstance(value, date):
        return value.isoformat()
    raise BridgeBug(f"A receipt carries a {type(value).__name__}; Salesforce takes text, numbers, dates and booleans.")


def refusal(errors: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the code of a refused record, and why in words that name no person."""
    first = errors[0] if errors else {}
    code = str(first.get("statusCode") or first.get("errorCode") or "UNKNOWN")
    fields = [str(name) for name in first.get("fields") or () if IDENTIFIER.fullmatch(str(name))]
    # Only a validation rule's text was written by the org for people to read; the others quote the record.
    said = CONTROL.sub(" ", str(first.get("message", "")))[:200] if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" else ""
    parts = [code + (f" on {', '.join(fields)}" if fields else ""), ADDRESS.sub("(address)", said).strip()]
    why = ": ".join(part for part in parts if part)
    return code, f"{why.rstrip('.')}. {REMEDIES.get(code, '')}".strip()
