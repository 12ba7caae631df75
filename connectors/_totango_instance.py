"""The settings of one Totango tenant in `handoff.toml`."""

from typing import Literal

from pydantic import Field, SecretStr

from connectors._system import chosen, from_environment, with_switches
from connectors._totango_settings import OTHER, Addresses, Region, TotangoSettings
from handoff.settings import InstanceModel


class _Totango(InstanceModel):
    system: Literal["totango"]
    region: Region = Field("us", description='where your data is, or "eu"; a token works in its region alone')
    service_id: str = Field(
        pattern=r"^[!-.0-~]+$",  # a header holds it: no letter beyond ASCII
        description="the number in the middle of SP-<number>-<instance>",
        examples=["<12345>"],
    )
    calls_per_minute: int = Field(95, ge=1, le=100, description="of the vendor's 100 for each token")
    base_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+$",
        description="where a stand-in is, in place of Totango's own addresses",
        examples=["http://127.0.0.1:8704"],
    )
    token: SecretStr = from_environment("the personal access token of a global admin")

    def addresses(self) -> Addresses:
        """Return where the region is."""
        return Addresses.of(self.region, self.base_url or "")

    def elsewhere(self) -> Addresses:
        """Return where the other region is."""
        return Addresses.of(OTHER[self.region], self.base_url or "")

    def switches(self) -> TotangoSettings:
        """Return the sizes and the vendor's open questions."""
        return TotangoSettings(**chosen(self, TotangoSettings))


TotangoInstance = with_switches(_Totango, TotangoSettings)
"""`[platform.<name>]` with `system = "totango"`: the settings above, and every switch of the connector."""
