"""What a tenant's records tell of it: which kinds of entries there are, and which work others make."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from connectors._gainsight_inspect_fields import Fields
from connectors._gainsight_inspect_values import pairs
from connectors._gainsight_settings import CTA, KEY_FIELD, TIMELINE
from connectors._gainsight_wire import QUERY, Json, Wire
from handoff.inspection import REVOPS, Check, ExpectedField, ExpectedStep, Finding, looked, not_checked

OTHERS_SINCE = timedelta(days=30)
MOST_PAGES = 4
"""Of the vendor's 5,000 rows: enough to see a rule at work in any tenant."""
MOST_PAIRS_TOLD = 5

ADOPT = "A Gainsight rule makes these already: add `adopt` to the step, or switch the rule off."


class Work:
    """Looks at records, a few pages at most."""

    def __init__(self, wire: Wire, fields: Fields) -> None:
        self._wire, self._fields, self._settings = wire, fields, wire.settings
        self._system = wire.exchange.system

    def check_types(self, name: str, fields: Sequence[ExpectedField]) -> Check:
        """Return the check of activity types: the API lists none that we know of, so an entry is the only proof."""
        wanted = next((field for field in fields if field.name == "TypeName"), None)
        if TIMELINE not in self._fields.kinds or wanted is None or not wanted.literals:
            return not_checked(self._system, name, "the mapping names none, or there is no timeline")
        unproved = [value for value in wanted.literals if not self._has_entry(value)]
        if not unproved:
            return looked(self._system, name, told=f"entries of {', '.join(wanted.literals)} are there")
        because = (
            f"Gainsight's API lists no activity types, and there is no entry of type {', '.join(map(repr, unproved))} "
            "yet; look it up under Administration, Timeline"
        )
        return not_checked(self._system, name, because)

    def _has_entry(self, type_name: str) -> bool:
        where = {
            "conditions": [{"name": "TypeName", "alias": "A", "value": [type_name], "operator": "EQ"}],
            "expression": "A",
        }
        return bool(self._query(TIMELINE, ["Gsid", "TypeName"], where, size=1))

    def check_others(self, name: str, steps: Sequence[ExpectedStep]) -> Check:
        """Return the check whether somebody, a rule perhaps, makes the same CTAs as a step that does not adopt."""
        if self._fields.of(CTA, KEY_FIELD) is None:
            return not_checked(self._system, name, f"without {KEY_FIELD} theirs cannot be told from ours")
        made, cut = self._made_by_others()
        found = [
            Finding(f"Others made {count:,} CTAs of {kind} / {reason}, as {step.name} does.", REVOPS, ADOPT)
            for step in steps
            if not step.within
            for kind, reason, _ in dict.fromkeys(pairs([step]))
            if (count := made[kind, reason]) and not step.adopts
        ]
        most = [f"{kind} / {reason} {count:,}" for (kind, reason), count in made.most_common(MOST_PAIRS_TOLD)]
        told = f"in the last 30 days: {', '.join(most)}" if most else "none in the last 30 days"
        return looked(self._system, name, found, told + (" (the rest was not read)" if cut else ""))

    def _made_by_others(self) -> tuple[Counter[tuple[str, str]], bool]:
        """Return how many CTAs without a key there are by type and reason, and whether there were too many to read."""
        since = (self._wire.exchange.now() - OTHERS_SINCE).strftime("%Y-%m-%dT%H:%M:%SZ")
        where = {
            "conditions": [{"name": "CreatedDate", "alias": "A", "value": [since], "operator": "GTE"}],
            "expression": "A",
        }
        select = ["Gsid", "TypeId__gr.Name", "ReasonId__gr.Name", KEY_FIELD]
        made: Counter[tuple[str, str]] = Counter()
        size = self._settings.rows_per_query
        for page in range(MOST_PAGES):
            rows = self._query(CTA, select, where, size=size, offset=page * size)
            theirs = [row for row in rows if not row.get(KEY_FIELD)]
            made.update((str(row.get("TypeId__gr.Name")), str(row.get("ReasonId__gr.Name"))) for row in theirs)
            if len(rows) < size:
                return made, False
        return made, True

    def _query(self, kind: str, select: Sequence[str], where: Json, *, size: int, offset: int = 0) -> list[Json]:
        body = {"select": list(select), "where": where, "orderBy": {"Gsid": "asc"}, "limit": size, "offset": offset}
        data = self._wire.call(QUERY, "POST", f"/v1/data/objects/query/{self._settings.objects[kind]}", body).get(
            "data"
        )
        rows = data.get("records") if isinstance(data, Mapping) else data
        return rows if isinstance(rows, list) else []
