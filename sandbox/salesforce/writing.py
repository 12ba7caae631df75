"""Writes through the API: every check that the vendor makes before a record changes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.salesforce import objects as data
from sandbox.salesforce.choices import CHOICES
from sandbox.salesforce.faults import Fault, not_found
from sandbox.salesforce.ids import normalised
from sandbox.salesforce.keeping import Keeper
from sandbox.salesforce.schema import Field, ObjectType, Schema
from sandbox.salesforce.tenant import Tenant
from sandbox.salesforce.values import taken
from sandbox.wire import PLAIN, Record, Twist

_LOCKED, _INVALID = "UNABLE_TO_LOCK_ROW", "FIELD_CUSTOM_VALIDATION_EXCEPTION"
_OPERATIONS = {"inserted": "C", "updated": "U"}


class Writer:
    """Creates, updates and deletes as the integration user; every refusal is a `Fault`."""

    def __init__(self, keeper: Keeper, tenant: Tenant, schema: Callable[[], Schema], user_id: str) -> None:
        self._keeper, self._tenant, self._schema, self._user_id = keeper, tenant, schema, user_id
        self._store = keeper.store
        self._twist, self._place = PLAIN, 0

    def begin(self, twist: Twist) -> None:
        """Let the writes of the next call go as its twist says."""
        self._twist, self._place = twist, 0

    def create(self, kind: ObjectType, body: Mapping[str, Any], now: datetime) -> str:
        """Make a record and return its id."""
        self._unless_refused(body)
        given = self._checked(kind, body, "inserted")
        missing = [f.name for f in kind.fields.values() if f.required and given.get(f.name) is None]
        if kind.name == "OpportunityLineItem" and not (given.get("PricebookEntryId") or given.get("Product2Id")):
            missing.append("PricebookEntryId")
        _require(missing)
        self._references(kind, given)
        self._unique(kind, given, None)
        new = self._keeper.save(kind.name, given, now=now, by=self._user_id, old=None)
        if self._twist.lag:
            self._store.unseen[new["Id"]] = now + self._twist.lag
        if kind.name == "Opportunity" and new["ContactId"]:
            role = {"OpportunityId": new["Id"], "ContactId": new["ContactId"], "IsPrimary": True}
            self._keeper.save("OpportunityContactRole", role, now=now, by=self._user_id, old=None)
        return str(new["Id"])

    def update(self, kind: ObjectType, record: Record, body: Mapping[str, Any], now: datetime) -> None:
        """Change a record; its stamps move even when every value stays the same."""
        self._unless_refused({**body, "Id": record["Id"], "Name": record.get("Name")})
        given = self._checked(kind, body, "updated")
        _require([name for name, value in given.items() if value is None and kind.fields[name].required])
        if CHOICES.amount_follows_line_items and record.get("HasOpportunityLineItem"):
            given.pop("Amount", None)
        self._free(record)
        self._references(kind, given)
        self._unique(kind, given, record["Id"])
        if kind.name == "Opportunity":
            self._rules({**record, **given})
        self._keeper.save(kind.name, given, now=now, by=self._user_id, old=record)

    def delete(self, kind: ObjectType, record: Record, now: datetime) -> None:
        """Put a record into the recycle bin."""
        self._unless_refused(record)
        self._allowed(kind, "deleted")
        self._free(record)
        self._keeper.delete(kind.name, record, now=now, by=self._user_id)

    def existing(self, kind: ObjectType, record_id: str) -> Record:
        """Return the living record of an id as a caller wrote it; a `Fault` (404 or 400) where there is none."""
        record = self._store.get(kind.name, wellformed(record_id))
        if record is None or record["Id"] in self._tenant.unshared:
            raise not_found()
        if record["IsDeleted"]:
            raise Fault("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return record

    def _allowed(self, kind: ObjectType, operation: str) -> None:
        if not kind.writable:
            raise Fault("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be {operation}: {kind.label}")

    def _checked(self, kind: ObjectType, body: Mapping[str, Any], operation: str) -> Record:
        self._allowed(kind, operation)
        fields = {name: self._named(kind, name) for name in body if name.lower() != "attributes"}
        flag = _OPERATIONS[operation]
        closed = [field.name for field in fields.values() if not field.may(flag)]
        if closed:
            why = (
                f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set."
            )
            raise Fault("INVALID_FIELD_FOR_INSERT_UPDATE", why, closed)
        given = {field.name: taken(field, body[name]) for name, field in fields.items()}
        for field in fields.values():
            self._picked(kind, field, given)
        return given

    def _named(self, kind: ObjectType, name: str) -> Field:
        field = kind.field(name)
        if field is None:
            raise Fault("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
        return field

    def _picked(self, kind: ObjectType, field: Field, given: Record) -> None:
        value = given[field.name]
        if not field.may("R") or value is None:
            return
        if (kind.name, field.name) == ("Opportunity", "StageName"):
            stage = self._keeper.stages.named(value)
            found = stage is not None and stage["IsActive"]
        else:
            found = value in self._tenant.picklists.get(f"{kind.name}.{field.name}", ())
        if not found:
            why = f"bad value for restricted picklist field: {value}"
            raise Fault("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", why, [field.name])

    def _references(self, kind: ObjectType, given: Record) -> None:
        for name, value in given.items():
            if value is None or kind.fields[name].type != "reference" or value[:3] in data.ELSEWHERE.values():
                continue
            target = self._schema().of_id(value)
            record = self._store.get(target.name, value) if target else None
            if record is None or record["IsDeleted"]:
                raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])

    def _unique(self, kind: ObjectType, given: Record, own_id: str | None) -> None:
        for name, value in given.items():
            if value is None or not kind.fields[name].may("Q"):
                continue
            for other in self._store.by_key(kind.name, name, value):
                if other["Id"] != own_id:
                    why = f"duplicate value found: {name} duplicates value on record with id: {other['Id']}"
                    raise Fault("DUPLICATE_VALUE", why)

    def _free(self, record: Record) -> None:
        if record["Id"] in self._tenant.locked or not self._twist.locked.isdisjoint((record["Id"], record["Id"][:15])):
            raise Fault(_LOCKED, CHOICES.lock_message)

    def _unless_refused(self, record: Mapping[str, Any]) -> None:
        if self._twist.refuses is None:
            return
        why, self._place = self._twist.refuses(self._place, dict(record)), self._place + 1
        if why is None:
            return
        code, text = (_LOCKED, CHOICES.lock_message) if why.passing else (_INVALID, "Not allowed")
        raise Fault(why.code or code, why.message or text)

    def _rules(self, record: Record) -> None:
        for rule in self._tenant.rules:
            if rule.hits(record):
                raise Fault(_INVALID, rule.message, rule.fields)


def wellformed(record_id: str) -> str:
    """Return an id in 18 characters; a `Fault` MALFORMED_ID for what is none."""
    try:
        return normalised(record_id)
    except ValueError:
        raise Fault("MALFORMED_ID", f"malformed id {record_id}") from None


def _require(missing: list[str]) -> None:
    if missing:
        listed = ", ".join(missing)
        raise Fault("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{listed}]", missing)
