"""The engine: one call in, one answer out, in the order a gateway works: key, limit, scope, handler."""

import re
from collections.abc import Mapping
from datetime import datetime

from sandbox.hubspot import answers, loading, routes, tenant
from sandbox.hubspot.answers import Call, Fault, Reply
from sandbox.hubspot.auth import TOKEN, Keys
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.schema import BY_NAME
from sandbox.wire import PLAIN, Json, Loss, Objects, Purpose, RealClock, Record, Request, Response, Twist, Why, as_json

_TYPE = {"content-type": "application/json;charset=utf-8"}
_NUMBER = re.compile(r"\d+")


class HubspotEngine:
    """
    One HubSpot portal, without sockets.

    Args:
        portal_id: Every id that the portal assigns follows from it; another portal shares none.
        real_now: The real clock, by which OAuth tokens age. All else goes by simulated time.
    """

    system = "hubspot"

    def __init__(self, *, portal_id: int, real_now: RealClock) -> None:
        self._portal = Portal(portal_id)
        self._keys = Keys(self._portal, real_now)

    def handle(self, request: Request, now: datetime, twist: Twist = PLAIN) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        portal = self._portal
        portal.keeper.touch_due(now)
        if request.method == "POST" and TOKEN.fullmatch(request.path):
            return self._token(request)
        found = routes.find(request.method, request.path)
        if found is None:
            return self._refused(answers.no_route(), {}, mutates=request.method != "GET")
        search, mutates = found.route.counts_as_search, not found.route.reads
        try:
            token = self._keys.let_in(request)
        except Fault as fault:
            return self._refused(fault, {}, mutates=mutates)
        try:
            portal.limits.admit(now, portal.choices, search=search)
        except Fault as fault:
            # The limit of searches says nothing of the other limits.
            headers = {} if search else portal.limits.headers(now, portal.choices, search=False)
            return self._refused(fault, headers, mutates=mutates)
        headers = portal.limits.headers(now, portal.choices, search=search)
        try:
            self._check_scopes(token, found.scopes)
            reply = found.route.handler(Call(portal, request, now, found.args, found.version, twist))
        except Fault as fault:
            return self._refused(fault, headers, mutates=mutates)
        return self._answer(reply, headers, mutates=mutates)

    def purpose(self, request: Request) -> Purpose:
        """Return what a call is for; searching and reading by POST are reads."""
        if request.method == "POST" and TOKEN.fullmatch(request.path):
            return "token"
        found = routes.find(request.method, request.path)
        reads = found.route.reads if found else request.method == "GET"
        return "read" if reads else "write"

    def turned_away(self, why: Why, request: Request, now: datetime) -> Response:
        """Answer a call that is not carried out, in the vendor's words."""
        found = routes.find(request.method, request.path)
        search = found is not None and found.route.counts_as_search
        choices = self._portal.choices
        if why == "busy" and search:
            return self._refused(answers.too_many_searches(policy_name=choices.search_policy_name), {})
        headers = self._portal.limits.headers(now, choices, search=search)
        if why in ("busy", "spent"):
            return self._refused(answers.too_many("DAILY" if why == "spent" else "TEN_SECONDLY_ROLLING"), headers)
        if why == "stranger":
            return self._refused(answers.stranger(), {})
        return self._refused(Fault("internal error", None, 500), headers)

    def forget_logins(self) -> None:
        """Make every OAuth token given so far worth nothing."""
        self._keys.forget()

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """Take sight of these properties (`deals.amount`), or the right to write them; `ValueError` for one unknown."""
        tenant.withhold(self._portal, fields)

    def mentioned(self, name: str, words: str) -> Record | None:
        """Return a copy of the first living record of a type whose id stands in the words."""
        loading.check_object(name)
        for number in _NUMBER.findall(words):
            if name in BY_NAME and self._portal.store.get(name, number) is not None:
                return loading.shown(self._portal, name, number)
            if name not in BY_NAME and number in self._portal.owners:
                return dict(self._portal.owners[number])
        return None

    def state(self) -> Objects:
        """Return a copy of every record by type of object, archived ones too, and of owners and pipelines."""
        return {name: self.state_of(name) for name in loading.OBJECTS}

    def state_of(self, name: str) -> list[Record]:
        """Return copies of one type's records; raises `ValueError` for a type the portal does not have."""
        loading.check_object(name)
        return loading.state_of(self._portal, name)

    def load(self, objects: Objects, now: datetime) -> None:
        """Take records in `state`'s shape as edits by people, see `loading`; `ValueError` for what is unknown."""
        loading.load(self._portal, objects, now)

    def tenant(self, settings: Mapping[str, Json]) -> None:
        """Take the set-up of the portal, see `tenant.set_up`; raises `ValueError` for what HubSpot has not."""
        tenant.set_up(self._portal, settings)

    def _check_scopes(self, token: str, scopes: list[str]) -> None:
        granted = self._portal.scopes.get(token)
        lacking = [each for each in scopes if granted is not None and each not in granted]
        if lacking:
            raise answers.missing_scopes(lacking)

    def _token(self, request: Request) -> Response:
        try:
            return self._answer(Reply(self._keys.give(request)), {}, mutates=False)
        except Fault as fault:
            return self._refused(fault, {})

    def _answer(self, reply: Reply, headers: Mapping[str, str], *, mutates: bool) -> Response:
        carried = {**_TYPE, "x-hubspot-correlation-id": self._portal.correlation_id(), **headers}
        if reply.body is None:
            return Response(reply.status, carried, b"", mutates, reply.applied, reply.records)
        said = {"mutates": mutates, "applied": reply.applied, "records": reply.records}
        return as_json(reply.status, reply.body, carried, **said)

    def _refused(self, fault: Fault, headers: Mapping[str, str], *, mutates: bool = False) -> Response:
        correlation_id = self._portal.correlation_id()
        carried = {**_TYPE, "x-hubspot-correlation-id": correlation_id, **headers}
        return as_json(fault.status, fault.body(correlation_id), carried, mutates=mutates)
