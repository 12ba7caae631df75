"""Logging in to Salesforce: simple-salesforce asks for the session and builds addresses, we judge the answer."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import jwt
import requests
from simple_salesforce.api import Salesforce as Library
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from connectors._http import Answer, Exchange, Lost, Route, requests_send
from handoff.errors import ConfigError, NotAllowed, ServiceError
from handoff.ports import Budget, Clock

TOKEN = Route("logging in", reads=True, repeatable=True)
TOO_MANY_LOGINS = "rate_limit_exceeded"

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


class Door:
    """
    The login address of one org, asked once at a time: a login happens inside a data call, which tries again itself.

    Args:
        auth: How to log in. User name with password and the SOAP login are not offered: Salesforce retires them.
        version: The API version, without a leading v.
        system: The org's name in messages and in the budget; the other arguments as for `Exchange`.
    """

    def __init__(
        self,
        auth: ClientCredentials | JwtBearer,
        version: str,
        *,
        system: str,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
    ) -> None:
        self._auth, self._version = auth, version
        self._exchange = Exchange(
            system=system, clock=clock, budget=budget, limits=(), judge=self._judge, jitter=jitter, tries=1
        )

    def log_in(self, session: requests.Session) -> Login:
        """
        Return a new session of Salesforce, asked for over this one of ours.

        Raises what `Exchange.call` raises, and `ConfigError` where the private key cannot sign.
        """
        told = self._exchange.call(TOKEN, lambda: self._answer(session), counts=False).json()
        client = Library(
            session_id=told["access_token"],
            instance_url=_with_scheme(told["instance_url"]),
            session=session,
            version=self._version,
        )
        return Login(told["access_token"], client.base_url, client.sf_instance)

    def _answer(self, session: requests.Session) -> Answer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one of the library's warnings prints the consumer key
            ear = _Ear(session)
            try:
                SalesforceLogin(session=cast(requests.Session, ear), sf_version=self._version, **self._auth.arguments())
            except (SalesforceAuthenticationFailed, jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
                # The library trips over bodies it does not expect; what was answered is judged below.
                if ear.answer is None:
                    raise ConfigError(
                        f"The private key of {self._exchange.system} cannot sign. Give the PEM text of an RSA key."
                    ) from error
        assert ear.answer is not None
        return ear.answer

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        said = answer.json_or_none()
        told = said if isinstance(said, dict) else {}
        if answer.status == 200:
            if said is None:
                raise Lost("the answer is no JSON")
            if isinstance(told.get("access_token"), str) and isinstance(told.get("instance_url"), str):
                return None
        code = str(told.get("error", ""))
        if answer.status >= 500 or answer.status == 429:
            return self._exchange.broken(route, answer)
        if code == TOO_MANY_LOGINS:
            return self._refused(route, code, "too many logins in the last hour.", "The next run logs in again.")
        if not re.fullmatch(r"[a-z_]{1,60}", code):
            why = f"the login address answered HTTP {answer.status} without a token."
            return self._refused(route, "no_token", why, "Check the My Domain name, and the proxy in between.")
        description = str(told.get("error_description", "")).lower()
        known = (remedy for words, remedy in GRANT_REMEDIES if words in description)
        remedy = next(known, TOKEN_REMEDIES.get(code, ANY_GRANT_REMEDY))
        return self._refused(route, code, f"the login was refused ({code}).", remedy)

    def _refused(self, route: Route, code: str, why: str, remedy: str) -> ServiceError:
        # Without a status: a 401 of the login itself must not look like a session that ran out.
        return self._exchange.error(NotAllowed, route, why, remedy, code=code)


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"https://{address}"
