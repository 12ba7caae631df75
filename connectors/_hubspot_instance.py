"""The settings of one HubSpot portal in `handoff.toml`."""

from typing import Literal, Self, cast

from pydantic import Field, SecretStr, model_validator

from connectors._hubspot_settings import BASE_URL, DEFAULT_VERSION, HubSpotSettings, OAuth, ServiceKey
from connectors._hubspot_wire import CALLS_PER_DAY, CALLS_PER_TEN_SECONDS, SEARCHES_PER_SECOND
from connectors._system import chosen, from_environment, with_switches
from handoff.people import Zone
from handoff.settings import InstanceModel


class _HubSpot(InstanceModel):
    system: Literal["hubspot"]
    auth: Literal["service_key", "oauth"] = Field("service_key", description='or "oauth"')
    version: str = Field(DEFAULT_VERSION, description='the API version, or "classic" for the addresses v3 and v4')
    base_url: str = Field(
        BASE_URL, pattern=r"^https?://[^/\s]+$", description="the API's address, the same for portals of every region"
    )
    time_zone: Zone = Field(
        "UTC", description="the portal's, in which its day of calls begins; `check --live` tells it", examples=["UTC"]
    )
    searches_per_second: int = Field(
        SEARCHES_PER_SECOND, ge=1, le=5, description="of the vendor's 5, which all apps of the portal share"
    )
    calls_per_ten_seconds: int = Field(
        CALLS_PER_TEN_SECONDS,
        ge=10,
        le=250,
        description="of the vendor's 100 (190 from Professional on), searches aside",
    )
    calls_per_day: int = Field(
        CALLS_PER_DAY, ge=1_000, description="of the vendor's 250,000 or more, which all apps of the portal share"
    )
    service_key: SecretStr | None = from_environment("the service key", auth="service_key", default=None)
    client_id: str | None = from_environment("the OAuth app's client id", auth="oauth", default=None)
    client_secret: SecretStr | None = from_environment("its client secret", auth="oauth", default=None)
    refresh_token: SecretStr | None = from_environment(
        "the refresh token of its installation in this portal", auth="oauth", default=None
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.auth == "service_key" and self.service_key is None:
            raise ValueError("auth = service_key needs the environment's ..._SERVICE_KEY")
        if self.auth == "oauth" and not (self.client_id and self.client_secret and self.refresh_token):
            raise ValueError(
                "auth = oauth needs the environment's ..._CLIENT_ID, ..._CLIENT_SECRET and ..._REFRESH_TOKEN"
            )
        return self

    def credentials(self) -> ServiceKey | OAuth:
        """Return how to identify ourselves."""
        if self.auth == "service_key":
            return ServiceKey(cast(SecretStr, self.service_key).get_secret_value())
        return OAuth(
            cast(str, self.client_id),
            cast(SecretStr, self.client_secret).get_secret_value(),
            cast(SecretStr, self.refresh_token).get_secret_value(),
        )

    def switches(self) -> HubSpotSettings:
        """Return the sizes and the vendor's open questions, as this deployment answers them."""
        return HubSpotSettings(**chosen(self, HubSpotSettings))


HubSpotInstance = with_switches(_HubSpot, HubSpotSettings)
"""`[crm.<name>]` with `system = "hubspot"`: the settings above, and every switch of the connector."""
