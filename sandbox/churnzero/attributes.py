"""What becomes of attributes: standard fields by name and kind, and any other one a field of the customer's own."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sandbox.churnzero.org import Org
from sandbox.wire import Json, Record

BILLING = "BillingAddress"
"""How the standard fields of an account's address begin; their whole names are in no source."""


class Rejected(Exception):
    """An action that is dropped; the message says why, to the journal only."""


def put(org: Org, row: Record, name: str, value: Json) -> None:
    """Write an attribute to a record; raises `Rejected` for a value that the field cannot hold."""
    if name == "OwnerUserAccount":
        row[name] = _user(org, value)
    elif name in KINDS:
        row[name] = KINDS[name](value)
    elif name.startswith(BILLING) and "AccountExternalId" not in row:
        row[name] = _text(value)
    elif name in ("Id", "ExternalId", "AccountExternalId"):
        raise Rejected(f"{name} cannot be set")
    else:
        row[name if name in row else custom(name)] = value


def custom(name: str) -> str:
    """Return the column of a field of the customer's own; it exists from its first use on."""
    return "Cf" + "".join(re.findall(r"[A-Za-z0-9]+", name))


def _user(org: Org, value: Json) -> Json:
    names = (row["UserName"] for row in org.rows("UserAccount").values())
    found = next((each for each in names if each.casefold() == str(value).casefold()), None)
    if value and found is None:
        raise Rejected("OwnerUserAccount is no user name")
    return found


def _text(value: Json) -> Json:
    return None if value in (None, "") else str(value)


def _number(value: Json) -> Json:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError) as error:
        raise Rejected(f"{value!r} is no number") from error


def moment(value: Json) -> Json:
    """Return an ISO date or moment in UTC with seconds; raises `Rejected` for what is none."""
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Rejected(f"{value!r} is no ISO date") from error
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")


def _truth(value: Json) -> Json:
    said = str(value).lower()
    if said not in (*_YES, *_NO):
        raise Rejected(f"{value!r} is neither yes nor no")
    return said in _YES


KINDS: Mapping[str, Callable[[Json], Json]] = {
    "Name": _text,
    "FirstName": _text,
    "LastName": _text,
    "Email": _text,
    "CrmId": _text,
    "ParentAccountExternalId": _text,
    "TotalContractAmount": _number,
    "LicenseCount": _number,
    "StartDate": moment,
    "EndDate": moment,
    "NextRenewalDate": moment,
    "IsActive": _truth,
}
