"""Records as the API shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.hubspot import moments
from sandbox.hubspot.answers import Call
from sandbox.hubspot.objects import STAGE, Kind
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.schema import kind_named
from sandbox.hubspot.store import Held, Step
from sandbox.wire import Json, Record


@dataclass(frozen=True)
class Look:
    """What a call asks to see of a record: properties, their history, and associations to types of object."""

    properties: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()


def look_of_query(call: Call) -> Look:
    """Return what the query string asks to see."""
    params = call.request.params()
    return Look(*(names(params.get(key)) for key in ("properties", "propertiesWithHistory", "associations")))


def look_of_body(body: Record) -> Look:
    """Return what a body asks to see."""
    return Look(names(body.get("properties")), names(body.get("propertiesWithHistory")))


def names(value: Json) -> tuple[str, ...]:
    """Return names given as a list or with commas between them."""
    if isinstance(value, str):
        value = value.split(",")
    return tuple(str(each).strip() for each in value if str(each).strip()) if isinstance(value, list) else ()


def record(portal: Portal, kind: Kind, held: Held, look: Look) -> Record:
    """Return a record: the properties asked for (else the usual ones), unset ones null, unknown ones left out."""
    asked = (*(look.properties or kind.shown.split()), *look.history, kind.created, kind.modified, "hs_object_id")
    known = {name for name in asked if portal.schema.get(kind.name, name) is not None}
    properties = {name: held.properties.get(name) for name in sorted(known)}
    shown: Record = {"id": held.id, "properties": properties}
    if look.history:
        shown["propertiesWithHistory"] = {
            name: history(held, name) for name in look.history if portal.schema.get(kind.name, name) is not None
        }
    shown |= {
        "createdAt": moments.iso(held.created),
        "updatedAt": moments.iso(held.updated),
        "archived": held.archived is not None,
    }
    if held.archived is not None:
        shown["archivedAt"] = moments.iso(held.archived)
    shown["url"] = f"https://app.hubspot.com/contacts/{portal.id}/record/{kind.type_id}/{held.id}"
    tied = associations(portal, kind, held, look.associations)
    return {**shown, "associations": tied} if tied else shown


def written(portal: Portal, kind: Kind, held: Held, sent: Iterable[str]) -> Record:
    """Return a record as the answer to a write shows it: with what was sent."""
    return record(portal, kind, held, Look(properties=(*sent, "hs_object_id")))


def history(held: Held, name: str) -> list[Record]:
    """Return the values of a property, newest first; of any but the stage only the one that stands."""
    if name == STAGE:
        steps: Sequence[Step] = held.steps
    elif name in held.properties:
        steps = [Step(held.properties[name], moments.iso(held.updated), "")]
    else:
        steps = []
    return [_step(each) for each in steps]


def _step(step: Step) -> Record:
    said: Record = {"value": step.value, "timestamp": step.at}
    if not step.by:
        return {**said, "sourceType": "INTEGRATION", "sourceId": "sandbox"}
    user: Record = {"updatedByUserId": int(step.by)} if step.by.isdigit() else {}
    return {**said, "sourceType": "CRM_UI", "sourceId": f"userId:{step.by}", **user}


def associations(portal: Portal, kind: Kind, held: Held, wanted: Sequence[str]) -> Record:
    """Return the ids of associated records by type of object; types without any are left out."""
    found: Record = {}
    for name in wanted:
        other = kind_named(name)
        if other is None:
            continue
        rows = [
            {"id": to_id, "type": _type_name(kind, other, each.label)}
            for to_id, types in portal.links.of(kind.name, held.id, other.name).items()
            if portal.store.get(other.name, to_id) is not None
            for each in types
        ]
        if rows:
            found[other.name.replace("_", " ")] = {"results": rows}
    return found


def _type_name(kind: Kind, other: Kind, label: str | None) -> str:
    plain = f"{kind.singular}_to_{other.singular}"
    return plain if label is None else f"{plain}_{label.lower().replace(' ', '_')}"
