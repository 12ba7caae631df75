"""Who may call: the service key `sandbox`, and tokens given for the client and refresh token of that name."""

import re
from datetime import datetime, timedelta

from sandbox.hubspot.answers import Fault, stranger
from sandbox.hubspot.portal import Portal
from sandbox.wire import RealClock, Record, Request

TOKEN = re.compile(r"/oauth/(v1|v3|\d{4}-\d{2})/token/?")
KEY = "sandbox"
LIFETIME = timedelta(seconds=1800)


class Keys:
    """Gives tokens and knows the good ones; they age by real time."""

    def __init__(self, portal: Portal, real_now: RealClock) -> None:
        self._portal, self._real_now = portal, real_now
        self._given: dict[str, datetime] = {}

    def give(self, request: Request) -> Record:
        """Return a new token; raises `Fault` for other credentials or grants."""
        said = request.form()
        if (said.get("client_id"), said.get("client_secret")) != (KEY, KEY):
            raise Fault("missing or invalid client id or secret", "BAD_CLIENT_ID")
        proof = {"refresh_token": "refresh_token", "authorization_code": "code"}.get(said.get("grant_type", ""))
        if proof is None or said.get(proof) != KEY:
            raise Fault("missing or invalid refresh token", "BAD_REFRESH_TOKEN")
        token = f"C{self._portal.chance.getrandbits(160):040x}"
        self._given[token] = self._real_now() + LIFETIME
        seconds = int(LIFETIME.total_seconds())
        return {"token_type": "bearer", "access_token": token, "refresh_token": KEY, "expires_in": seconds}

    def let_in(self, request: Request) -> str:
        """Return the token of a call; raises `Fault` when it is none, or good no longer."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise stranger()
        if token in self._given and self._given[token] <= self._real_now():
            raise stranger("EXPIRED_AUTHENTICATION")
        if token != KEY and token not in self._given and token not in self._portal.scopes:
            raise stranger()
        return token

    def forget(self) -> None:
        """Make every token given so far worth nothing."""
        self._given.clear()
