"""The pull API, which only reads: lists by page and single records by a key."""

import base64
import binascii
import re
from datetime import datetime
from urllib.parse import quote, urlencode

from sandbox.churnzero.odata import BadQuestion, Question, answered, question
from sandbox.churnzero.org import PULLED, Org
from sandbox.wire import Json, Record, Request, Response, as_json

USERS = "UserAccount"
ROOT = "/public/v1"
_PATH = re.compile(rf"{ROOT}/(\w+)(?:\((?:(\d+)|AccountExternalId='((?:[^']|'')*)')\))?/?")
_TYPE = {"content-type": "application/json;odata.metadata=minimal"}


def refused(status: int, message: str) -> Response:
    """Return an error as OData has it."""
    return as_json(status, {"error": {"code": str(status), "message": message}}, _TYPE)


def let_in(org: Org, request: Request) -> bool:
    """Return whether the call carries the user's name and key."""
    scheme, _, packed = request.headers.get("authorization", "").partition(" ")
    wanted = f"{org.choices.api_user}:{org.choices.api_key}".encode()
    try:
        return scheme.lower() == "basic" and base64.b64decode(packed, validate=True) == wanted
    except (binascii.Error, ValueError):
        return False


def pulled(org: Org, request: Request, now: datetime, host: str) -> Response:
    """Return a page of records, or one."""
    found = _PATH.fullmatch(request.path)
    called = {org.choices.user_object if name == USERS else name: name for name in PULLED}
    if found is None or found[1] not in called:
        return refused(404, "Resource not found")
    if request.method != "GET":
        return refused(405, "Method Not Allowed")
    number, external, name = found[2], found[3], called[found[1]]
    rows = org.pulled(name, now)
    if number is not None or external is not None:
        return _one(rows, name, number, external, host) or _nobody(org.choices.unknown_account)
    columns = {column for row in rows for column in row}
    by_external_id = org.choices.external_id_filter == "works"
    try:
        asked = question(request.params(), columns, by_external_id=by_external_id)
    except BadQuestion as problem:
        return refused(400, str(problem))
    return _page(answered(rows, asked), asked, request, name, org.choices.page, host)


def _one(rows: list[Record], name: str, number: str | None, external: str | None, host: str) -> Response | None:
    if number is not None:
        row = next((each for each in rows if each["Id"] == int(number)), None)
    else:
        wanted = (external or "").replace("''", "'")
        column = "ExternalId" if name == "Account" else "AccountExternalId"
        row = next((each for each in rows if each.get(column) == wanted), None)
    if row is None:
        return None
    return as_json(200, {"@odata.context": _context(host, f"{name}/$entity"), **row}, _TYPE, records=1)


def _nobody(how: str) -> Response:
    """Return the answer for a record that is not there."""
    if how == "message":
        return as_json(404, {"Message": "No resource was found"}, {"content-type": "application/json"})
    if how == "error":
        return refused(404, "Resource not found")
    return Response(204 if how == "204" else 404)


def _page(rows: list[Record], asked: Question, request: Request, name: str, page: int, host: str) -> Response:
    """Return a page; without `$top` the next one is named, with it the caller counts."""
    length = page if asked.most is None else min(asked.most, page)
    shown = rows[asked.first : asked.first + length]
    columns = f"({','.join(asked.select)})" if asked.select else ""
    body: dict[str, Json] = {"@odata.context": _context(host, f"{name}{columns}")}
    if asked.counted:
        body["@odata.count"] = len(rows)
    body["value"] = shown
    if asked.most is None and asked.first + length < len(rows):
        params = {**request.params(), "$skip": str(asked.first + length)}
        body["@odata.nextLink"] = f"http://{host}{ROOT}/{name}?{urlencode(params, quote_via=quote, safe='$')}"
    return as_json(200, body, _TYPE, records=len(shown))


def _context(host: str, what: str) -> str:
    return f"http://{host}{ROOT}/$metadata#{what}"
