"""
What people see and change past the API.

A record is flat: its `id`, its properties by name, `archived`, `associations` as
`{"contacts": [{"id": "7", "labels": ["Decision Maker"]}]}`, and of a deal `dealstage_history`, newest first.
A person may change any of it; stamps and the dates of stages are kept where the record carries them.
`"_deleted": true` archives a record, `"_merged_into": "8"` merges it into another one. Owners and pipelines stand
in the vendor's shape.
"""

from collections.abc import Mapping
from datetime import datetime

from sandbox.hubspot import moments, values
from sandbox.hubspot.keeping import Change
from sandbox.hubspot.objects import STAGE
from sandbox.hubspot.portal import BEGINNING, Portal, made_pipeline
from sandbox.hubspot.schema import BY_NAME
from sandbox.hubspot.store import Held, Step
from sandbox.wire import Json, Objects, Record

OBJECTS = ("owners", "pipelines", *BY_NAME)
HISTORY = "dealstage_history"
_SPECIAL = ("id", "archived", "archivedAt", "associations", HISTORY, "_deleted", "_merged_into")
_PERSON = "person"


def check_object(name: str) -> None:
    """Raise `ValueError` for an object that the portal does not have."""
    if name not in OBJECTS:
        raise ValueError(f"HubSpot has no object {name!r}. Use: {', '.join(OBJECTS)}.")


def state_of(portal: Portal, name: str) -> list[Record]:
    """Return copies of one object's records."""
    if name == "owners":
        return [dict(owner) for owner in portal.owners.values()]
    if name == "pipelines":
        return [{**each, "stages": [dict(stage) for stage in each["stages"]]} for each in portal.pipelines.values()]
    return [shown(portal, name, record_id) for record_id in portal.store.tables[name]]


def shown(portal: Portal, kind: str, record_id: str) -> Record:
    """Return a record as people see it."""
    held = portal.store.tables[kind][record_id]
    record: Record = {"id": held.id, **held.properties, "archived": held.archived is not None}
    if held.archived is not None:
        record["archivedAt"] = moments.iso(held.archived)
    tied = {
        to_kind: [
            {"id": to_id, "labels": [each.label for each in types if each.label]}
            for to_id, types in portal.links.of(kind, record_id, to_kind).items()
        ]
        for to_kind in portal.links.targets(kind)
    }
    record["associations"] = {to_kind: rows for to_kind, rows in tied.items() if rows}
    if kind == "deals":
        record[HISTORY] = [{"value": each.value, "timestamp": each.at, "by": each.by} for each in held.steps]
    return record


def load(portal: Portal, objects: Objects, now: datetime) -> None:
    """Take records as people's edits at `now`; raises `ValueError` where the portal cannot."""
    for name, rows in objects.items():
        check_object(name)
        if name in BY_NAME:
            for row in rows:
                _check(portal, name, row, objects)
    for row in objects.get("owners", ()):
        _put_owner(portal, row)
    for row in objects.get("pipelines", ()):
        _put_pipeline(portal, row)
    loaded = [(name, _load(portal, name, row, now), row) for name in BY_NAME for row in objects.get(name, ())]
    for name, held, row in loaded:
        if held is not None:
            _associate(portal, name, held, row, now)
    for name, _, row in loaded:
        if "_merged_into" in row:
            _merge(portal, name, row, now)


def _check(portal: Portal, kind: str, row: Record, objects: Objects) -> None:
    record_id = row.get("id")
    if record_id is not None and not str(record_id).isdigit():
        raise ValueError(f"{kind}: {record_id!r} is no id. HubSpot's are numbers, written as text.")
    for name in row:
        if name not in _SPECIAL and portal.schema.whole(kind, name) is None and not _is_stage_date(name, objects):
            portal.schema.owns(f"{kind}.{name}")
    if row.get("_deleted") and str(record_id) not in portal.store.tables[kind]:
        raise ValueError(f"{kind}: there is no record {record_id!r} to delete.")


def _is_stage_date(name: str, objects: Objects) -> bool:
    return "pipelines" in objects and name.startswith("hs_v2_date_entered_")


def _load(portal: Portal, kind: str, row: Record, now: datetime) -> Held | None:
    record_id = str(row["id"]) if row.get("id") is not None else None
    old = portal.store.tables[kind].get(record_id) if record_id else None
    if row.get("_deleted"):
        if old is not None and old.archived is None:
            portal.keeper.archive(kind, old, now)
        return None
    if "_merged_into" in row:
        return None
    names = BY_NAME[kind]
    given = {name: value for name, value in row.items() if name not in _SPECIAL and _takes(portal, kind, name)}
    kept = _texts(portal, kind, given, old)
    change = Change(
        kept,
        by=kept.get("hubspot_owner_id") or (old.properties.get("hubspot_owner_id") if old else "") or _PERSON,
        created=_moment(row.get(names.created)),
        updated=_moment(row.get(names.modified)),
        steps=_steps(row),
    )
    return portal.keeper.save(kind, record_id, change, now)


def _takes(portal: Portal, kind: str, name: str) -> bool:
    """Whether people may write it: all but what the portal works out itself."""
    found = portal.schema.whole(kind, name)
    return found is not None and (not found.read_only or name in ("hs_merged_object_ids", "hs_parent_company_id"))


def _texts(portal: Portal, kind: str, given: Mapping[str, Json], old: Held | None) -> dict[str, str]:
    kept: dict[str, str] = {}
    whole = {**(old.properties if old else {}), **{name: values.as_text(value) for name, value in given.items()}}
    for name in given:
        found = portal.schema.whole(kind, name)
        if found is None:
            continue
        if found.owner:  # who left may own what there is
            kept[name] = whole[name]
            continue
        try:
            kept[name] = values.taken(portal, found, whole[name], whole)
        except values.Problem as problem:
            raise ValueError(f"{kind} {whole.get('id', '')} {name}: {problem}") from problem
    return kept


def _steps(row: Record) -> tuple[Step, ...]:
    steps = [
        Step(str(each["value"]), moments.iso(moments.read(each["timestamp"])), str(each.get("by", _PERSON)))
        for each in row.get(HISTORY, ())
    ]
    if steps and STAGE in row and steps[0].value != row[STAGE]:
        return ()  # the stage moved on, its history is what the portal has
    return tuple(steps)


def _moment(value: Json) -> datetime | None:
    return None if value is None else moments.read(value)


def _associate(portal: Portal, kind: str, held: Held, row: Record, now: datetime) -> None:
    told = BY_NAME[kind].modified in row
    for to_kind, rows in row.get("associations", {}).items():
        for each in rows:
            types = [portal.links.types.add(kind, to_kind, label) for label in each.get("labels", ())]
            tied = portal.links.tie(kind, held.id, to_kind, str(each["id"]), types)
            if tied and told:
                portal.keeper.count_quietly(kind, held.id, to_kind, str(each["id"]))
            elif tied:
                portal.keeper.associated(kind, held.id, to_kind, str(each["id"]), now)


def _merge(portal: Portal, kind: str, row: Record, now: datetime) -> None:
    loser, winner = (portal.store.get(kind, str(row.get(key))) for key in ("id", "_merged_into"))
    if loser is None or winner is None:
        raise ValueError(
            f"{kind}: {row.get('id')!r} cannot be merged into {row.get('_merged_into')!r}; one is not there."
        )
    portal.keeper.merge(kind, winner, loser, now)


def _put_owner(portal: Portal, row: Record) -> None:
    known = portal.owners.get(str(row.get("id")), {})
    owner_id = str(row.get("id") or portal.store.next_id())
    number = int(owner_id)
    made = {
        "email": "",
        "type": "PERSON",
        "firstName": "",
        "lastName": "",
        "userIdIncludingInactive": number,
        "createdAt": BEGINNING,
        "updatedAt": BEGINNING,
        "archived": False,
        **known,
        **{name: value for name, value in row.items() if name != "_deleted"},
        "id": owner_id,
    }
    made["archived"] = bool(row.get("_deleted") or made["archived"])
    portal.owners[owner_id] = {**made, "userId": None if made["archived"] else made["userIdIncludingInactive"]}


def _put_pipeline(portal: Portal, row: Record) -> None:
    if row.get("_deleted"):
        portal.pipelines.pop(str(row["id"]), None)
        return
    portal.put_pipeline(made_pipeline({**portal.pipelines.get(str(row.get("id")), {}), **row}))
