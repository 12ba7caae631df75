"""One exchange with an outside system: permission, budget, time-out, retry, and an error that says what to do."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ssl import SSLCertVerificationError
from typing import Any

import httpx
import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from urllib3.exceptions import NewConnectionError, SSLError

from connectors._http_json import loaded
from connectors._http_time import ServerTime, http_date
from handoff.errors import Ambiguous, BridgeBug, NotAllowed, Rejected, ServiceError, Transient
from handoff.ports import Budget, Clock, Limit, Spans, Traffic

log = logging.getLogger("connectors.http")

CALL_TIMEOUT_SECONDS = 10.0
EDGE_BUSINESS = timedelta(seconds=2)
EDGE_REAL_SECONDS = 0.1
PATIENCE_REAL_SECONDS = 2.0
BLIND = "It may have happened, and cannot be looked up. Look there, then say so: handoff queue."
A_MOMENT_SECONDS = 0.001  # a wait is never rounded to nought: the loop around it would not end


class NotSent(Exception):
    """The request never reached the system: the connection could not be made."""


class Lost(Exception):
    """The request went out and no proper answer came back: it may have been carried out."""


@dataclass(frozen=True)
class Route:
    """
    One thing a connector may ask.

    `reads` declares that it changes nothing; `repeatable` that sending it twice does no more than once. `findable` says
    that what it makes can be looked up where no answer came; where it cannot, a person must say what became of it.
    """

    doing: str
    reads: bool
    repeatable: bool
    findable: bool = True


@dataclass(frozen=True)
class Answer:
    """What came back: header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the JSON body; raises `Lost` when it is cut off or no JSON, for then we do not know."""
        try:
            return loaded(self.body)
        except ValueError as error:
            raise Lost("the answer is no JSON") from error

    def json_or_none(self) -> Any:
        """Return the JSON body, or None when it is none (an HTML page of a proxy)."""
        try:
            return loaded(self.body)
        except ValueError:
            return None


Send = Callable[[], Answer]
Judge = Callable[[Route, Answer], ServiceError | None]
"""Says what a vendor's answer means: None when it is good, else the error to raise."""


class Exchange:
    """
    Everything a connector sends goes through here.

    Args:
        system: How the system is called in messages.
        clock: The business clock; waits pass in it.
        budget: The calls left, shared through the ledger.
        limits: The vendor's fixed windows as we use them, the shortest first.
        judge: Says what an answer means.
        jitter: Gives a number from 0 to 1, for the length of a wait.
        renew: Gets new credentials after a 401; tried at most once a call.
        read_only: Refuse every route that is not declared a read.
        beat: Told before each call that the run is alive; raises where it must not go on.
    """

    def __init__(
        self,
        *,
        system: str,
        clock: Clock,
        budget: Budget,
        limits: Sequence[Limit],
        judge: Judge,
        jitter: Callable[[], float],
        renew: Callable[[], None] | None = None,
        read_only: bool = False,
        beat: Callable[[], None] = lambda: None,
        tries: int = 4,
        patience: timedelta = timedelta(minutes=5),
    ) -> None:
        self.system, self.clock, self.budget, self.limits = system, clock, budget, tuple(limits)
        self.judge, self.jitter, self.renew, self.read_only, self.beat = judge, jitter, renew, read_only, beat
        self.tries, self.patience = tries, patience
        self.server_time = ServerTime()
        self._fixed = [limit for limit in self.limits if limit.spans is Spans.FIXED]
        self._calls, self._counting = 0, threading.Lock()

    def call(
        self, route: Route, send: Send, *, counts: bool = True, before: Callable[[], None] = lambda: None
    ) -> Answer:
        """
        Send and return a good answer, trying again where that is safe.

        `counts` is False for calls that the vendor's limits do not count (a token). `before` is called right before
        each sending, once its place in every window is taken; what it raises is not sent.

        Raises:
            Transient: It did not work in `tries` attempts; nothing was done.
            Rejected: The system refused the request.
            NotAllowed: It refused our credentials, also after new ones.
            Ambiguous: A request that must not be repeated may have been carried out.
            BridgeBug: A write was about to be sent by a reading command.
        """
        if self.read_only and not route.reads:
            raise BridgeBug(f"A reading command was about to write ({route.doing} in {self.system}). Nothing was sent.")
        until = self.clock.now() + max(self.patience, timedelta(seconds=PATIENCE_REAL_SECONDS * self.clock.scale))
        try:
            return self._tried(route, send, counts, until, before)
        except NotAllowed as error:
            if error.status != 401 or self.renew is None:
                raise
        # Outside the retries: renewing is a call with retries of its own, and they must not multiply.
        self.renew()
        return self._tried(route, send, counts, until, before)

    def traffic(self) -> Traffic:
        """Return how many calls that count were sent so far, tries again among them, and how many may be."""
        return Traffic(self.system, self._calls, self.limits)

    def now(self) -> datetime:
        """Return the server's time as well as we know it."""
        return self.clock.now() + self.server_time.ahead

    def _tried(self, route: Route, send: Send, counts: bool, until: datetime, before: Callable[[], None]) -> Answer:
        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= self.tries or self.clock.now() + _span(state.upcoming_sleep) > until

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, Transient) and error.wait is not None:
                return max(error.wait, 0.0)
            if isinstance(error, Transient) and error.status == 429 and counts and self.limits:
                return 0.0  # its window is closed now: the reservation waits for the next one
            return float(min(30.0, 2.0 ** (state.attempt_number - 1)) * (0.5 + self.jitter()))

        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            wait=wait,
            stop=enough,
            sleep=self.clock.sleep,
            reraise=True,
        )
        return retrying(self._once, route, send, counts, until, before)

    def _once(self, route: Route, send: Send, counts: bool, until: datetime, before: Callable[[], None]) -> Answer:
        if counts:
            self._reserve(route, until)
            with self._counting:
                self._calls += 1
        self.beat()
        before()
        sent = self.clock.now()
        try:
            answer = send()
            self.server_time.learn(answer.headers.get("date"), sent, self.clock.now())
            error = self.judge(route, answer)
        except NotSent as cause:
            raise self.error(
                Transient, route, "it could not be reached.", "Check the address and the network."
            ) from cause
        except Lost as cause:
            raise self._lost(route, "the connection broke before a proper answer came.") from cause
        if error is None:
            return answer
        if answer.status == 429 and counts and self.limits:
            self.budget.close(self.system, self.limits, self.now())
        log.info(
            "refused system=%s doing=%r status=%s kind=%s",
            self.system,
            route.doing,
            answer.status,
            type(error).__name__,
        )
        raise error

    def _lost(self, route: Route, why: str, status: int | None = None, request_id: str | None = None) -> ServiceError:
        if route.reads or route.repeatable:
            remedy = "It may be sent again, and the next run does so."
            return self.error(Transient, route, why, remedy, status=status, request_id=request_id)
        remedy = "It is looked up before it is sent again." if route.findable else BLIND
        return self.error(Ambiguous, route, why, remedy, status=status, request_id=request_id)

    def error(
        self,
        kind: type[ServiceError],
        route: Route,
        why: str,
        remedy: str = "",
        *,
        status: int | None = None,
        request_id: str | None = None,
        code: str | None = None,
    ) -> ServiceError:
        """Return an error of this kind about this route."""
        return kind(
            system=self.system,
            doing=route.doing,
            why=why,
            remedy=remedy,
            status=status,
            request_id=request_id,
            code=code,
        )

    def broken(self, route: Route, answer: Answer) -> ServiceError:
        """Return the error for an answer of 5xx: a write may have been carried out before it broke."""
        request_id = answer.headers.get("x-request-id")
        return self._lost(route, "it broke while answering.", answer.status, request_id)

    def busy(self, route: Route, answer: Answer) -> Transient:
        """Return the error for a 429, with the vendor's own hint when to come back."""
        request_id = answer.headers.get("x-request-id")
        remedy = "It goes on in the vendor's next window; other tools that share this key use up the same limit."
        error = self.error(Transient, route, "too many calls.", remedy, status=429, request_id=request_id)
        assert isinstance(error, Transient)
        error.wait = self._hint(answer.headers.get("retry-after"))
        return error

    def _hint(self, retry_after: str | None) -> float | None:
        """Return the seconds that a `Retry-After` asks for, given as a number or as a moment."""
        if retry_after and retry_after.strip().isdecimal():
            return float(retry_after)
        stamp = http_date(retry_after)
        return max((stamp - self.now()).total_seconds(), 0.0) if stamp else None

    def refused(
        self, route: Route, answer: Answer, why: str, remedy: str = "", *, code: str | None = None
    ) -> ServiceError:
        """Return the error for an answer of 4xx: credentials for 401 and 403, else the request itself."""
        kind = NotAllowed if answer.status in (401, 403) else Rejected
        request_id = answer.headers.get("x-request-id")
        return self.error(kind, route, why, remedy, status=answer.status, request_id=request_id, code=code)

    def _reserve(self, route: Route, until: datetime) -> None:
        """Return once a call of every window is ours and no edge of a window is near; not later than `until`."""
        while self.limits:
            at = self.now()
            wait = self._to_quiet_water(at)
            if wait <= 0:
                again = self.budget.spend(self.system, self.limits, at)
                if again is None:
                    if self._still_in(at):
                        return
                    continue  # the budget took so long that its window is over
                wait = (again - at).total_seconds()
            wait = max(wait, A_MOMENT_SECONDS)
            if self.clock.now() + _span(wait) > until:
                raise self._used_up(route, at, wait)
            self.clock.sleep(wait)

    def _used_up(self, route: Route, at: datetime, wait: float) -> Transient:
        again = (at + _span(wait)).strftime("%Y-%m-%d %H:%M UTC")
        remedy = f"It goes on by itself at {again}, with the first run after that."
        error = self.error(Transient, route, "the calls we allow ourselves are used up.", remedy)
        assert isinstance(error, Transient)
        error.wait = wait
        return error

    def _still_in(self, at: datetime) -> bool:
        """Return whether every window that held `at` holds this moment too, and no edge is near."""
        now = self.now()
        same = all(limit.starts(at) == limit.starts(now) for limit in self._fixed)
        return same and self._to_quiet_water(now) <= 0

    def _to_quiet_water(self, at: datetime) -> float:
        """Return the seconds until no window's edge is near: our clock and the vendor's may differ a little."""
        wait = 0.0
        for limit in self._fixed:
            span = limit.per.total_seconds()
            margin = min(max(EDGE_BUSINESS.total_seconds(), EDGE_REAL_SECONDS * self.clock.scale), span / 4)
            into = at.timestamp() - limit.starts(at)
            if into < margin:
                wait = max(wait, margin - into)
            elif into > span - margin:
                wait = max(wait, span - into + margin)
        return wait


def httpx_send(client: httpx.Client, method: str, url: str, **arguments: Any) -> Answer:
    """Send one request with httpx; raises `NotSent` or `Lost`."""
    try:
        response = client.request(method, url, **arguments)
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    ) as error:
        raise NotSent(type(error).__name__) from error
    except httpx.RequestError as error:  # a body that cannot be decoded is among them
        raise Lost(type(error).__name__) from error
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)


def requests_send(session: requests.Session, method: str, url: str, **arguments: Any) -> Answer:
    """Send one request with requests; raises `NotSent` or `Lost`."""
    try:
        response = session.request(method, url, allow_redirects=False, **arguments)
    except (requests.ConnectTimeout, MissingSchema, InvalidSchema, InvalidURL, InvalidHeader) as error:
        raise NotSent(type(error).__name__) from error
    except requests.ConnectionError as error:
        raise (NotSent if _never_connected(error) else Lost)(type(error).__name__) from error
    except requests.RequestException as error:
        raise Lost(type(error).__name__) from error
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)


def _never_connected(error: requests.ConnectionError) -> bool:
    """Return whether no connection was made: nobody listens there, or its certificate was not accepted."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    certificate = reason.args[0] if isinstance(reason, SSLError) and reason.args else None
    return isinstance(reason, NewConnectionError) or isinstance(certificate, SSLCertVerificationError)


def _span(seconds: float) -> timedelta:
    """Return so many seconds; more than a day and a half is as good as for ever."""
    return timedelta(seconds=min(seconds, 130_000.0))
