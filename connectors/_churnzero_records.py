"""What ChurnZero's REST API shows: accounts, contacts and events, found by what steps say of them."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connectors._churnzero_objects import TEXT
from connectors._churnzero_people import People
from connectors._churnzero_settings import ACCOUNT, CONTACT, EVENT, ChurnZeroSettings
from connectors._churnzero_values import (
    account_in,
    account_of,
    as_sent,
    column,
    event_ref,
    holds,
    key_of,
    keys_in,
    moment_in,
    moment_of,
    ref_of,
)
from connectors._churnzero_wire import ACCOUNTS, CONTACTS, EVENTS, Json, Wire, literal
from handoff.batches import batches
from handoff.counted import Counted
from handoff.model import Customer, Found, Held, How, Step


class Records:
    """Looks up what is there; where nothing can be read nothing is found. Raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, people: People) -> None:
        self._wire, self._people, self._settings = wire, people, wire.settings
        self._keys: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def find(self, kind: str, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records that are there, by key or by their external id."""
        if not self._wire.verifies:
            return {}
        found: dict[str, list[Found]] = {}
        for step, row in self._rows(kind, steps):
            how = How.KEY if step.key in self._keys_of(kind, row) else How.MATCH
            found[step.key] = [Found(_ref(kind, row), how, _label(kind, row), holds=holds(step, row))]
        return found

    def read(self, kind: str, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what records hold; where nothing can be read they count as there, and say nothing."""
        if not self._wire.verifies:
            return {step.key: Held(ref_of(step), {}) for step in steps}
        return {
            step.key: Held(ref_of(step), holds(step, row), label=_label(kind, row))
            for step, row in self._rows(kind, steps)
        }

    def planted(self, step: Step) -> str:
        """Return our keys as the record of a step shall hold them: its own, beside those that were seen there."""
        with self._lock:
            others = self._keys.get(ref_of(step), ())
            keys = tuple(dict.fromkeys((*others, step.key)))
            while len(" ".join(keys)) > TEXT and len(keys) > 1:
                keys = keys[1:] if keys[0] != step.key else keys[:1]
            self._keys[ref_of(step)] = keys
        return " ".join(keys)

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return what is known of these accounts, by id; nothing where nothing can be read."""
        wanted = [one for one in dict.fromkeys(accounts) if one.strip()]
        rows = self._accounts(wanted) if self._wire.verifies else {}
        return {account: self._customer(row) for account, row in rows.items()}

    def census(self) -> Iterator[list[Counted]]:
        """Yield every record that carries a key of ours, in pages; raises `ConfigError` where nothing can be read."""
        for kind, route, name in ((ACCOUNT, ACCOUNTS, "Account"), (CONTACT, CONTACTS, "Contact")):
            for page in self._wire.all_of(route, name):
                yield [one for row in page for one in self._counted(kind, row)]
        for where in [f"EventTypeName eq {literal(name)}" for name in self._settings.census_events] or [""]:
            for page in self._wire.all_of(EVENTS, "Event", where):
                yield [one for row in page for one in self._counted(EVENT, row)]

    def _counted(self, kind: str, row: Json) -> Iterator[Counted]:
        of = str(row.get("AccountExternalId") or row.get("ExternalId") or "")
        for key in self._keys_of(kind, row):
            ref = event_ref(of, _moment(row), key) if kind == EVENT else _ref(kind, row)
            yield Counted(key, kind, ref, of)

    # Rows

    def _rows(self, kind: str, steps: Sequence[Step]) -> Iterator[tuple[Step, Json]]:
        """Yield each step whose record is there, with the record."""
        for step, row in self._events(steps) if kind == EVENT else self._known_by_id(kind, steps):
            if row is not None:
                self._seen(kind, row)
                yield step, row

    def _known_by_id(self, kind: str, steps: Sequence[Step]) -> Iterator[tuple[Step, Json | None]]:
        accounts = {account_of(step) for step in steps} - {""}
        rows = self._accounts(accounts) if kind == ACCOUNT else self._contacts(accounts)
        for step in steps:
            yield step, rows.get(account_of(step) if kind == ACCOUNT else ref_of(step))

    def _accounts(self, ids: Iterable[str]) -> dict[str, Json]:
        wanted = sorted(set(ids))
        if self._settings.account_lookup == "key":
            found = {one: self._wire.account(one) for one in wanted}
            return {one: row for one, row in found.items() if row is not None}
        rows: dict[str, Json] = {}
        for some in batches(wanted, self._settings.accounts_per_lookup):
            where = " or ".join(f"ExternalId eq {literal(one)}" for one in some)
            for page in self._wire.all_of(ACCOUNTS, "Account", where):
                rows |= {str(row.get("ExternalId")): row for row in page}
        return {one: rows[one] for one in wanted if one in rows}

    def _contacts(self, accounts: Iterable[str]) -> dict[str, Json]:
        """Return contacts by ref: no key of a contact is known, and a filter by `ExternalId` may be refused."""
        wanted = sorted(accounts)
        lists = [_of(account) for account in wanted] if self._settings.account_filter else [""]
        rows: dict[str, Json] = {}
        for where in lists if wanted else []:
            for page in self._wire.all_of(CONTACTS, "Contact", where):
                rows |= {_ref(CONTACT, row): row for row in page if row.get("AccountExternalId") in wanted}
        return rows

    def _events(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Json | None]]:
        """Yield each step with the event that begins with its key: those of one account and moment are asked once."""
        asked: dict[str, list[Json]] = {}
        filtered = self._settings.account_filter
        for step in steps:
            account = account_in(ref_of(step))
            where = where_of(account, moment_of(ref_of(step)), self._settings)
            if where not in asked:
                asked[where] = [row for page in self._wire.all_of(EVENTS, "Event", where) for row in page]
            theirs = [row for row in asked[where] if filtered or row.get("AccountExternalId") == account]
            yield step, next((row for row in theirs if key_of(row.get("Description")) == step.key), None)

    def _seen(self, kind: str, row: Json) -> None:
        if kind != EVENT:
            with self._lock:
                self._keys[_ref(kind, row)] = tuple(self._keys_of(kind, row))

    def _keys_of(self, kind: str, row: Json) -> list[str]:
        if kind == EVENT:
            return [key for key in [key_of(row.get("Description"))] if key]
        return keys_in(row.get(column(kind, self._settings.key_attribute)))

    def _customer(self, row: Json) -> Customer:
        settings = self._settings
        status, stage = (_said(row, name) for name in (settings.status_attribute, settings.stage_attribute))
        email = self._people.address_of(str(row.get("OwnerUserAccount") or ""))
        return Customer(str(row.get("ExternalId")), str(row.get("Name") or ""), status, stage, email)


def where_of(account: str, moment: str, settings: ChurnZeroSettings) -> str:
    """Return the condition by which events of an account and a moment are listed; others may meet it too."""
    if not settings.account_filter:
        return f"EventDate eq {moment}"
    return f"{_of(account)} and EventDate eq {moment}" if settings.event_lookup == "moment" else _of(account)


def _of(account: str) -> str:
    return f"AccountExternalId eq {literal(account)}"


def _ref(kind: str, row: Json) -> str:
    external = str(row.get("ExternalId") or "")
    if kind == ACCOUNT:
        return external
    account = str(row.get("AccountExternalId") or "")
    if kind == CONTACT:
        return f"{account}/{external}"
    return event_ref(account, _moment(row), key_of(row.get("Description")))


def _moment(row: Json) -> str:
    try:
        return as_sent(moment_in(str(row.get("EventDate"))))
    except ValueError:
        return str(row.get("EventDate"))


def _label(kind: str, row: Json) -> str:
    if kind == CONTACT:
        return ""  # a person's name is for ChurnZero's own pages
    return str(row.get("Name" if kind == ACCOUNT else "EventTypeName") or "")


def _said(row: Json, name: str) -> str | None:
    value: Any = row.get(column(ACCOUNT, name)) if name else None
    return as_sent(value).strip() or None if value is not None else None
