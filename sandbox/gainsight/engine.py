"""The engine: one call in, one answer out, in the order a gateway works: route, key, limit, handler."""

from collections.abc import Mapping
from datetime import datetime

from sandbox.gainsight import people, routes, tenant
from sandbox.gainsight.answers import BROKEN, Call, Fault, Reply, refusal, unauthorized
from sandbox.gainsight.auth import Keys
from sandbox.gainsight.limits import Limits
from sandbox.gainsight.org import Org
from sandbox.wire import PLAIN, Json, Loss, Objects, Purpose, RealClock, Record, Request, Response, Twist, Why, as_json


class GainsightEngine:
    """
    Gainsight CS of one tenant, without sockets.

    Args:
        tenant_id: Every identifier is derived from it; another tenant shares none.
        real_now: The real clock, by which bearer tokens age. All else goes by simulated time.
    """

    system = "gainsight"

    def __init__(self, *, tenant_id: str, real_now: RealClock) -> None:
        self._org = Org(tenant_id)
        self._keys = Keys(self._org.ids, real_now)
        self._limits = Limits()

    @property
    def api_user(self) -> str:
        """Return the GSID that stamps what came through the API."""
        return self._org.api_user

    def handle(self, request: Request, now: datetime, twist: Twist = PLAIN) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        headers = self._identified()
        if request.method == "POST" and request.path.rstrip("/") == routes.TOKEN:
            return self._token(request, headers)
        found = routes.find(request.method, request.path)
        if found is None:
            return _answer(Reply(refusal("GS_APIG_1000", "Not Found"), 404), headers)
        route, args = found
        if not self._keys.let_in(request, self._org.choices.accesskey):
            return _answer(Reply(unauthorized(), 401), headers, mutates=route.mutates)
        if route.family == "timeline":
            # C-D that it is sent, UNK in which format.
            headers["x-ratelimit-limit"] = str(self._org.choices.timeline_per_minute)
        wait = self._limits.admit(route.family, now, self._org.choices)
        if wait:
            return self._throttled(headers, wait, mutates=route.mutates)
        try:
            reply = route.handler(Call(request, now, self._org, args, twist))
        except Fault as fault:
            reply = Reply(fault.body, fault.status)
        return _answer(reply, headers, mutates=route.mutates)

    def purpose(self, request: Request) -> Purpose:
        """Return what a call is for; one of no route is a read when it gets."""
        if request.method == "POST" and request.path.rstrip("/") == routes.TOKEN:
            return "token"
        found = routes.find(request.method, request.path)
        mutates = found[0].mutates if found else request.method != "GET"
        return "write" if mutates else "read"

    def turned_away(self, why: Why, request: Request, now: datetime) -> Response:
        """Answer a call that is not carried out, in the vendor's words."""
        headers = self._identified()
        if why in ("busy", "spent"):
            return self._throttled(headers, 60 - now.second, mutates=False)
        if why == "stranger":
            return _answer(Reply(unauthorized(), 401), headers)
        return _answer(Reply(refusal(*BROKEN), 500), headers)

    def forget_logins(self) -> None:
        """Make every token given so far worth nothing, as a reset of the credentials does."""
        self._keys.forget()

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """Hide these fields, named with their objects, beside those the tenant hides; `ValueError` for one unknown."""
        tenant.withhold(self._org, fields)

    def mentioned(self, name: str, words: str) -> Record | None:
        """Return a copy of the first record of an object whose Gsid stands in the words."""
        return people.mentioned(self._org, name, words)

    def state(self) -> Objects:
        """Return a copy of every record by object name, with picklist labels under `<field>__label`."""
        return people.state(self._org)

    def state_of(self, name: str) -> list[Record]:
        """Return a copy of one object's records; raises `ValueError` for an object not kept."""
        return people.state_of(self._org, name)

    def load(self, objects: Objects, now: datetime) -> None:
        """Take records in `state`'s shape as edits by people; raises `ValueError` for what Gainsight has not."""
        people.load(self._org, objects, now)

    def tenant(self, settings: Mapping[str, Json]) -> None:
        """Take the set-up of the org, see `tenant.set_up`; raises `ValueError` for what Gainsight has not."""
        tenant.set_up(self._org, settings)

    def _identified(self) -> dict[str, str]:
        request_id = self._org.ids.request_id()
        return {"x-gs-request-id": request_id, "x-request-id": request_id}

    def _token(self, request: Request, headers: dict[str, str]) -> Response:
        try:
            reply = self._keys.give(request)
        except Fault as fault:
            reply = Reply(fault.body, fault.status)
        return _answer(reply, headers)

    def _throttled(self, headers: dict[str, str], wait: int, *, mutates: bool) -> Response:
        style = self._org.choices.throttle_body
        if style == "empty":
            return Response(429, headers, mutates=mutates)
        if style == "retry_after":
            headers = {**headers, "retry-after": str(wait)}
        return _answer(Reply(refusal("GU_2400", "Too many request"), 429), headers, mutates=mutates)


def _answer(reply: Reply, headers: Mapping[str, str], *, mutates: bool = False) -> Response:
    body = dict(reply.body)
    if "requestId" in body:
        body["requestId"] = headers["x-request-id"]
    return as_json(reply.status, body, headers, mutates=mutates, applied=reply.applied, records=reply.records)
