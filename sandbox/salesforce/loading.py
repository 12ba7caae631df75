"""Records put into the org from outside, as people's edits or as history that already happened."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sandbox.salesforce.faults import Fault
from sandbox.salesforce.ids import normalised
from sandbox.salesforce.keeping import Keeper
from sandbox.salesforce.schema import WHOLE, ObjectType
from sandbox.salesforce.tenant import Tenant
from sandbox.salesforce.values import taken
from sandbox.wire import Objects, Record

_FIRST = ("Organization", "User", "OpportunityStage", "Account", "Contact", "Product2", "PricebookEntry")
"""Loaded before the others, so that what is worked out from them is there."""


class _Rehearsed(Exception):
    """Everything could be loaded, and is to be taken back."""


class Loader:
    """Takes records in the shape of the state; all of a call or nothing."""

    def __init__(self, keeper: Keeper, tenant: Tenant, user_id: str) -> None:
        self._keeper, self._tenant, self._user_id = keeper, tenant, user_id
        self._store = keeper.store

    def load(self, objects: Objects, now: datetime, *, keep: bool = True) -> None:
        """
        Create, edit or delete the records; without `keep` everything is taken back at the end.

        Raises:
            ValueError: an object or field the org does not have, a value no field can hold, a stage that is none,
                or a deletion of a record that is not there.
        """
        unknown = [name for name in objects if name not in WHOLE.objects]
        if unknown:
            raise ValueError(f"Salesforce has no object {unknown[0]!r}. Use: {', '.join(WHOLE.objects)}.")
        told = {row.get("OpportunityId", "")[:15] for row in objects.get("OpportunityHistory", [])}
        ordered = [name for name in WHOLE.objects if name in objects]
        ordered.sort(key=lambda name: name not in _FIRST)
        with suppress(_Rehearsed), self._store.undoing_on_failure():
            for name in ordered:
                kind = WHOLE.objects[name]
                for record in objects[name]:
                    self._take(kind, record, now, told)
            if not keep:
                raise _Rehearsed

    def _take(self, kind: ObjectType, record: Mapping[str, Any], now: datetime, told: set[str]) -> None:
        given = _given(kind, record)
        old = self._known(kind, given)
        gone = bool(record.get("_deleted") or record.get("IsDeleted"))
        by = given.get("LastModifiedById") or given.get("OwnerId") or (old or {}).get("OwnerId") or self._user_id
        if old is None and record.get("_deleted"):
            raise ValueError(f"{kind.name} {given.get('Id')!r} cannot be deleted: there is no such record.")
        self._check_stage(kind, given, old)
        if gone and old is not None and not old["IsDeleted"]:
            self._keeper.delete(kind.name, old, now=now, by=by)
            return
        given["IsDeleted"] = gone
        if kind.name == "User":
            self._sign_off(given, old)
        tell = old is not None or given.get("Id", "")[:15] not in told
        self._keeper.save(kind.name, given, now=now, by=by, old=old, tell=tell)

    def _known(self, kind: ObjectType, given: Record) -> Record | None:
        if kind.name == "Organization":
            given.pop("Id", None)
            return next(iter(self._store.tables["Organization"].values()))
        found = self._store.get(kind.name, given.get("Id") or "")
        if found is None and kind.name == "OpportunityStage":
            found = self._keeper.stages.named(given.get("MasterLabel"))
            if found is not None:
                given["Id"] = found["Id"]
        return found

    def _check_stage(self, kind: ObjectType, given: Record, old: Record | None) -> None:
        if kind.name != "Opportunity" or (old is not None and "StageName" not in given):
            return
        stages = self._keeper.stages
        if stages.named(given.get("StageName")) is None:
            names = ", ".join(row["MasterLabel"] for row in stages.by_name().values())
            raise ValueError(f"The org has no stage {given.get('StageName')!r}. Use one of: {names}.")

    def _sign_off(self, given: Record, old: Record | None) -> None:
        user = {**(old or {}), **given}
        if user.get("Id") in self._tenant.inactive_users or str(user.get("Email")).lower() in (
            self._tenant.inactive_users
        ):
            given["IsActive"] = False


def _given(kind: ObjectType, record: Mapping[str, Any]) -> Record:
    given: Record = {}
    for name, value in record.items():
        field = kind.fields.get(name) or kind.field(name)
        if field is None:
            if name in ("_deleted", "IsDeleted", "attributes"):
                continue
            raise ValueError(f"{kind.name} has no field {name!r}. Use some of: {', '.join(kind.fields)}.")
        try:
            given[field.name] = taken(field, value)
        except Fault as error:
            raise ValueError(f"{kind.name} {record.get('Id', '')}: {error.message}") from error
    if given.get("Id"):
        if given["Id"][:3] != kind.prefix:
            raise ValueError(f"{given['Id']!r} is no id of {kind.name}: those start with {kind.prefix}.")
    else:
        given.pop("Id", None)
    return given


def sign_off(keeper: Keeper, named: set[str], before: set[str]) -> None:
    """Make the named users inactive, and those active again that were named before and are no more."""
    for user in [*keeper.store.tables["User"].values()]:
        names = {user["Id"], str(user["Email"]).lower()}
        if names & (named | before):
            keeper.store.put("User", {**user, "IsActive": not names & named})


def put_stages(keeper: Keeper, rows: list[Record], now: datetime, user_id: str) -> None:
    """Make these the org's stages; a stage that is not among them goes, one of the same name keeps its id."""
    named = {str(row["MasterLabel"]).lower() for row in rows}
    for old in keeper.stages.by_name().values():
        if str(old["MasterLabel"]).lower() not in named:
            keeper.store.put("OpportunityStage", {**old, "IsDeleted": True, "IsActive": False})
    for row in rows:
        known = keeper.stages.named(row["MasterLabel"])
        checked = _given(WHOLE.objects["OpportunityStage"], row)
        keeper.save("OpportunityStage", checked, now=now, by=user_id, old=known)


def organisation(org_id: str) -> Record:
    """Return the one record of Organization."""
    return {
        "Id": normalised(org_id),
        "Name": "Sandbox Org",
        "IsSandbox": True,
        "OrganizationType": "Enterprise Edition",
        "InstanceName": "SBX1",
        "IsDeleted": False,
    }
