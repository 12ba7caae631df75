"""What the tests of the HubSpot stand-in share."""

import pytest

from tests.sandbox.hubspot.hubspot_portal import PortalUnderTest


@pytest.fixture
def portal() -> PortalUnderTest:
    return PortalUnderTest()
