"""What the org works out by itself from what people write: flags of the stage, totals, names, history rows."""

from collections.abc import Callable
from datetime import date

from sandbox.salesforce.objects import FORECAST_OF_NAME
from sandbox.salesforce.store import Store
from sandbox.wire import Record

_HISTORIC = ("StageName", "Amount", "CloseDate", "Probability", "ForecastCategory")


class Stages:
    """The org's stages by name, as its OpportunityStage records say."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: list[Record] = []
        self._by_name: dict[str, Record] = {}

    def named(self, name: object) -> Record | None:
        """Return the stage of that name, or None."""
        return self.by_name().get(str(name).lower())

    def by_name(self) -> dict[str, Record]:
        """Return every stage by its name in lower case."""
        rows = [*self._store.tables["OpportunityStage"].values()]
        if rows != self._rows:  # a changed record is another object, and the same one is equal at a glance
            self._rows = rows
            self._by_name = {str(row["MasterLabel"]).lower(): row for row in rows if not row["IsDeleted"]}
        return self._by_name


def opportunity(old: Record | None, new: Record, given: Record, stages: Stages, at: str) -> None:
    """
    Bring the derived fields of an opportunity in line with what was written.

    Args:
        given: The fields that were written, as against those that stayed.
        at: The stamp of this change; becomes `LastStageChangeDate` when an existing record's stage moved.
    """
    stage = stages.named(new["StageName"])
    moved = old is None or old["StageName"] != new["StageName"]
    if stage is not None:
        new["StageName"], new["IsClosed"], new["IsWon"] = stage["MasterLabel"], stage["IsClosed"], stage["IsWon"]
        if given.get("Probability") is None and (moved or "Probability" in given):
            new["Probability"] = stage["DefaultProbability"]
        if moved and given.get("ForecastCategoryName") is None:
            new["ForecastCategoryName"] = stage["ForecastCategoryName"]
    if new["ForecastCategoryName"] in FORECAST_OF_NAME:
        new["ForecastCategory"] = FORECAST_OF_NAME[new["ForecastCategoryName"]]
    if moved and old is not None and given.get("LastStageChangeDate") is None:
        new["LastStageChangeDate"] = at
    new["ExpectedRevenue"] = _share(new["Amount"], new["Probability"])
    if new["CloseDate"]:
        closing = date.fromisoformat(new["CloseDate"])
        new["FiscalYear"], new["FiscalQuarter"] = closing.year, (closing.month + 2) // 3
        new["Fiscal"] = f"{closing.year} {new['FiscalQuarter']}"


def history(old: Record | None, new: Record, *, at: str, by: str | None, store: Store) -> Record | None:
    """Return the history row that a change of an opportunity leaves, or None when none of its fields moved."""
    if old is not None and all(old[name] == new[name] for name in _HISTORIC):
        return None
    row = store.blank("OpportunityHistory")
    row.update({name: new[name] for name in (*_HISTORIC, "ExpectedRevenue")})
    row.update(Id=store.next_id("OpportunityHistory"), OpportunityId=new["Id"])
    row.update(CreatedDate=at, CreatedById=by, SystemModstamp=at)
    if old is not None:
        row.update(PrevAmount=old["Amount"], PrevCloseDate=old["CloseDate"])
        for field in ("Amount", "CloseDate"):
            if old[field] != new[field]:
                new[f"Last{field}ChangedHistoryId"] = row["Id"]
    return row


def _contact(new: Record, store: Store) -> None:
    if new["LastName"] is None and new["Name"]:
        first, _, new["LastName"] = str(new["Name"]).rpartition(" ")
        new["FirstName"] = new["FirstName"] or first or None
    new["Name"] = " ".join(part for part in (new["FirstName"], new["LastName"]) if part)


def _task(new: Record, store: Store) -> None:
    new["IsClosed"] = new["Status"] == "Completed"


def _entry(new: Record, store: Store) -> None:
    product = store.get("Product2", new["Product2Id"] or "")
    if product is not None:
        new["Name"], new["ProductCode"] = product["Name"], product["ProductCode"]


def _line_item(new: Record, store: Store) -> None:
    entry = store.get("PricebookEntry", new["PricebookEntryId"] or "")
    if entry is not None:
        new["Product2Id"], new["ListPrice"] = entry["Product2Id"], entry["UnitPrice"]
        if new["UnitPrice"] is None:
            new["UnitPrice"] = entry["UnitPrice"]
    product = store.get("Product2", new["Product2Id"] or "")
    if product is not None:
        new["ProductCode"] = product["ProductCode"]
    deal = store.get("Opportunity", new["OpportunityId"] or "")
    if deal is not None and product is not None:
        new["Name"] = f"{deal['Name']} {product['Name']}"[:376]
    if new["Quantity"] is not None and new["UnitPrice"] is not None:
        new["TotalPrice"] = round(new["Quantity"] * new["UnitPrice"], 2)


OTHERS: dict[str, Callable[[Record, Store], None]] = {
    "Contact": _contact,
    "OpportunityLineItem": _line_item,
    "PricebookEntry": _entry,
    "Task": _task,
}
"""By object, how its derived fields follow from the others."""


def _share(amount: float | None, percent: float | None) -> float | None:
    return None if amount is None else round(amount * (percent or 0) / 100, 2)
