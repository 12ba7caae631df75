"""A look at an org before anything is sent: what the mapping needs of it, and what is not as it must be."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_inspect_org import ADMIN, COUNT, DEAL, LIMITS, RECORD_COUNT, STAGES, Numbers
from handoff.errors import ConfigError, NotAllowed, Rejected, ServiceError
from handoff.inspection import (
    Check,
    ExpectedOfCrm,
    Finding,
    Form,
    Use,
    Written,
    attempt,
    locked_out,
    looked,
    not_checked,
    refusal,
)

DESCRIBE = Route("reading which fields there are", reads=True, repeatable=True)
ROUTES = (DESCRIBE, STAGES, COUNT, RECORD_COUNT, LIMITS)

FITTING: Mapping[Form, frozenset[str]] = {
    Form.TEXT: frozenset(
        {"string", "textarea", "url", "email", "phone", "picklist", "multipicklist", "combobox", "encryptedstring"}
    ),
    Form.NUMBER: frozenset({"double", "currency", "percent", "int"}),
    Form.MOMENT: frozenset({"datetime"}),
    Form.DAY: frozenset({"date"}),
    Form.BOOLEAN: frozenset({"boolean"}),
}
UNSEEN = (
    "If it is there, grant the integration user read access to it (a new field is hidden until field-level security is "
    "granted). If it is not, create it, or correct its name in the mapping."
)
UNWRITABLE = "Grant the integration user edit access to it (field-level security), or take it out of write_back."


@dataclass(frozen=True)
class Described:
    """What describe tells of one object, by lower-case name: fields, where parents lead, what lists hold."""

    fields: Mapping[str, Mapping[str, Any]]
    parents: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, str]


class Inspector:
    """
    Looks at one org.

    Args:
        gateway: The way to the org.
        org: Returns the org's id, which proves the credentials.
        always: Paths of the deal that the connector reads whatever the mapping says.
    """

    def __init__(self, gateway: Gateway, org: Callable[[], str], always: Iterable[str]) -> None:
        self._gateway, self._org = gateway, org
        self._always = tuple(Use(path, "the bridge itself") for path in always)
        self._system = gateway.exchange.system
        self._numbers = Numbers(gateway)
        self._known: dict[str, Described | ServiceError | ConfigError] = {}

    def look(self, wanted: ExpectedOfCrm) -> list[Check]:
        """Return every check of the org; after a refused login the others are named, and not made."""
        looks: dict[str, Callable[[str], Check]] = {
            "objects": lambda name: self._objects(name, wanted),
            "fields it reads": lambda name: self._fields(name, wanted),
            "lists it reads": lambda name: self._lists(name, wanted),
            "fields it writes": lambda name: self._writes(name, wanted),
            "stages": lambda name: self._numbers.stages(name, wanted),
            "won deals in sight": lambda name: self._numbers.deals(name, wanted),
            "calls a day": lambda name: self._numbers.calls(name, wanted),
        }
        try:
            told = f"org {self._org()}"
        except (ServiceError, ConfigError) as error:
            return locked_out(self._system, error, looks)
        made = (attempt(self._system, name, look) for name, look in looks.items())
        return [looked(self._system, "credentials", told=told), *made]

    # Objects, fields, lists

    def _objects(self, name: str, wanted: ExpectedOfCrm) -> Check:
        """An object that cannot be described is found here, and its fields are not told of again."""
        for use in (*self._always, *wanted.reads):
            self._breaks(DEAL, use.path)
        for list_name, uses in wanted.lists.items():
            child = self._child(list_name)
            for use in uses if child else ():
                self._breaks(child or "", use.path)
        found = [self._unreadable(kind, error) for kind, error in self._known.items() if isinstance(error, Exception)]
        seen = [kind for kind, schema in self._known.items() if isinstance(schema, Described)]
        return looked(self._system, name, found, f"readable: {', '.join(seen)}" if seen else "")

    def _unreadable(self, kind: str, error: ServiceError | ConfigError) -> Finding:
        if isinstance(error, NotAllowed | Rejected):
            remedy = "Grant the integration user read access to the object (permission set), or do without it."
            return Finding(f"The object {kind} is missing or hidden from the integration user.", ADMIN, remedy)
        return refusal(self._system, error)

    def _fields(self, name: str, wanted: ExpectedOfCrm) -> Check:
        if not self._seen(DEAL):
            return self._blind(name)
        uses = (*self._always, *wanted.reads)
        told = f"{len({use.path for use in uses})} paths"
        return looked(self._system, name, self._missing((self._breaks(DEAL, use.path), use) for use in uses), told)

    def _lists(self, name: str, wanted: ExpectedOfCrm) -> Check:
        if not self._seen(DEAL):
            return self._blind(name)
        found: list[Finding] = []
        for list_name, uses in wanted.lists.items():
            child = self._child(list_name)
            if child is None:
                what = f"{DEAL}.{list_name} is missing or hidden; it is read for {_several(use.place for use in uses)}."
                remedy = "Grant the integration user read access to that object, or take the list out of the mapping."
                found.append(Finding(what, ADMIN, remedy))
            else:
                found += self._missing((self._breaks(child, use.path), use) for use in uses)
        return looked(self._system, name, found, ", ".join(wanted.lists))

    def _missing(self, broken: Iterable[tuple[str | None, Use]]) -> list[Finding]:
        """Return a finding for each name on which paths break, with all who read it."""
        readers: dict[str, list[str]] = {}
        for name, use in broken:
            if name is not None:
                readers.setdefault(name, []).append(use.place)
        return [
            Finding(f"{name} is missing or hidden; it is read for {_several(places)}.", ADMIN, UNSEEN)
            for name, places in readers.items()
        ]

    def _breaks(self, kind: str, path: str) -> str | None:
        """Return the object's field on which a path breaks; None for a whole one, or where it cannot be known."""
        schema = self._described(kind)
        if schema is None:
            return None
        first, _, rest = path.partition(".")
        if not rest:
            return None if first.lower() in schema.fields else f"{kind}.{first}"
        targets = schema.parents.get(first.lower())
        if targets is None:
            return f"{kind}.{first}"
        return self._breaks(targets[0], rest) if len(targets) == 1 else None

    def _child(self, list_name: str) -> str | None:
        schema = self._described(DEAL)
        return schema.lists.get(list_name.lower()) if schema else None

    def _described(self, kind: str) -> Described | None:
        if kind not in self._known:
            try:
                self._known[kind] = _described(self._gateway.ask(DESCRIBE, "GET", f"sobjects/{kind}/describe"))
            except (ServiceError, ConfigError) as error:
                self._known[kind] = error
        known = self._known[kind]
        return known if isinstance(known, Described) else None

    def _seen(self, kind: str) -> bool:
        return self._described(kind) is not None

    def _blind(self, name: str) -> Check:
        return not_checked(self._system, name, f"{DEAL} cannot be described (see objects)")

    # Writing

    def _writes(self, name: str, wanted: ExpectedOfCrm) -> Check:
        if not wanted.writes:
            return looked(self._system, name, told="write_back is off")
        schema = self._described(DEAL)
        if schema is None:
            return self._blind(name)
        found = (_trouble(one, schema.fields.get(one.name.lower())) for one in wanted.writes)
        told = f"{len(wanted.writes)} fields of {DEAL}"
        return looked(self._system, name, [finding for finding in found if finding], told)


def _described(told: Any) -> Described:
    fields = {str(field["name"]).lower(): field for field in told["fields"]}
    return Described(
        fields,
        {
            str(field["relationshipName"]).lower(): tuple(field.get("referenceTo") or ())
            for field in fields.values()
            if field.get("relationshipName")
        },
        {
            str(child["relationshipName"]).lower(): str(child["childSObject"])
            for child in told.get("childRelationships", ())
            if child.get("relationshipName") and child.get("childSObject")
        },
    )


def _trouble(one: Written, field: Mapping[str, Any] | None) -> Finding | None:
    """Return the first thing that is wrong with a field that is written to."""
    name = f"{DEAL}.{one.name}"
    if field is None:
        return Finding(f"{name} is missing or hidden; it is written by {one.place}.", ADMIN, UNSEEN)
    if field.get("updateable") is not True:
        return Finding(f"{name} is read-only; it is written by {one.place}.", ADMIN, UNWRITABLE)
    kind, length = str(field.get("type")), int(field.get("length") or 0)
    if one.form is not Form.ANY and kind not in FITTING[one.form]:
        remedy = f"Make it a field that takes a {one.form}, as docs/set-up.md lists it, or map it to another."
        return Finding(f"{name} is of type {kind}, and {one.place} writes a {one.form}.", ADMIN, remedy)
    if one.longest and one.form is Form.TEXT and 0 < length < one.longest:
        what = f"{name} holds {length} characters, and {one.place} writes up to {one.longest:,}: the rest is cut off."
        return Finding(what, ADMIN, f"Make it {one.longest} long, or say max: {length} in the mapping.")
    lacking = [word for word in one.words if word not in set(_active(field))] if field.get("restrictedPicklist") else []
    if lacking:
        values = _several(repr(word) for word in lacking)
        return Finding(f"{name} does not take {values}.", ADMIN, "Add it to the picklist, or make it a text field.")
    return None


def _active(field: Mapping[str, Any]) -> Iterator[str]:
    for entry in field.get("picklistValues") or ():
        if entry.get("active") is not False:
            yield str(entry.get("value"))


def _several(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(words))
