"""One org: its records, set-up, sessions and use, held together for the routes."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sandbox.salesforce import objects as data
from sandbox.salesforce.faults import Fault, not_found
from sandbox.salesforce.ids import OWN_RANGE, new_id, normalised
from sandbox.salesforce.keeping import Keeper
from sandbox.salesforce.loading import Loader, organisation, put_stages, sign_off
from sandbox.salesforce.query import Queries
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.store import Store
from sandbox.salesforce.tenant import Tenant, default_stages
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.writing import Writer
from sandbox.wire import PLAIN, Json, Loss, Objects, Record, Twist

_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


class Org:
    """The records of one org and everything that is done with them."""

    def __init__(self, org_id: str) -> None:
        self.id = normalised(org_id)
        self.user_id = new_id("005", OWN_RANGE, self.id)
        self.admin_id = new_id("005", OWN_RANGE - 1, self.id)
        self.store = Store(self.id)
        self.tenant = Tenant()
        self.schema = self.tenant.schema()
        self.usage = Usage()
        self.twist = PLAIN
        self.queries = Queries(self.store, lambda: self.tenant.unshared)
        self._keeper = Keeper(self.store)
        self.writer = Writer(self._keeper, self.tenant, lambda: self.schema, self.user_id)
        self.loader = Loader(self._keeper, self.tenant, self.admin_id)
        self._found()

    def set_up(self, settings: Mapping[str, Json]) -> None:
        """Take the tenant's settings; raises `ValueError` for one it does not have."""
        before = self.tenant.inactive_users
        stages = self.tenant.take(settings)
        if stages is not None:
            put_stages(self._keeper, stages, _BEGINNING, self.user_id)
        if self.tenant.inactive_users != before:
            sign_off(self._keeper, self.tenant.inactive_users, before)
        self.schema = self.tenant.schema()

    def begin(self, twist: Twist) -> None:
        """Let the next call go as its twist says."""
        self.twist = twist
        self.writer.begin(twist)

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """Take these fields, or the right to write them, from the integration user; `ValueError` for one unknown."""
        if self.tenant.withhold(fields):
            self.schema = self.tenant.schema()

    def mentioned(self, name: str, words: str) -> Record | None:
        """Return a copy of the first living record whose id, of 15 or 18 characters, stands in the words."""
        table = self.store.tables[name]
        for found in re.findall(rf"\b{data.PREFIXES[name]}[0-9A-Za-z]{{12}}(?:[0-9A-Za-z]{{3}})?\b", words):
            record = table.get(normalised(found))
            if record is not None and not record["IsDeleted"]:
                return dict(record)
        return None

    def picklists(self) -> dict[str, list[str]]:
        """Return the values of every picklist; those of the stage come from the stages themselves."""
        stages = [row["MasterLabel"] for row in self._keeper.stages.by_name().values() if row["IsActive"]]
        return {**self.tenant.picklists, "Opportunity.StageName": stages}

    def records(self, name: str) -> list[Record]:
        """Return copies of an object's records, deleted ones too, with every field but those of other editions."""
        dropped = () if self.tenant.multi_currency else ("CurrencyIsoCode",)
        rows = self.store.tables[name].values()
        return [{field: value for field, value in row.items() if field not in dropped} for row in rows]

    def state(self) -> Objects:
        """Return copies of all records by object."""
        return {name: self.records(name) for name in self.store.tables}

    def kind(self, name: str) -> ObjectType:
        """Return the object a URL names; NOT_FOUND where there is none."""
        found = self.schema.object(name)
        if found is None:
            raise not_found()
        return found

    def kind_of_type(self, name: str) -> ObjectType:
        """Return the object a record says it is; INVALID_TYPE where there is none."""
        found = self.schema.object(name)
        if found is None:
            raise Fault("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def external(self, kind: ObjectType, name: str) -> Field:
        """Return the field that a URL uses as an external id; NOT_FOUND where it is none."""
        field = kind.field(name)
        if field is None or not (field.may("E") or field.type == "id"):
            raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
        return field

    def named(self, kind: ObjectType, names: Sequence[str]) -> list[Field]:
        """Return an object's fields by name; INVALID_FIELD for one that it does not show."""
        fields = []
        for name in names:
            field = kind.field(name.strip())
            if field is None:
                raise Fault("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
            fields.append(field)
        return fields

    def answer(self, kind: ObjectType, record: Record, names: Sequence[str], version: str) -> Record:
        """Return a record as REST answers it, with its id and the named fields."""
        fields = {field.name: record[field.name] for field in self.named(kind, names)}
        url = f"/services/data/{version}/sobjects/{kind.name}/{record['Id']}"
        return {"attributes": {"type": kind.name, "url": url}, **fields, "Id": record["Id"]}

    def _found(self) -> None:
        self.store.put("Organization", organisation(self.id))
        # Two users: the one the API acts as, and the person behind every loaded edit that names nobody.
        self._person(self.user_id, "Handoff Integration", "integration@sandbox.example", "sandbox")
        self._person(self.admin_id, "Sandbox Admin", "admin@sandbox.example", "admin@sandbox.example")
        put_stages(self._keeper, default_stages(), _BEGINNING, self.user_id)

    def _person(self, user_id: str, name: str, email: str, username: str) -> None:
        user = {"Id": user_id, "Name": name, "Email": email, "Username": username}
        self._keeper.save("User", user, now=_BEGINNING, by=user_id, old=None)
