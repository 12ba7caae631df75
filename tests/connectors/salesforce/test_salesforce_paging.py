"""Whatever an org does to the pages of a window, every deal comes once: over the sandbox's own engine."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._salesforce_login import ClientCredentials
from handoff.model import Window
from sandbox.wire import Response
from tests.connectors.salesforce.fake_org import gateway_to, salesforce_over
from tests.connectors.salesforce.sandbox_org import SandboxOrg, as_response, engine_at
from tests.fakes import FakeClock

AT = datetime(2026, 11, 20, 17, tzinfo=UTC)
WINDOW = Window(AT, AT + timedelta(minutes=1))
AUTH = ClientCredentials(domain="acme.my", key="sandbox", secret="sandbox")


class TornOrg(SandboxOrg):
    """
    The sandbox with pages as an org under load gives them.

    `tricks` says in turn of each further page: `expire` its cursor, `repeat` the last row of the page before, or None.
    """

    tricks: list[str | None]
    last: Any = None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        further = "/query/" in str(request.url) and "?q=" not in str(request.url)
        trick = self.tricks.pop(0) if further and self.tricks else None
        if trick == "expire":
            refused = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
            return as_response(Response(400, body=json.dumps(refused).encode()), self.clock.now())
        answer = super().send(request, *args, **kwargs)
        if "/query/" not in str(request.url):
            return answer
        said = json.loads(answer.content)
        if trick == "repeat" and self.last is not None:
            said["records"].insert(0, self.last)
            answer._content = json.dumps(said).encode()
        if said["records"] and "SystemModstamp" in said["records"][-1]:  # a page of deals, not of stages
            self.last = said["records"][-1]
        return answer


def deal(number: int) -> dict[str, Any]:
    about = {"Id": f"006000000000{number:03d}AAA", "Name": f"Deal {number}", "CloseDate": "2026-11-30", "Amount": 5}
    return about | {"AccountId": "001000000000001AAA", "OwnerId": "005000000000001AAA", "StageName": "Closed Won"}


@given(
    seconds=st.lists(st.sampled_from([-1, 0, 1, 1, 1, 2, 59, 60]), min_size=1, max_size=14),
    size=st.integers(1, 4),
    tricks=st.lists(st.sampled_from([None, None, "expire", "repeat"]), max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_a_window_is_read_whole_and_no_deal_twice_whatever_becomes_of_its_pages(seconds, size, tricks):
    clock = FakeClock(AT)
    engine = engine_at(clock)
    people = {"User": [{"Id": "005000000000001AAA", "Name": "Rep", "Email": "rep@northwind.example", "IsActive": True}]}
    engine.load({**people, "Account": [{"Id": "001000000000001AAA", "Name": "Northwind"}]}, AT - timedelta(days=1))
    for number, second in enumerate(seconds):
        engine.load({"Opportunity": [deal(number)]}, AT + timedelta(seconds=second))
    engine.tenant({"page_size": size})
    clock.advance(120)
    org = TornOrg(engine, clock)
    org.tricks = _not_thrice_running(tricks)
    crm = salesforce_over(gateway_to(org, clock, auth=AUTH, rewrite_to="http://127.0.0.1:8701"))

    read = [one.ref.id for page in crm.changed(WINDOW) for one in page.deals]

    inside = [(second, deal(number)["Id"]) for number, second in enumerate(seconds) if 0 <= second < 60]
    assert read == [one for _, one in sorted(inside)]


def _not_thrice_running(tricks: list[str | None]) -> list[str | None]:
    """Cursors that expire again and again before they are used end the pass, as they should."""
    return [
        None if trick == "expire" and "expire" in tricks[max(0, at - 1) : at] else trick
        for at, trick in enumerate(tricks)
    ]
