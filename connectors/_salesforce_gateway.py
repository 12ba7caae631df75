"""The way to Salesforce: every data call is our own exchange, with a session that all threads share."""

import copy
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from requests.adapters import BaseAdapter

from connectors._http import Answer, Exchange, Lost, Route, requests_send
from connectors._http_time import http_date
from connectors._salesforce_edge import Edge, loopback
from connectors._salesforce_login import TOO_MANY_LOGINS, ClientCredentials, Door, JwtBearer, Login
from connectors._salesforce_records import parsed
from handoff.errors import BridgeBug, ConfigError, NotAllowed, Rejected, ServiceError, Transient
from handoff.ports import Budget, Clock, Limit

DEFAULT_VERSION = "66.0"
USED_UP = "REQUEST_LIMIT_EXCEEDED"
PAUSES = {USED_UP: timedelta(minutes=15), TOO_MANY_LOGINS: timedelta(minutes=1)}
REFUSAL_PAUSE = timedelta(minutes=5)
CONCURRENT_WAIT_SECONDS = 5.0

LATER = frozenset(
    {"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "UNEXPECTED_ERROR"}
)
HIDDEN = frozenset({"INVALID_FIELD", "INVALID_TYPE"})
NO_API = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"})
NAMED_COLUMN = re.compile(r"No such column '([A-Za-z0-9_.]+)' on entity '([A-Za-z0-9_]+)'")
NAMED_THING = re.compile(r"(field|relationship|sObject type) '([A-Za-z0-9_.]+)'")
USAGE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")


@dataclass(frozen=True)
class Told(Answer):
    """A good answer with its body parsed."""

    said: Any = None


class Gateway:
    """
    One org of Salesforce, for any number of threads.

    Args:
        instance: The CRM's instance name, for messages and the budget.
        auth: How to log in. User name with password and the SOAP login are not offered: Salesforce retires them.
        version: The API version, without a leading v.
        limits: The fixed windows to keep to, the shortest first.
        jitter: Gives a number from 0 to 1, for the length of a wait.
        rewrite_to: The sandbox's address; only this machine's own is taken.
        read_only: Refuse every route that is not declared a read.
        inner: Stands for the network in tests.
        beat: Told before each call that the run is alive.
    """

    def __init__(
        self,
        *,
        instance: str,
        auth: ClientCredentials | JwtBearer,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        version: str = DEFAULT_VERSION,
        limits: Sequence[Limit] = (),
        rewrite_to: str | None = None,
        read_only: bool = False,
        inner: BaseAdapter | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        if not re.fullmatch(r"\d+\.0", version):
            raise ConfigError(f"{version!r} is no Salesforce API version. Write it as {DEFAULT_VERSION}.")
        if rewrite_to:
            loopback(rewrite_to)
        system = f"salesforce {instance}"
        self._version, self._rewrite_to, self._inner = version, rewrite_to, inner
        self.exchange = Exchange(
            system=system,
            clock=clock,
            budget=budget,
            limits=limits,
            judge=self._judge,
            jitter=jitter,
            renew=self._renew,
            read_only=read_only,
            beat=beat,
        )
        self._door = Door(auth, version, system=system, clock=clock, budget=budget, jitter=jitter)
        self._login: Login | None = None
        self._host = ""
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._shut: tuple[datetime, ServiceError] | None = None
        self.api_usage: tuple[int, int] | None = None
        """Calls used and allowed in the rolling day, as the last answer told; None until one did."""

    @property
    def host(self) -> str:
        """Return the host of the org; it is known from the first call on."""
        if not self._host:
            raise BridgeBug("The host of a Salesforce org was asked for before the first call.")
        return self._host

    def ask(
        self,
        route: Route,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        before: Callable[[], None] = lambda: None,
    ) -> Any:
        """
        Return the parsed answer; `path` is relative to the versioned root, or starts with a slash.

        `before` is called right before each sending; see `Exchange.call`.

        Raises the errors of `Exchange.call`, and `ConfigError` where a read names what the integration user does not
        see. A used-up daily quota is `Transient` and closes the gateway for a while, so that nothing hammers it; so
        does a permanently refused login, as `NotAllowed`.
        """
        return self._answer(route, method, path, params, headers, body, before).said

    def date(self, route: Route, path: str) -> datetime | None:
        """Return the moment that the answer to this GET was made, by its `Date` header; None where it has none."""
        return http_date(self._answer(route, "GET", path).headers.get("date"))

    def _answer(
        self,
        route: Route,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        before: Callable[[], None] = lambda: None,
    ) -> Told:
        self._check_open()

        def send() -> Answer:
            login = self._logged_in()
            self._mine.token = login.token
            url = f"https://{login.host}{path}" if path.startswith("/") else login.base_url + path
            said = {"Authorization": f"Bearer {login.token}", "Accept": "application/json", **(headers or {})}
            answer = requests_send(self._session(), method, url, params=params, headers=said, json=body)
            self._note_usage(answer.headers)
            return _told(answer)

        try:
            answer = self.exchange.call(route, send, before=before)
        except NotAllowed as error:
            raise self._shutting(error) from error.__cause__
        except Rejected as error:
            if error.code not in HIDDEN or not route.reads:
                raise
            message = f"The integration user of {self.exchange.system} does not see all that is needed ({route.doing})."
            raise ConfigError(message, (f"{error.why} {error.remedy}",)) from error
        assert isinstance(answer, Told)
        return answer

    def url_bytes(self, path: str, params: Mapping[str, str]) -> int:
        """Return how long the address of this call is; no call is made."""
        url = requests.Request("GET", self._base_url() + path, params=dict(params)).prepare().url
        return len(url or "")

    def close(self) -> None:
        """Close this thread's connections."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is not None:
            session.close()
            del self._mine.session

    # Sessions and logging in

    def _session(self) -> requests.Session:
        """One session a thread: requests does not promise that they may be shared."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = self._new_session()
        return session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        edge = Edge(rewrite_to=self._rewrite_to, inner=self._inner)
        session.mount("https://", edge)
        session.mount("http://", edge)
        return session

    def _base_url(self) -> str:
        # Long enough for any My Domain host, and no call is made to learn it.
        return self._login.base_url if self._login else f"https://{'x' * 80}/services/data/v{self._version}/"

    def _logged_in(self) -> Login:
        login = self._login
        if login is not None:
            return login
        with self._lock:
            if self._login is None:
                self._check_open()
                self._login = self._log_in()
            return self._login

    def _renew(self) -> None:
        """Forget the session this thread's call was refused with; the next call of any thread logs in, once."""
        with self._lock:
            if self._login is not None and self._login.token == getattr(self._mine, "token", None):
                self._login = None

    def _log_in(self) -> Login:
        try:
            with self._new_session() as session:
                login = self._door.log_in(session)
        except NotAllowed as error:
            self._shutting(error)  # before the lock is given up, so that no waiting thread tries the same again
            raise
        self._host = login.host
        return login

    # What answers mean

    def _check_open(self) -> None:
        shut = self._shut
        if shut is not None and self.exchange.clock.now() < shut[0]:
            raise copy.copy(shut[1])

    def _shutting(self, error: NotAllowed) -> ServiceError:
        """Return the error to raise, having shut the gateway for a while where asking again would only harm."""
        if error.status is not None and error.code != USED_UP:
            return error
        # A quota comes back by itself. It is no `Transient` inside the exchange, which would ask again at once.
        comes_back = error.code in (USED_UP, TOO_MANY_LOGINS)
        final = copy.copy(error) if not comes_back else Transient(**_facts(error))
        pause = PAUSES.get(error.code or "", REFUSAL_PAUSE)
        self._shut = (self.exchange.clock.now() + pause, final)
        return final

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        """Judged by `errorCode`, not by status: Salesforce sends a 403 for a quota and a 400 for a lock."""
        status = answer.status
        if isinstance(answer, Told):
            return None
        code, message = _first_error(answer)

        def error(kind: type[ServiceError], why: str, remedy: str = "") -> ServiceError:
            return self.exchange.error(kind, route, why, remedy, status=status, code=code or None)

        if status == 401:
            why = "the session was refused."
            remedy = "Check the integration user's API permission, and the session and network settings of the org."
            return error(NotAllowed, why, remedy)
        if code == USED_UP:
            return self._over_limit(error, message)
        if code in NO_API:
            return error(NotAllowed, f"the API is switched off ({code}).", "The edition or the user lacks API access.")
        if code == "UNABLE_TO_LOCK_ROW":
            return error(Transient, "a record is locked by somebody else's change.")
        if code in LATER or status >= 500:
            return self.exchange.broken(route, answer)
        if status == 429:
            return self.exchange.busy(route, answer)
        if code in HIDDEN:
            remedy = "Grant field-level security to the integration user, or take it out of the mapping."
            return error(Rejected, f"{_named(message)} is missing or hidden ({code}).", remedy)
        if code == "MALFORMED_QUERY":
            return error(Rejected, "it could not read our statement (MALFORMED_QUERY).", "Report this as a bug.")
        if status in (404, 410) and code in ("", "NOT_FOUND", "UNSUPPORTED_API_VERSION"):
            return error(
                Rejected, "it does not know this address.", f"Check that API version {self._version} is offered."
            )
        if status in (414, 431):
            return error(Rejected, "the address was too long.", "Map fewer fields.")
        if status < 400:
            return error(Rejected, "it sent us elsewhere.", "Check the My Domain name, and the proxy in between.")
        return error(NotAllowed if status == 403 else Rejected, f"it refused ({code or 'without a code'}).")

    def _over_limit(self, error: Callable[..., ServiceError], message: str) -> ServiceError:
        if message.startswith("Concurrent"):
            busy = error(Transient, "too many calls at once.", "Lower the number of workers.")
            assert isinstance(busy, Transient)
            busy.wait = CONCURRENT_WAIT_SECONDS * (1 + 3 * self.exchange.jitter())
            return busy
        remedy = "Reading pauses until the rolling day frees calls; see which other tools use the org's quota."
        return error(NotAllowed, "the org's API calls of the last 24 hours are used up.", remedy)

    def _note_usage(self, headers: Mapping[str, str]) -> None:
        found = USAGE.search(headers.get("sforce-limit-info", ""))
        if found:
            self.api_usage = int(found[1]), int(found[2])


def _told(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300:
        return answer
    try:
        return Told(answer.status, answer.headers, answer.body, parsed(answer.body) if answer.body else None)
    except ValueError as error:
        raise Lost("the answer is no JSON") from error


def _facts(error: ServiceError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("system", "doing", "why", "remedy", "status", "request_id", "code")}


def _first_error(answer: Answer) -> tuple[str, str]:
    said = answer.json_or_none()
    first = said[0] if isinstance(said, list) and said else said
    if not isinstance(first, dict):
        return "", ""
    code = str(first.get("errorCode", ""))
    return (code if re.fullmatch(r"[A-Z0-9_]{1,80}", code) else ""), str(first.get("message", ""))


def _named(message: str) -> str:
    column = NAMED_COLUMN.search(message)
    if column:
        return f"{column[2]}.{column[1]}"
    thing = NAMED_THING.search(message)
    return f"the {thing[1].replace('sObject type', 'object')} {thing[2]}" if thing else "a field of the mapping"
