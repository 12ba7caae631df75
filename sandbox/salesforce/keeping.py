"""How a change becomes a record: stamps, derived fields, history and children that go with their parent."""

from datetime import datetime

from sandbox.salesforce import derive, moments
from sandbox.salesforce import objects as data
from sandbox.salesforce.choices import CHOICES
from sandbox.salesforce.schema import WHOLE
from sandbox.salesforce.store import Store
from sandbox.wire import Record

_STAMPED = {name: kind.fields for name, kind in WHOLE.objects.items() if "SystemModstamp" in kind.fields}


class Keeper:
    """Saves and deletes records as the org does, whoever asked; it refuses nothing."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.stages = derive.Stages(store)

    def save(
        self, name: str, given: Record, *, now: datetime, by: str | None, old: Record | None, tell: bool = True
    ) -> Record:
        """
        Store a new record or a change of one, and return it.

        Args:
            given: Canonical field names with values as stored; stamps among them are kept.
            by: The user who did it.
            old: The record as it was; None makes a new one, under `given["Id"]` if that is there.
            tell: Whether a change of an opportunity writes its history row.
        """
        at = moments.stamp(now)
        new = {**(self.store.blank(name) if old is None else old), **given}
        if not new["Id"]:
            new["Id"] = self.store.next_id(name)
        self._stamp(name, new, given, at=at, by=by, born=old is None)
        if name == "Opportunity":
            self._opportunity(old, new, given, at=at, by=by, tell=tell)
        elif name in derive.OTHERS:
            derive.OTHERS[name](new, self.store)
        self.store.put(name, new)
        if name == "OpportunityLineItem":
            self.note_line_items(new["OpportunityId"])
        return new

    def delete(self, name: str, record: Record, *, now: datetime, by: str | None) -> None:
        """Put a record into the recycle bin, and its dependent children with it."""
        gone = {**record, "IsDeleted": True}
        self._stamp(name, gone, {}, at=moments.stamp(now), by=by, born=False)
        self.store.put(name, gone)
        for (child, field), (_, cascade) in data.CHILDREN.items():
            if cascade and name in WHOLE.objects[child].fields[field].targets:
                for each in self.store.children(child, field, record["Id"]):
                    if not each["IsDeleted"]:
                        self.delete(child, each, now=now, by=by)
        if name == "OpportunityLineItem":
            self.note_line_items(record["OpportunityId"])

    def note_line_items(self, deal_id: str | None) -> None:
        """Set `HasOpportunityLineItem` by what is there; a child alone moves no stamp of its parent."""
        deal = self.store.get("Opportunity", deal_id or "")
        if deal is None:
            return
        items = self.store.children("OpportunityLineItem", "OpportunityId", deal["Id"])
        has = any(not item["IsDeleted"] for item in items)
        if has != deal["HasOpportunityLineItem"]:
            self.store.put("Opportunity", {**deal, "HasOpportunityLineItem": has})

    def _stamp(self, name: str, new: Record, given: Record, *, at: str, by: str | None, born: bool) -> None:
        fields = _STAMPED.get(name)
        if fields is None:
            return
        if born:
            new["CreatedDate"] = given.get("CreatedDate") or at
            new["CreatedById"] = given.get("CreatedById") or by
        new["SystemModstamp"] = given.get("SystemModstamp") or at
        if "LastModifiedDate" in fields:
            new["LastModifiedDate"] = given.get("LastModifiedDate") or at
            new["LastModifiedById"] = given.get("LastModifiedById") or by
        if "OwnerId" in fields:
            new["OwnerId"] = new["OwnerId"] or by

    def _opportunity(
        self, old: Record | None, new: Record, given: Record, *, at: str, by: str | None, tell: bool
    ) -> None:
        changed_at = (given.get("LastStageChangeDate") or at) if old else new["CreatedDate"]
        derive.opportunity(old, new, given, self.stages, at)
        if old is None and CHOICES.born_stage_change:
            new["LastStageChangeDate"] = new["LastStageChangeDate"] or at
        row = derive.history(old, new, at=changed_at, by=by, store=self.store) if tell else None
        if row is not None:
            self.store.put("OpportunityHistory", row)
