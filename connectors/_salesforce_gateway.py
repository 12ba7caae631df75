"""The way to Salesforce: simple-salesforce logs in and builds addresses, every data call is our own exchange."""

import copy
import re
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from simple_salesforce.api import Salesforce as Library
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from connectors._http import CALL_TIMEOUT_SECONDS, Answer, Exchange, Lost, Route, requests_send
from connectors._http_time import http_date
from connectors._salesforce_records import parsed
from handoff.errors import BridgeBug, ConfigError, NotAllowed, Rejected, ServiceError, Transient
from handoff.ports import Budget, Clock, Limit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_VERSION = "66.0"
USED_UP, TOO_MANY_LOGINS = "REQUEST_LIMIT_EXCEEDED", "rate_limit_exceeded"
PAUSES = {USED_UP: timedelta(minutes=15), TOO_MANY_LOGINS: timedelta(minutes=1)}
REFUSAL_PAUSE = timedelta(minutes=5)
CONCURRENT_WAIT_SECONDS = 5.0

TOKEN = Route("logging in", reads=True, repeatable=True)

LATER = frozenset(
    {"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "UNEXPECTED_ERROR"}
)
HIDDEN = frozenset({"INVALID_FIELD", "INVALID_TYPE"})
NO_API = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"})
NAMED_COLUMN = re.compile(r"No such column '([A-Za-z0-9_.]+)' on entity '([A-Za-z0-9_]+)'")
NAMED_THING = re.compile(r"(field|relationship|sObject type) '([A-Za-z0-9_.]+)'")
USAGE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")

TOKEN_REMEDIES = {
    "invalid_client_id": "Check the consumer key of the External Client App.",
    "invalid_client": "Check the consumer key and the consumer secret of the External Client App.",
    "unsupported_grant_type": "Enable this login flow in the External Client App's OAuth settings.",
    "inactive_user": "Activate the integration user.",
    "inactive_org": "The org is not active; ask its administrator.",
}
GRANT_REMEDIES = (
    ("client credentials user", "Name a run-as user in the External Client App's client credentials settings."),
    (
        "approved this consumer",
        "Pre-authorise the integration user for the app (permission set of the app's policies).",
    ),
    ("not supported on this domain", "Use the org's own My Domain (acme.my), not login or test."),
)
ANY_GRANT_REMEDY = "Check the run-as user, the consumer key, the secret or private key, and the My Domain name."


@dataclass(frozen=True)
class ClientCredentials:
    """Log in as the app's run-as user. `domain` is the My Domain label, `acme.my`."""

    domain: str
    key: str = field(repr=False)
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if self.domain in ("", "login", "test"):
            raise ConfigError("Client credentials need the org's own My Domain, as in domain = 'acme.my'.")

    def arguments(self) -> dict[str, Any]:
        """Return what the library's login takes."""
        return {"domain": self.domain, "consumer_key": self.key, "consumer_secret": self.secret}


@dataclass(frozen=True)
class JwtBearer:
    """Log in with a signed assertion. `domain` is the My Domain label, or `login` or `test`."""

    domain: str
    username: str = field(repr=False)
    key: str = field(repr=False)
    private_key: str = field(repr=False)

    def arguments(self) -> dict[str, Any]:
        """Return what the library's login takes; its `instance_url` is a label, and its `domain` the audience."""
        test = self.domain == "test" or self.domain.endswith(".sandbox.my")
        return {
            "domain": "test" if test else "login",
            "instance_url": self.domain,
            "username": self.username,
            "consumer_key": self.key,
            "privatekey": self.private_key,
        }


@dataclass(frozen=True)
class Login:
    """A session, and the addresses that the library built for it."""

    token: str = field(repr=False)
    base_url: str
    host: str


@dataclass(frozen=True)
class Told(Answer):
    """A good answer with its body parsed."""

    said: Any = None


class Edge(HTTPAdapter):
    """
    The last place before the network: no call without a time-out, and the sandbox in place of Salesforce if asked.

    `inner` stands for the network in tests.
    """

    def __init__(self, *, rewrite_to: str | None = None, inner: BaseAdapter | None = None) -> None:
        super().__init__()
        self._to = _loopback(rewrite_to) if rewrite_to else None
        self._inner = inner

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send the request; a time-out is always set."""
        kwargs["timeout"] = kwargs.get("timeout") or CALL_TIMEOUT_SECONDS
        if self._to:
            parts = urlsplit(str(request.url))
            request.url = urlunsplit((*self._to, parts.path, parts.query, ""))
        if self._inner is not None:
            return self._inner.send(request, *args, **kwargs)
        return super().send(request, *args, **kwargs)


def _loopback(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
        raise ConfigError("Calls are only ever turned to this machine. Use http://127.0.0.1:8701 for the sandbox.")
    return parts.scheme, parts.netloc


class _Ear:
    """Stands in for the library's session while it logs in, and keeps what was answered."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self.answer: Answer | None = None

    def post(self, url: str, data: Any, *, headers: Any = None, proxies: Any = None) -> requests.Response:
        self.answer = requests_send(self._session, "POST", url, data=data, headers=headers)
        response = requests.Response()
        response.status_code, response._content = self.answer.status, self.answer.body
        return response


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
            _loopback(rewrite_to)
        system = f"salesforce {instance}"
        self._auth, self._version, self._rewrite_to, self._inner = auth, version, rewrite_to, inner
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
        # One try: a login happens inside a data call, which tries again itself.
        self._door = Exchange(
            system=system, clock=clock, budget=budget, limits=(), judge=self._judge_token, jitter=jitter, tries=1
        )
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
            answer = self._door.call(TOKEN, self._token_answer, counts=False)
        except NotAllowed as error:
            self._shutting(error)  # before the lock is given up, so that no waiting thread tries the same again
            raise
        told = answer.json()
        client = Library(
            session_id=told["access_token"],
            instance_url=_with_scheme(told["instance_url"]),
            session=self._session(),
            version=self._version,
        )
        self._host = client.sf_instance
        return Login(told["access_token"], client.base_url, client.sf_instance)

    def _token_answer(self) -> Answer:
        with self._new_session() as session, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one of the library's warnings prints the consumer key
            ear = _Ear(session)
            try:
                SalesforceLogin(session=cast(requests.Session, ear), sf_version=self._version, **self._auth.arguments())
            except (SalesforceAuthenticationFailed, jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
                # The library trips over bodies it does not expect; what was answered is judged below.
                if ear.answer is None:
                    raise ConfigError(
                        f"The private key of {self._door.system} cannot sign. Give the PEM text of an RSA key."
                    ) from error
        assert ear.answer is not None
        return ear.answer

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

    def _judge_token(self, route: Route, answer: Answer) -> ServiceError | None:
        said = answer.json_or_none()
        told = said if isinstance(said, dict) else {}
        if answer.status == 200:
            if said is None:
                raise Lost("the answer is no JSON")
            if isinstance(told.get("access_token"), str) and isinstance(told.get("instance_url"), str):
                return None
        code = str(told.get("error", ""))
        if answer.status >= 500 or answer.status == 429:
            return self._door.broken(route, answer)
        if code == TOO_MANY_LOGINS:
            return self._refused_login(route, code, "too many logins in the last hour.", "The next run logs in again.")
        if not re.fullmatch(r"[a-z_]{1,60}", code):
            why = f"the login address answered HTTP {answer.status} without a token."
            return self._refused_login(route, "no_token", why, "Check the My Domain name, and the proxy in between.")
        description = str(told.get("error_description", "")).lower()
        known = (remedy for words, remedy in GRANT_REMEDIES if words in description)
        remedy = next(known, TOKEN_REMEDIES.get(code, ANY_GRANT_REMEDY))
        return self._refused_login(route, code, f"the login was refused ({code}).", remedy)

    def _refused_login(self, route: Route, code: str, why: str, remedy: str) -> ServiceError:
        # Without a status: a 401 of the login itself must not look like a session that ran out.
        return self._door.error(NotAllowed, route, why, remedy, code=code)

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


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"https://{address}"


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
