"""The picklists of the tenant: categories, items, and which reason belongs to which CTA type."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.gainsight.ids import Ids
from sandbox.gainsight.store import Table, blank
from sandbox.wire import Record

DEFAULTS: dict[str, list[str]] = {
    "Company.Stage": ["New Customer", "Kicked Off", "Launched", "Adopting", "Will Churn", "Churn"],
    "Company.Status": ["Active", "Inactive", "Churn"],
    "CTA_TYPE": ["Risk", "Opportunity", "Lifecycle", "Activity", "Objective"],
    "CTA_STATUS": ["New", "Work In Progress", "Back to Sales", "Closed Success", "Closed Invalid"],
    "CTA_PRIORITY": ["High", "Medium", "Low"],
    "SUCCESS_PLAN_TYPE": ["Onboarding", "Growth", "Retention"],
    "SUCCESS_PLAN_STATUS": ["Draft", "Active", "Closed"],
    "SUCCESS_PLAN_TEMPLATE": ["Enterprise Template", "Onboarding Template"],
    "TIMELINE_TYPE": ["Update", "Call", "Meeting", "Email", "Milestone"],
}
REASONS: dict[str, list[str]] = {
    "Risk": ["Low Adoption", "Sponsor Change", "Support Risk", "Other"],
    "Opportunity": ["Upsell", "Cross-sell", "Expansion", "Other"],
    "Lifecycle": ["Onboarding", "Kickoff", "Handoff", "Renewal", "Business Review", "Other"],
    "Activity": ["Check-in", "Follow-up", "Other"],
    "Objective": ["Onboarding", "Business Outcome", "Other"],
}
REASON = "CTA_REASON"


class Picklists:
    """The items of every category; each item is a row of `da_picklist`."""

    def __init__(self, ids: Ids, table: Table) -> None:
        self._ids = ids
        self._table = table
        self._version = table.version
        self._items: dict[str, list[Record]] = {}
        for category, names in DEFAULTS.items():
            self._arrange(category, names)
        self._arrange_reasons(REASONS)

    def set(self, settings: Mapping[str, Any]) -> None:
        """
        Rename the items of the categories named; a category that Gainsight does not have is passed over.

        An item left out becomes inactive: old records keep it, new ones cannot take it. Reasons come by
        CTA type; a type left out keeps its reasons.
        """
        by_type = settings.get(REASON, {})
        if not isinstance(by_type, Mapping):
            raise ValueError("CTA_REASON takes reasons by CTA type, such as {'Lifecycle': ['Onboarding']}.")
        lists = {each: _names(each, settings[each]) for each in DEFAULTS if each in settings}
        reasons = {kind: _names(REASON, names) for kind, names in by_type.items()}
        for kind in reasons:
            if kind not in lists.get("CTA_TYPE", ()) and self.find("CTA_TYPE", kind, active=False) is None:
                raise ValueError(f"There is no CTA type {kind!r} to have reasons; name it in CTA_TYPE.")
        for category, names in lists.items():
            self._arrange(category, names)
        self._arrange_reasons(reasons)

    def items(self, category: str) -> list[Record]:
        """Return the items of a category in display order, inactive ones too."""
        if self._version != self._table.version:
            self._version, self._items = self._table.version, {}
        if category not in self._items:
            found = [row for row in self._table.rows.values() if row["CategoryName"] == category]
            self._items[category] = sorted(found, key=lambda row: (not row["IsActive"], row["DisplayOrder"]))
        return self._items[category]

    def category_id(self, category: str) -> str:
        """Return the GSID of a category."""
        return self._ids.named("1I00", f"category {category}")

    def category_of(self, gsid: str) -> str | None:
        """Return the category with that GSID, or None."""
        return next((each for each in [*DEFAULTS, REASON] if self.category_id(each) == gsid), None)

    def find(self, category: str, value: str, *, kind: str | None = None, active: bool = True) -> Record | None:
        """Return the item whose label or GSID is `value`; of a reason, the one that belongs to type `kind`."""
        for row in self.items(category):
            fits = value in (row["Name"], row["Gsid"]) and (kind is None or row["TypeName"] == kind)
            if fits and (row["IsActive"] or not active):
                return row
        return None

    def label(self, gsid: str | None) -> str | None:
        """Return the label of an item, or None."""
        row = self._table.rows.get(gsid or "")
        return None if row is None else str(row["Name"])

    def _arrange_reasons(self, by_type: Mapping[str, Sequence[str]]) -> None:
        for kind, names in by_type.items():
            self._arrange(REASON, names, kind)

    def _arrange(self, category: str, names: Sequence[str], kind: str | None = None) -> None:
        there = {row["Name"]: row for row in self.items(category) if row["TypeName"] == kind}
        for name, row in there.items():
            self._table.change(row["Gsid"], {"IsActive": name in names})
        for order, name in enumerate(names, start=1):
            if name not in there:
                self._add(category, name, kind)
            gsid = self._gsid(category, name, kind)
            self._table.change(gsid, {"IsActive": True, "DisplayOrder": order, "IsDefault": order == 1})

    def _add(self, category: str, name: str, kind: str | None) -> None:
        row = blank(self._table.kind, self._gsid(category, name, kind))
        row.update(
            Name=name,
            SystemName=name,
            CategoryId=self.category_id(category),
            CategoryName=category,
            TypeName=kind,
            DisplayOrder=0,
            IsActive=True,
        )
        self._table.insert(row)

    def _gsid(self, category: str, name: str, kind: str | None) -> str:
        return self._ids.named("1I00", f"{category}/{kind or ''}/{name}")


def _names(category: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError(f"Picklist {category} takes a list of labels; got {value!r}.")
    return value
