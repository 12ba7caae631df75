"""Who may call: the access key, or a bearer token from the token route."""

import base64
import binascii
from datetime import datetime, timedelta

from sandbox.gainsight.answers import Fault, Reply, unauthorized
from sandbox.gainsight.ids import Ids
from sandbox.wire import RealClock, Request

LIFETIME = timedelta(seconds=86_400)  # C-L: a sample value
_SECRET = "sandbox"


class Keys:
    """The tokens given out, by real time: a token outlives no simulated day."""

    def __init__(self, ids: Ids, real_now: RealClock) -> None:
        self._ids = ids
        self._real_now = real_now
        self._ends: dict[str, datetime] = {}

    def let_in(self, request: Request, accesskey: str) -> bool:
        """Return whether the request carries the access key or a living token."""
        sent = request.headers.get("accesskey")
        if sent is not None:
            return sent == accesskey
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        return token == _SECRET or self._ends.get(token, self._real_now()) > self._real_now()

    def forget(self) -> None:
        """Make every token given so far worth nothing."""
        self._ends.clear()

    def give(self, request: Request) -> Reply:
        """Answer the token route; refuses a wrong client with 401 and another grant with 400."""
        if not _knows_client(request.headers.get("authorization", "")):
            raise Fault(401, unauthorized())
        if request.form().get("grant_type") != "client_credentials":
            raise Fault(400, {"error": "unsupported_grant_type"})
        token = self._ids.token()
        self._ends[token] = self._real_now() + LIFETIME
        seconds = int(LIFETIME.total_seconds())
        return Reply({"access_token": token, "token_type": "Bearer", "expires_in": seconds})


def _knows_client(header: str) -> bool:
    scheme, _, packed = header.partition(" ")
    try:
        return scheme.lower() == "basic" and base64.b64decode(packed, validate=True) == b"sandbox:sandbox"
    except (binascii.Error, ValueError):
        return False
