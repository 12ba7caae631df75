"""How Totango is spoken to: its two interfaces, its token, and what their answers mean."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx

from connectors._http import Answer, Exchange, Lost, Route, httpx_send
from connectors._totango_pages import OFFSETS, PAGE, Pages
from connectors._totango_settings import Addresses, Offset, TotangoSettings
from connectors._totango_words import NO_ACCOUNT, SERVICE_ID, in_words, says_why
from handoff.errors import NotAllowed, Rejected, ServiceError
from handoff.owners import Owner
from handoff.ports import Budget, Clock, Limit, Spans

SEARCH = Route("searching accounts", reads=True, repeatable=True)
SEARCH_ROWS = Route("searching the deals' collection", reads=True, repeatable=True)
SEARCH_USERS = Route("looking users up", reads=True, repeatable=True)
SEARCH_EVENTS = Route("searching events", reads=True, repeatable=True)
TIMELINE = Route("reading an account's timeline", reads=True, repeatable=True)
TASKS = Route("reading tasks", reads=True, repeatable=True)
PLAY_TASKS = Route("reading the tasks of a SuccessPlay", reads=True, repeatable=True)
FLOWS = Route("reading the flows", reads=True, repeatable=True)
TYPES = Route("reading the touchpoint types", reads=True, repeatable=True)
TAGS = Route("reading the touchpoint tags", reads=True, repeatable=True)
MAKE_TOUCHPOINT = Route("making a touchpoint", reads=False, repeatable=False)
UPDATE_TOUCHPOINT = Route("updating a touchpoint", reads=False, repeatable=True)
MAKE_TASK = Route("making a task", reads=False, repeatable=False)
UPDATE_TASK = Route("updating a task", reads=False, repeatable=True)
RUN_PLAY = Route("running a SuccessPlay", reads=False, repeatable=False, findable=False)
MAKE_OBJECTIVE = Route("making an objective", reads=False, repeatable=False, findable=False)
PROBE_PLAY = Route("asking about a SuccessPlay, for no account", reads=True, repeatable=True)
HUB_ACCOUNTS = Route("writing accounts", reads=False, repeatable=True)  # upserts by ids of ours
HUB_ROWS = Route("writing rows of the deals' collection", reads=False, repeatable=True)
BATCH = Route("asking what became of a batch", reads=True, repeatable=True)

_SEARCHES = frozenset({SEARCH, SEARCH_ROWS, SEARCH_USERS, SEARCH_EVENTS})
_HUB = frozenset({HUB_ACCOUNTS, HUB_ROWS})
_RUNS = frozenset({RUN_PLAY, PROBE_PLAY})
_LISTS = frozenset({TIMELINE, TASKS, TYPES, TAGS})
_OF_A_RECORD = frozenset({UPDATE_TASK, UPDATE_TOUCHPOINT, MAKE_OBJECTIVE})
_FOR_AN_ACCOUNT = frozenset({MAKE_TOUCHPOINT, MAKE_TASK, *_RUNS})
"""Whose 404 is of an account or a play where it says so, and of the address where it does not."""
_READS_OF_AN_ACCOUNT = frozenset({TIMELINE, TASKS})

A_MINUTE = timedelta(minutes=1)
UNKNOWN_WAIT_SECONDS = 60.0

Json = dict[str, Any]


class Refused(Rejected):
    """A refusal in words of the field, and who can clear it."""

    owner: Owner = Owner.REVOPS


class TooMany(Rejected):
    """There is more than a search reaches."""


class Wire:
    """
    One tenant's interfaces, with the token, limits and retries taken care of.

    `hub_exchange` has a budget of its own: whether the Integration Hub shares the API's limit is unknown.
    `service_seen` is the number of the service that the last search was of.
    """

    def __init__(
        self,
        *,
        instance: str,
        addresses: Addresses,
        service_id: str,
        token: str,
        client: httpx.Client,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        calls_per_minute: int,
        read_only: bool,
        settings: TotangoSettings,
        beat: Callable[[], None],
    ) -> None:
        self.instance, self.addresses, self.service_id, self.settings = instance, addresses, service_id, settings
        self.service_seen: str | None = None
        self._client, self._token = client, token
        system = f"totango {instance}"

        def exchange(name: str, calls: int) -> Exchange:
            return Exchange(
                system=name,
                clock=clock,
                budget=budget,
                limits=(Limit(A_MINUTE, calls, Spans.FIRST_CALL),),
                judge=self._judge,
                jitter=jitter,
                read_only=read_only,
                beat=beat,
            )

        self.exchange = exchange(system, calls_per_minute)
        self.hub_exchange = exchange(f"{system} hub", settings.hub_calls_per_minute)

    # The Integration Hub

    def upsert(self, route: Route, path: str, body: Json, before: Callable[[], None]) -> str:
        """
        Have records written later, and return the id of the batch, "" where it is not told.

        That they were taken says nothing of what becomes of each.
        """
        answer = self._to_hub(route, "POST", path, body, before).json()
        return str(answer.get("batch_id") or "")

    def not_taken(self, batch: str) -> frozenset[str]:
        """Return the accounts and rows that a batch did not take; none where nobody knows how to ask."""
        if not (batch and self.settings.batch_route):
            return frozenset()
        errors = self._to_hub(BATCH, "GET", f"{self.settings.batch_route}/{batch}", None, lambda: None).json()["errors"]
        told = (one.get("collection_id") or one.get("account_id") for one in errors if isinstance(one, dict))
        return frozenset(str(one) for one in told if one)

    def _to_hub(self, route: Route, method: str, path: str, body: Json | None, before: Callable[[], None]) -> Answer:
        headers = {"authorization": f"app-token {self._token}", "service_id": self.service_id}

        def send() -> Answer:
            return httpx_send(self._client, method, self.addresses.hub + path, headers=headers, json=body)

        return self.hub_exchange.call(route, send, before=before)

    # The API

    def get(self, route: Route, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of a good answer."""
        return self._call(route, "GET", path, query=query).json()

    def text(self, route: Route, path: str, query: Mapping[str, str]) -> str:
        """Return the text of a good answer."""
        return self._call(route, "GET", path, query=query).body.decode("utf-8", "replace")

    def send(self, route: Route, method: str, path: str, body: Json, before: Callable[[], None] = lambda: None) -> Json:
        """Return the JSON object of a good answer; of one that only says Success an empty one."""
        parsed = self._call(route, method, path, body=body, before=before).json_or_none()
        return parsed if isinstance(parsed, dict) else {}

    def search(self, route: Route, path: str, listed: str, query: Json, form: Mapping[str, str]) -> Json:
        """Return one page: what the answer holds under `response` and `listed`."""
        answer = self._call(route, "POST", path, form={**form, "query": json.dumps(query)}).json()
        self.service_seen = str(answer["service_id"]) if answer.get("service_id") else self.service_seen
        found = answer["response"].get(listed)
        if not isinstance(found, dict) or not isinstance(found.get("hits"), list):
            raise self.exchange.error(Rejected, route, "the answer holds no list of hits.")
        return found

    def all_of(
        self,
        route: Route,
        path: str,
        listed: str,
        query: Json,
        form: Mapping[str, str] | None = None,
        *,
        offset: Offset = "record",
    ) -> Iterator[list[Json]]:
        """
        Yield every hit, in pages.

        Raises `TooMany` where there are more than a search reaches: before any hit where it tells how many there are,
        else at the last page. Raises `Rejected` where the pages repeat one another, or are fewer than it told.

        Args:
            offset: What this search counts its offset in.
        """
        pages = Pages()
        while not pages.ended:
            whole = {**query, "count": PAGE, "offset": OFFSETS[offset](pages.read)}
            found = self.search(route, path, listed, whole, form or {})
            pages.add(found["hits"], found.get("total_hits"))
            if pages.beyond:
                raise self.exchange.error(TooMany, route, pages.beyond, "Nothing was counted.")
            if pages.torn:
                remedy = "Correct `events_offset`." if route is SEARCH_EVENTS else "It may have changed meanwhile."
                raise self.exchange.error(Rejected, route, pages.torn, remedy)
            yield [hit for hit in found["hits"] if isinstance(hit, dict)]

    def _call(
        self,
        route: Route,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        form: Mapping[str, str] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> Answer:
        headers = {"accept": "application/json", "app-token": self._token}

        def send() -> Answer:
            return httpx_send(
                self._client, method, self.addresses.api + path, headers=headers, params=query, json=body, data=form
            )

        return self.exchange.call(route, send, before=before)

    # What answers mean

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        exchange = self.hub_exchange if route in _HUB or route is BATCH else self.exchange
        if answer.status == 429:
            error = exchange.busy(route, answer)
            hints = [hint for hint in (error.wait, _seconds(answer.headers.get("ratelimit-reset"))) if hint is not None]
            error.wait = max(hints, default=UNKNOWN_WAIT_SECONDS)
            return error
        if answer.status >= 500 or answer.status == 408:
            return exchange.broken(route, answer)
        if answer.status in (401, 403):
            return self._no_access(exchange, route, answer)
        body = answer.json_or_none()
        if 300 <= answer.status < 400 or (answer.status in (404, 405) and not _is_of_a_record(route, answer, body)):
            why = "it does not know this address." if answer.status >= 400 else "it sent us to another address."
            return exchange.error(NotAllowed, route, why, "Check `region`.", status=answer.status)
        if answer.status >= 400:
            return self._refusal(exchange, route, answer, body)
        if route in _RUNS and isinstance(body, dict) and str(body.get("success")).casefold() == "false":
            return self._refusal(exchange, route, answer, body)
        if not _is_whole(route, body, answer):
            raise Lost("the answer does not hold what it must")
        if route in _SEARCHES and body.get("status") == "failed":
            return self._refusal(exchange, route, answer, body)
        if route in _HUB and body.get("status") != "success":
            return self._refusal(exchange, route, answer, body)
        return None

    def _refusal(self, exchange: Exchange, route: Route, answer: Answer, body: Any) -> ServiceError:
        words, owner = in_words(body)
        if words == SERVICE_ID:
            return exchange.error(NotAllowed, route, words, "Correct `service_id`.", status=answer.status)
        if route is MAKE_OBJECTIVE and answer.status == 404:
            words = "it has no such route; set objectives = off."
        error = exchange.error(Refused, route, words, status=answer.status)
        assert isinstance(error, Refused)
        error.owner = owner
        return error

    def _no_access(self, exchange: Exchange, route: Route, answer: Answer) -> ServiceError:
        why = "the token is not accepted."
        remedy = (
            "It may have expired, its user may have been deactivated, or it is of the other region: "
            "make a new one in a global admin's profile, and check `region`."
        )
        if answer.status == 403:
            why, remedy = "the token does not allow this.", "Its user must be a global admin."
        return exchange.error(NotAllowed, route, why, remedy, status=answer.status)


def _seconds(said: str | None) -> float | None:
    return float(said) if said and said.strip().isdecimal() else None


def _is_of_a_record(route: Route, answer: Answer, body: Any) -> bool:
    """Return whether a 404 or 405 is of what was asked for, and not of where."""
    if route in _READS_OF_AN_ACCOUNT:  # taken for an empty account a wrong address would have work made twice
        return in_words(body)[0] == NO_ACCOUNT
    return route in _OF_A_RECORD or (route in _FOR_AN_ACCOUNT and answer.status == 404 and says_why(body))


def _is_whole(route: Route, body: Any, answer: Answer) -> bool:
    """Return whether a good answer says what its route must say; else nobody knows what happened."""
    if route is PLAY_TASKS:
        return b"," in answer.body
    if route in _RUNS:
        return bool(re.search(rb"\bsuccess\b", answer.body[:200].lower()))
    if route in _LISTS:
        return isinstance(body, list) and all(isinstance(one, dict) for one in body)
    if route in _SEARCHES:
        return isinstance(body, dict) and (body.get("status") == "failed" or isinstance(body.get("response"), dict))
    if route is BATCH:
        return isinstance(body, dict) and isinstance(body.get("errors"), list)
    if route is MAKE_TOUCHPOINT:
        return note_id(body) is not None
    if route is MAKE_TASK:
        return isinstance(body, dict) and id_of(body) is not None
    return isinstance(body, dict)


def note_id(body: Any) -> str | None:
    """Return the id of a touchpoint just made."""
    return id_of(body["note"]) if isinstance(body, dict) and isinstance(body.get("note"), dict) else None


def id_of(record: Mapping[str, Any]) -> str | None:
    """Return a record's id as a text."""
    said = record.get("id")
    return str(said) if isinstance(said, int | str) and not isinstance(said, bool) and str(said).strip() else None
