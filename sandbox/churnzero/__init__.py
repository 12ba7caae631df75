"""
The ChurnZero stand-in: an engine that answers as the vendor's two APIs would, without sockets.

Both share one port: `/i` and `/batch...Csv` push, `/public/v1` pulls.
"""

from datetime import datetime

from sandbox.churnzero.engine import ChurnZeroEngine
from sandbox.churnzero.org import user_account
from sandbox.stand_ins import StandIn, Tenancy
from sandbox.wire import Contents, Objects, RealClock

__all__ = ["STAND_IN", "ChurnZeroEngine"]


def _made(_tenancy: Tenancy, host: str, _real_now: RealClock) -> ChurnZeroEngine:
    return ChurnZeroEngine(host=host)


def _begun(contents: Contents, _now: datetime) -> Objects:
    """Return the people who work in Gainsight as ChurnZero users: it is the same company, with another platform."""
    people = contents.objects.get("gainsight", {}).get("gsuser", [])
    rows = [
        {
            **user_account(number, str(row.get("Name") or row["Email"]), row["Email"]),
            "IsActive": row.get("IsActiveUser", True),
        }
        for number, row in enumerate(people, 1)
    ]
    return {"UserAccount": rows} if rows else {}


STAND_IN = StandIn(
    name="churnzero",
    port=5,
    make=_made,
    edits="Task",
    id="Id",
    hides="Account.LicenseCount",
    begins=_begun,
    journals=frozenset({"accepted", "rejected", "outbox"}),
)
