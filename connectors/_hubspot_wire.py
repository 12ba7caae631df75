"""How HubSpot is spoken to: its credentials, its two budgets, and what its answers mean."""

import copy
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors._http import Answer, Exchange, Lost, Route, httpx_send
from connectors._http_time import http_date
from connectors._hubspot_paths import Paths
from connectors._hubspot_settings import HubSpotSettings, OAuth, ServiceKey
from connectors._hubspot_words import Flaw, flaw_in, scopes_in
from handoff.errors import NotAllowed, Rejected, ServiceError, Transient
from handoff.ports import Budget, Clock, Limit, Spans, Traffic

TOKEN = Route("renewing the access token", reads=True, repeatable=True)

SECOND, TEN_SECONDS, DAY = timedelta(seconds=1), timedelta(seconds=10), timedelta(days=1)
SEARCHES_PER_SECOND = 4
CALLS_PER_TEN_SECONDS = 80
CALLS_PER_DAY = 200_000  # 80 % of the smallest portal's 250,000: its other apps live on the rest
EARLY = timedelta(minutes=2)
"""An access token is renewed so long before it ends."""
LOCKED_SECONDS = 2.0
USED_UP = "DAILY"
REFUSAL_PAUSE = timedelta(minutes=5)
POLICY = re.compile(r"[A-Z_]{1,40}")

Json = dict[str, Any]


class Refusal(Rejected):
    """A refused call; `flaw` is what the answer said."""

    flaw: Flaw = Flaw()


def of_one(error: Rejected) -> bool:
    """Return whether a refusal may be of one record among many, and not of the call as a whole."""
    return isinstance(error, Refusal) and error.status in (400, 404, 409)


class Wire:
    """
    One portal's API, with credentials, limits and retries taken care of.

    Args:
        instance: The CRM's instance name, for messages and the budget.
        auth: How to identify ourselves.
        version: The version of the API: `classic`, or a dated one.
        zone: The portal's time zone, in which its day of calls begins.
        read_only: Refuse every route that is not declared a read.
        beat: Told before each call that the run is alive.
    """

    def __init__(
        self,
        *,
        instance: str,
        base_url: str,
        client: httpx.Client,
        auth: ServiceKey | OAuth,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        version: str,
        settings: HubSpotSettings,
        searches_per_second: int = SEARCHES_PER_SECOND,
        calls_per_ten_seconds: int = CALLS_PER_TEN_SECONDS,
        calls_per_day: int = CALLS_PER_DAY,
        zone: str = "UTC",
        read_only: bool = False,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.base_url, self.paths, self.settings = base_url.rstrip("/"), Paths(version), settings
        self.clock, self.system, self.zone = clock, f"hubspot {instance}", zone
        self._client, self._auth, self._budget = client, auth, budget
        self._lock, self._sent_with = threading.Lock(), threading.local()
        self._token: tuple[str, datetime] | None = None
        self._shut: tuple[datetime, ServiceError] | None = None
        self.day_of_calls: tuple[int, int] | None = None
        """Calls that the portal may make in a day, and that are left, as the last answer told; None until one did."""
        self._day = Limit(DAY, calls_per_day, zone=zone)
        self._calls = Limit(TEN_SECONDS, calls_per_ten_seconds, Spans.ROLLING)
        self._searches = Limit(SECOND, searches_per_second, Spans.ROLLING)

        def exchange(*limits: Limit, renews: bool = True) -> Exchange:
            return Exchange(
                system=self.system,
                clock=clock,
                budget=budget,
                limits=limits,
                judge=self._judge,
                jitter=jitter,
                renew=self._renew if isinstance(auth, OAuth) and renews else None,
                read_only=read_only,
                beat=beat,
            )

        # The day is one for both: a budget counts by the system's name and the length of the span.
        self.exchange = exchange(self._calls, self._day)
        self._searching = exchange(self._searches, self._day)
        self._door = exchange(renews=False)

    # Asking

    def get(self, route: Route, path: str, query: Mapping[str, str] | None = None) -> Json:
        """Return what this address holds."""
        return self.call(route, "GET", path, query=query)

    def post(
        self,
        route: Route,
        path: str,
        body: Json,
        *,
        query: Mapping[str, str] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> Json:
        """Return what HubSpot answers to this body."""
        return self.call(route, "POST", path, body, query=query, before=before)

    def search(self, route: Route, kind: str, body: Json) -> Json:
        """Return one page of a search; searches have a budget of their own."""
        return self.call(route, "POST", self.paths.objects(kind, "search"), body, exchange=self._searching)

    def date(self, route: Route, path: str) -> tuple[Json, datetime | None]:
        """Return what this address holds, and the moment that the answer was made, by its `Date` header."""
        answer = self._answer(self.exchange, route, "GET", path)
        return self._object(route, answer), http_date(answer.headers.get("date"))

    def call(
        self,
        route: Route,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        exchange: Exchange | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> Json:
        """
        Return the JSON object of a good answer; {} where it has no body.

        Raises what `Exchange.call` raises, which calls `before`. A used-up day is `Transient` and shuts the portal
        until it is over, and so does a refused key for a while: nothing hammers it.
        """
        return self._object(route, self._answer(exchange or self.exchange, route, method, path, body, query, before))

    def _object(self, route: Route, answer: Answer) -> Json:
        if answer.status == 204 or not answer.body:
            return {}
        told = answer.json()
        assert isinstance(told, dict)  # the judge saw to it
        return told

    def _answer(
        self,
        exchange: Exchange,
        route: Route,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> Answer:
        self._check_open()
        if isinstance(self._auth, OAuth) and self._ends_soon():
            self._renew()

        def send() -> Answer:
            url = self.base_url + path
            answer = httpx_send(self._client, method, url, headers=self._credentials(), json=body, params=query)
            self._note_day(answer.headers)
            return answer

        try:
            return exchange.call(route, send, before=before)
        except NotAllowed as error:
            raise self._shutting(error) from error.__cause__

    def traffic(self) -> Traffic:
        """Return how often the portal was called, searches among it, and how often it may be."""
        calls = self.exchange.traffic().calls + self._searching.traffic().calls
        return Traffic(self.system, calls, (self._searches, self._calls, self._day))

    def odd(self, route: Route, why: str = "it answered something else than was asked.") -> ServiceError:
        """Return the error for an answer that cannot be believed."""
        return self.exchange.error(Transient, route, why, "Check the proxy in between.")

    def _note_day(self, headers: Mapping[str, str]) -> None:
        most, left = (
            headers.get("x-hubspot-ratelimit-daily", ""),
            headers.get("x-hubspot-ratelimit-daily-remaining", ""),
        )
        if most.isdecimal() and left.isdecimal():
            self.day_of_calls = int(most), int(left)

    # Credentials

    def _credentials(self) -> dict[str, str]:
        if isinstance(self._auth, ServiceKey):
            token = self._auth.token
        else:
            token = self._token[0] if self._token else ""
            self._sent_with.token = token
        return {"accept": "application/json", "authorization": f"Bearer {token}"}

    def _ends_soon(self) -> bool:
        if self._token is None or self.clock.now() >= self._token[1]:
            self._sent_with.token = self._token[0] if self._token else ""
            return True
        return False

    def _renew(self) -> None:
        """Get a token unless another thread got one since this thread last sent: one flight at a time."""
        with self._lock:
            if self._token is None or self._token[0] == getattr(self._sent_with, "token", None):
                self._token = self._fetch()

    def _fetch(self) -> tuple[str, datetime]:
        assert isinstance(self._auth, OAuth)
        form = {
            "grant_type": "refresh_token",
            "client_id": self._auth.client_id,
            "client_secret": self._auth.client_secret,
            "refresh_token": self._auth.refresh_token,
        }

        def send() -> Answer:
            url = self.base_url + self.settings.token_path
            return httpx_send(self._client, "POST", url, headers={"accept": "application/json"}, data=form)

        asked = self.clock.now()
        try:
            said = self._door.call(TOKEN, send, counts=False).json()
        except (Rejected, NotAllowed) as error:
            remedy = "Check the app's client id and secret, and that it is still installed in this portal."
            why = "the refresh token was refused."
            # Without a status: a 401 of the renewal itself must not look like a token that ran out.
            raise self.exchange.error(NotAllowed, TOKEN, why, remedy, code=error.code) from error
        lives = timedelta(seconds=float(said.get("expires_in") or 1_800))
        return str(said["access_token"]), asked + max(lives - EARLY, lives / 2)

    # What answers mean

    def _check_open(self) -> None:
        if self._shut is not None and self.clock.now() < self._shut[0]:
            raise copy.copy(self._shut[1])

    def _shutting(self, error: NotAllowed) -> ServiceError:
        """Return the error to raise, having shut the portal for a while where asking again would only harm."""
        if error.code == USED_UP:
            # A day comes back by itself. It is no `Transient` inside the exchange, which would ask again at once.
            until = self._day.ends(self.exchange.now())
            self._budget.close(self.system, (self._day,), self.exchange.now())
            final: ServiceError = Transient(**_facts(error))
        elif error.status == 403:
            return error  # it lacks one scope, and may do everything else
        else:
            until, final = self.clock.now() + REFUSAL_PAUSE, copy.copy(error)
        self._shut = (until, final)
        return final

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        status, exchange = answer.status, self.exchange
        if 300 <= status < 400:
            return self._not_allowed(route, answer, "it sent us to another address.", "Check `base_url`.")
        if status in (408, 500) or status > 500:
            return exchange.broken(route, answer)
        said = answer.json_or_none()
        if status < 300:
            if status != 204 and not isinstance(said, dict):
                raise Lost("the answer is no JSON object")
            if route is TOKEN and not (isinstance(said, dict) and isinstance(said.get("access_token"), str)):
                raise Lost("the answer holds no token")
            return None
        if status == 429:
            return self._too_many(route, answer, said)
        if status in (423, 477):
            return self._later(route, answer)
        if status in (401, 403):
            return self._no_access(route, answer, said)
        return self._refusal(route, answer, flaw_in(said))

    def _too_many(self, route: Route, answer: Answer, said: Any) -> ServiceError:
        """Both bodies of a 429 end here; only `policyName` tells the day's end from a short pause."""
        policy = str(said.get("policyName") or "") if isinstance(said, dict) else ""
        if policy.startswith(USED_UP):
            remedy = "Reading pauses until midnight in the portal's time zone; see which other apps use its calls."
            why = "the portal's API calls of this day are used up."
            return self._not_allowed(route, answer, why, remedy, code=USED_UP)
        error = self.exchange.busy(route, answer)
        error.code = policy if POLICY.fullmatch(policy) else None
        if error.wait is None:
            span = TEN_SECONDS if policy.startswith("TEN_SECONDLY") else SECOND
            error.wait = span.total_seconds() + self.exchange.jitter()
        return error

    def _later(self, route: Route, answer: Answer) -> ServiceError:
        busy = self.exchange.busy(route, answer)  # reads the vendor's own hint
        why = "the portal is being moved to another data centre." if answer.status == 477 else "the record is locked."
        error = self.exchange.error(
            Transient, route, why, "It goes on by itself.", status=answer.status, request_id=_request_id(answer)
        )
        assert isinstance(error, Transient)
        error.wait = max(busy.wait or 0.0, LOCKED_SECONDS * (1 + self.exchange.jitter()))
        return error

    def _no_access(self, route: Route, answer: Answer, said: Any) -> ServiceError:
        flaw = flaw_in(said)
        if answer.status == 403:
            scopes = scopes_in(said)
            lacks = f"it lacks the scope {', '.join(scopes)}." if scopes else "the credentials do not allow this."
            remedy = "Add the scope to the service key (or the app, and install it again)."
            return self._not_allowed(route, answer, lacks, remedy, code=flaw.category)
        remedy = "Was the service key rotated or deleted? Make one in HubSpot (Settings, Integrations, Service keys)."
        if isinstance(self._auth, OAuth):
            remedy = "Check that the app is still installed in this portal."
        return self._not_allowed(route, answer, "the credentials are not accepted.", remedy, code=flaw.category)

    def _refusal(self, route: Route, answer: Answer, flaw: Flaw) -> ServiceError:
        if answer.status == 404:
            why, remedy = "there is no such record or address.", "Check the API version of the settings."
        elif answer.status == 414:
            why, remedy = "the address was too long.", "Map fewer fields."
        else:
            why, remedy = flaw.words(), ""
        error = self.exchange.error(
            Refusal,
            route,
            why,
            remedy,
            status=answer.status,
            request_id=_request_id(answer),
            code=(flaw.codes[0] if flaw.codes else flaw.category) or None,
        )
        assert isinstance(error, Refusal)
        error.flaw = flaw
        return error

    def _not_allowed(self, route: Route, answer: Answer, why: str, remedy: str, *, code: str = "") -> ServiceError:
        request_id = _request_id(answer)
        return self.exchange.error(
            NotAllowed, route, why, remedy, status=answer.status, request_id=request_id, code=code or None
        )


def _request_id(answer: Answer) -> str | None:
    return answer.headers.get("x-hubspot-correlation-id") or None


def _facts(error: ServiceError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("system", "doing", "why", "remedy", "status", "request_id", "code")}


def rows_in(said: Json) -> Sequence[Json] | None:
    """Return the records under `results`; None where there is no list of them."""
    rows = said.get("results")
    return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else None
