"""How ChurnZero is spoken to: one API that takes and never tells, one that tells and never takes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from connectors._churnzero_settings import Addresses, ChurnZeroSettings
from connectors._http import Answer, Exchange, Lost, Route, httpx_send
from handoff.errors import ConfigError, NotAllowed, ServiceError
from handoff.ports import Budget, Clock, Limit

SET = Route("setting attributes", reads=False, repeatable=True)
TRACK = Route("recording events", reads=False, repeatable=False)
TRACK_UNSEEN = Route("recording events", reads=False, repeatable=True)
"""Where nothing can be looked up, ChurnZero's own promise to drop an event that is there already is all there is."""
KNOCK = Route("looking whether the HTTP API answers", reads=True, repeatable=True)
ONE_ACCOUNT = Route("reading an account", reads=True, repeatable=True)
ACCOUNTS = Route("reading accounts", reads=True, repeatable=True)
CONTACTS = Route("reading contacts", reads=True, repeatable=True)
EVENTS = Route("reading events", reads=True, repeatable=True)
EVENT_TYPES = Route("reading event types", reads=True, repeatable=True)
USERS = Route("reading users", reads=True, repeatable=True)

_PUSHES = frozenset({SET, TRACK, TRACK_UNSEEN})
_ROOT = "/public/v1"
_NEXT = "@odata.nextLink"
_NOBODY = frozenset({204, 404})
_MINUTE = timedelta(minutes=1)
NO_ADD_ON = (
    "The REST API is an add-on that is bought apart, and its user needs Developer Tools and Bulk Read Permissions."
)
NOT_VERIFIED = (
    "ChurnZero's HTTP API tells nothing of what it holds, so nothing can be counted or read back. "
    "With the REST API, an add-on, set `verify = true` in handoff.toml."
)

Json = dict[str, Any]


class Wire:
    """
    One tenant's two APIs, with keys, limits and retries taken care of.

    `exchange` is the HTTP API's, `pull_exchange` the REST API's: they share no key, no host and no limit.
    """

    def __init__(
        self,
        *,
        instance: str,
        addresses: Addresses,
        app_key: str,
        reader: tuple[str, str],
        client: httpx.Client,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        calls_per_minute: int,
        read_only: bool,
        settings: ChurnZeroSettings,
        beat: Callable[[], None],
    ) -> None:
        self.addresses, self.settings = addresses, settings
        self._app_key, self._reader, self._client = app_key, reader, client
        system = f"churnzero {instance}"

        def exchange(name: str, calls: int) -> Exchange:
            return Exchange(
                system=name,
                clock=clock,
                budget=budget,
                limits=(Limit(_MINUTE, calls),),
                judge=self._judge,
                jitter=jitter,
                read_only=read_only,
                beat=beat,
            )

        self.exchange = exchange(system, calls_per_minute)
        self.pull_exchange = exchange(f"{system} rest", settings.pull_calls_per_minute)

    @property
    def verifies(self) -> bool:
        """Whether what was written can be read back."""
        return bool(self.addresses.pull)

    def push(self, route: Route, actions: Sequence[Json], before: Callable[[], None]) -> None:
        """
        Have actions carried out; a good answer says that they were taken, and nothing of what became of them.

        Raises:
            Rejected: At least one was refused, and nobody says which; the others were carried out.
        """
        keyed: list[Json] = [{"appKey": self._app_key, **one} for one in actions]
        body = keyed[0] if self.settings.list_size == 1 else keyed

        def send() -> Answer:
            return httpx_send(self._client, "POST", f"{self.addresses.push}/i", json=body)

        self.exchange.call(route, send, before=before)

    def knock(self) -> None:
        """Return if the HTTP API's host answers at all; the key is not sent, for it would tell nothing of it."""
        self.exchange.call(KNOCK, lambda: httpx_send(self._client, "GET", f"{self.addresses.push}/"))

    def account(self, external_id: str) -> Json | None:
        """Return an account by its external id, None when there is none; how that is said is not known."""
        key = quote(literal(external_id), safe="'")
        answer = self._get(ONE_ACCOUNT, f"Account(AccountExternalId={key})", {})
        found: Json | None = None if answer.status in _NOBODY else answer.json()
        return found

    def all_of(self, route: Route, name: str, where: str = "", *, first: bool = False) -> Iterator[list[Json]]:
        """
        Yield the records of an object in pages, those that meet `where`; the first page alone on demand.

        A link to the next page is taken as the word that there is one and not followed: it may lead elsewhere.
        """
        seen = 0
        while True:
            asked = {
                "$orderby": "Id",
                **({"$filter": where} if where else {}),
                **({"$skip": str(seen)} if seen else {}),
            }
            body = self._get(route, name, asked).json()
            rows = [row for row in body["value"] if isinstance(row, dict)]
            yield rows
            seen += len(rows)
            if first or not rows or not body.get(_NEXT):
                return

    def _get(self, route: Route, path: str, asked: Mapping[str, str]) -> Answer:
        if not self.verifies:
            raise ConfigError(NOT_VERIFIED)
        query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in asked.items())
        url = f"{self.addresses.pull}{_ROOT}/{path}" + (f"?{query}" if query else "")

        def send() -> Answer:
            headers = {"accept": "application/json"}
            return httpx_send(self._client, "GET", url, headers=headers, auth=httpx.BasicAuth(*self._reader))

        return self.pull_exchange.call(route, send)

    # What answers mean

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        pushes = route in _PUSHES or route is KNOCK
        exchange = self.exchange if pushes else self.pull_exchange
        if answer.status == 429:
            return exchange.busy(route, answer)
        if answer.status >= 500 or answer.status == 408:
            return exchange.broken(route, answer)
        if route is KNOCK:
            return None
        if 300 <= answer.status < 400:
            return self._closed(exchange, route, answer, "it sent us to another address.")
        return self._judge_push(route, answer) if pushes else self._judge_pull(route, answer)

    def _judge_push(self, route: Route, answer: Answer) -> ServiceError | None:
        if answer.status in (401, 403):
            remedy = "Check the application key: Admin > Application Keys."
            return self.exchange.refused(route, answer, "the application key is not accepted.", remedy)
        if answer.status in (404, 405):
            return self._closed(self.exchange, route, answer, "it does not know this address.")
        if answer.status >= 400 and b"appkey" in answer.body.lower():
            why, remedy = "the application key is not accepted.", "Check it: Admin > Application Keys."
            return self.exchange.error(NotAllowed, route, why, remedy, status=answer.status)
        if answer.status >= 400:
            return self.exchange.refused(route, answer, in_words(answer))
        if _is_page(answer):
            return self._closed(self.exchange, route, answer, "it answered with a page, where a picture was due.")
        return None

    def _judge_pull(self, route: Route, answer: Answer) -> ServiceError | None:
        exchange = self.pull_exchange
        if answer.status == 401:
            remedy = "Check the user's e-mail address and the key: Admin > API Keys."
            return exchange.refused(route, answer, "the REST API's user or key is not accepted.", remedy)
        if answer.status == 403:
            return exchange.refused(route, answer, "the REST API is not open to this user.", NO_ADD_ON)
        if route is ONE_ACCOUNT and answer.status in _NOBODY and not _is_page(answer):
            return None
        body = answer.json_or_none()
        if answer.status == 404 and isinstance(body, dict) and "error" in body:
            return exchange.refused(route, answer, "it has no such object.", _remedy(route, ""))
        if answer.status in (404, 405):
            return self._closed(exchange, route, answer, "it does not know this address.")
        if answer.status >= 400:
            return exchange.refused(route, answer, in_words(answer))
        if not isinstance(body, dict) or not (isinstance(body.get("value"), list) or "Id" in body):
            raise Lost("the answer holds neither a record nor a list")
        return None

    def _closed(self, exchange: Exchange, route: Route, answer: Answer, why: str) -> ServiceError:
        remedy = _remedy(route, "Check `tenant` and `region`.")
        return exchange.error(NotAllowed, route, why, remedy, status=answer.status)


def _remedy(route: Route, usual: str) -> str:
    """Return what to do about an address that is not known; what the list of users is called is a guess."""
    return f"{usual} Check `user_object`.".strip() if route is USERS else usual


def _is_page(answer: Answer) -> bool:
    """Return whether an answer is for a browser: nothing of ChurnZero's APIs is."""
    begins = answer.body.lstrip()[:9].lower()
    return "html" in answer.headers.get("content-type", "").lower() or begins.startswith((b"<html", b"<!doctype"))


def in_words(answer: Answer) -> str:
    """Return why a call was refused, without the record that it may quote."""
    text = answer.body.decode("utf-8", "replace").strip()
    told = answer.json_or_none()
    error = told.get("error") if isinstance(told, dict) else None
    said = str(error.get("message") or "") if isinstance(error, dict) else text
    named = next((name for name in _NAMED if name.casefold() in said.casefold()), "")
    return f"ChurnZero refused what {named} says." if named else "ChurnZero refused it without saying which field."


_NAMED = (
    *("accountExternalId", "contactExternalId", "eventName", "eventDate", "description", "quantity"),
    *("OwnerUserAccount", "TotalContractAmount", "NextRenewalDate", "StartDate", "EndDate", "LicenseCount", "IsActive"),
)


def literal(text: str) -> str:
    """Return a text as OData has it in a condition or a key."""
    return "'" + text.replace("'", "''") + "'"
