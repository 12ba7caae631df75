"""The last place before Salesforce's network."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from connectors._http import CALL_TIMEOUT_SECONDS
from handoff.errors import ConfigError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Edge(HTTPAdapter):
    """
    The last place before the network: no call without a time-out, and the sandbox in place of Salesforce if asked.

    `inner` stands for the network in tests.
    """

    def __init__(self, *, rewrite_to: str | None = None, inner: BaseAdapter | None = None) -> None:
        super().__init__()
        self._to = loopback(rewrite_to) if rewrite_to else None
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


def loopback(address: str) -> tuple[str, str]:
    """Return scheme and place of an address of this machine; raises `ConfigError` for any other."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
        raise ConfigError("Calls are only ever turned to this machine. Use http://127.0.0.1:8701 for the sandbox.")
    return parts.scheme, parts.netloc
