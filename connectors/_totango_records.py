"""Accounts and rows of the deals' collection, as a search shows them: many in one call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connectors._totango_pages import PAGE
from connectors._totango_people import People
from connectors._totango_settings import TID
from connectors._totango_values import IDS, as_held
from connectors._totango_wire import SEARCH, SEARCH_ROWS, Json, Wire
from handoff.batches import batches
from handoff.model import Step, Value

ACCOUNTS_PATH, ROWS_PATH = "/api/v1/search/accounts", "/api/v1/search/accounts/collections"
NAME = "account_name"
_ID: Json = {"type": "string", "term": "identifier"}


@dataclass(frozen=True)
class Hit:
    """An account or a row: its id, its account's id and name, and by attribute what was asked for, raw."""

    id: str
    account: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Records:
    """Searches in batches; every method raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, people: People) -> None:
        self._wire, self._settings, self._people = wire, wire.settings, people

    def accounts(self, ids: Iterable[str], wanted: Mapping[str, Value] | None = None) -> dict[str, Hit]:
        """
        Return the accounts that a search shows, by id, whose case counts.

        Args:
            wanted: The attributes to read, each with a value of its kind.
        """
        names = {name: value for name, value in (wanted or {}).items() if name not in IDS and name != NAME}
        found: dict[str, Hit] = {}
        for some in batches(dict.fromkeys(ids), self._settings.ids_per_search):
            query = self._query([self._with_id(some)], [self._field(name, value) for name, value in names.items()])
            for page in self._wire.all_of(SEARCH, ACCOUNTS_PATH, "accounts", query):
                found |= {hit.id: hit for hit in self._accounts_in(page, names) if hit.id in some}
        return found

    def every_account(self, wanted: Sequence[str]) -> Iterator[list[Hit]]:
        """Yield all accounts, in pages, with these text attributes."""
        query = self._query([], [self._field(name, "") for name in wanted])
        for page in self._wire.all_of(SEARCH, ACCOUNTS_PATH, "accounts", query):
            yield list(self._accounts_in(page, wanted))

    def some_accounts(self, wanted: Sequence[str]) -> list[Hit]:
        """Return the first page of accounts, with these text attributes."""
        query = {**self._query([], [self._field(name, "") for name in wanted]), "count": PAGE, "offset": 0}
        return list(self._accounts_in(self._wire.search(SEARCH, ACCOUNTS_PATH, "accounts", query, {})["hits"], wanted))

    def rows(self, ids: Iterable[str], wanted: Mapping[str, Value] | None = None) -> dict[str, Hit]:
        """Return the rows of the deals' collection that a search shows, by id."""
        names = {name: value for name, value in (wanted or {}).items() if name not in IDS}
        found: dict[str, Hit] = {}
        for some in batches(dict.fromkeys(ids), self._settings.ids_per_search):
            for hits in self._rows([self._of_the_type(), self._with_id(some)], names):
                found |= {hit.id: hit for hit in hits if hit.id in some}
        return found

    def every_row(self, wanted: Sequence[str]) -> Iterator[list[Hit]]:
        """Yield all rows of the deals' collection, in pages, with these text attributes."""
        return self._rows([self._of_the_type()], dict.fromkeys(wanted, ""))

    def holds(self, step: Step, hit: Hit) -> dict[str, Value]:
        """Return what a record holds of a step's payload, each of the type of our value."""
        held: dict[str, Value] = {}
        for name, ours in step.payload.items():
            if name in IDS:
                held[name] = ours if ours in (hit.id, hit.account) else hit.account
            elif name == NAME:
                held[name] = as_held(hit.name, ours)
            elif name.endswith(TID):
                held[name] = self._people.as_address(hit.values.get(name), ours)
            elif name in hit.values:
                held[name] = as_held(hit.values[name], ours)
        return held

    def _rows(self, terms: list[Json], names: Mapping[str, Value]) -> Iterator[list[Hit]]:
        fields = [_ID, *(self._field(name, value, in_row=True) for name, value in names.items())]
        query = {"terms": terms, "fields": fields}
        for page in self._wire.all_of(SEARCH_ROWS, ROWS_PATH, "collections", query):
            yield [hit for hit in (_row(one, list(names)) for one in page) if hit is not None]

    def _of_the_type(self) -> Json:
        settings = self._settings
        return {"type": "string", "term": settings.collection_term, "in_list": [settings.collection_type]}

    def _with_id(self, ids: Sequence[str]) -> Json:
        return {"type": "string", "term": self._settings.id_term, "in_list": list(ids)}

    def _query(self, terms: list[Json], fields: list[Json]) -> Json:
        order = {"sort_by": "display_name", "sort_order": "ASC", "scope": "all"}
        return {"terms": terms, "fields": fields, **order}

    def _field(self, name: str, value: Value, *, in_row: bool = False) -> Json:
        kind = "string_attribute"
        if name in self._settings.lifecycle_attributes and not in_row:
            kind = "lifecycle_attribute"
        elif self._settings.typed_fields == "yes" and isinstance(value, Decimal | int) and not isinstance(value, bool):
            kind = "number_attribute"
        elif self._settings.typed_fields == "yes" and isinstance(value, date):
            kind = "simple_date_attribute"
        return {"type": kind, "attribute": name.removesuffix(TID), "field_display_name": name}

    def _accounts_in(self, page: Sequence[Json], names: Iterable[str]) -> Iterator[Hit]:
        for one in page:
            # A hit's `name` is the account's id, and its `display_name` the account's name.
            if isinstance(one.get("name"), str):
                account = one["name"]
                yield Hit(account, account, str(one.get("display_name") or ""), _selected(one, list(names)))


def _row(one: Json, names: Sequence[str]) -> Hit | None:
    account, values = one.get("account"), _selected(one, ["", *names])
    if not isinstance(account, dict) or not isinstance(values.get(""), str):
        return None
    return Hit(values.pop(""), str(account.get("name") or ""), str(account.get("display_name") or ""), values)


def _selected(one: Json, names: Sequence[str]) -> dict[str, Any]:
    """Return what was asked for by name: `selected_fields` has it in the order in which it was asked."""
    selected = one.get("selected_fields")
    whole = isinstance(selected, list) and len(selected) == len(names)
    return dict(zip(names, selected, strict=True)) if whole and isinstance(selected, list) else {}
