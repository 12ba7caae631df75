"""One tenant: its identifiers, set-up and records, as every route sees them."""

from sandbox.gainsight.choices import Choices
from sandbox.gainsight.ids import Ids
from sandbox.gainsight.picklists import Picklists
from sandbox.gainsight.schema import Field, ObjectType, Schema
from sandbox.gainsight.store import Store


class Org:
    """Everything that belongs to one tenant, and nothing that belongs to one call."""

    def __init__(self, tenant_id: str) -> None:
        self.ids = Ids(tenant_id)
        self.schema = Schema()
        self.store = Store(self.schema)
        self.picklists = Picklists(self.ids, self.store.table("da_picklist"))
        self.choices = Choices()
        self.inactive_users: frozenset[str] = frozenset()
        self.api_user = self.ids.named("1P01", "the access key's own user")

    def field(self, kind: ObjectType, name: str) -> Field | None:
        """Return the field an API caller means by `name`, or None when the tenant has none such."""
        found = self.schema.visible(kind).get(name.lower())
        if found is None or (self.choices.field_names == "exact" and found.name != name):
            return None
        return found

    def same_text(self, left: str, right: str) -> bool:
        """Return whether two texts are equal as this tenant compares them."""
        if self.choices.text_match == "ignore_case":
            return left.casefold() == right.casefold()
        return left == right
