"""The golden exchanges of systems that share one reader: each says all that a reader needs."""

import json
from urllib.parse import parse_qs

import pytest

from tests.golden.exchanges import names, read, sent

VENDORS = {
    "totango": {"api": "", "app": "", "int-hub": "/int-hub", "sdr": "/sdr"},
    "churnzero": {"push": "", "pull": ""},
}
ALL = [(vendor, name) for vendor in VENDORS for name in names(vendor)]


@pytest.mark.parametrize(("vendor", "name"), ALL)
def test_an_exchange_says_its_route_grade_and_source_and_can_be_sent(vendor, name):
    said = read(vendor, name)

    assert set(said) - {"switches"} == {"route", "grade", "source", "request", "response"}
    assert set(said["response"]) - {"body", "text"} == {"status", "headers"}
    assert sent(said["request"], VENDORS[vendor]).path.endswith(said["request"]["path"])


def test_a_form_carries_its_query_as_json():
    said = read("totango", "search_accounts_empty")["request"]

    query = parse_qs(sent(said, VENDORS["totango"]).body.decode())["query"]

    assert [json.loads(each) for each in query] == [said["form"]["query"]]
