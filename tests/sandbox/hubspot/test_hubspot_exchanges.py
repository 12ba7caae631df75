"""Every golden exchange: the stand-in answers in its shape."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ruamel.yaml import YAML

from sandbox.wire import Request, Response
from tests.golden.shape import shape_differences
from tests.sandbox.hubspot.hubspot_portal import ACME, BO, CEDAR, PortalUnderTest

GOLDEN = Path(__file__).parents[2] / "golden" / "hubspot"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.yml"))


def golden(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((GOLDEN / f"{name}.yml").read_text(encoding="utf-8"))


def two_deals(portal: PortalUnderTest) -> None:
    portal.engine.load({"deals": [{"id": CEDAR, "_deleted": True}]}, portal.now)


def no_cedar(portal: PortalUnderTest) -> None:
    portal.engine.load({"deals": [{"id": CEDAR, "_merged_into": "515690208450"}]}, portal.now)
    portal.settle()


def many_contacts(portal: PortalUnderTest) -> None:
    tied = {"deals": [{"id": ACME}]}
    portal.engine.load({"contacts": [{"id": BO, "firstname": "Bo", "associations": tied}]}, portal.now)
    portal.engine.tenant({"associations_per_record": 1})


def asked_too_often(portal: PortalUnderTest) -> None:
    portal.engine.tenant({"searches_per_second": 0, "per_ten_seconds": 0})


def a_day_s_calls_made(portal: PortalUnderTest) -> None:
    portal.engine.tenant({"per_day": 0})


def read_only_token(portal: PortalUnderTest) -> None:
    portal.engine.tenant({"scopes": {"sandbox": ["crm.objects.deals.read"]}})


BEFORE: dict[str, Callable[[PortalUnderTest], None]] = {
    "search_last_page": no_cedar,
    "deal_contacts_more_to_come": many_contacts,
    "too_many_searches": asked_too_often,
    "too_many_calls": asked_too_often,
    "daily_limit": a_day_s_calls_made,
    "list_archived": two_deals,
    "missing_scopes": read_only_token,
}


def sent(portal: PortalUnderTest, exchange: Any) -> Response:
    asked = exchange["request"]
    body = asked.get("body", "")
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {name.lower(): value for name, value in asked["headers"].items()}
    if headers.get("authorization") == "Bearer expired":
        form = "grant_type=refresh_token&client_id=sandbox&client_secret=sandbox&refresh_token=sandbox"
        given = portal.engine.handle(Request("POST", "/oauth/v1/token", body=form.encode()), portal.now)
        headers["authorization"] = f"Bearer {json.loads(given.body)['access_token']}"
        portal.real += timedelta(seconds=1800)
    portal.now += timedelta(seconds=1)
    request = Request(asked["method"], asked["path"], urlencode(asked.get("query", {})), headers, data)
    return portal.engine.handle(request, portal.now)


@pytest.mark.parametrize("name", NAMES)
def test_the_stand_in_answers_in_the_shape_of_the_exchange(name: str, portal: PortalUnderTest) -> None:
    exchange = golden(name)
    BEFORE.get(name, lambda portal: None)(portal)

    response = sent(portal, exchange)

    expected = exchange["response"]
    body = json.loads(response.body) if response.body else None
    assert response.status == expected["status"], response.body
    assert shape_differences(expected["body"], body) == []
    assert {key.lower() for key in expected["headers"]} == set(response.headers)
