"""A stand-in for HubSpot: a portal in memory that answers REST calls as the real one does."""

import hashlib
import re

from sandbox.hubspot.acts import acts
from sandbox.hubspot.engine import HubspotEngine
from sandbox.stand_ins import StandIn, Tenancy
from sandbox.wire import Objects, RealClock

__all__ = ["STAND_IN", "HubspotEngine", "portal_of"]


def portal_of(tenant_id: str) -> int:
    """Return the number of the portal of a tenant."""
    return int(hashlib.sha256(tenant_id.encode()).hexdigest(), 16) % 90_000_000 + 10_000_000


def _made(tenancy: Tenancy, host: str, real_now: RealClock) -> HubspotEngine:
    return HubspotEngine(portal_id=portal_of(tenancy.tenant), real_now=real_now)


def _summed_up(objects: Objects) -> str:
    deals = objects["deals"]
    return f"{len(deals):,} HubSpot deals, {sum(1 for deal in deals if deal['hs_is_closed_won'] == 'true'):,} won"


STAND_IN = StandIn(
    name="hubspot",
    port=2,
    make=_made,
    edits="deals",
    id="id",
    hides="deals.hs_next_step",
    faults=frozenset({"drop_reference"}),
    actions=("set", "delete", "reopen", "win", "merge"),
    merges="deals",
    acts=acts,
    loses=("sight", "write"),
    batches=re.compile(r"/crm/(v3/objects|objects/\d{4}-\d{2})/[^/]+/batch/(create|update|upsert)"),
    sums_up=_summed_up,
)
