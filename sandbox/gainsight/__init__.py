"""The Gainsight CS stand-in: an engine that answers as the vendor's REST API would, without sockets."""

import re

from sandbox.gainsight.engine import GainsightEngine
from sandbox.stand_ins import StandIn, Tenancy
from sandbox.wire import RealClock

__all__ = ["STAND_IN", "GainsightEngine"]


def _made(tenancy: Tenancy, host: str, real_now: RealClock) -> GainsightEngine:
    return GainsightEngine(tenant_id=tenancy.tenant, real_now=real_now)


STAND_IN = StandIn(
    name="gainsight",
    port=3,
    make=_made,
    edits="call_to_action",
    id="Gsid",
    hides="Company.Industry",
    faults=frozenset({"result_false", "drop_reference"}),
    batches=re.compile(r"/v2/(cockpit|successPlan)|/v1/ant/"),
    sums_up=lambda objects: f"{len(objects['Company']):,} Gainsight companies",
)
