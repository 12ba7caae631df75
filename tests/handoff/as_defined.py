"""The plain definitions of what the product does by faster ways; the tests hold the two side by side."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from handoff import fingerprints, prose
from handoff.rules import Context, FieldRule
from handoff.transforms import MOST_DIGITS, TRANSFORMS, fitted, later, quoted, span


def missing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | float | int):
        return _number_text(Decimal(str(value)))
    if isinstance(value, list | tuple):
        return ", ".join(text(item) for item in value)
    if isinstance(value, Mapping):
        return text(value.get("text") or value.get("name") or value.get("label") or "")
    return str(value).strip()


def _number_text(number: Decimal) -> str:
    if not number.is_finite():
        return str(number)
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.2f}"


def exact(value: Any) -> str:
    if isinstance(value, Decimal | float | int) and not isinstance(value, bool):
        digits = f"{Decimal(str(value)):f}"
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return "0" if digits == "-0" else digits
    return text(value)


def as_read(markup: str) -> str:
    parser = prose._Prose()
    end = markup.rfind(">") + 1
    parser.feed(markup[:end] + markup[end:].replace("<", "&lt;"))
    parser.close()
    return "".join(parser.parts)


def plain(value: Any) -> str:
    lines = (" ".join(line.split()) for line in as_read(text(value)).splitlines())
    return "\n".join(line for line in lines if line)


def decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(f"{quoted(value)} is no number") from error
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(f"{quoted(value)} is no number to work with")
    return number


def percent(value: Any) -> Decimal:
    share = decimal(value)
    if abs(share) > 10_000:
        raise ValueError(f"{quoted(value)} is no share of 1")
    return (share * 100).quantize(Decimal("0.1")).normalize() + 0


def as_date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        as_it_stands = moment.tzinfo is None or isinstance(moment.tzinfo, ZoneInfo)
        return (moment if as_it_stands else moment.astimezone(UTC)).date()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{quoted(value)} is no day like 2026-12-01") from error


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return known[str(value).strip().lower()]
    except KeyError as error:
        raise ValueError(f"{quoted(value)} is neither yes nor no") from error


def as_list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [part.strip() for part in str(value).split(";") if part.strip()]


def lines(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "\n".join(text(item) for item in value)
    items = [line for line in (raw.strip(" \t-•*") for raw in plain(value).splitlines()) if line]
    return [_item(number, line) for number, line in enumerate(items, start=1)]


def _item(number: int, line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split("|")]
    item: dict[str, Any] = {"id": str(number), "text": parts[0]}
    if len(parts) > 1 and parts[1]:
        try:
            item["due_on"] = as_date(parts[1])
        except ValueError:
            item["text"] = f"{parts[0]} ({parts[1]})"
    item |= {name: part for name, part in zip(("kind", "owner"), parts[2:4], strict=False) if part}
    return item


def value_at(record: Any, path: str) -> Any:
    found = record
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found[name] if name in found else {k.lower(): v for k, v in found.items()}.get(name.lower())
    return Decimal(found) if isinstance(found, int) and not isinstance(found, bool) else found


def read_by(rule: FieldRule, context: Context) -> Any:
    """What a rule of `from`, `values`, `plus`, `as`, `max` and `default` gives."""
    by = span(rule.plus) if rule.plus else None
    for source in rule.sources:
        value = context.values.get(source)
        if missing(value):
            continue
        if rule.values is not None:
            value = _listed(value, rule, context, source)
        if missing(value):
            continue
        try:
            value = later(value, by) if by else value
            value = TRANSFORMS[rule.as_](value) if rule.as_ else value
        except ValueError as error:
            context.notes.append(f"{source}: {error}; it was left out")
            continue
        value = fitted(value, rule.max) if rule.max and isinstance(value, str) else value
        if not missing(value):
            return value
    return rule.default


def _listed(value: Any, rule: FieldRule, context: Context, source: str) -> Any:
    assert rule.values is not None
    key = exact(value)
    if key in rule.values:
        return rule.values[key]
    if rule.default is None:
        context.notes.append(f"{source}: {quoted(value)} is not among the values of the mapping; it was left out")
    return None


def fingerprint(value: Any) -> str:
    canonical = json.dumps(
        value, sort_keys=True, default=fingerprints._plain, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
