"""Describe: the objects, their fields, and the picklists' options."""

from typing import Any

from sandbox.gainsight.answers import Call, Fault, Reply, list_of_text, refusal
from sandbox.gainsight.objects import not_found
from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import TEXT_TYPES, Field, ObjectType
from sandbox.wire import Record

_MALFORMED = "GSOBJ_1023"


def objects_list(call: Call) -> Reply:
    """Answer `GET /v1/meta/services/objects/list`."""
    return _reply([_head(kind) for kind in call.org.schema.objects.values()])


def describe_many(call: Call) -> Reply:
    """Answer `POST /v1/meta/services/objects/describe`."""
    asked = call.payload(_MALFORMED)
    kinds = _named(call, asked.get("objectNames"))
    options = asked.get("populatePickListOptions") is True
    return _reply([_described(call.org, kind, options=options) for kind in kinds])


def describe_one(call: Call) -> Reply:
    """Answer `GET /v1/meta/services/objects/{name}/describe`; UNK: options are always given here."""
    return _reply([_described(call.org, kind, options=True) for kind in _named(call, [call.args[0]])])


def describe_all(call: Call) -> Reply:
    """Answer `POST /v1/meta/services/objects/`, whose body has `externalUse`: every object, or those named."""
    asked = call.payload(_MALFORMED)
    every = [kind.name for kind in call.org.schema.objects.values()]
    kinds = _named(call, asked.get("objectNames") or every)
    options = asked.get("populatePickListOptions") is True
    return _reply([_described(call.org, kind, options=options) for kind in kinds])


def dropdown(call: Call) -> Reply:
    """Answer `GET /v1/meta/services/dropdowns/{categoryId}`."""
    category = call.org.picklists.category_of(call.args[0])
    if category is None:
        raise Fault(400, refusal("GSOBJ_1011", "No entity matches the given criteria."))
    details = {"name": category, "gsid": call.args[0], "variant": "SINGLE_SELECT", "limit": 500}
    items = [
        {
            "name": row["Name"],
            "systemName": row["SystemName"],
            "gsid": row["Gsid"],
            "active": row["IsActive"],
            "displayOrder": row["DisplayOrder"],
            "default": row["IsDefault"],
            "categoryId": row["CategoryId"],
        }
        for row in call.org.picklists.items(category)
    ]
    return Reply(
        {"result": True, "requestId": None, "data": {"categoryDetails": details, "childItems": items}},
        records=len(items),
    )


def _reply(data: list[Record]) -> Reply:
    return Reply({"result": True, "requestId": None, "data": data}, records=len(data))


def _named(call: Call, names: Any) -> list[ObjectType]:
    asked = list_of_text(names)
    if not asked:
        raise Fault(400, refusal(_MALFORMED, "Invalid API called, refer to documentation"))
    kinds = [call.org.schema.find(name) for name in asked]
    if None in kinds:
        raise not_found(call)
    return [kind for kind in kinds if kind is not None]


def _head(kind: ObjectType) -> Record:
    return {
        "objectName": kind.name,
        "label": kind.name.removesuffix("__gc").replace("_", " "),
        "labelPlural": kind.plural,
        "objectType": kind.kind,
        "keyPrefix": kind.prefix,
    }


def _described(org: Org, kind: ObjectType, *, options: bool) -> Record:
    fields = [_field(org, kind, each, options=options) for each in org.schema.visible(kind).values()]
    return {**_head(kind), "fields": fields}


def _field(org: Org, kind: ObjectType, field: Field, *, options: bool) -> Record:
    properties = {"PICKLIST_CATEGORY_ID": org.picklists.category_id(field.category)} if field.category else {}
    target = {
        "lookupName": f"{field.name.removesuffix('__gc')}__gr",
        "fieldName": "Gsid",
        "lookupObjects": [{"objectName": field.target}],
    }
    told = {
        "fieldName": field.name,
        "label": field.label,
        "dataType": field.type,
        "objectName": kind.name,
        "meta": {
            "filterable": True,
            "sortable": True,
            "createable": not field.read_only,
            "updateable": not field.read_only,
            "required": field.required,
            "nillable": not field.required,
            "readOnly": field.read_only,
            "length": field.length if field.type in TEXT_TYPES else None,
            "decimalPlaces": 2 if field.type in ("CURRENCY", "PERCENTAGE") else 0,
            "hasLookup": field.type == "LOOKUP",
            "lookupDetail": target if field.type == "LOOKUP" else None,
            "hidden": False,
            "properties": properties,
        },
    }
    return {**told, "options": _options(org, field)} if options and field.category else told


def _options(org: Org, field: Field) -> list[Record]:
    return [
        {
            "label": row["Name"],
            "value": row["Gsid"],
            "active": row["IsActive"],
            "defaultValue": row["IsDefault"],
            "displayOrder": row["DisplayOrder"],
            "systemName": row["SystemName"],
            "groupId": row["CategoryId"],
        }
        for row in org.picklists.items(field.category)
    ]
