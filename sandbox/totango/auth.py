"""Who may call: the personal access token, or a token of an OAuth application."""

import base64
import binascii
from datetime import datetime, timedelta

from sandbox.totango.answers import Fault, Reply
from sandbox.totango.ids import Ids
from sandbox.totango.org import Org
from sandbox.wire import RealClock, Request

LIFETIME = timedelta(hours=1)  # U


class Keys:
    """The tokens given out, by real time: a token outlives no simulated day."""

    def __init__(self, ids: Ids, real_now: RealClock) -> None:
        self._ids, self._real_now = ids, real_now
        self._ends: dict[str, datetime] = {}

    def on_api(self, request: Request, org: Org) -> str | None:
        """Return the token of a call to the REST API, where it is good."""
        sent = request.headers.get("app-token")
        if sent is not None:
            return self._living(org) if sent == org.choices.app_token else None
        token = _after("bearer", request)
        if not org.choices.bearer or token is None:
            return None
        good = token == "sandbox" or self._ends.get(token, self._real_now()) > self._real_now()
        return self._living(org, token) if good else None

    def on_hub(self, request: Request, org: Org) -> str | None:
        """Return the token of a call to the Integration Hub, where it is good."""
        return self._living(org) if _after("app-token", request) == org.choices.app_token else None

    def forget(self) -> None:
        """Make every token given so far worth nothing."""
        self._ends.clear()

    def give(self, request: Request) -> Reply:
        """Answer the token route; refuses a wrong client with 401 and another grant with 400."""
        if not _knows_client(request):
            raise Fault(401, "Unauthorized")
        if request.form().get("grant_type") != "client_credentials":
            raise Fault(400, "unsupported_grant_type")
        token = self._ids.uuid("token").replace("-", "")
        self._ends[token] = self._real_now() + LIFETIME
        seconds = int(LIFETIME.total_seconds())
        return Reply({"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    def _living(self, org: Org, token: str | None = None) -> str | None:
        """Return the token as long as its user has not been disabled."""
        user = org.user(org.choices.token_user)
        return (token or org.choices.app_token) if user is not None and user["active"] else None


def _after(scheme: str, request: Request) -> str | None:
    name, _, token = request.headers.get("authorization", "").partition(" ")
    return token if name.lower() == scheme else None


def _knows_client(request: Request) -> bool:
    try:
        return base64.b64decode(_after("basic", request) or "", validate=True) == b"sandbox:sandbox"
    except (binascii.Error, ValueError):
        return False
