"""The settings of one Gainsight tenant in `handoff.toml`."""

from typing import Literal, Self, cast

from pydantic import Field, SecretStr, model_validator

from connectors._gainsight_settings import M2M, AccessKey, GainsightSettings
from connectors._system import chosen, from_environment, with_switches
from handoff.settings import InstanceModel


class _Gainsight(InstanceModel):
    system: Literal["gainsight"]
    base_url: str = Field(
        pattern=r"^https?://[^/\s]+$",
        description="the tenant's address, nothing behind it",
        examples=["https://<acme>.gainsightcloud.com"],
    )
    auth: Literal["m2m", "access_key"] = Field("m2m", description='or "access_key"')
    calls_per_minute: int = Field(30, ge=1, le=100, description="of the vendor's 100, which all of your tools share")
    list_size: int | None = Field(
        None, ge=1, le=50, description="CTAs and success plans in one call, at most 50", examples=[10]
    )
    client_id: str | None = from_environment("the OAuth client's id", auth="m2m", default=None)
    client_secret: SecretStr | None = from_environment("the OAuth client's secret", auth="m2m", default=None)
    access_key: SecretStr | None = from_environment("the access key of the REST API", auth="access_key", default=None)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.auth == "m2m" and (self.client_id is None or self.client_secret is None):
            raise ValueError("auth = m2m needs client_id and the environment's ..._CLIENT_SECRET")
        if self.auth == "access_key" and self.access_key is None:
            raise ValueError("auth = access_key needs the environment's ..._ACCESS_KEY")
        return self

    def credentials(self) -> AccessKey | M2M:
        """Return how to identify ourselves."""
        if self.auth == "access_key" and self.access_key is not None:
            return AccessKey(self.access_key.get_secret_value())
        return M2M(cast(str, self.client_id), cast(SecretStr, self.client_secret).get_secret_value())

    def switches(self) -> GainsightSettings:
        """Return the sizes and the vendor's open questions; `list_size` is that of CTAs and plans."""
        said = chosen(self, GainsightSettings)
        if self.list_size is not None:
            said = {"cta_list_size": self.list_size, "plan_list_size": self.list_size} | said
        return GainsightSettings(**said)


GainsightInstance = with_switches(_Gainsight, GainsightSettings)
"""`[platform.<name>]` with `system = "gainsight"`: the settings above, and every switch of the connector."""
