"""Whether the words that the mapping writes into picklists are there, and active."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors._gainsight_inspect_fields import ADMIN, LABELS, Fields
from connectors._gainsight_settings import CTA, PLAN
from connectors._gainsight_wire import Json, Wire
from connectors._http import Route
from handoff.inspection import Check, ExpectedField, ExpectedStep, Finding, looked, not_checked
from handoff.yaml_files import nearest

CONFIGURATION = Route("reading the picklists", reads=True, repeatable=True)

ANY_TYPE, OBJECTIVE = "ALL_CTA_TYPE", "Objective"
CATEGORIES: Mapping[tuple[str, str], str] = {
    (CTA, "type"): "CTA_TYPE",
    (CTA, "status"): "CTA_STATUS",
    (CTA, "priority"): "CTA_PRIORITY",
    (PLAN, "SuccessPlanType"): "SUCCESS_PLAN_TYPE",
}
REASONS = "CTA_REASON"
LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    CTA: ("/v2/cockpit/admin/picklist/lite", ("CTA_STATUS", "CTA_PRIORITY", "CTA_TYPE")),
    PLAN: ("/v2/successPlan/admin/picklist/lite", ("SUCCESS_PLAN_TYPE",)),
}

VALUE = "Rename or activate it in Gainsight's administration, or write the right name into the mapping."

Active = dict[str, bool]
"""The values of a picklist by label, and whether each is active."""


class Values:
    """The picklists of one tenant, each list read once."""

    def __init__(self, wire: Wire, fields: Fields) -> None:
        self._wire, self._fields, self._system = wire, fields, wire.exchange.system
        self._lists: dict[str, list[Json]] = {}

    def check(self, name: str, kind: str, fields: Sequence[ExpectedField]) -> Check:
        """Return the check of an object's fixed values; the reasons of CTAs have one of their own."""
        found: list[Finding] = []
        told: list[str] = []
        for field in fields:
            known = self._known_values(kind, field.name) if field.literals else None
            if known is None:
                continue
            told.append(field.name)
            for value in field.literals:
                found += _value_trouble(f"{LABELS[kind]}.{field.name}", value, known, field.place_of(value))
        return looked(self._system, name, found, ", ".join(told) or "the mapping writes no fixed value into a picklist")

    def _known_values(self, kind: str, name: str) -> Active | None:
        """Return the values that a field takes; None where it is no picklist, or the API does not list them."""
        category = CATEGORIES.get((kind, name))
        items = self._items(kind, category) if category else []
        if items:
            return {str(item.get("name")): item.get("active") is not False for item in items}
        options = (self._fields.of(kind, name) or {}).get("options")
        if (kind, name) == (CTA, "reason") or not isinstance(options, list) or not options:
            return None
        return {str(option.get("label")): option.get("active") is not False for option in options}

    def _items(self, kind: str, category: str) -> list[Json]:
        if kind not in self._lists:
            self._lists[kind] = list(self._configuration(kind))
        return [item for item in self._lists[kind] if item.get("picklistCategory") == category]

    def _configuration(self, kind: str) -> Iterator[Json]:
        path, categories = LISTS[kind]
        # Whether reasons come without being asked for, or at all, is unknown: they are asked for, and may be absent.
        asked = (*categories, REASONS) if kind == CTA else categories
        query = {"category": ",".join(asked), "et": "COMPANY"}
        data = self._wire.call(CONFIGURATION, "GET", path, None, query).get("data")
        for category, items in data.items() if isinstance(data, Mapping) else ():
            for item in items if isinstance(items, list) else ():
                yield {"picklistCategory": category, **item}

    def check_reasons(self, name: str, steps: Sequence[ExpectedStep]) -> Check:
        """Return the check of the reasons, which belong to a type."""
        reasons = self._items(CTA, REASONS)
        if not reasons:
            because = "Gainsight did not list the reasons; compare them with the mapping in its administration"
            return not_checked(self._system, name, because)
        types = {str(item.get("name")) for item in self._items(CTA, "CTA_TYPE") if item.get("active") is not False}
        with_own = {item.get("typeName") for item in reasons}
        found: list[Finding] = []
        silent: list[str] = []
        for kind, reason, place in dict.fromkeys(pairs(steps)):
            if kind == OBJECTIVE and kind not in with_own:
                silent.append(f"{reason!r} of an objective: Gainsight lists no reasons of that type")
                continue
            if types and kind not in types:
                continue  # told by the check of the type's own name
            known = {
                str(item.get("name")): item.get("active") is not False
                for item in reasons
                if item.get("typeName") in (kind, ANY_TYPE, None)
            }
            found += _value_trouble(f"Call To Action.reason of type {kind!r}", reason, known, place)
        return looked(self._system, name, found, f"not checked: {'; '.join(silent)}" if silent else "")


def pairs(steps: Iterable[ExpectedStep]) -> Iterator[tuple[str, str, str]]:
    """
    Yield each type and reason that a step of the mapping may write together, and where the reason stands.

    CTAs that are made within a plan are of one type, and no mapping names it.
    """
    for step in steps:
        fields = {field.name: field for field in step.fields if step.kind == CTA}
        kinds = (OBJECTIVE,) if step.within else fields["type"].literals if "type" in fields else ()
        for kind in kinds if "reason" in fields else ():
            yield from ((kind, reason, fields["reason"].place) for reason in fields["reason"].literals)


def _value_trouble(label: str, value: str, known: Active, place: str) -> Iterator[Finding]:
    if known.get(value) is True:
        return
    active = [name for name, is_active in known.items() if is_active]
    state = "is inactive" if value in known else "is not there"
    yield Finding(f"{label}: {value!r} {state}; it is written by {place}. {nearest(value, active)}", ADMIN, VALUE)
