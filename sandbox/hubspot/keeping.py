"""How a change becomes a version of a record: stamps, calculated properties, stage history, merges."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.hubspot import moments
from sandbox.hubspot.objects import ENTERED, ENTERED_CURRENT, STAGE
from sandbox.hubspot.schema import BY_NAME
from sandbox.hubspot.store import Held, Step

if TYPE_CHECKING:
    from sandbox.hubspot.portal import Portal


@dataclass(frozen=True)
class Change:
    """
    What is written at once: properties as kept, an empty text clears.

    `by` is the user who did it, empty for the API. What is known of the past may be told with it: when the record
    was made and changed, and the steps through stages, newest first.
    """

    properties: Mapping[str, str]
    by: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    steps: tuple[Step, ...] = ()
    lag: timedelta = field(default=timedelta(0))


class Keeper:
    """Saves, archives and merges records as the portal does, whoever asked; it refuses nothing."""

    def __init__(self, portal: "Portal") -> None:
        self._portal = portal
        self._touches: list[tuple[datetime, str, str]] = []

    def save(self, kind: str, record_id: str | None, change: Change, now: datetime) -> Held:
        """Write a change of the record with this id, archived or not, or make a new one; return what it became."""
        portal, at = self._portal, moments.whole(now)
        known = record_id or portal.store.next_id()
        old = portal.store.tables[kind].get(known)
        updated = moments.whole(change.updated or now)
        born = moments.whole(change.created or (min(updated, at) if old is None else old.created))
        properties = {**(old.properties if old else {}), **change.properties}
        new = Held(known, {name: text for name, text in properties.items() if text}, born, updated)
        if kind == "deals":
            new = self._deal(old, new, change, told=change.updated is not None)
        elif kind == "line_items":
            new = _line_item(new)
        self.keep(kind, new, change.lag)
        if old is None and change.updated is None and portal.choices.touch_seconds:
            self._touches.append((at + timedelta(seconds=portal.choices.touch_seconds), kind, known))
        return new

    def archive(self, kind: str, held: Held, now: datetime) -> None:
        """Put a record into the recycle bin."""
        at = moments.whole(now)
        self.keep(kind, replace(held, archived=at, updated=at))
        self._count_contacts(kind, held.id, now)

    def touch(self, kind: str, held: Held, now: datetime) -> None:
        """Move a record's stamp and nothing else."""
        self.keep(kind, replace(held, updated=moments.whole(now)))

    def touch_due(self, now: datetime) -> None:
        """Let background processes touch what was made a while ago."""
        due = [each for each in self._touches if each[0] <= now]
        for at, kind, record_id in due:
            self._touches.remove((at, kind, record_id))
            held = self._portal.store.get(kind, record_id)
            if held is not None and held.updated < at:
                self.touch(kind, held, at)

    def associated(self, kind: str, record_id: str, to_kind: str, to_id: str, now: datetime) -> None:
        """Note that two records have come together, or apart."""
        for one, key, other in ((kind, record_id, to_kind), (to_kind, to_id, kind)):
            held = self._portal.store.get(one, key)
            if held is None or not self._portal.choices.associating_moves_stamp:
                continue
            if one == "deals" and other == "contacts":
                held = replace(held, properties=self._with_contacts(held))
            if one not in ("tasks", "notes"):
                self.touch(one, held, now)

    def count_quietly(self, kind: str, record_id: str, to_kind: str, to_id: str) -> None:
        """Count a deal's contacts anew, without a stamp: what is told of the past."""
        ends = {kind: record_id, to_kind: to_id}
        deal = self._portal.store.get("deals", ends.get("deals", ""))
        if deal is not None and "contacts" in ends:
            self.keep("deals", replace(deal, properties=self._with_contacts(deal)))

    def merge(self, kind: str, winner: Held, loser: Held, now: datetime) -> Held:
        """Let one record swallow another: empty properties are filled, associations move, the loser's id leads on."""
        portal = self._portal
        merged = [winner.properties.get("hs_merged_object_ids"), loser.properties.get("hs_merged_object_ids"), loser.id]
        new_id = portal.store.next_id() if portal.choices.merge_id == "new" else winner.id
        gone = [loser.id] + ([winner.id] if new_id != winner.id else [])
        filled = {**loser.properties, **winner.properties}
        if kind == "deals":
            ids = [each for each in merged if each] + gone[1:]
            filled["hs_merged_object_ids"] = ";".join(ids)
        for old_id in gone:
            self._move_links(kind, old_id, new_id)
        self.keep(kind, replace(winner, id=new_id, properties=filled, updated=moments.whole(now)))
        for old in (loser, winner):
            if old.id in gone:
                self.keep(kind, replace(old, archived=moments.whole(now), updated=moments.whole(now)))
                portal.store.merge(kind, old.id, new_id)
        return portal.store.tables[kind][new_id]

    def recount(self, held: Held) -> None:
        """Set anew what follows from a deal's stage; its stamp moves only where something changed."""
        derived = self._derived(held)
        if any(held.properties.get(name) != text for name, text in derived.items()):
            self.keep("deals", replace(held, properties={**held.properties, **derived}))

    def keep(self, kind: str, held: Held, lag: timedelta = timedelta(0)) -> None:
        """Keep a version as it is, with the properties that repeat its stamps and id."""
        names = BY_NAME[kind]
        stamps = {
            names.created: moments.iso(held.created),
            names.modified: moments.iso(held.updated),
            "hs_object_id": held.id,
        }
        portal = self._portal
        held = replace(held, properties={**held.properties, **stamps})
        portal.store.put(kind, held, portal.schema.unique(kind))
        portal.indexes[kind].note(held, portal.choices, lag)

    def _move_links(self, kind: str, old_id: str, new_id: str) -> None:
        links = self._portal.links
        for to_kind in links.targets(kind):
            for to_id, types in links.of(kind, old_id, to_kind).items():
                links.untie(kind, old_id, to_kind, to_id)
                links.tie(kind, new_id, to_kind, to_id, types)

    def _count_contacts(self, kind: str, record_id: str, now: datetime) -> None:
        if kind != "contacts":
            return
        for deal_id in self._portal.links.of(kind, record_id, "deals"):
            deal = self._portal.store.get("deals", deal_id)
            if deal is not None:
                self.touch("deals", replace(deal, properties=self._with_contacts(deal)), now)

    def _with_contacts(self, deal: Held) -> dict[str, str]:
        tied = self._portal.links.of("deals", deal.id, "contacts")
        count = sum(1 for each in tied if self._portal.store.get("contacts", each))
        return {**deal.properties, "num_associated_contacts": str(count)}

    def _deal(self, old: Held | None, new: Held, change: Change, *, told: bool) -> Held:
        properties = dict(new.properties)
        properties.setdefault("pipeline", next(iter(self._portal.pipelines)))
        stage = properties.setdefault(STAGE, self._portal.stages_of(properties["pipeline"])[0])
        steps = change.steps or (old.steps if old else ())
        if not steps or steps[0].value != stage:
            entered = new.updated if old or told else new.created
            steps = (Step(stage, moments.iso(entered), change.by), *steps)
        new = replace(new, properties=properties, steps=steps)
        moved = old is None or old.properties.get(STAGE) != stage
        if moved and self._closed(stage) and not change.properties.get("closedate"):
            properties["closedate"] = steps[0].at
        properties |= self._derived(new)
        return replace(new, properties={name: text for name, text in properties.items() if text})

    def _closed(self, stage: str) -> bool:
        return bool(self._portal.stage(stage)["metadata"]["isClosed"] == "true")

    def _derived(self, deal: Held) -> dict[str, str]:
        """Return the calculated properties of a deal; the empty ones are not set."""
        stage = deal.properties[STAGE]
        said = self._portal.stage(stage)["metadata"]
        closed = said["isClosed"] == "true"
        won = closed and float(said["probability"]) == 1.0
        entered = {f"{ENTERED}{step.value}": step.at for step in reversed(deal.steps)}
        at = deal.steps[0].at
        won_date = {"moment": at, "empty": "", "zero": "0"}[self._portal.choices.closed_won_date]
        return {
            **entered,
            ENTERED_CURRENT: at,
            "hs_is_closed": _bool(closed),
            "hs_is_closed_won": _bool(won),
            "hs_is_closed_lost": _bool(closed and not won),
            "hs_closed_won_date": won_date if won else "",
            "num_associated_contacts": deal.properties.get("num_associated_contacts", "0"),
        }


def _line_item(new: Held) -> Held:
    price, quantity = (new.properties.get(name) for name in ("price", "quantity"))
    if price is None:
        return new
    amount = float(price) * float(quantity or 1) - float(new.properties.get("discount", 0))
    amount -= amount * float(new.properties.get("hs_discount_percentage", 0)) / 100
    return replace(new, properties={**new.properties, "amount": f"{amount:.10g}"})


def _bool(value: bool) -> str:
    return "true" if value else "false"
