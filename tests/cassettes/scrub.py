"""What must not stand in a cassette is taken out while it is recorded; the same rules read the files afterwards."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from vcr.request import Request

from sandbox.ids import BASE62, with_checksum
from tests.cassettes.scene import SCENE_POD

REDACTED = "REDACTED"
KEPT_OF_REQUESTS = frozenset({"accept", "content-type", "sforce-query-options"})
CREDENTIALS = frozenset({"authorization", "accesskey", "app-token"})
KEPT_OF_RESPONSES = frozenset({"content-type", "date", "retry-after", "sforce-limit-info", "x-ratelimit-limit"})
FORM_SECRETS = ("assertion", "client_id", "client_secret", "password", "refresh_token", "username")
JSON_SECRETS = re.compile(r'("appKey"\s*:\s*")[^"]*')
TOLD_OF_TOKENS = frozenset({"expires_in", "instance_url", "scope", "token_type"})

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)(?::\d+)?")
SALESFORCE_ID = re.compile(r"\b(?:00[135678DKkT]|01[Jstu])[A-Za-z0-9]{12}(?:[A-Z0-5]{3})?\b")
PORTAL = re.compile(r'(?<="portalId":)\d+|(?<=/contacts/)\d+(?=/)')
GSID = re.compile(r"\b1[A-Z][0-9A-Z]{34}\b")

LEAKS = {
    "an authorization that is not hidden": re.compile(
        r"(?i)\b(?:bearer|basic|oauth)\s+(?!REDACTED)[A-Za-z0-9+/=._!-]{8,}"
    ),
    "a Salesforce session": re.compile(r"00D[A-Za-z0-9]{12,15}!"),
    "a signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}"),
    "a key of a HubSpot app": re.compile(r"\bpat-[a-z]{2}\d-"),
    "a token of Totango": re.compile(r"(?i)\bapp-token\s+(?!REDACTED)[^\s-]"),
    "a private key": re.compile(r"-----BEGIN"),
    "a token or secret": re.compile(
        r"(?i)(?:access_token|refresh_token|id_token|client_secret|accesskey|app-?(?:key|token)|signature|password)"
        r"[\"']?\s*[:=]\s*[\"']?(?!(?:-\s+)?REDACTED|[\"']?$|\[?$)[^\s\"',&\]]+"
    ),
    "a path of somebody's machine": re.compile(r"(?:/(?:home|root|Users|work|tmp|var|private)/|[A-Z]:\\)"),
    "an address of a machine": re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b(?!\.)|\blocalhost\b"),
}


def leaks_in(text: str) -> list[str]:
    """Return what a public file must not hold and this text does; none when it is clean."""
    text = f"{text}\n{unquote(text)}"
    found = [f"{what}: {hit[0][:40]}" for what, pattern in LEAKS.items() if (hit := pattern.search(text))]
    found += [f"an e-mail address: {mail}" for mail in EMAIL.findall(text) if not mail.endswith(".example")]
    hosts = (hit[1] for hit in ADDRESS.finditer(text))
    return found + [f"a host: {host}" for host in hosts if not host.endswith(".example")]


class Scrubber:
    """
    The hooks of one cassette.

    Args:
        hosts: By host and port as they are called, the host that the cassette names.
        live: Whether ids and e-mail addresses belong to somebody, so that others must stand for them.
    """

    def __init__(self, hosts: Mapping[str, str], *, live: bool) -> None:
        self._hosts, self._live = hosts, live

    def request(self, request: Request) -> Request:
        """Return the request as the cassette holds it; a recorded one comes out as it went in."""
        uri = urlsplit(self._anonymous(request.uri))
        host, slash, before = self._hosts.get(uri.netloc, "").partition("/")
        uri = uri._replace(scheme="https", netloc=host, path=f"{slash}{before}{uri.path}") if host else uri
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        kept = {name: headers[name] for name in sorted(KEPT_OF_REQUESTS & headers.keys())}
        kept |= dict.fromkeys(sorted(CREDENTIALS & headers.keys()), REDACTED)
        body = _form_without_secrets(request.body, headers.get("content-type", ""))
        if self._live and body and "form-urlencoded" in headers.get("content-type", ""):
            form = parse_qsl(body.decode(), keep_blank_values=True)
            body = urlencode([(name, self._anonymous(value)) for name, value in form])
        return Request(request.method, urlunsplit(uri), self._clean(body), kept)

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """Return the response as the cassette holds it."""
        headers = {name.lower(): _text(value) for name, value in response["headers"].items()}
        kept = {name: [headers[name]] for name in sorted(KEPT_OF_RESPONSES & headers.keys())}
        body = self._clean(_without_tokens(response["body"]["string"]))
        return {"status": response["status"], "headers": kept, "body": {"string": body}}

    def _clean(self, body: Any) -> Any:
        if not body:
            return body
        try:
            text = self._anonymous(body.decode() if isinstance(body, bytes) else str(body))
        except UnicodeDecodeError:  # a picture
            return body
        text = JSON_SECRETS.sub(rf"\1{REDACTED}", text)
        for called, named in self._hosts.items():
            text = text.replace(f"http://{called}", f"https://{named}").replace(f"https://{called}", f"https://{named}")
        return text.encode()

    def _anonymous(self, text: str) -> str:
        """Put invented ids, addresses and hosts in place of somebody's, the same one each time."""
        if not self._live:
            return text
        text = SALESFORCE_ID.sub(lambda hit: _other_salesforce_id(hit[0]), text)
        text = PORTAL.sub("1", text)
        text = GSID.sub(lambda hit: hit[0][:4] + _digest(hit[0], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 32), text)
        text = EMAIL.sub(lambda hit: hit[0] if hit[0].endswith(".example") else _other_email(hit[0]), text)
        return ADDRESS.sub(self._other_address, text)

    def _other_address(self, hit: re.Match[str]) -> str:
        netloc = hit[0].partition("://")[2]
        known = netloc in self._hosts or hit[1].endswith(".example")
        return hit[0] if known else "https://elsewhere.example"


def _other_salesforce_id(real: str) -> str:
    if real[3:].startswith(SCENE_POD):
        return real  # the tests write these ids themselves
    invented = with_checksum(real[:3] + _digest(real[:15], BASE62, 12))
    return invented[: len(real)]


def _other_email(real: str) -> str:
    return f"somebody.{_digest(real.lower(), 'abcdefghijklmnopqrstuvwxyz', 6)}@harbor.example"


def _digest(text: str, letters: str, length: int) -> str:
    number, out = int.from_bytes(hashlib.sha256(text.encode()).digest()), ""
    for _ in range(length):
        number, place = divmod(number, len(letters))
        out += letters[place]
    return out


def _form_without_secrets(body: Any, content_type: str) -> Any:
    if not body or "form-urlencoded" not in content_type:
        return body
    text = body.decode() if isinstance(body, bytes) else str(body)
    return re.sub(rf"(?<![^&])({'|'.join(FORM_SECRETS)})=[^&]*", rf"\1={REDACTED}", text).encode()


def _without_tokens(body: Any) -> Any:
    """The answer of a token route keeps the names of what it told; every other body stays."""
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if not isinstance(told, dict) or "access_token" not in told:
        return body
    return json.dumps({name: value if name in TOLD_OF_TOKENS else REDACTED for name, value in told.items()})


def _text(value: Any) -> str:
    one = value[0] if isinstance(value, list | tuple) else value
    return one.decode() if isinstance(one, bytes) else str(one)
