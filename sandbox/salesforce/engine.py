"""The stand-in's front door: which address is what, who may enter, and what every answer carries."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from sandbox.salesforce.auth import Sessions, refused_token
from sandbox.salesforce.faults import Fault, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.routes import Call, answer, is_write
from sandbox.salesforce.usage import SPENT
from sandbox.wire import PLAIN, Json, Loss, Objects, Purpose, Record, Request, Response, Twist, Why, as_json

_DATA = re.compile(r"/services/data/(?P<version>v\d+\.\d)(?:/(?P<path>.*))?", re.DOTALL)
_SOAP = re.compile(r"/services/Soap/[a-zA-Z]+/(?P<version>\d+)")
_LONGEST = 16_384
_SEASONS = ("Spring", "Summer", "Winter")
_FIRST_VERSION, _LAST_VERSION = 60, 68
_NO_CACHE = {"cache-control": "no-cache,must-revalidate,max-age=0,no-store,private"}
_EXPIRED = Fault("INVALID_SESSION_ID", "Session expired or invalid", status=401)
_TOKEN = "/services/oauth2/token"
_CONCURRENT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
_TURNED_AWAY: Mapping[Why, Fault] = {
    "stranger": _EXPIRED,
    "busy": Fault("REQUEST_LIMIT_EXCEEDED", _CONCURRENT, status=403),
    "spent": SPENT,
    "broken": Fault("SERVER_UNAVAILABLE", "The server is too busy to answer this call", status=503),
}


class SalesforceEngine:
    """One org that answers REST calls; it has no socket, no thread and no clock of its own."""

    system = "salesforce"

    def __init__(self, *, org_id: str, real_now: Callable[[], datetime], instance_host: str = "127.0.0.1:8701") -> None:
        """
        Found the org, with its default stages and its integration user.

        Args:
            org_id: In 15 or 18 characters; every id the org assigns is derived from it.
            real_now: The real time, for the lifetimes of sessions and assertions.
            instance_host: Host and port that token answers point to.

        Raises:
            ValueError: `org_id` is no Salesforce id.
        """
        self._org = Org(org_id)
        self._sessions = Sessions(org_id=self._org.id, user_id=self._org.user_id, host=instance_host, real_now=real_now)

    def handle(self, request: Request, now: datetime, twist: Twist = PLAIN) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        self._org.begin(twist)
        path = request.path
        if _length(request) > _LONGEST:
            return replace(_too_long(), mutates=self._writes(request))
        if path == _TOKEN and request.method == "POST":
            return self._sessions.token(request, self._org.tenant.jwt_public_key)
        if path in ("/services/data", "/services/data/") and request.method == "GET":
            return as_json(200, _versions(), self._carried(now))
        if path.lower().startswith("/services/soap/"):
            return _soap_fault(path)
        if path.startswith("/services/async/"):
            refusal = {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "Async API not enabled"}
            return as_json(400, refusal, mutates=self._writes(request))
        try:
            response = self._data(request, now)
        except Fault as fault:
            response = fault.answer()
        headers = {**self._carried(now), **response.headers}
        return replace(response, headers=headers, mutates=self._writes(request))

    def purpose(self, request: Request) -> Purpose:
        """Return what a call is for; retrieving by POST is a read."""
        if request.path == _TOKEN:
            return "token"
        return "write" if self._writes(request) else "read"

    def turned_away(self, why: Why, request: Request, now: datetime) -> Response:
        """Answer a call that is not carried out, in the vendor's words; the token endpoint has its own."""
        if request.path == _TOKEN:
            return refused_token(why)
        answer = _TURNED_AWAY[why].answer()
        return replace(answer, headers={**self._carried(now), **answer.headers})

    def forget_logins(self) -> None:
        """Make every token given so far worth nothing, as a reset of the credentials does."""
        self._sessions.forget()

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """Take these fields, or the right to write them, from the integration user; `ValueError` for one unknown."""
        self._org.withhold(fields)

    def mentioned(self, name: str, words: str) -> Record | None:
        """Return a copy of the first living record of an object whose id stands in the words."""
        self._known(name)
        return self._org.mentioned(name, words)

    def forget_cursors(self) -> None:
        """Let every open query cursor expire."""
        self._org.queries.forget()

    def rehearse(self, objects: Objects, now: datetime) -> None:
        """Load and take everything back; raises `ValueError` as `load` would."""
        self._org.loader.load(objects, now, keep=False)

    def state(self) -> Objects:
        """Return a copy of every record by object, deleted ones too."""
        return self._org.state()

    def state_of(self, name: str) -> list[Record]:
        """Return copies of one object's records; raises `ValueError` for an object the org does not have."""
        self._known(name)
        return self._org.records(name)

    def load(self, objects: Objects, now: datetime) -> None:
        """
        Take records in `state`'s shape, as people's edits at `now`, all or none; the objects' order does not matter.

        A known id is edited, an unknown or missing one created, `"_deleted": true` deletes. Stamps in a record
        are kept. History rows given with a new opportunity stand instead of the row its creation would write.

        Raises:
            ValueError: an object, field, stage or value the org does not have, or a deletion of nothing.
        """
        self._org.loader.load(objects, now)

    def tenant(self, settings: Mapping[str, Json]) -> None:
        """Take the org's set-up, one switch or several; raises `ValueError` for one it does not have."""
        self._org.set_up(settings)

    def _known(self, name: str) -> None:
        if name not in self._org.store.tables:
            raise ValueError(f"Salesforce has no object {name!r}. Use: {', '.join(self._org.store.tables)}.")

    def _data(self, request: Request, now: datetime) -> Response:
        found = _DATA.fullmatch(request.path)
        if found is None or not _served(found["version"]):
            raise not_found()
        if not self._sessions.good(request.headers.get("authorization", "")):
            raise _EXPIRED.with_traceback(None)
        self._org.usage.count(now, self._org.tenant.daily_limit)
        return answer(Call(self._org, request, found["version"], now), found["path"] or "")

    def _carried(self, now: datetime) -> dict[str, str]:
        used = f"api-usage={self._org.usage.used(now)}/{self._org.tenant.daily_limit}"
        return {**_NO_CACHE, "sforce-limit-info": used}

    def _writes(self, request: Request) -> bool:
        found = _DATA.fullmatch(request.path)
        return is_write(request.method, (found["path"] or "") if found else request.path)


def _length(request: Request) -> int:
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    return len(quote(request.path)) + 1 + len(request.query) + headers


def _too_long() -> Response:
    return Response(414, {"content-type": "text/html"}, b"<html><body><h1>414 URI Too Long</h1></body></html>")


def _served(version: str) -> bool:
    number, _, minor = version.removeprefix("v").partition(".")
    return minor == "0" and _FIRST_VERSION <= int(number) <= _LAST_VERSION


def _versions() -> list[dict[str, str]]:
    return [_version(number) for number in range(_FIRST_VERSION, _LAST_VERSION + 1)]


def _version(number: int) -> dict[str, str]:
    # Three releases a year: v60 was Spring '24; a winter release is named after the year it begins.
    years, season = divmod(number - _FIRST_VERSION, 3)
    year = 24 + years + (season == 2)
    return {
        "label": f"{_SEASONS[season]} '{year}",
        "url": f"/services/data/v{number}.0",
        "version": f"{number}.0",
    }


def _soap_fault(path: str) -> Response:
    found = _SOAP.match(path)
    newer = found is not None and int(found["version"]) >= 65
    why = (
        "SOAP Login operation is not available in the API version specified"
        if newer
        else "SOAP API login() is disabled by default in this org"
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com">'
        "<soapenv:Body><soapenv:Fault><faultcode>INVALID_OPERATION</faultcode>"
        f"<faultstring>INVALID_OPERATION: {why}</faultstring><detail><sf:LoginFault>"
        f"<sf:exceptionCode>INVALID_OPERATION</sf:exceptionCode><sf:exceptionMessage>{why}</sf:exceptionMessage>"
        "</sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Response(500, {"content-type": "text/xml;charset=UTF-8"}, body.encode())
