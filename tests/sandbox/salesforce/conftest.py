"""Two orgs: an empty one, and one with a single open deal."""

import pytest
from salesforce_org import ACME, DEAL, IDA, JONAS, NOON, ORG, SEATS, Client, deal

from sandbox.salesforce import SalesforceEngine


@pytest.fixture
def empty() -> Client:
    """An org without business records."""
    return Client(SalesforceEngine(org_id=ORG, real_now=lambda: NOON))


@pytest.fixture
def org(empty: Client) -> Client:
    """An org with one customer, one contact, one product and one open deal."""
    empty.load(
        User=[{"Id": IDA, "Name": "Ida Berg", "Email": "ida@seller.example", "Username": "ida@seller.example"}],
        Account=[{"Id": ACME, "Name": "Acme", "OwnerId": IDA}],
        Contact=[{"Id": JONAS, "FirstName": "Jonas", "LastName": "Holm", "AccountId": ACME}],
        Product2=[{"Id": SEATS, "Name": "Seats", "ProductCode": "SEAT", "Family": "Licences"}],
        Opportunity=[deal(Id=DEAL, AccountId=ACME, OwnerId=IDA, Amount=48000)],
    )
    return empty
