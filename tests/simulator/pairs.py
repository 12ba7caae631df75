"""Which CRM hands off to which platform in a simulated company."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tests.simulator.hub import Chances
from tests.simulator.in_gainsight import Gainsight
from tests.simulator.in_hubspot import HubSpot
from tests.simulator.in_salesforce import Salesforce
from tests.simulator.in_the_crm import InHubSpot
from tests.simulator.in_totango import Totango
from tests.simulator.sides import CrmSide, PlatformSide

CRMS: Mapping[str, Callable[[], CrmSide]] = {"salesforce": Salesforce, "hubspot": HubSpot}
PLATFORMS: Mapping[str, Callable[[], PlatformSide]] = {"gainsight": Gainsight, "totango": Totango, "crm": InHubSpot}


ROUGH = Chances(crash=0.001, freeze=0.002)


@dataclass(frozen=True)
class Pair:
    """
    A CRM and a platform by name, and what its worlds are like.

    `size` is how many deals a world has. Calls are disturbed `busy_for` from the start: long enough for most of the
    work to be tried meanwhile. `chances` are those of a yield point; where each record is a call, there are many.
    """

    crm: str
    platform: str
    size: int = 600
    busy_for: timedelta = timedelta(minutes=15)
    chances: Chances = ROUGH

    @property
    def name(self) -> str:
        """Both names: `hubspot-totango`."""
        return f"{self.crm}-{self.platform}"


def _to_totango(crm: str) -> Pair:
    return Pair(crm, "totango", 300, timedelta(minutes=40), Chances(crash=0.0004, freeze=0.0005))


def _from_hubspot(platform: str) -> Pair:
    return Pair("hubspot", platform, 600, timedelta(minutes=30), Chances(crash=0.0007, freeze=0.001))


FIRST = Pair("salesforce", "gainsight")
OTHERS = (_to_totango("hubspot"), _to_totango("salesforce"), _from_hubspot("gainsight"), _from_hubspot("crm"))
PAIRS: Mapping[str, Pair] = {one.name: one for one in (FIRST, *OTHERS)}
