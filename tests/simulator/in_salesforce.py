"""A simulated company's deals in Salesforce."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from handoff.settings import Instance
from sandbox.ids import Ids
from sandbox.journal import iso_z
from sandbox.wire import Json, Objects, Record
from tests.simulator.sides import LOST, OPEN, WON, Account, Sale, Told

STAGES = {WON: "Closed Won", LOST: "Closed Lost", OPEN: "Prospecting"}


class Salesforce:
    """What people do in Salesforce; see `CrmSide`."""

    system = "salesforce"
    seen_within = timedelta(0)

    def __init__(self) -> None:
        self._ids = Ids("Sim")
        self._rep: Record = {"Id": self._ids.salesforce("005"), "Name": "Rosa Rep", "IsActive": True}
        self._rep |= {"Email": "rosa.rep@harbor.example", "Username": "rosa.rep@harbor.example"}
        self.objects: Objects = {"User": [self._rep], "Account": [], "Opportunity": [], "OpportunityHistory": []}
        self.settings: Mapping[str, Json] = {}

    def account(self) -> Account:
        """Add an account."""
        account = Account(self._ids.salesforce("001"), f"Account {len(self.objects['Account']) + 1}")
        self.objects["Account"].append({"Id": account.id, "Name": account.name})
        return account

    def new_id(self) -> str:
        """Return the id of the next deal."""
        return self._ids.salesforce("006")

    def begin(self, sale: Sale, stage: str, moment: datetime) -> None:
        """Add a deal that came to this stage at a moment."""
        stamp = iso_z(moment.replace(microsecond=0))
        stamps = {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        deal = {"Id": sale.id, "Name": sale.name, "AccountId": sale.account, "StageName": STAGES[stage]}
        deal |= {"Type": sale.type, "CloseDate": moment.date().isoformat(), "OwnerId": self._rep["Id"]}
        deal |= {"Business_Goal__c": sale.goals[0], "Commitments__c": "\n".join(sale.promises) or None}
        self.objects["Opportunity"].append(deal | stamps)
        row = {"Id": self._ids.salesforce("008"), "OpportunityId": sale.id, "StageName": STAGES[stage]}
        self.objects["OpportunityHistory"].append(row | {"CreatedDate": stamp})

    def wins(self, sale: Sale) -> Objects:
        """Return what changes when a deal is won."""
        return {"Opportunity": [{"Id": sale.id, "StageName": STAGES[WON]}]}

    def names_goal(self, sale: Sale) -> Objects:
        """Return what changes when a deal names its last goal."""
        return {"Opportunity": [{"Id": sale.id, "Business_Goal__c": sale.goals[-1]}]}

    def stamped(self, edits: Objects, moment: datetime) -> Objects:
        """Return a change with the stamp of this moment."""
        return {name: [{**row, "SystemModstamp": iso_z(moment)} for row in rows] for name, rows in edits.items()}

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`; the domain of a stand-in tells no port, and no setting a size."""
        said = {f"HANDOFF_CRM_MAIN_CLIENT_{part}": "sandbox" for part in ("ID", "SECRET")}
        return Instance("crm", "main", {"system": "salesforce", "domain": "sandbox.my"}, said)

    def told(self, state: Mapping[str, Objects]) -> dict[str, Told]:
        """Return what each deal's own record says in the end, by the deal's id."""
        won: dict[str, str] = {}
        for row in state["salesforce"]["OpportunityHistory"]:
            if row["StageName"] == STAGES[WON]:
                won[row["OpportunityId"]] = max(won.get(row["OpportunityId"], ""), str(row["CreatedDate"]))
        return {
            row["Id"]: Told(row.get("Handoff_Status__c"), row.get("Handoff_Receipt__c"), won.get(row["Id"], ""))
            for row in state["salesforce"]["Opportunity"]
        }
