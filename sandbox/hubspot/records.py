"""The routes of one record and of the list of all."""

from urllib.parse import urlencode

from sandbox.hubspot.answers import Call, Fault, Reply, not_found
from sandbox.hubspot.objects import Kind
from sandbox.hubspot.schema import kind_named
from sandbox.hubspot.shown import Look, look_of_query, record
from sandbox.hubspot.store import Held
from sandbox.hubspot.writing import Refused, Wish, create, fault_of, update
from sandbox.wire import Record


def kind_of(call: Call, name: str = "type") -> Kind:
    """Return the type of object in the path."""
    found = kind_named(call.args[name])
    if found is None:
        raise Fault(f"Unable to infer object type from: {call.args[name]}")
    return found


def found_by(call: Call, kind: Kind, record_id: str, key: str | None) -> Held | None:
    """Return the living record of an id, or of a value of a unique property."""
    portal = call.portal
    if not key or key == "hs_object_id":
        return portal.store.resolved(kind.name, record_id)
    if key not in portal.schema.unique(kind.name):
        raise Fault(f"Unable to perform update/upsert by non-unique {kind.type_id} property")
    return portal.store.by_key(kind.name, key, record_id)


def read_one(call: Call) -> Reply:
    """Show one record, the archived one where `archived=true` says so."""
    kind = kind_of(call)
    params = call.request.params()
    if call.flag("archived"):
        held = call.portal.store.tables[kind.name].get(call.args["id"])
        held = held if held is not None and held.archived else None
    else:
        held = found_by(call, kind, call.args["id"], params.get("idProperty"))
    if held is None:
        raise not_found()
    return Reply(record(call.portal, kind, held, look_of_query(call)), records=1)


def read_list(call: Call) -> Reply:
    """Show a page of the records of a type, in the order of ids."""
    kind = kind_of(call)
    limit = call.number("limit", 10, 100)
    look = look_of_query(call)
    after = call.request.params().get("after") or "0"
    if not after.isdigit():
        raise Fault(f"Invalid value for query parameter after: {after}.")
    page: list[Held] = []
    for held in call.portal.store.from_id(kind.name, int(after), archived=call.flag("archived")):
        page.append(held)
        if len(page) > limit:
            break
    body: Record = {"results": [record(call.portal, kind, held, look) for held in page[:limit]]}
    if len(page) > limit:
        body["paging"] = {"next": {"after": page[limit].id, "link": _link(call, page[limit].id)}}
    return Reply(body, records=len(body["results"]))


def create_one(call: Call) -> Reply:
    """Make one record."""
    body = call.body()
    return _one(call, Wish(0, "", None, body.get("properties"), body.get("associations"), None), status=201)


def update_one(call: Call) -> Reply:
    """Change one record."""
    key = call.request.params().get("idProperty")
    return _one(call, Wish(0, call.args["id"], key, call.body().get("properties"), None, None), status=200)


def archive_one(call: Call) -> Reply:
    """Put one record into the recycle bin; one that is not there, too, is answered so."""
    kind = kind_of(call)
    held = call.portal.store.resolved(kind.name, call.args["id"])
    if held is not None:
        call.portal.keeper.archive(kind.name, held, call.now)
    return Reply(None, 204, applied=held is not None, records=1)


def merge(call: Call) -> Reply:
    """Merge two records."""
    kind, body = kind_of(call), call.body()
    winner, loser = (
        call.portal.store.get(kind.name, str(body.get(key))) for key in ("primaryObjectId", "objectIdToMerge")
    )
    if winner is None or loser is None:
        raise not_found()
    merged = call.portal.keeper.merge(kind.name, winner, loser, call.now)
    return Reply(record(call.portal, kind, merged, Look()), applied=True, records=2)


def _one(call: Call, wish: Wish, *, status: int) -> Reply:
    kind = kind_of(call)
    try:
        plan = update(call, kind, wish) if wish.id else create(call, kind, wish)
    except Refused as refused:
        raise fault_of(call, refused) from None
    held = plan.carry_out()
    seen = Look(properties=(*plan.properties, "hs_object_id"))
    return Reply(record(call.portal, kind, held, seen), status, applied=True, records=1)


def _link(call: Call, after: str) -> str:
    host = call.request.headers.get("host", "api.hubapi.com")
    scheme = "https" if host == "api.hubapi.com" else "http"
    params = {**call.request.params(), "after": after}
    return f"{scheme}://{host}{call.request.path}?{urlencode(params)}"
