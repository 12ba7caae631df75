"""A simulated company's deals in HubSpot, whose searches show some changes late and none in order."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count

import connectors
from flows._instances import stand_in
from handoff.settings import Instance
from sandbox.hubspot.moments import iso
from sandbox.people import CUSTOMER_SUCCESS
from sandbox.wire import Json, Objects
from tests.simulator.sides import LOST, OPEN, PLAIN, RENEWAL, WELCOMED, WON, Account, Sale, Told

STAGES = {WON: "closedwon", LOST: "closedlost", OPEN: "appointmentscheduled"}
TYPES = {WELCOMED: "newcustomer", PLAIN: "newbusiness", RENEWAL: "renewal"}
LATE_SHARE, LATE_SECONDS = 0.1, 1_800.0
"""A tenth of the changes surfaces up to half an hour late."""
SECOND_READER = timedelta(hours=1)
"""What surfaced later than windows overlap comes with the bridge's second reader, which is so far behind."""
REP = "96000001"


class HubSpot:
    """What people do in HubSpot; see `CrmSide`."""

    system = "hubspot"
    seen_within = SECOND_READER

    def __init__(self) -> None:
        self._companies, self._deals = count(9_000_000_001), count(51_000_000_001)
        rep = {"id": REP, "email": "rosa.rep@harbor.example", "firstName": "Rosa", "lastName": "Rep"}
        owners = [{"id": str(int(REP) + 1 + place), "email": one.email} for place, one in enumerate(CUSTOMER_SUCCESS)]
        self.objects: Objects = {"owners": [rep, *owners], "companies": [], "deals": []}
        self.settings: Mapping[str, Json] = {
            "search_order": "loose",
            "search_late_share": LATE_SHARE,
            "search_late_seconds": LATE_SECONDS,
            "picklists": {"deals.dealtype": [*TYPES.values()]},
        }

    def account(self) -> Account:
        """Add an account."""
        account = Account(str(next(self._companies)), f"Account {len(self.objects['companies']) + 1}")
        self.objects["companies"].append({"id": account.id, "name": account.name})
        return account

    def new_id(self) -> str:
        """Return the id of the next deal."""
        return str(next(self._deals))

    def begin(self, sale: Sale, stage: str, moment: datetime) -> None:
        """Add a deal that came to this stage at a moment."""
        stamp = iso(moment)
        deal = {"id": sale.id, "dealname": sale.name, "dealstage": STAGES[stage], "dealtype": TYPES[sale.type]}
        deal |= {"pipeline": "default", "closedate": stamp, "hubspot_owner_id": REP, "business_goal": sale.goals[0]}
        deal |= {"commitments": "\n".join(sale.promises), "createdate": stamp, "hs_lastmodifieddate": stamp}
        history = [{"value": STAGES[stage], "timestamp": stamp, "by": REP}]
        company = {"companies": [{"id": sale.account, "labels": ["Primary"]}]}
        self.objects["deals"].append({**deal, "dealstage_history": history, "associations": company})

    def wins(self, sale: Sale) -> Objects:
        """Return what changes when a deal is won."""
        return {"deals": [{"id": sale.id, "dealstage": STAGES[WON]}]}

    def names_goal(self, sale: Sale) -> Objects:
        """Return what changes when a deal names its last goal."""
        return {"deals": [{"id": sale.id, "business_goal": sale.goals[-1]}]}

    def stamped(self, edits: Objects, moment: datetime) -> Objects:
        """Return a change with the stamp of this moment."""
        return {name: [{**row, "hs_lastmodifieddate": iso(moment)} for row in rows] for name, rows in edits.items()}

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`: an OAuth app, which can renew a token that is not accepted."""
        said = {f"HANDOFF_CRM_MAIN_{name}": "sandbox" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}
        return stand_in(
            connectors.crms()["hubspot"],
            port_base,
            {**said, "HANDOFF_CRM_MAIN_AUTH": "oauth", "HANDOFF_CRM_MAIN_WRITE_SIZE": str(records)},
        )

    def told(self, state: Mapping[str, Objects]) -> dict[str, Told]:
        """Return what each deal's own record says in the end, by the deal's id."""
        return {
            row["id"]: Told(row.get("handoff_status"), row.get("handoff_receipt"), _won_at(row))
            for row in state["hubspot"]["deals"]
        }


def _won_at(deal: Mapping[str, Json]) -> str:
    moments = (str(step["timestamp"]) for step in deal["dealstage_history"] if step["value"] == STAGES[WON])
    return max(moments, default="")
