"""The settings of one ChurnZero tenant in `handoff.toml`."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors._churnzero_settings import USUAL_REGION, Addresses, ChurnZeroSettings
from connectors._system import chosen, from_environment, with_switches
from handoff.settings import InstanceModel

_ADDRESS = r"^https?://[^/\s]+$"


class _ChurnZero(InstanceModel):
    system: Literal["churnzero"]
    tenant: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$",
        description="your name in the address of ChurnZero's pages: <tenant>.us1app.churnzero.net",
        examples=["<acme>"],
    )
    region: str = Field(
        USUAL_REGION, pattern=r"^[a-z]{2}[0-9]$", description="as in that address: us1, or eu1 for Europe and Asia"
    )
    push_url: str | None = Field(
        None,
        pattern=_ADDRESS,
        description="your own host, on Admin > Application Keys; a wrong one loses all that is sent, without a word",
        examples=["https://<acme>.churnzero.net"],
    )
    pull_url: str | None = Field(
        None,
        pattern=_ADDRESS,
        description="the host of the REST API, where it is another than the region's",
        examples=["https://<acme>.us1app.churnzero.net"],
    )
    verify: bool = Field(
        False, description="read back what was written, through the REST API: an add-on that is bought apart"
    )
    calls_per_minute: int = Field(60, ge=1, le=1000, description="of the HTTP API; the vendor tells no limit")
    app_key: SecretStr = from_environment("the application key, of Admin > Application Keys")
    api_user: str | None = from_environment("the REST API's user, an e-mail address; with verify only", default=None)
    api_key: SecretStr | None = from_environment("that user's API key; with verify only", default=None)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.verify and (self.api_user is None or self.api_key is None):
            raise ValueError("verify = true needs the environment's ..._API_USER and ..._API_KEY")
        return self

    def addresses(self) -> Addresses:
        """Return where the tenant is reached."""
        return Addresses.of(
            self.tenant, self.region, push=self.push_url or "", pull=self.pull_url or "", verify=self.verify
        )

    def reader(self) -> tuple[str, str]:
        """Return the REST API's user and key, empty where nothing is read back."""
        return self.api_user or "", self.api_key.get_secret_value() if self.api_key else ""

    def switches(self) -> ChurnZeroSettings:
        """Return the sizes and the vendor's open questions."""
        return ChurnZeroSettings(**chosen(self, ChurnZeroSettings))


ChurnZeroInstance = with_switches(_ChurnZero, ChurnZeroSettings)
"""`[platform.<name>]` with `system = "churnzero"`: the settings above, and every switch of the connector."""
