"""What reaches the caller instead of the engine's own answer, or of a part of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from sandbox.faults.fault import Fault
from sandbox.faults.records import picked, sent
from sandbox.wire import Json, Request, Response

_HTML = {"content-type": "text/html; charset=utf-8"}


def phrase(status: int) -> str:
    """Return what a status means, in words; a vendor's own status is an error."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"


def page(status: int, *, mutates: bool = False) -> Response:
    """Return the HTML page of a proxy."""
    title = f"{status} {phrase(status)}"
    text = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return Response(status, _HTML, text.encode(), mutates=mutates)


def reshaped(answer: Response, form: str) -> Response:
    """Return the vendor's refusal in another form: html, plain, empty, or an object where it has a list."""
    if form == "html":
        return replace(page(answer.status), mutates=answer.mutates)
    if form == "empty":
        return replace(answer, body=b"", headers=_without_type(answer.headers))
    if form == "plain":
        plain = {**answer.headers, "content-type": "text/plain"}
        return replace(answer, body=phrase(answer.status).encode(), headers=plain)
    if form == "object":
        body = json.loads(answer.body)
        return replace(answer, body=_json(body[0] if isinstance(body, list) else body))
    return answer


def cut_off(answer: Response, at: float) -> Response:
    """Return the answer with only the first share of its body, never all of it."""
    kept = min(int(len(answer.body) * at), max(len(answer.body) - 1, 0))
    return replace(answer, body=answer.body[:kept])


def without_reference(answer: Response, request: Request, fault: Fault) -> Response | None:
    """Return the answer without the record that the fault picks of those written; None when there is none."""
    try:
        body = json.loads(answer.body)
        if "results" in body:
            return _without_result(answer, request, fault)
        success = body["data"]["success"]
    except (ValueError, KeyError, TypeError):
        return None
    wanted = _wanted(request, fault)
    found = [each for each in _references(success) if each in wanted] if fault.record else _references(success)
    if not found:
        return None
    if isinstance(success, list):
        body["data"]["success"] = [each for each in success if found[0] not in each]
    else:
        del success[found[0]]
    return replace(answer, body=_json(body))


_REFERENCES = ("referenceId", "ExternalId", "Gsid", "id", "objectWriteTraceId")


def _wanted(request: Request, fault: Fault) -> set[str]:
    """Return by what the records that the fault picks can be known in an answer."""
    records = sent(request)
    places = picked(fault.record, records)
    return {str(records[place][key]) for place in places for key in _REFERENCES if key in records[place]}


def _without_result(answer: Response, request: Request, fault: Fault) -> Response | None:
    body, wanted = json.loads(answer.body), _wanted(request, fault)
    found = [each for each in body["results"] if wanted & {each.get("id"), each.get("objectWriteTraceId")}]
    if not found:
        return None
    return replace(answer, body=_json({**body, "results": [each for each in body["results"] if each != found[0]]}))


def _references(success: Json) -> list[str]:
    """Return the references of what was written: a list of objects with one key each, or one object (Timeline)."""
    return [key for each in success for key in each] if isinstance(success, list) else list(success)


def _without_type(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "content-type"}


def _json(body: Json) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
