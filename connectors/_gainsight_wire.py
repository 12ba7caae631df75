"""How Gainsight is spoken to: its routes, its credentials, and what its answers mean."""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from connectors._gainsight_settings import M2M, AccessKey, GainsightSettings
from connectors._gainsight_words import Refusal, code_in, flaws_in, in_words
from connectors._http import Answer, Exchange, Lost, Route, httpx_send
from handoff.errors import NotAllowed, ServiceError
from handoff.ports import Budget, Clock, Limit

CALLS_PER_DAY = 40_000  # 80 % of the documented 50,000: the key is shared with the customer's other tools

TOKEN = Route("asking for a token", reads=True, repeatable=True)
QUERY = Route("looking records up", reads=True, repeatable=True)
USERS = Route("looking users up", reads=True, repeatable=True)
DESCRIBE = Route("reading what fields an object has", reads=True, repeatable=True)
INSERT_COMPANY = Route("making companies", reads=False, repeatable=False)
UPDATE_COMPANY = Route("updating companies", reads=False, repeatable=True)
MAKE_CTA = Route("making CTAs", reads=False, repeatable=False)
UPDATE_CTA = Route("updating CTAs", reads=False, repeatable=True)
MAKE_PLAN = Route("making success plans", reads=False, repeatable=False)
UPDATE_PLAN = Route("updating success plans", reads=False, repeatable=True)
MAKE_ACTIVITY = Route("making timeline entries", reads=False, repeatable=True)  # ExternalId makes it safe
UPDATE_ACTIVITY = Route("updating timeline entries", reads=False, repeatable=True)

_LOOKUPS = frozenset({QUERY, USERS})
_PER_RECORD = frozenset({MAKE_CTA, UPDATE_CTA, MAKE_PLAN, UPDATE_PLAN, MAKE_ACTIVITY, UPDATE_ACTIVITY})
MISSING_FIELD = "Is one missing? Create the field in Gainsight by hand: docs/set-up.md lists those the bridge needs."
_NO_ACCESS = frozenset({"GS_APIG_2401", "GSOBJ_1024"})

Json = dict[str, Any]


class Wire:
    """One tenant's API, with credentials, limits and retries taken care of."""

    def __init__(
        self,
        *,
        instance: str,
        base_url: str,
        client: httpx.Client,
        auth: AccessKey | M2M,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        calls_per_minute: int,
        read_only: bool,
        settings: GainsightSettings,
        beat: Callable[[], None],
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.settings = settings
        self._client, self._auth = client, auth
        self._token: str | None = None
        self._lock = threading.Lock()
        self._sent_with = threading.local()
        system = f"gainsight {instance}"
        limits = (Limit(timedelta(minutes=1), calls_per_minute), Limit(timedelta(days=1), CALLS_PER_DAY))
        self.exchange = Exchange(
            system=system,
            clock=clock,
            budget=budget,
            limits=limits,
            judge=self._judge,
            jitter=jitter,
            renew=self._renew if isinstance(auth, M2M) else None,
            read_only=read_only,
            beat=beat,
        )
        # The token call has an exchange of its own: it counts against no limit, and a 401 there must not renew.
        self._door = Exchange(
            system=system, clock=clock, budget=budget, limits=(), judge=self._judge, jitter=jitter, read_only=read_only
        )

    def call(
        self,
        route: Route,
        method: str,
        path: str,
        body: Json | None,
        query: Mapping[str, str] | None = None,
        *,
        before: Callable[[], None] = lambda: None,
    ) -> Json:
        """Return the JSON of a good answer; raises what `Exchange.call` raises, which calls `before`."""
        if isinstance(self._auth, M2M) and self._token is None:
            self._renew()

        def send() -> Answer:
            return self._send(method, path, headers=self._credentials(), json=body, params=query)

        parsed = self.exchange.call(route, send, before=before).json()
        assert isinstance(parsed, dict)  # the judge saw to it
        return parsed

    def query(
        self, name: str, select: Sequence[str], field: str, values: Sequence[str], *, still_open: bool = False
    ) -> Iterator[Json]:
        """
        Yield every record of object `name` whose `field` is one of `values`, which fit one look-up.

        `still_open` leaves out those whose `IsClosed` is true.
        """
        size = self.settings.rows_per_query
        conditions: list[Json] = [{"name": field, "alias": "A", "value": list(values), "operator": "IN"}]
        if still_open:  # a real boolean: the text "false" was seen to match everything
            conditions.append({"name": "IsClosed", "alias": "B", "value": [False], "operator": "EQ"})
        where = {"conditions": conditions, "expression": " AND ".join(each["alias"] for each in conditions)}
        offset, full = 0, True
        while full:
            body = {"select": list(select), "where": where, "orderBy": {"Gsid": "asc"}, "limit": size, "offset": offset}
            page = self.page(name, body)
            yield from page
            offset, full = offset + size, len(page) >= size

    def page(self, name: str, body: Json) -> list[Json]:
        """Return the records of one query of object `name`."""
        route = USERS if name == self.settings.user_object else QUERY
        # The judge saw to it that an answer without rows says that there are none.
        return _rows(self.call(route, "POST", f"/v1/data/objects/query/{name}", body)) or []

    def describe(self, name: str) -> list[Json]:
        """Return the fields of an object as the tenant tells of them, picklists with their `options`."""
        body = {"objectNames": [name], "populatePickListOptions": True}
        listed = self.call(DESCRIBE, "POST", "/v1/meta/services/objects/describe", body).get("data")
        objects = listed if isinstance(listed, list) else []
        told = [each.get("fields") for each in objects if isinstance(each, dict)]
        return [field for fields in told if isinstance(fields, list) for field in fields if isinstance(field, dict)]

    def _send(self, method: str, path: str, **arguments: Any) -> Answer:
        return httpx_send(self._client, method, self.base_url + path, **arguments)

    def _credentials(self) -> dict[str, str]:
        headers = {"accept": "application/json", "content-type": "application/json"}
        if isinstance(self._auth, AccessKey):
            return {**headers, "accesskey": self._auth.key}
        self._sent_with.token = self._token
        return {**headers, "authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        """Get a token unless another thread got one since this thread last sent: one flight at a time."""
        with self._lock:
            if self._token == getattr(self._sent_with, "token", None) or self._token is None:
                self._token = self._fetch()

    def _fetch(self) -> str:
        assert isinstance(self._auth, M2M)
        packed = base64.b64encode(f"{self._auth.client_id}:{self._auth.client_secret}".encode()).decode()
        headers = {"accept": "application/json", "authorization": f"Basic {packed}"}
        form = {"grant_type": "client_credentials"}

        def send() -> Answer:
            return self._send("POST", "/v1/users/m2m/oauth/token", headers=headers, data=form)

        return str(self._door.call(TOKEN, send).json()["access_token"])

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        exchange = self.exchange
        if answer.status == 429:
            return exchange.busy(route, answer)
        if answer.status >= 500 or answer.status == 408:
            return exchange.broken(route, answer)
        if 300 <= answer.status < 400:
            return self._not_allowed(route, answer, "it sent us to another address.", "Check `base_url`.")
        body = answer.json_or_none()
        if answer.status in (401, 403):
            return self._no_access(route, answer, body)
        if answer.status in (404, 405):
            why = "it does not know this address."
            return self._not_allowed(route, answer, why, "Check `base_url`.", code_in(body))
        if body is None and answer.status >= 400 and not answer.body.strip():
            return exchange.refused(route, answer, "it refused the call without a word.")
        if body is None and _is_html(answer):
            return exchange.broken(route, answer)
        if not isinstance(body, dict):
            raise Lost("the answer is no JSON object")
        return self._judge_body(route, answer, body)

    def _judge_body(self, route: Route, answer: Answer, body: Json) -> ServiceError | None:
        good = answer.status < 300
        if route is TOKEN:
            known = good and isinstance(body.get("access_token"), str) and body["access_token"]
            return None if known else self._no_access(route, answer, body)
        if route in _LOOKUPS and _says_empty(body):
            return None
        if route in _PER_RECORD and _has_lists(body):
            return None  # each record is judged by itself, whatever `result` says
        if code_in(body) in _NO_ACCESS:
            return self._no_access(route, answer, body)
        if good and body.get("result") is True:
            if route in _LOOKUPS and _rows(body) is None:
                raise Lost("the answer says yes and holds no list of records")  # which is not "nothing there"
            return None
        if good and "result" not in body and not code_in(body):
            raise Lost("the answer says neither yes nor no")
        return self._refusal(route, answer, body)

    def _refusal(self, route: Route, answer: Answer, body: Json) -> ServiceError:
        flaws = flaws_in(body)
        remedy = MISSING_FIELD if route.reads else ""
        error = self.exchange.error(
            Refusal,
            route,
            in_words(flaws),
            remedy,
            status=answer.status,
            request_id=_request_id(answer, body),
            code=code_in(body),
        )
        assert isinstance(error, Refusal)
        error.flaws = flaws
        return error

    def _no_access(self, route: Route, answer: Answer, body: Any) -> ServiceError:
        why = "the credentials are not accepted."
        remedy = "An organisation has one access key: was it reset? The new one must be set everywhere it is used."
        if isinstance(self._auth, M2M):
            remedy = "Check client id and secret of the M2M key in Gainsight's administration."
        if answer.status == 403:
            why = "the credentials do not allow this."
        return self._not_allowed(route, answer, why, remedy, code_in(body))

    def _not_allowed(
        self, route: Route, answer: Answer, why: str, remedy: str, code: str | None = None
    ) -> ServiceError:
        request_id = _request_id(answer, None)
        return self.exchange.error(
            NotAllowed, route, why, remedy, status=answer.status, request_id=request_id, code=code
        )


def _rows(body: Json) -> list[Json] | None:
    """Return the rows of a query, under `data.records` or `data` itself; None where neither is a list of records."""
    data = body.get("data")
    rows = data.get("records") if isinstance(data, Mapping) else data
    return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else None


def _says_empty(body: Json) -> bool:
    if body.get("result") is True:
        return False
    return code_in(body) == "GSOBJ_1011" or "no data found" in str(body.get("errorDesc") or "").lower()


def _has_lists(body: Json) -> bool:
    data = body.get("data")
    return isinstance(data, Mapping) and any(data.get(key) for key in ("success", "failure", "failures"))


def _request_id(answer: Answer, body: Json | None) -> str | None:
    found = answer.headers.get("x-gs-request-id") or answer.headers.get("x-request-id") or (body or {}).get("requestId")
    return str(found) if found else None


def _is_html(answer: Answer) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"
