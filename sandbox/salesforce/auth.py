"""Sessions: the token endpoint, its refusals, and which bearer tokens are good."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

import jwt

from sandbox.salesforce.choices import CHOICES
from sandbox.wire import Request, Response, Why, as_json

_SECRET = "sandbox"
_AUDIENCE = re.compile(r"https://(login|test|[a-z0-9-]+(--[a-z0-9]+\.sandbox)?\.my)\.salesforce\.com/?", re.IGNORECASE)
_SHARED_HOSTS = ("login.salesforce.com", "test.salesforce.com")
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class _Denied(Exception):
    """The token endpoint's refusal."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error, description)
        self.error, self.description, self.status = error, description, status

    def answer(self) -> Response:
        """Return the answer that says so."""
        return as_json(self.status, {"error": self.error, "error_description": self.description}, _NO_STORE)


def refused_token(why: Why) -> Response:
    """Return what the token endpoint says to a call that it does not carry out."""
    if why == "stranger":
        return _Denied("invalid_client", "invalid client credentials", status=401).answer()
    if why in ("busy", "spent"):
        return _Denied("rate_limit_exceeded", "login rate exceeded").answer()
    return _Denied("unknown_error", "retry your request", status=503).answer()


class Sessions:
    """Opens sessions and knows them; lifetimes run in real time, whatever the simulated clock does."""

    def __init__(self, *, org_id: str, user_id: str, host: str, real_now: Callable[[], datetime]) -> None:
        self._org_id, self._user_id, self._host, self._real_now = org_id, user_id, host, real_now
        self._ends: dict[str, datetime] = {}
        self._opened = 0

    def token(self, request: Request, public_key: str | None) -> Response:
        """Answer a call of the token endpoint; `public_key` is the PEM that signed assertions are checked with."""
        form = request.form()
        try:
            self._check(form, request.headers, public_key)
        except _Denied as refusal:
            return refusal.answer()
        return as_json(200, self._opened_session(), _NO_STORE)

    def good(self, authorization: str) -> bool:
        """Whether a request's Authorization header names an open session; using it prolongs it."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "oauth"):
            return False
        token = token.strip()
        if token == _SECRET:
            return True
        now = self._real_now()
        if now >= self._ends.get(token, now):
            self._ends.pop(token, None)
            return False
        self._ends[token] = now + CHOICES.session_life
        return True

    def forget(self) -> None:
        """End every session opened so far."""
        self._ends.clear()

    def _check(self, form: Mapping[str, str], headers: Mapping[str, str], public_key: str | None) -> None:
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            if headers.get("host", "").lower() in _SHARED_HOSTS:
                raise _Denied("invalid_grant", "request not supported on this domain")
            _check_client(*_client(form, headers))
        elif grant == _JWT_BEARER:
            self._check_assertion(form.get("assertion", ""), public_key)
        elif grant == "password":
            raise _Denied("invalid_grant", "authentication failure")
        else:
            raise _Denied("unsupported_grant_type", "grant type not supported")

    def _check_assertion(self, assertion: str, public_key: str | None) -> None:
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise _Denied("invalid_grant", "authentication failure") from None
        if claims.get("iss") != _SECRET:
            raise _Denied("invalid_client_id", "client identifier invalid")
        if public_key is None or claims.get("sub") != _SECRET:
            raise _Denied("invalid_grant", "user hasn't approved this consumer")
        try:
            jwt.decode(assertion, public_key, algorithms=["RS256"], options=_SIGNATURE_ONLY)
        except jwt.PyJWTError:
            raise _Denied("invalid_grant", "authentication failure") from None
        audience = claims.get("aud")
        if not isinstance(audience, str) or not _AUDIENCE.fullmatch(audience):
            raise _Denied("invalid_grant", "authentication failure")
        self._check_end(claims.get("exp"))

    def _check_end(self, ends: object) -> None:
        try:
            ends = int(str(ends))  # simple-salesforce signs the end as text, and real orgs take it
        except ValueError as error:
            raise _Denied("invalid_grant", "authentication failure") from error
        now = self._real_now().timestamp()
        if ends <= now:
            raise _Denied("invalid_grant", "expired authorization code")
        if ends - now > CHOICES.longest_assertion.total_seconds() + 1:
            raise _Denied("invalid_grant", "authentication failure")

    def _opened_session(self) -> dict[str, str]:
        now = self._real_now()
        self._opened += 1
        secret = sha256(f"{self._org_id} {self._opened}".encode()).digest()
        token = f"{self._org_id[:15]}!AQ{base64.urlsafe_b64encode(secret * 2).decode().rstrip('=')}"
        self._ends = {each: end for each, end in self._ends.items() if end > now}
        self._ends[token] = now + CHOICES.session_life
        identity = f"https://login.salesforce.com/id/{self._org_id}/{self._user_id}"
        issued = str(int(now.astimezone(UTC).timestamp() * 1000))
        signature = hmac.new(_SECRET.encode(), (identity + issued).encode(), sha256).digest()
        return {
            "access_token": token,
            "signature": base64.b64encode(signature).decode(),
            "scope": "api",
            "instance_url": f"https://{self._host}",
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
        }


_NO_STORE = {"cache-control": "no-cache,must-revalidate,max-age=0,no-store,private"}
_SIGNATURE_ONLY: jwt.types.Options = {
    "verify_exp": False,
    "verify_aud": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def _client(form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _check_client(key: str, secret: str) -> None:
    if key != _SECRET:
        raise _Denied("invalid_client_id", "client identifier invalid")
    if secret != _SECRET:
        raise _Denied("invalid_client", "invalid client credentials", status=401)
