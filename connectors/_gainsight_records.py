"""Reads records of Gainsight with what steps want of them; what the tenant cannot tell is left out, never guessed."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from connectors._gainsight_settings import CTA, PLAN, TIMELINE
from connectors._gainsight_values import as_written, path_of
from connectors._gainsight_wire import Json, Wire
from connectors._gainsight_words import Refusal
from handoff.batches import batches
from handoff.errors import NotAllowed, Rejected
from handoff.model import Step, Value, Write

_ITEM = re.compile(r"1I00[0-9A-Z]{32}")
"""The id of a picklist's item, which is what an object query gives of a picklist."""

Ask = Callable[[Sequence[str]], list[Json]]
"""One query, but for what it selects."""


class Records:
    """
    Records by what they hold; every method raises what `Exchange.call` raises.

    A field that this tenant does not have, and the labels of an object's picklists, are learned once.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire, self._settings = wire, wire.settings
        self._unknown: dict[str, set[str]] = {}
        self._labels: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()

    def of_kind(
        self, kind: str, steps: Iterable[Step], field: str, values: Iterable[str], *also: str, still_open: bool = False
    ) -> list[Json]:
        """
        Return the records of a kind whose `field` is one of `values`, each once.

        They hold their id, `title`, whether they are closed, `field`, `also`, and what the payloads of `steps` name.
        """
        closed = ["IsClosed"] if kind in (CTA, PLAN) else []
        payloads = [step.payload.items() for step in steps]
        wanted = [path for payload in payloads for name, value in payload if (path := path_of(kind, name, value))]
        needed = ["Gsid", title(kind), *also, field, *closed]
        return self.named(self._settings.objects[kind], needed, wanted, field, values, still_open=still_open)

    def named(
        self,
        name: str,
        needed: Sequence[str],
        wanted: Sequence[str],
        field: str,
        values: Iterable[str],
        *,
        still_open: bool = False,
    ) -> list[Json]:
        """Return the same of an object by its name; `wanted` fields that the tenant does not have are left out."""
        rows: dict[str, Json] = {}
        for some in batches(dict.fromkeys(values), self._settings.keys_per_lookup):
            ask = partial(self._query, name, field, some, still_open)
            asked = self.asked(name, list(dict.fromkeys(needed)), wanted, ask)
            rows |= {row["Gsid"]: row for row in asked if row.get("Gsid")}
        return list(rows.values())

    def _query(
        self, name: str, field: str, values: Sequence[str], still_open: bool, select: Sequence[str]
    ) -> list[Json]:
        return list(self._wire.query(name, select, field, values, still_open=still_open))

    def asked(self, name: str, needed: Sequence[str], wanted: Sequence[str], ask: Ask) -> list[Json]:
        """Return what one query gives; `wanted` fields that the tenant does not have are left out."""
        unknown = self._unknown.setdefault(name, set())
        while True:
            more = [path for path in dict.fromkeys(wanted) if path not in needed and path not in unknown]
            try:
                return ask([*needed, *more])
            except Refusal as error:
                guilty = error.named(more) or _refused_alone(needed, more, ask)
                if not guilty:
                    raise
                unknown |= guilty

    def holds(self, step: Step, row: Json, *, whole: bool = False) -> dict[str, Value]:
        """
        Return what a record holds of a step's payload, as `as_written` has it; what cannot be told is absent.

        A label for a picklist's item can cost a call, one in the life of this object: without `whole` it is not made
        for a field that is never written to a record that is there.
        """
        held: dict[str, Value] = {}
        unknown = self._unknown.get(self._settings.objects[step.kind], set())
        for name, ours in step.payload.items():
            path = path_of(step.kind, name, ours)
            if path is None or path in unknown:
                continue
            said = row.get(path)
            if _is_item(said) and not _is_item(ours):
                never = step.modes.get(name) is Write.CREATE_ONLY and not whole
                said = None if never else self.label(step.kind, said)
                if said is None:
                    continue
            held[name] = as_written(name, said, ours)
        return held

    def label(self, kind: str, said: Any) -> str | None:
        """Return a picklist's item by its label, None when the tenant does not tell it; a text is its own label."""
        if not _is_item(said):
            return str(said).strip() or None if said is not None else None
        name = self._settings.objects[kind].lower()  # as the vendor's own sample of this call writes it
        with self._lock:
            if name not in self._labels:
                self._labels[name] = self._described(name)
        return self._labels[name].get(said)

    def _described(self, name: str) -> Mapping[str, str]:
        try:
            fields = self._wire.describe(name)
        except (Rejected, NotAllowed) as error:
            if error.status == 401:
                raise
            return {}  # a tenant may keep its schema to itself, and still be read and written
        options = [each for field in fields for each in field.get("options") or () if isinstance(each, dict)]
        return {str(each["value"]): str(each["label"]) for each in options if each.get("value") and each.get("label")}


def _refused_alone(needed: Sequence[str], more: Sequence[str], ask: Ask) -> set[str]:
    """Return which of the fields make a query fail that is answered without them: the vendor may not name them."""

    def refused(*paths: str) -> bool:
        try:
            ask([*needed, *paths])
        except Refusal:
            return True
        return False

    return set() if not more or refused() else {path for path in more if refused(path)}


def title(kind: str) -> str:
    """Return the field by which a person would recognise a record."""
    return "Subject" if kind == TIMELINE else "Name"


def _is_item(value: Any) -> bool:
    return isinstance(value, str) and bool(_ITEM.fullmatch(value))
