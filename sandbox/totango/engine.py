"""The engine: one call in, one answer out, in the order a gateway works: host, key, limit, route, handler."""

from collections.abc import Mapping
from datetime import datetime

from sandbox.totango import hub, people, pixel, routes
from sandbox.totango.answers import JSON, Call, Fault, Reply, SearchFailed
from sandbox.totango.auth import Keys
from sandbox.totango.envelope import failed
from sandbox.totango.limits import Limits, Standing
from sandbox.totango.org import Org
from sandbox.wire import PLAIN, Json, Loss, Objects, Purpose, RealClock, Record, Request, Response, Twist, Why


class TotangoEngine:
    """
    Totango of one tenant, without sockets.

    Args:
        tenant_id: The ids it gives out are derived from it; another tenant shares none.
        real_now: The real clock, by which OAuth tokens age. All else goes by simulated time.
    """

    system = "totango"

    def __init__(self, *, tenant_id: str, real_now: RealClock) -> None:
        self._org = Org(tenant_id)
        self._keys = Keys(self._org.ids, real_now)
        self._limits = Limits()

    def handle(self, request: Request, now: datetime, twist: Twist = PLAIN) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        self.settle(now)
        where = routes.place(request.path)
        if routes.PIXEL.fullmatch(where.path) and where.host != "hub":
            return pixel.answer(self._org, request, now, region=where.region, twist=twist)
        mutates = self.purpose(request) == "write"
        try:
            if request.method == "POST" and where.path == routes.TOKEN:
                return self._keys.give(request).response({}, mutates=False)
            if where.host == "hub":
                return self._on_hub(request, where, now, twist, mutates=mutates)
            return self._on_api(request, where, now, twist, mutates=mutates)
        except Fault as fault:
            return self._refusal(fault, where).response({}, mutates=mutates)

    def purpose(self, request: Request) -> Purpose:
        """Return what a call is for; one of no route is a read when it gets."""
        where = routes.place(request.path)
        if where.host != "hub" and routes.PIXEL.fullmatch(where.path):
            return "write"
        if request.method == "POST" and where.path == routes.TOKEN:
            return "token"
        found = routes.find(request.method, where)
        return "write" if (found[0].mutates if found else request.method != "GET") else "read"

    def turned_away(self, why: Why, request: Request, now: datetime) -> Response:
        """Answer a call that is not carried out, in the vendor's words."""
        where = routes.place(request.path)
        if why in ("busy", "spent"):
            bucket, most = self._org.choices.app_token, self._org.choices.per_minute
            return self._throttled(self._limits.full(bucket, now, most), mutates=False)
        fault = Fault(401, "Unauthorized") if why == "stranger" else Fault(500, "Internal Server Error")
        return self._refusal(fault, where).response({}, mutates=False)

    def forget_logins(self) -> None:
        """Make every OAuth token given so far worth nothing; the personal access token stays good."""
        self._keys.forget()

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """Hide these attributes of accounts (`accounts.Licenses`) beside those the set-up hides."""
        people.withhold(self._org, fields)

    def settle(self, now: datetime) -> None:
        """Apply the batches whose time has come."""
        if self._org.waiting:
            hub.settle(self._org, now)

    def mentioned(self, name: str, words: str) -> Record | None:
        """Return a copy of the first record of an object whose id stands in the words."""
        return people.mentioned(self._org, name, words)

    def state(self) -> Objects:
        """Return a copy of every record by object name."""
        return self._org.state()

    def state_of(self, name: str) -> list[Record]:
        """Return a copy of one object's records; raises `ValueError` for an object not kept."""
        return self._org.state_of(name)

    def load(self, objects: Objects, now: datetime) -> None:
        """Take records in `state`'s shape as edits by people; raises `ValueError` for what Totango has not."""
        self.settle(now)
        people.load(self._org, objects, now)

    def tenant(self, settings: Mapping[str, Json]) -> None:
        """Take the set-up of the tenant, see `people.set_up`; raises `ValueError` for what Totango has not."""
        people.set_up(self._org, settings)

    def _on_api(self, request: Request, where: routes.Place, now: datetime, twist: Twist, *, mutates: bool) -> Response:
        token = self._keys.on_api(request, self._org)
        if token is None or where.region != self._org.choices.region:
            raise Fault(401, "Unauthorized")
        standing = self._limits.admit(token, now, self._org.choices.per_minute)
        if not standing.admitted:
            return self._throttled(standing, mutates=mutates)
        try:
            reply = self._handled(request, where, now, twist)
        except SearchFailed as error:
            reply = failed(self._org, str(error))
        except Fault as fault:
            reply = self._refusal(fault, where)
        return reply.response(standing.headers(), mutates=mutates)

    def _on_hub(self, request: Request, where: routes.Place, now: datetime, twist: Twist, *, mutates: bool) -> Response:
        choices = self._org.choices
        if self._keys.on_hub(request, self._org) is None or where.region != choices.region:
            raise Fault(401, "Unauthorized")
        if request.headers.get("service_id") is None:
            raise Fault(401, "Unauthorized")
        if request.headers["service_id"] != choices.service_number:
            raise Fault(choices.hub_bad_service_id, "Invalid service_id")
        if choices.hub_limit != "none":
            bucket = choices.app_token if choices.hub_limit == "shared" else "the Integration Hub"
            standing = self._limits.admit(bucket, now, choices.per_minute)
            if not standing.admitted:
                return self._throttled(standing, mutates=mutates)
        return self._handled(request, where, now, twist).response({}, mutates=mutates)

    def _handled(self, request: Request, where: routes.Place, now: datetime, twist: Twist) -> Reply:
        found = routes.find(request.method, where)
        if found is None:
            raise Fault(404, "Not Found")
        route, args = found
        if route.mutates and not self._org.choices.token_admin:
            raise Fault(403, "Forbidden")
        return route.handler(Call(request, now, self._org, args, twist))

    def _refusal(self, fault: Fault, where: routes.Place) -> Reply:
        if where.host == "hub":
            return Reply({"status": "error", "message": fault.message}, fault.status)
        return Reply({"status": fault.status, self._org.choices.error_key: fault.message}, fault.status)

    def _throttled(self, standing: Standing, *, mutates: bool) -> Response:
        headers = standing.headers()
        if self._org.choices.retry_after:
            headers["retry-after"] = str(standing.reset)
        text = {"status": 429, self._org.choices.error_key: "Too many requests"}
        body: Json = text if self._org.choices.throttle_body == "json" else b"Too many requests"
        return Reply(body, 429, kind=JSON).response(headers, mutates=mutates)
