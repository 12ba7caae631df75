"""The stand-in driven by simple-salesforce itself, through an adapter that opens no socket."""

from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from salesforce_org import DEAL, NOON, ORG, deal
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from sandbox.salesforce import new_id
from sandbox.wire import Request


class EngineAdapter(BaseAdapter):
    """Hands each request to the engine instead of the network."""

    def __init__(self, client):
        super().__init__()
        self.client = client

    def send(self, request, **_):
        url = urlsplit(request.url)
        body = request.body or b""
        answer = self.client.engine.handle(
            Request(
                request.method,
                unquote(url.path),
                url.query,
                {name.lower(): str(value) for name, value in request.headers.items()},
                body.encode() if isinstance(body, str) else body,
            ),
            self.client.now,
        )
        response = requests.Response()
        response.status_code, response.request, response.url = answer.status, request, request.url
        response.headers.update(answer.headers)
        response._content = answer.body
        return response

    def close(self):
        pass


@pytest.fixture
def session(org):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", EngineAdapter(org))
    return session


@pytest.fixture
def sf(session):
    return Salesforce(
        consumer_key="sandbox", consumer_secret="sandbox", domain="acme.my", version="66.0", session=session
    )


def test_it_logs_in_with_client_credentials_and_talks_to_the_instance(sf):
    assert sf.sf_instance == "127.0.0.1:8701"
    assert sf.session_id.startswith(f"{ORG}!")


def test_a_wrong_secret_is_an_authentication_failure(session):
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(consumer_key="sandbox", consumer_secret="x", domain="acme.my", version="66.0", session=session)


def test_it_reads_every_page(sf, org):
    org.load(Opportunity=[deal(f"Deal {n}") for n in range(7)])
    org.engine.tenant({"page_size": 3})

    assert len([*sf.query_all_iter("SELECT Id FROM Opportunity")]) == 8
    assert len(sf.query_all("SELECT Id FROM Opportunity", include_deleted=True)["records"]) == 8


def test_it_writes_reads_upserts_and_deletes_records(sf):
    made = sf.Task.create({"Subject": "Call Jonas", "WhatId": DEAL})["id"]

    assert sf.Task.update(made, {"Status": "Completed"}) == 204
    assert sf.Task.get(made)["IsClosed"] is True
    assert sf.Task.delete(made) == 204
    with pytest.raises(SalesforceResourceNotFound) as gone:
        sf.Task.get(made)
    assert gone.value.content[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert sf.Opportunity.upsert("Legacy_Id__c/L1", deal("Nordwind")) == 201
    assert sf.Opportunity.upsert("Legacy_Id__c/L1", {"NextStep": "Call"}) == 200
    assert sf.Opportunity.get_by_custom_id("Legacy_Id__c", "L1")["NextStep"] == "Call"


def test_its_errors_carry_the_vendors_codes(sf, org):
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.query("SELECT Nothing__c FROM Opportunity")
    assert refused.value.content[0]["errorCode"] == "INVALID_FIELD"

    org.load(Opportunity=[deal(Legacy_Id__c="L1"), deal(Legacy_Id__c="L1")])
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Opportunity.upsert("Legacy_Id__c/L1", {})


def test_its_other_calls_find_their_resources(sf):
    assert sf.limits()["DailyApiRequests"]["Max"] == 100_000
    assert sf.Opportunity.describe()["name"] == "Opportunity"
    assert len(sf.describe()["sobjects"]) == 12
    hour = (NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    assert sf.Opportunity.updated(*hour)["ids"] == [DEAL]
    assert sf.Opportunity.deleted(*hour)["deletedRecords"] == []
    results = sf.restful(
        "composite/sobjects",
        method="PATCH",
        json={"records": [{"attributes": {"type": "Opportunity"}, "id": new_id("006", 1, ORG), "NextStep": "Call"}]},
    )
    assert results[0]["success"] is True
    assert sf.api_usage["api-usage"].total == 100_000
