"""The routes of associations: read and made in batches, of one record, and their labels."""

from itertools import islice

from sandbox.hubspot.answers import Call, Fault, Reply, not_found
from sandbox.hubspot.batches import answered
from sandbox.hubspot.links import Type
from sandbox.hubspot.objects import Kind
from sandbox.hubspot.records import kind_of
from sandbox.wire import Json, Record

MOST_READ, MOST_MADE, MOST_UNDONE = 1_000, 2_000, 100


def read_batch(call: Call) -> Reply:
    """Show which records those of a batch are associated with; one without any is an error of its own."""
    kinds = kind_of(call, "from"), kind_of(call, "to")
    inputs = _inputs(call, MOST_READ)
    results, errors = [], []
    for each in inputs:
        from_id = str(each.get("id"))
        page = _page(call, kinds, from_id, str(each.get("after") or ""), _most(call))
        if _is_lost(call, kinds[0], from_id):
            errors.append(_missing(kinds[0], from_id))
        elif page["to"]:
            results.append({"from": {"id": from_id}, **page})
        else:
            errors.append(_none_found(kinds, from_id))
    return Reply(answered(call, results, errors), 207 if errors else 200, records=len(inputs))


def read_one(call: Call) -> Reply:
    """Show which records one record is associated with, page by page."""
    kinds = kind_of(call, "type"), kind_of(call, "to")
    held = call.portal.store.resolved(kinds[0].name, call.args["id"])
    if held is None:
        raise not_found()
    after = call.request.params().get("after") or ""
    page = _page(call, kinds, held.id, after, call.number("limit", 500, 500))
    body = {"results": page.pop("to"), **page}
    return Reply(body, records=len(body["results"]))


def labels(call: Call) -> Reply:
    """Show the types of association between two types of object."""
    types = call.portal.links.types.between(kind_of(call, "from").name, kind_of(call, "to").name)
    return Reply({"results": [_shown(each) for each in types]}, records=len(types))


def make_batch(call: Call) -> Reply:
    """Associate the records of a batch."""
    kinds = kind_of(call, "from"), kind_of(call, "to")
    ties = [(_end(each, "from"), _end(each, "to"), each.get("types")) for each in _inputs(call, MOST_MADE)]
    checked = [(from_id, to_id, _types(call, kinds, said)) for from_id, to_id, said in ties]
    results: list[Json] = []
    errors: list[Record] = []
    for from_id, to_id, types in checked:
        made = _tie(call, kinds, from_id, to_id, types)
        if made is None:
            errors.append(_missing(kinds[0], from_id))
        else:
            results.append(made)
    body = answered(call, results, errors)
    return Reply(body, 207 if errors else 201, applied=bool(results), records=len(ties))


def make_one(call: Call) -> Reply:
    """Associate two records under the types sent, or under the plain one."""
    kinds = kind_of(call, "type"), kind_of(call, "to")
    try:
        types = _types(call, kinds, call.request.json() if call.request.body.strip() else [])
    except ValueError as error:
        raise Fault(f"Invalid input JSON on line 1, column 1: {error}") from error
    made = _tie(call, kinds, call.args["id"], call.args["to_id"], types)
    if made is None:
        raise not_found()
    return Reply(made, 201, applied=True, records=1)


def undo_one(call: Call) -> Reply:
    """Take every association of two records away."""
    kinds = kind_of(call, "type"), kind_of(call, "to")
    undone = _untie(call, kinds, call.args["id"], call.args["to_id"])
    return Reply(None, 204, applied=undone, records=1)


def undo_batch(call: Call) -> Reply:
    """Take the associations of a batch away."""
    kinds = kind_of(call, "from"), kind_of(call, "to")
    undone = 0
    for each in _inputs(call, MOST_UNDONE):
        for to in each.get("to", []):
            undone += _untie(call, kinds, _end(each, "from"), str(to.get("id")))
    return Reply(None, 204, applied=undone > 0, records=undone)


Kinds = tuple[Kind, Kind]


def _end(given: Record, side: str) -> str:
    return str(given.get(side, {}).get("id"))


def _inputs(call: Call, most: int) -> list[Record]:
    inputs = call.inputs()
    if len(inputs) > most:
        raise Fault(f"The maximum number of inputs supported in a batch request is {most}, got {len(inputs)}")
    return inputs


def _is_lost(call: Call, kind: Kind, from_id: str) -> bool:
    """Return whether the associations of this id are an error because its record is not there."""
    store, choices = call.portal.store, call.portal.choices
    if store.resolved(kind.name, from_id) is None:
        return choices.ties_of_gone == "error"
    return store.was_merged(kind.name, from_id) and choices.ties_of_merged == "error"


def _most(call: Call) -> int:
    return max(1, call.portal.choices.associations_per_record)


def _page(call: Call, kinds: Kinds, from_id: str, after: str, limit: int) -> Record:
    """Return the entries from the one named by `after` on."""
    portal, (begin, end) = call.portal, kinds
    living = portal.store.resolved(begin.name, from_id)
    tied = portal.links.of(begin.name, living.id, end.name) if living else {}
    shown = [(to_id, types) for to_id, types in tied.items() if portal.store.get(end.name, to_id) is not None]
    start = next((place for place, (to_id, _) in enumerate(shown) if to_id == after), 0)
    rows = list(islice(shown, start, start + limit))
    page: Record = {
        "to": [
            {"toObjectId": _id(call, to_id), "associationTypes": [_shown(each) for each in types]}
            for to_id, types in rows
        ]
    }
    if start + limit < len(shown):
        page["paging"] = {"next": {"after": shown[start + limit][0]}}
    return page


def _shown(one: Type) -> Record:
    return {"category": one.category, "typeId": one.id, "label": one.label}


def _id(call: Call, record_id: str) -> Json:
    return int(record_id) if call.portal.choices.to_object_id == "number" else record_id


def _types(call: Call, kinds: Kinds, said: Json) -> list[Type]:
    known = call.portal.links.types.between(kinds[0].name, kinds[1].name)
    if not known:
        raise Fault(f"{kinds[0].singular} cannot be associated with {kinds[1].singular}")
    found = []
    for each in said if isinstance(said, list) else []:
        wanted = (each.get("associationCategory"), each.get("associationTypeId"))
        one = next((one for one in known if (one.category, one.id) == wanted), None)
        if one is None:
            raise Fault(f"{wanted[1]} is no association type from {kinds[0].singular} to {kinds[1].singular}")
        found.append(one)
    return found


def _tie(call: Call, kinds: Kinds, from_id: str, to_id: str, types: list[Type]) -> Record | None:
    portal, (begin, end) = call.portal, kinds
    ends = portal.store.resolved(begin.name, from_id), portal.store.resolved(end.name, to_id)
    if ends[0] is None or ends[1] is None:
        return None
    if portal.links.tie(begin.name, ends[0].id, end.name, ends[1].id, types):
        portal.keeper.associated(begin.name, ends[0].id, end.name, ends[1].id, call.now)
    return {
        "fromObjectTypeId": begin.type_id,
        "fromObjectId": _id(call, ends[0].id),
        "toObjectTypeId": end.type_id,
        "toObjectId": _id(call, ends[1].id),
        "labels": [each.label for each in types if each.label],
    }


def _untie(call: Call, kinds: Kinds, from_id: str, to_id: str) -> bool:
    undone = call.portal.links.untie(kinds[0].name, from_id, kinds[1].name, to_id)
    if undone:
        call.portal.keeper.associated(kinds[0].name, from_id, kinds[1].name, to_id, call.now)
    return undone


def _none_found(kinds: Kinds, from_id: str) -> Record:
    begin, end = (each.singular for each in kinds)
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {end} is associated with {begin} {from_id}.",
        "context": {"fromObjectId": [from_id], "fromObjectType": [begin], "toObjectType": [end]},
    }


def _missing(kind: Kind, record_id: str) -> Record:
    said = f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist."
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": said, "context": {"ids": [record_id]}}
