"""The engine: one call in, one answer out, by the API it is for."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from sandbox.churnzero import people, pull, push
from sandbox.churnzero.limits import Limits
from sandbox.churnzero.org import Org
from sandbox.wire import PLAIN, Json, Loss, Objects, Purpose, Record, Request, Response, Twist, Why

_TEXT = {"content-type": "text/plain"}


class ChurnZeroEngine:
    """ChurnZero of one tenant, without sockets; `host` is where it is reached, for the links in its answers."""

    system = "churnzero"

    def __init__(self, *, host: str) -> None:
        self._host = host
        self._org = Org()
        self._limits = Limits()

    def handle(self, request: Request, now: datetime, twist: Twist = PLAIN) -> Response:
        """Answer as the vendor would at `now` (aware, simulated time)."""
        self.settle(now)
        path = request.path.rstrip("/")
        if path == "/i" and request.method in ("GET", "POST"):
            return self._busy("push", now) or push.pushed(self._org, request, now, twist)
        if path in push.FILES and request.method == "POST":
            return push.filed(self._org, dataclasses.replace(request, path=path), now, twist)
        if path.startswith(pull.ROOT):
            return self._pulled(request, now)
        return Response(404, _TEXT, b"Not Found", mutates=request.method != "GET")

    def purpose(self, request: Request) -> Purpose:
        """Return what a call is for: all of the push API writes, also where it gets."""
        path = request.path.rstrip("/")
        return "write" if path == "/i" or request.method != "GET" else "read"

    def turned_away(self, why: Why, request: Request, now: datetime) -> Response:
        """Answer a call that is not carried out, in the vendor's words."""
        if why in ("busy", "spent"):
            return Response(429, _TEXT, b"Too Many Requests")
        if why == "stranger":
            return pull.refused(401, "Unauthorized")
        return pull.refused(500, "Internal Server Error")

    def forget_logins(self) -> None:
        """Do nothing: keys are all there is, and these stay good."""

    def withhold(self, fields: Mapping[str, Loss]) -> None:
        """Hide these columns (`Account.LicenseCount`) beside those the set-up hides: pushed in vain, never pulled."""
        self._org.withheld = people.columns(fields, strict=True)

    def settle(self, now: datetime) -> None:
        """Apply the files whose time has come."""
        if self._org.waiting:
            push.settle(self._org, now)

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
        """Take records in `state`'s shape as edits by people; raises `ValueError` for what ChurnZero has not."""
        self.settle(now)
        people.load(self._org, objects, now)

    def tenant(self, settings: Mapping[str, Json]) -> None:
        """Take `inactive_users`, and the switches under `churnzero`; raises `ValueError` for one unknown."""
        people.set_up(self._org, settings)

    def _pulled(self, request: Request, now: datetime) -> Response:
        mutates = request.method != "GET"
        choices = self._org.choices
        if not pull.let_in(self._org, request):
            return dataclasses.replace(pull.refused(401, "Unauthorized"), mutates=mutates)
        if not choices.add_on:
            return dataclasses.replace(pull.refused(403, "Forbidden"), mutates=mutates)
        place = self._limits.count("pull", now)
        if place > choices.hard_per_minute:
            return Response(429, _TEXT, b"Too Many Requests", mutates=mutates)
        answer = pull.pulled(self._org, request, now, self._host)
        delay = choices.slowed_seconds if place > choices.soft_per_minute else 0.0
        return dataclasses.replace(answer, mutates=mutates, delay=delay)

    def _busy(self, bucket: str, now: datetime) -> Response | None:
        most = self._org.choices.per_minute
        if most and self._limits.count(bucket, now) > most:
            return Response(429, _TEXT, b"Too Many Requests", mutates=True)
        return None
