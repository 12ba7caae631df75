"""Whether a tenant's objects have the fields that the mapping needs, and the bridge's own key fields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors._gainsight_settings import COMPANY, CTA, KEY_FIELD, PLAN, TIMELINE
from connectors._gainsight_wire import Json, Wire
from connectors._http import Route
from handoff.errors import ServiceError
from handoff.inspection import KEY_LENGTH, REVOPS, Check, ExpectedField, ExpectedOfPlatform, Finding, looked

DESCRIBE = Route("reading which objects and fields there are", reads=True, repeatable=True)

ADMIN = "a Gainsight admin"
TEXTS = frozenset({"STRING", "RICHTEXTAREA", "EMAIL", "URL", "JSONSTRING"})

LABELS = {COMPANY: "Company", PLAN: "Success Plan", CTA: "Call To Action", TIMELINE: "Timeline"}
READ_AS: Mapping[str, Mapping[str, str]] = {
    CTA: {"type": "TypeId", "reason": "ReasonId", "status": "StatusId", "priority": "PriorityId"},
    PLAN: {"SuccessPlanType": "SuccessPlanTypeId", "status": "StatusId"},
    TIMELINE: {"Author": "AuthorId"},
}
"""What is written under one name and described under another."""
NO_FIELDS: Mapping[str, frozenset[str]] = {
    PLAN: frozenset({"Templates", "Objectives"}),
    CTA: frozenset({"OwnerEmail"}),
    TIMELINE: frozenset({"companyName", "internalAttendees"}),
}
"""What a call takes and no field holds."""

UNSEEN = (
    "If it is there, give the API's user access to it. If it is not, create it (docs/set-up.md lists those the bridge "
    "needs), or take it out of the mapping."
)


def named(kinds: Iterable[str]) -> str:
    """Return the objects as people know them."""
    return ", ".join(LABELS[kind] for kind in kinds)


class Fields:
    """What describe tells of the objects that the mapping's steps make; `learn` comes first."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._settings, self._system = wire, wire.settings, wire.exchange.system
        self._fields: dict[str, dict[str, Json]] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the objects that are there."""
        return tuple(self._fields)

    def of(self, kind: str, name: str) -> Json | None:
        """Return what is told of the field that a mapping calls so, None where there is none such."""
        return self._fields.get(kind, {}).get(READ_AS.get(kind, {}).get(name, name).lower())

    def learn(self, kinds: Sequence[str]) -> list[Finding]:
        """Learn the fields of every object; return a finding for each that the tenant does not have."""
        if not self._ask(kinds):
            for kind in kinds:  # the refusal does not say which
                self._ask([kind])
        return [self._absent(kind) for kind in kinds if kind not in self._fields]

    def _absent(self, kind: str) -> Finding:
        remedy = f"Name it as this tenant does, in handoff.toml: {kind.removeprefix('success_')}_object."
        return Finding(f"There is no object {self._settings.objects[kind]}.", ADMIN, remedy)

    def _ask(self, kinds: Sequence[str]) -> bool:
        """Return whether all of these objects are there; learn their fields."""
        names = {self._settings.objects[kind].lower(): kind for kind in kinds}
        body = {"objectNames": [self._settings.objects[kind] for kind in kinds], "populatePickListOptions": True}
        try:
            data = self._wire.call(DESCRIBE, "POST", "/v1/meta/services/objects/describe", body).get("data")
        except ServiceError as error:
            if error.code != "OBJECT_NOT_FOUND":
                raise
            return False
        for told in data if isinstance(data, list) else ():
            kind = names.get(str(told.get("objectName")).lower())
            if kind is not None:
                self._fields[kind] = {str(one.get("fieldName")).lower(): one for one in told.get("fields") or ()}
        return True

    def check(self, name: str, wanted: ExpectedOfPlatform) -> Check:
        """Return the check of every field that the mapping sends or matches by."""
        looks = [
            self._trouble(kind, one)
            for kind in self._fields
            for one in wanted.fields(kind)
            if one.name not in NO_FIELDS.get(kind, frozenset())
        ]
        told = f"{len(looks)} of {named(self._fields)}"
        return looked(self._system, name, [finding for finding in looks if finding], told)

    def _trouble(self, kind: str, one: ExpectedField) -> Finding | None:
        """Return the first thing that is wrong with a field."""
        field = self.of(kind, one.name)
        label = f"{LABELS[kind]}.{one.name}"
        if field is None:
            return Finding(f"{label} is missing or hidden; it is used by {one.place}.", ADMIN, UNSEEN)
        meta = field.get("meta") or {}
        if one.sent and self._tells_writing(kind) and meta.get("createable") is False:
            remedy = "Make it writable for the API, or take it out of the mapping."
            return Finding(f"{label} cannot be written; it is sent by {one.place}.", ADMIN, remedy)
        if one.sent and one.updates and self._tells_writing(kind) and meta.get("updateable") is False:
            remedy = "Write it once only (write: create_only), or make it editable in Gainsight."
            what = f"{label} cannot be changed once it is written; {one.place} keeps it up to date."
            return Finding(what, REVOPS, remedy)
        if one.matched and meta.get("filterable") is False:
            remedy = "Make it filterable in Gainsight, or match by another field."
            return Finding(f"{label} cannot be searched by; {one.place} matches by it.", ADMIN, remedy)
        length = _length(field)
        if one.longest and length and length < one.longest:
            what = f"{label} holds {length:,} characters, and {one.place} sends up to {one.longest:,}: it is refused."
            return Finding(what, REVOPS, f"Say max: {length} in the mapping, or make the field longer.")
        return None

    def _tells_writing(self, kind: str) -> bool:
        """
        Return whether describe says anything about writing this object.

        CTAs, plans and entries have calls of their own. Where every field of one is called read-only, describe
        speaks of the object API, which does not write it at all.
        """
        return any((field.get("meta") or {}).get("createable") is True for field in self._fields[kind].values())

    def check_keys(self, name: str, kinds: Sequence[str]) -> Check:
        """Return the check of the fields that the bridge plants its own keys in."""
        there = [kind for kind in kinds if kind in self._fields]
        found = [self._key_trouble(kind) for kind in there]
        return looked(self._system, name, [one for one in found if one], f"on {named(there)}")

    def _key_trouble(self, kind: str) -> Finding | None:
        name = "ExternalId" if kind == TIMELINE else KEY_FIELD
        field = self._fields[kind].get(name.lower())
        label, make = f"{LABELS[kind]}.{name}", f"a text field of 255 characters, filterable, named {name}"
        if field is None:
            what = f"The key field {label} is missing or hidden: without it the bridge cannot find its own work again."
            return Finding(what, ADMIN, f"Create {make}, on {LABELS[kind]}; give the API's user access to it.")
        meta, trouble = field.get("meta") or {}, ""
        if str(field.get("dataType")) not in TEXTS:
            trouble = f"is no text field but {field.get('dataType')}"
        elif 0 < _length(field) < KEY_LENGTH:
            trouble = f"holds {_length(field)} characters; keys have up to {KEY_LENGTH}"
        elif meta.get("filterable") is False:
            trouble = "cannot be searched by"
        elif self._tells_writing(kind) and not (meta.get("createable") and meta.get("updateable")):
            trouble = "cannot be written"
        return Finding(f"The key field {label} {trouble}.", ADMIN, f"Make it {make}.") if trouble else None


def _length(field: Mapping[str, Any]) -> int:
    return int((field.get("meta") or {}).get("length") or 0) if str(field.get("dataType")) in TEXTS else 0
