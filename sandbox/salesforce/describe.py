"""What describe answers: objects, fields and child relationships in the vendor's recorded shape."""

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce.schema import NUMBERS, TEXTS, Field, ObjectType, Schema
from sandbox.wire import Record

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "currency": "xsd:double",
    "double": "xsd:double",
    "percent": "xsd:double",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}


def described(kind: ObjectType, schema: Schema, picklists: Mapping[str, list[str]], version: str) -> Record:
    """Return the describe answer of one object, with every field the integration user sees."""
    return {
        **summary(kind, version),
        "fields": [_field(kind.name, field, picklists) for field in kind.fields.values()],
        "childRelationships": [
            {
                "cascadeDelete": child.cascade,
                "childSObject": child.object,
                "deprecatedAndHidden": False,
                "field": child.field,
                "relationshipName": child.name,
                "restrictedDelete": False,
            }
            for child in kind.children.values()
            if child.field in schema.objects[child.object].fields
        ],
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "developerName": "Master",
                "master": True,
                "name": "Master",
                "recordTypeId": "012000000000000AAA",
            }
        ],
    }


def summary(kind: ObjectType, version: str) -> Record:
    """Return what the list of objects says of one."""
    url = f"/services/data/{version}/sobjects/{kind.name}"
    writable = kind.writable
    return {
        "activateable": False,
        "createable": writable,
        "custom": False,
        "customSetting": False,
        "deletable": writable,
        "deprecatedAndHidden": False,
        "keyPrefix": kind.prefix,
        "label": kind.label,
        "labelPlural": f"{kind.label}s",
        "layoutable": writable,
        "mergeable": kind.name in ("Account", "Contact"),
        "name": kind.name,
        "queryable": True,
        "replicateable": "IsDeleted" in kind.fields,
        "retrieveable": True,
        "searchable": writable,
        "undeletable": writable and kind.name not in ("OpportunityContactRole", "OpportunityLineItem"),
        "updateable": writable,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def _field(owner: str, field: Field, picklists: Mapping[str, list[str]]) -> dict[str, Any]:
    text = field.type in TEXTS
    long = field.type == "textarea"
    return {
        "aggregatable": not long,
        "autoNumber": False,
        "byteLength": field.length * 3 if text else field.length,
        "calculated": False,
        "calculatedFormula": None,
        "caseSensitive": False,
        "compoundFieldName": None,
        "controllerName": None,
        "createable": field.may("C"),
        "custom": field.custom,
        "defaultValue": False if field.type == "boolean" else None,
        "defaultedOnCreate": field.may("D"),
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.precision if field.type == "int" else 0,
        "externalId": field.may("E"),
        "filterable": field.may("F"),
        "groupable": field.may("F") and field.type not in NUMBERS | {"datetime"},
        "htmlFormatted": field.may("H"),
        "idLookup": field.type == "id" or field.may("E"),
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "nameField": field.name == "Name" or (owner, field.name) == ("Task", "Subject"),
        "nillable": field.may("N"),
        "permissionable": field.may("N") and (field.may("U") or field.custom),
        "picklistValues": _choices(picklists.get(f"{owner}.{field.name}", [])),
        "precision": 0 if field.type == "int" else field.precision,
        "referenceTo": list(field.targets),
        "relationshipName": field.relationship,
        "restrictedPicklist": field.may("R"),
        "scale": field.scale,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.may("S"),
        "type": field.type,
        "unique": field.may("Q"),
        "updateable": field.may("U"),
    }


def _choices(values: list[str]) -> list[Record]:
    return [{"active": True, "defaultValue": False, "label": v, "validFor": None, "value": v} for v in values]
