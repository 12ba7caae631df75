"""The push API: 200 and a picture whatever comes, and CSV files that are applied later, the outcome by mail."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message

from sandbox.churnzero.actions import carry_out
from sandbox.churnzero.attributes import Rejected
from sandbox.churnzero.org import Org
from sandbox.wire import Json, Record, Request, Response, Twist

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
FILES: Mapping[str, tuple[str, str]] = {
    "/batchAccountsCsv": ("setAttribute", "account"),
    "/batchContactsCsv": ("setAttribute", "contact"),
    "/batchEventsCsv": ("trackEvent", ""),
}
_IDS = ("accountExternalId", "contactExternalId")


def pushed(org: Org, request: Request, now: datetime, twist: Twist) -> Response:
    """Carry out the actions of a call that can be, and drop the others into the journal."""
    actions = _actions(request)
    why = "too many actions" if len(actions) > org.choices.array else None
    applied, rejected = 0, []
    for place, action in enumerate(actions):
        refused = twist.refuses(place, action) if twist.refuses and isinstance(action, dict) else None
        try:
            if why or refused:
                raise Rejected(why or (refused and (refused.message or refused.code)) or "refused")
            applied += carry_out(org, action, now, org.seen_from(now, twist.lag))
            org.note("accepted", now, action=_told(action))
        except Rejected as problem:
            rejected.append(str(problem))
            org.note("rejected", now, why=str(problem), action=_told(action))
    if rejected and org.choices.bad_parameters == "422":
        headers = {"content-type": "text/plain"}
        return Response(422, headers, rejected[0].encode(), mutates=True, applied=applied > 0, records=len(actions))
    headers = {"content-type": "image/gif"}
    return Response(200, headers, GIF, mutates=True, applied=applied > 0, records=len(actions))


def filed(org: Org, request: Request, now: datetime, twist: Twist) -> Response:
    """Take a CSV file, to be applied after the delay."""
    data = _part(request, "data")
    asked = request.params()
    work = {"path": request.path, "app_key": asked.get("appKey"), "email": asked.get("email"), "data": data}
    delay = timedelta(seconds=org.choices.csv_delay_seconds)
    org.waiting.append({**work, "due": now + delay, "lag": twist.lag, "refuses": twist.refuses})
    settle(org, now)
    return Response(200, mutates=True, applied=data is not None, records=1)


def settle(org: Org, now: datetime) -> None:
    """Apply the files whose time has come."""
    due = [work for work in org.waiting if work["due"] <= now]
    org.waiting = [work for work in org.waiting if work["due"] > now]
    for work in due:
        _apply(org, work)


def _apply(org: Org, work: Record) -> None:
    problems, good = [], 0
    action, entity = FILES[work["path"]]
    rows = list(csv.DictReader(io.StringIO(work["data"] or "")))
    for place, row in enumerate(rows):
        said = {"appKey": work["app_key"], "action": action, "entity": entity, **_fields(row, entity)}
        try:
            why = work["refuses"](place, said) if work["refuses"] else None
            if why:
                raise Rejected(why.message or why.code or "refused")
            carry_out(org, said, work["due"], org.seen_from(work["due"], work["lag"]))
            good += 1
        except Rejected as problem:
            problems.append(f"line {place + 2}: {problem}")
    org.note("outbox", work["due"], to=work["email"], rows=len(rows), imported=good, problems=problems)


def _fields(row: Record, entity: str) -> Record:
    """Return a line's fields as an action has them: ids by name, attributes each with the prefix."""
    if not entity:
        return row
    return {name if name in _IDS else f"attr_{name.removeprefix('cf_')}": value for name, value in row.items() if name}


def _actions(request: Request) -> list[Json]:
    if request.method == "GET":
        return [request.params()]
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return [{**request.params(), **request.form()}]
    try:
        body = request.json()
    except (ValueError, RecursionError):
        return [None]
    return body if isinstance(body, list) else [body]


def _told(action: Json) -> Json:
    """Return an action without its key."""
    return {name: value for name, value in action.items() if name != "appKey"} if isinstance(action, dict) else action


def _part(request: Request, name: str) -> str | None:
    """Return the text of a part of a multipart body."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    for part in message_from_bytes(head + request.body).walk():
        if isinstance(part, Message) and part.get_param("name", header="content-disposition") == name:
            content = part.get_payload(decode=True)
            return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else None
    return None
