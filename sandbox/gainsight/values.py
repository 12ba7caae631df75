"""Values as they are sent, stored and read back, and the codes of those that do not fit."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from sandbox.gainsight.choices import Choices
from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import NUMBER_TYPES, TEXT_TYPES, Field

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BAD_PICK = "Invalid/Inactive value provided for picklist."
_BAD_MAPPING = "Invalid field, re-check data mapping."


class Problem(Exception):
    """A value that a field does not take."""

    def __init__(self, code: str, message: str, field: str, value: Any = None) -> None:
        super().__init__(code, message, field, value)
        self.code = code
        self.message = message
        self.field = field
        self.value = value

    @property
    def desc(self) -> str:
        """Return the text with column and value filled in, as the vendor does."""
        return f"{self.message} ({self.field} = {self.value})."


def stamp(moment: datetime) -> str:
    """Return a moment as it is stored: UTC with milliseconds, so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(value: Any) -> str:
    """Return a day sent as `YYYY-MM-DD` or epoch milliseconds as it is stored; raises `ValueError`."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value).isoformat()
    return _epoch(value)[:10]


def moment(value: Any) -> str:
    """Return a moment sent as ISO text or epoch milliseconds as it is stored; without a zone it is UTC."""
    if isinstance(value, str):
        found = datetime.fromisoformat(value)
        try:
            return stamp(found if found.tzinfo else found.replace(tzinfo=UTC))
        except OverflowError as error:
            raise ValueError(value) from error
    return _epoch(value)


def taken(org: Org, field: Field, value: Any, *, by_person: bool = False) -> Any:
    """
    Return `value` as `field` stores it; raises `Problem` with the objects API's code.

    A person's edit (`by_person`) may carry an inactive picklist item or a lookup to a record not there.
    """
    if value is None:
        if field.required:
            raise Problem("GSOBJ_1007", "Invalid field value.", field.name)
        return None
    if field.category:
        return _item(org, field, value, by_person)
    if field.type == "LOOKUP" and not by_person:
        if not isinstance(value, str) or value not in org.store.table(field.target).rows:
            _refuse("GSOBJ_1002", _BAD_MAPPING, field, value)
        return value
    return _READERS[field.type](field, value)


def _item(org: Org, field: Field, value: Any, by_person: bool) -> str:
    item = org.picklists.find(field.category, value, active=not by_person) if isinstance(value, str) else None
    if item is None:
        _refuse("GSOBJ_1012", _BAD_PICK, field, value)
    return str(item["Gsid"])


def _refuse(code: str, message: str, field: Field, value: Any) -> NoReturn:
    raise Problem(code, message, field.name, value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        _refuse("GSOBJ_1002", _BAD_MAPPING, field, value)
    if len(value) > field.length:
        _refuse("GSOBJ_1001", "Field exceeds maximum allowed length.", field, value)
    if field.required and not value.strip():
        _refuse("GSOBJ_1007", "Invalid field value.", field, value)
    return str(value)


def _email(field: Field, value: Any) -> str:
    text = _text(field, value)
    if "@" not in text:
        _refuse("GSOBJ_1002", _BAD_MAPPING, field, value)
    return text


def _number(field: Field, value: Any) -> float:
    found = number(value)
    if found is not None:
        return found
    if field.type == "PERCENTAGE":
        _refuse("GSOBJ_1008", "Failed to parse value as percentage.", field, value)
    _refuse("GSOBJ_1002", _BAD_MAPPING, field, value)


def _boolean(field: Field, value: Any) -> bool:
    found = boolean(value)
    if found is None:
        _refuse("GSOBJ_1008", "Invalid Boolean Value.", field, value)
    return found


def _day_cell(field: Field, value: Any) -> str:
    try:
        return day(value)
    except ValueError:
        _refuse("GSOBJ_1006", "Invalid dateTime format.", field, value)


def _moment_cell(field: Field, value: Any) -> str:
    try:
        return moment(value)
    except ValueError:
        _refuse("GSOBJ_1005", "Invalid dateTime format.", field, value)


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    **dict.fromkeys(TEXT_TYPES, _text),
    **dict.fromkeys(NUMBER_TYPES, _number),
    "EMAIL": _email,
    "GSID": _text,
    "LOOKUP": _text,
    "BOOLEAN": _boolean,
    "DATE": _day_cell,
    "DATETIME": _moment_cell,
}


def number(value: Any) -> float | None:
    """Return a finite number sent as number or text, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not -1e15 < found < 1e15:
        return None
    return int(found) if found.is_integer() else found


def boolean(value: Any) -> bool | None:
    """Return a boolean sent as such or as the text of one, else None."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def shown(field: Field, value: Any, choices: Choices, *, cockpit: bool = False) -> Any:
    """Return a stored value as an API read gives it; cockpit lists always give ISO text without milliseconds."""
    if value is None or field.type not in ("DATE", "DATETIME"):
        return value
    text = f"{value}T{choices.due_time}Z" if field.timed else str(value)
    if cockpit:
        return re.sub(r"\.\d+Z$", "Z", text)
    if choices.dates == "epoch":
        read = datetime.fromisoformat(text)
        return round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)
    return text


def _epoch(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("neither ISO text nor epoch milliseconds")
    try:
        return stamp(datetime.fromtimestamp(value / 1000, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError("out of range") from error
