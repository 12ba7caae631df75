"""A stand-in for Salesforce: an org in memory that answers REST calls as the real one does."""

import re

from sandbox.salesforce.engine import SalesforceEngine
from sandbox.salesforce.ids import new_id
from sandbox.stand_ins import StandIn, Tenancy
from sandbox.wire import Objects, RealClock

__all__ = ["STAND_IN", "SalesforceEngine", "new_id"]


def _made(tenancy: Tenancy, host: str, real_now: RealClock) -> SalesforceEngine:
    return SalesforceEngine(org_id=tenancy.org, real_now=real_now, instance_host=host)


def _summed_up(objects: Objects) -> str:
    deals = objects["Opportunity"]
    return f"{len(deals):,} deals, {sum(1 for deal in deals if deal.get('IsWon')):,} won"


STAND_IN = StandIn(
    name="salesforce",
    port=1,
    make=_made,
    edits="Opportunity",
    id="Id",
    hides="Opportunity.NextStep",
    faults=frozenset({"late_commit", "expire_cursor", "short_pages", "repeat_rows"}),
    actions=("set", "delete", "reopen", "win", "merge"),
    merges="Account",
    loses=("sight", "write"),
    queries=re.compile(r"/services/data/v\d+\.\d/query(All)?(?P<page>/[^/]+)?/?", re.IGNORECASE),
    plain_settings=True,
    sums_up=_summed_up,
)
