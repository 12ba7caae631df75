"""
The Totango stand-in: an engine that answers as the vendor's interfaces would, without sockets.

The vendor has a host for each of them; here all share one port, and what stands before a path says which is meant:
nothing (`/api/...`) the REST API and the web app, `/int-hub` the Integration Hub, `/sdr` the tracking pixel; with
`-eu1` (`/int-hub-eu1`, `/sdr-eu1`, `/api-eu1`) those of the EU.
"""

from datetime import datetime

from sandbox.stand_ins import StandIn, Tenancy
from sandbox.totango.engine import TotangoEngine
from sandbox.totango.org import totango_user
from sandbox.wire import Contents, Objects, RealClock

__all__ = ["STAND_IN", "TotangoEngine"]


def _made(tenancy: Tenancy, _host: str, real_now: RealClock) -> TotangoEngine:
    return TotangoEngine(tenant_id=tenancy.tenant, real_now=real_now)


def _begun(contents: Contents, _now: datetime) -> Objects:
    """Return the people who work in Gainsight as Totango users: it is the same company, with another platform."""
    people = contents.objects.get("gainsight", {}).get("gsuser", [])
    users = (totango_user(str(row.get("Name") or row["Email"]), row["Email"]) for row in people)
    left = [row["Email"].casefold() for row in people if not row.get("IsActiveUser", True)]
    return {"totango_users": [{**user, "active": user["id"] not in left} for user in users]} if people else {}


STAND_IN = StandIn(
    name="totango",
    port=4,
    make=_made,
    edits="tasks",
    id="id",
    hides="accounts.Licenses",
    begins=_begun,
    journals=frozenset({"task_events", "batches", "rejected", "ignored"}),
)
