"""How each system says that a call went wrong, and which calls of it change something."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sandbox.wire import Request, Response

HTML = b"<html><body><h1>Service Unavailable</h1></body></html>"
HTML_TYPE = {"content-type": "text/html"}
JSON_TYPE = {"content-type": "application/json"}
LOCKED = b'[{"message":"unable to obtain exclusive access to this record","errorCode":"UNABLE_TO_LOCK_ROW"}]'
NO_CREDENTIALS = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
CORRELATION = "0f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a01"


class Words(Protocol):
    """
    One system's own words for what goes wrong.

    Of its calls that read, and of those that write, so many times the world's rate are disturbed: (reads, writes).
    Writes more often, so that the ambiguous faults are more than a third of all.
    """

    times: tuple[float, float]

    def writes(self, request: Request) -> bool:
        """Say whether a call may change something."""
        ...

    def own(self, request: Request) -> Sequence[str]:
        """Return the names of those faults that only some systems have and this call can meet."""
        ...

    def too_many(self, request: Request, chance: random.Random) -> Response:
        """Return the answer to one call too many."""
        ...

    def stranger(self, request: Request) -> Response:
        """Return the answer to credentials that are not good."""
        ...

    def locked(self, request: Request, chance: random.Random) -> Response:
        """Return the answer where a record, or the system, cannot be had just now."""
        ...

    def takes_many(self, request: Request) -> bool:
        """Say whether a call may carry several records."""
        ...

    def without_one(self, body: bytes, chance: random.Random) -> bytes:
        """Return a call or an answer that leaves one of its records out; as it is where it names none, or only one."""
        ...


class OfSalesforce:
    """Salesforce's."""

    times = (0.8, 1.4)

    def writes(self, request: Request) -> bool:
        """Say whether a call may change something."""
        if request.method == "GET" or "oauth" in request.path:
            return False
        return not any(part in request.path for part in ("/query/", "/describe", "/list"))

    def own(self, request: Request) -> Sequence[str]:
        """Return nothing: it has no faults of its own."""
        return ()

    def too_many(self, request: Request, chance: random.Random) -> Response:
        """Return the answer to one call too many."""
        headers = chance.choice(({}, {"retry-after": str(chance.randrange(1, 40))}))
        json_body = json.dumps({"result": False, "errorCode": "GU_2400", "errorDesc": "Too many request"}).encode()
        return Response(429, headers, chance.choice((b"", json_body, HTML)))

    def stranger(self, request: Request) -> Response:
        """Return the answer to credentials that are not good."""
        said = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        return _json(401, said)

    def locked(self, request: Request, chance: random.Random) -> Response:
        """Return the answer where a record is locked."""
        return Response(400, JSON_TYPE, LOCKED)

    def takes_many(self, request: Request) -> bool:
        """Say that every call may."""
        return True

    def without_one(self, body: bytes, chance: random.Random) -> bytes:
        """Return a call or an answer that leaves one of its records out."""
        return _without_one(body, chance, _records)


class OfGainsight(OfSalesforce):
    """Gainsight's: the same calls by their names."""

    def stranger(self, request: Request) -> Response:
        """Return the answer to credentials that are not good."""
        return _json(401, {"result": False, "errorCode": "GS_APIG_2401", "errorDesc": "Unauthorized"})

    def locked(self, request: Request, chance: random.Random) -> Response:
        """Return 500 before anything is applied."""
        return Response(500, HTML_TYPE, HTML)


class OfThePost(OfGainsight):
    """The post office's, which knows no credentials."""

    def stranger(self, request: Request) -> Response:
        """Return an answer of a proxy."""
        return Response(503, HTML_TYPE, HTML)


class OfHubSpot:
    """HubSpot's: searches and batch reads are POSTs too, and few of its calls write."""

    times = (0.7, 1.9)

    def writes(self, request: Request) -> bool:
        """Say whether a call may change something."""
        return request.method != "GET" and not request.path.endswith(("/search", "/batch/read")) and not _token(request)

    def own(self, request: Request) -> Sequence[str]:
        """Return what a batch can meet."""
        if request.path.endswith("/batch/read"):
            return ("left_out",)
        return ("in_part",) if request.path.endswith("/batch/update") else ()

    def too_many(self, request: Request, chance: random.Random) -> Response:
        """Return one of the two bodies: that of searches, or that of all other calls."""
        headers = chance.choice(({}, {"retry-after": str(chance.randrange(1, 12))}))
        if request.path.endswith("/search"):
            more: Mapping[str, str] = chance.choice(({}, {"policyName": "SECONDLY"}))
            return _said(429, "You have reached your secondly limit.", {"category": "RATE_LIMITS", **more}, headers)
        more = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
        return _said(429, "You have reached your ten_secondly_rolling limit.", more, headers)

    def stranger(self, request: Request) -> Response:
        """Return the answer to credentials that are not good."""
        return _said(401, NO_CREDENTIALS, {"category": "INVALID_AUTHENTICATION"})

    def locked(self, request: Request, chance: random.Random) -> Response:
        """Return that the record is locked, or that the portal is moving."""
        if chance.random() < 0.5:
            return _said(423, "The record is locked.", {})
        return _said(477, "The portal is being migrated.", {}, {"retry-after": str(chance.randrange(5, 120))})

    def takes_many(self, request: Request) -> bool:
        """Say that every write may: batches are all that is written."""
        return True

    def without_one(self, body: bytes, chance: random.Random) -> bytes:
        """Return a batch or its answer that leaves one of its records out."""
        return _without_one(body, chance, _inputs)

    def in_part(self, request: Request, chance: random.Random) -> tuple[Request, Mapping[str, Any]]:
        """Return a batch without one of its inputs, and what the answer says of that one."""
        body = json.loads(request.body)
        one = body["inputs"].pop(chance.randrange(len(body["inputs"])))
        context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
        error = {"status": "error", "category": "RATE_LIMITS", "message": "Too much at once.", "context": context}
        return replace(request, body=json.dumps(body).encode()), error


class OfTotango:
    """Totango's: its API takes one record a call, its Integration Hub takes many and applies them later."""

    times = (0.95, 1.45)

    def writes(self, request: Request) -> bool:
        """Say whether a call may change something."""
        return request.method != "GET" and "/search" not in request.path

    def own(self, request: Request) -> Sequence[str]:
        """Return what a search and what the Integration Hub can meet."""
        if "/search" in request.path:
            return ("failed",)
        return ("accepted",) if _in_hub(request) else ()

    def too_many(self, request: Request, chance: random.Random) -> Response:
        """Return text or JSON, with the three headers, and now and then with `Retry-After`."""
        left = str(chance.randrange(1, 40))
        headers = {"ratelimit-limit": "100", "ratelimit-remaining": "0", "ratelimit-reset": left}
        headers |= chance.choice(({}, {"retry-after": left}))
        body = chance.choice((b"Too many requests", b'{"status":429,"message":"Too many requests"}'))
        return Response(429, {**JSON_TYPE, **headers}, body)

    def stranger(self, request: Request) -> Response:
        """Return the answer to a token that is not good."""
        return _json(401, {"status": "error" if _in_hub(request) else 401, "message": "Unauthorized"})

    def locked(self, request: Request, chance: random.Random) -> Response:
        """Return 500 before anything is applied."""
        return Response(500, HTML_TYPE, HTML)

    def takes_many(self, request: Request) -> bool:
        """Say that those of the Integration Hub may."""
        return _in_hub(request)

    def without_one(self, body: bytes, chance: random.Random) -> bytes:
        """Return a batch without one of its records, or an answer without the id of what was made."""
        try:
            said = json.loads(body)
        except ValueError:
            return b""  # the run of a play says no more than Success
        if isinstance(said.get("note"), dict) or set(said) == {"id"}:
            return b'{"note":{}}' if "note" in said else b"{}"
        return _without_one(body, chance, _of_batch)

    def failed(self) -> Response:
        """Return a search that failed with 200."""
        said = {"_type": "search", "_version": "1.0", "_revision": "1", "service_id": "10001", "took": 1}
        return _json(200, {**said, "status": "failed", "_error": "Search is not available"})

    def accepted(self, at: str) -> Response:
        """Return that the Integration Hub took a batch."""
        return _json(200, {"status": "success", "time_received": at, "batch_id": CORRELATION})


def all_words() -> Mapping[str, Words]:
    """Return each system's words by its name."""
    return {
        "salesforce": OfSalesforce(),
        "gainsight": OfGainsight(),
        "post": OfThePost(),
        "hubspot": OfHubSpot(),
        "totango": OfTotango(),
    }


def _token(request: Request) -> bool:
    return "/oauth/" in request.path


def _in_hub(request: Request) -> bool:
    return request.path.startswith("/int-hub")


def _json(status: int, said: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {**JSON_TYPE, **(headers or {})}, json.dumps(said).encode())


def _said(status: int, message: str, more: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    said = {"status": "error", "message": message, "correlationId": CORRELATION, **more}
    return _json(status, said, {"x-hubspot-correlation-id": CORRELATION, **(headers or {})})


def _without_one(body: bytes, chance: random.Random, lists: Any) -> bytes:
    try:
        said = json.loads(body)
    except ValueError:
        return body
    for records in lists(said):
        if len(records) > 1:
            del records[chance.choice(sorted(records) if isinstance(records, dict) else range(len(records)))]
            return json.dumps(said).encode()
    return body


def _records(said: Any) -> Iterator[Any]:
    """Yield what may be the records of a call or an answer of Salesforce or Gainsight."""
    data = said.get("data") if isinstance(said, dict) else None
    for holder, names in ((said, ("records", "requests")), (data, ("success", "records"))):
        if isinstance(holder, dict):
            yield from (holder[name] for name in names if isinstance(holder.get(name), list | dict))
    if isinstance(said, list):
        yield said


def _inputs(said: Any) -> Iterator[Any]:
    yield from (said[name] for name in ("inputs", "results") if isinstance(said.get(name), list))


def _of_batch(said: Any) -> Iterator[Any]:
    yield from (said[name] for name in ("accounts", "collections") if isinstance(said.get(name), list))
