"""Field paths of a statement: found in the schema, read from a record through its parents."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from sandbox.salesforce.faults import Fault
from sandbox.salesforce.schema import Field, ObjectType, Schema
from sandbox.salesforce.soql import Path, malformed, pointing
from sandbox.salesforce.store import Store
from sandbox.wire import Record

Read = Callable[[Record], Any]
Step = Callable[[Record], Record | None]
MOST_LEVELS = 5


class Paths:
    """Resolves the names of one statement for one org."""

    def __init__(self, statement: str, schema: Schema, store: Store) -> None:
        self.statement, self._schema, self._store = statement, schema, store

    def reader(self, path: Path, kind: ObjectType) -> tuple[Field, Read]:
        """Return the field at the end of a path, and how to read it; a missing parent reads as None."""
        steps: list[Step] = []
        if len(path.names) > MOST_LEVELS + 1:
            raise malformed(self.statement, path.at, f"A path may cross at most {MOST_LEVELS} relationships")
        for name in path.names[:-1]:
            _, kind, step = self.parent(name, kind, path.at)
            steps.append(step)
        field = self.field(path.names[-1], kind, path.at)
        return field, _through(steps, field.name) if steps else itemgetter(field.name)

    def field(self, name: str, kind: ObjectType, at: int) -> Field:
        """Return a field of an object; INVALID_FIELD where the integration user sees none."""
        field = kind.field(name)
        if field is None:
            why = (
                f"No such column '{name}' on entity '{kind.name}'. If you are attempting to use a custom field, "
                "be sure to append the '__c' after the custom field name. Please reference your WSDL or the "
                "describe call for the appropriate names."
            )
            raise Fault("INVALID_FIELD", pointing(self.statement, at, why))
        return field

    def parent(self, name: str, kind: ObjectType, at: int) -> tuple[str, ObjectType, Step]:
        """Return a relationship's canonical name, the object it leads to and the way from a record there."""
        field = kind.parent(name)
        target = (
            next((self._schema.objects[t] for t in field.targets if t in self._schema.objects), None)
            if (field)
            else None
        )
        if field is None or target is None:
            why = (
                f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
                "relationship, be sure to append the '__r' after the custom relationship name. Please reference "
                "your WSDL or the describe call for the appropriate names."
            )
            raise Fault("INVALID_FIELD", pointing(self.statement, at, why))
        reference = field.name
        if len(field.targets) == 1:
            table = self._store.tables[target.name]
            return str(field.relationship), target, lambda record: table.get(record[reference])
        return str(field.relationship), target, lambda record: self._anywhere(record[reference])

    def _anywhere(self, record_id: str | None) -> Record | None:
        kind = self._schema.of_id(record_id) if record_id else None
        return self._store.get(kind.name, record_id) if kind and record_id else None


def _through(steps: list[Step], name: str) -> Read:
    def read(record: Record) -> Any:
        at = record
        for step in steps:
            parent = step(at)
            if parent is None:
                return None
            at = parent
        return at.get(name)

    return read
