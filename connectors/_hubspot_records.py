"""Records by id, and what they are associated with: every id that was asked for is accounted for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors._http import Route
from connectors._hubspot_schema import next_page
from connectors._hubspot_wire import Json, Refusal, Wire, rows_in
from connectors._hubspot_words import flaw_in
from handoff.batches import batches
from handoff.errors import Rejected, Transient

ASSOCIATIONS_A_CALL = 1_000
ASSOCIATIONS_A_PAGE = 500
LIST_ROWS = 100
PRIMARY, PRIMARY_COMPANY = "Primary", 5
VENDORS = "HUBSPOT_DEFINED"

ASSOCIATED = Route("reading what records are associated with", reads=True, repeatable=True)


@dataclass(frozen=True)
class Tie:
    """A record that another is associated with, by the labels that the association has."""

    id: str
    labels: tuple[str, ...] = ()
    primary: bool = False


@dataclass(frozen=True)
class Ties:
    """What some records are associated with; `failed` says of each whose associations were refused, why."""

    of: Mapping[str, tuple[Tie, ...]]
    failed: Mapping[str, str] = field(default_factory=dict)


class Records:
    """Reads records of one portal by their ids."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def read(
        self,
        route: Route,
        kind: str,
        ids: Sequence[str],
        properties: Sequence[str],
        *,
        history: Sequence[str] = (),
        archived: bool = False,
    ) -> dict[str, Json]:
        """
        Return the records by id; what is gone is absent.

        An id that an answer neither holds nor names is asked for alone. One that was merged into another record comes
        as that record: its own `id` is then another.
        """
        settings = self._wire.settings
        size = settings.history_size if history else settings.read_size
        found: dict[str, Json] = {}
        for some in batches(list(dict.fromkeys(ids)), size):
            held, gone = self._batch(route, kind, some, properties, history, archived)
            found |= held
            for one in some:
                if one not in held and one not in gone and not archived:
                    alone = self._alone(route, kind, one, properties, history)
                    if alone is not None:
                        found[one] = alone
        return found

    def _batch(
        self,
        route: Route,
        kind: str,
        ids: Sequence[str],
        properties: Sequence[str],
        history: Sequence[str],
        archived: bool,
    ) -> tuple[dict[str, Json], frozenset[str]]:
        body: Json = {"properties": list(properties), "inputs": [{"id": one} for one in ids]}
        if history:
            body["propertiesWithHistory"] = list(history)
        path, query = self._wire.paths.objects(kind, "batch", "read"), {"archived": "true"} if archived else None
        said = self._wire.post(route, path, body, query=query)
        rows = rows_in(said)
        if rows is None:
            raise self._wire.odd(route)
        asked = frozenset(ids)
        held = {str(row.get("id")): row for row in rows}
        flaws = [flaw_in(one) for one in said.get("errors") or ()]
        # What is for good is told first: no later read comes past it.
        other = min((flaw for flaw in flaws if not flaw.gone), key=lambda flaw: flaw.passing, default=None)
        if other is not None:
            error = Transient if other.passing else Rejected
            raise self._wire.exchange.error(error, route, other.words(), code=other.category or None)
        return {one: row for one, row in held.items() if one in asked}, frozenset(i for f in flaws for i in f.ids)

    def _alone(
        self, route: Route, kind: str, record: str, properties: Sequence[str], history: Sequence[str]
    ) -> Json | None:
        query = {"properties": ",".join(properties)}
        if history:
            query["propertiesWithHistory"] = ",".join(history)
        try:
            return self._wire.get(route, self._wire.paths.objects(kind, record), query)
        except Refusal as error:
            if error.status == 404:
                return None
            raise

    def listed(
        self, route: Route, kind: str, properties: Sequence[str], *, archived: bool = False
    ) -> Iterator[Sequence[Json]]:
        """Yield every record of one kind from the store itself, no index asked, in pages."""
        query = {
            "limit": str(LIST_ROWS),
            "properties": ",".join(properties),
            "archived": "true" if archived else "false",
        }
        while True:
            said = self._wire.get(route, self._wire.paths.objects(kind), query)
            rows = rows_in(said)
            if rows is None:
                raise self._wire.odd(route)
            yield rows
            after = next_page(said)
            if after is None:
                return
            query = {**query, "after": after}

    # Associations

    def ties(self, one: str, other: str, ids: Sequence[str]) -> Ties:
        """
        Return what each of these records is associated with, in the order of ids.

        One that has none is there with none. One that the answer neither holds nor names is asked for alone.
        """
        found: dict[str, list[Tie]] = {}
        failed: dict[str, str] = {}
        for some in batches(list(dict.fromkeys(ids)), ASSOCIATIONS_A_CALL):
            named = self._ties(one, other, some, found, failed)
            for record in some:
                if record not in found and record not in failed and record not in named:
                    self._ties_of(one, other, record, found, failed)
        return Ties({record: tuple(sorted(found.get(record, ()), key=_by_id)) for record in ids}, failed)

    def _ties(
        self, one: str, other: str, ids: Sequence[str], found: dict[str, list[Tie]], failed: dict[str, str]
    ) -> set[str]:
        """Read a batch to the last page of each record; return those that have none."""
        path, empty = self._wire.paths.associations(one, other, "batch", "read"), set[str]()
        inputs: list[Json] = [{"id": record} for record in ids]
        while inputs:
            said = self._wire.post(ASSOCIATED, path, {"inputs": inputs})
            rows = rows_in(said)
            if rows is None:
                raise self._wire.odd(ASSOCIATED)
            inputs = []
            for row in rows:
                record = str(_inner(row, "from").get("id"))
                found.setdefault(record, []).extend(_ties_in(row.get("to")))
                after = next_page(row)
                if after is not None:
                    inputs.append({"id": record, "after": after})
            for flaw in map(flaw_in, said.get("errors") or ()):
                if flaw.empty:
                    empty.update(flaw.ids)
                elif flaw.ids:
                    failed |= dict.fromkeys(flaw.ids, flaw.words())
                else:
                    raise self._wire.exchange.error(Transient, ASSOCIATED, flaw.words(), code=flaw.category or None)
        return empty

    def _ties_of(self, one: str, other: str, record: str, found: dict[str, list[Tie]], failed: dict[str, str]) -> None:
        path, query = self._wire.paths.associated(one, record, other), {"limit": str(ASSOCIATIONS_A_PAGE)}
        while True:
            try:
                said = self._wire.get(ASSOCIATED, path, query)
            except Refusal as error:
                failed[record] = error.why
                return
            found.setdefault(record, []).extend(_ties_in(said.get("results")))
            after = next_page(said)
            if after is None:
                return
            query = {**query, "after": after}


def _ties_in(rows: Any) -> Iterator[Tie]:
    for row in rows if isinstance(rows, list) else ():
        types = [one for one in row.get("associationTypes") or () if isinstance(one, Mapping)]
        labels = [str(one["label"]) for one in types if one.get("label")]
        # What the vendor calls primary is told apart from a label of the portal's own that reads the same.
        vendors = [one for one in types if one.get("category") == VENDORS]
        primary = any(one.get("label") == PRIMARY or one.get("typeId") == PRIMARY_COMPANY for one in vendors)
        others = [label for label in dict.fromkeys(labels) if not (primary and label == PRIMARY)]
        yield Tie(str(row["toObjectId"]), tuple(others), primary)


def _inner(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = row.get(key)
    return found if isinstance(found, Mapping) else {}


def _by_id(tie: Tie) -> tuple[int, str]:
    return (int(tie.id), tie.id) if tie.id.isdecimal() else (0, tie.id)
