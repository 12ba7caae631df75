"""The envelope of searches, found or failed."""

from sandbox.totango.answers import Call, Reply
from sandbox.totango.org import Org
from sandbox.wire import Json, Record

TOOK = 4  # milliseconds; the stand-in has no clock of its own


def found(call: Call, name: str, total: int, hits: list[Record]) -> Reply:
    """Return a page of hits under the name of what was searched."""
    shown: Record = {"total_hits": total, "hits": hits, "stats": {}}
    if name in ("events", "collections") and call.org.choices.total_hits == "accounts":
        shown = {"hits": hits}
    body = {name: shown}
    return Reply({**_meta(call.org), "status": "success", "took": TOOK, "response": body}, records=len(hits))


def failed(org: Org, why: str) -> Reply:
    """Return the answer to a search that cannot be done: 200 all the same."""
    return Reply({**_meta(org), "status": "failed", "took": TOOK, "_error": why})


def _meta(org: Org) -> dict[str, Json]:
    return {"_type": "search", "_version": "1.0", "_revision": "1", "service_id": org.choices.service_number}
