"""The settings of one Salesforce org in `handoff.toml`."""

from pathlib import Path
from typing import Literal, Self, cast

from pydantic import Field, SecretStr, model_validator

from connectors._salesforce_gateway import DEFAULT_VERSION
from connectors._salesforce_login import ClientCredentials, JwtBearer
from connectors._salesforce_records import Facts
from connectors._system import chosen, from_environment, only_for, with_switches
from handoff.settings import InstanceModel


class _Salesforce(InstanceModel):
    system: Literal["salesforce"]
    domain: str = Field(description="the My Domain label; of a sandbox: acme--test.sandbox.my", examples=["<acme>.my"])
    auth: Literal["client_credentials", "jwt"] = Field("client_credentials", description='or "jwt"')
    version: str = Field(DEFAULT_VERSION, description="the API version")
    client_id: str = from_environment("the consumer key of the External Client App")
    client_secret: SecretStr | None = from_environment("its consumer secret", auth="client_credentials", default=None)
    username: str | None = only_for("jwt", "the integration user", "<integration.user@acme.example>")
    private_key_file: Path | None = only_for("jwt", "the app's private key, a PEM file", "<path>/private_key.pem")
    private_key: SecretStr | None = from_environment(
        "the private key itself, instead of private_key_file", auth="jwt", default=None
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.auth == "client_credentials" and self.client_secret is None:
            raise ValueError("auth = client_credentials needs the environment's ..._CLIENT_SECRET")
        if self.auth == "jwt" and (self.username is None or not (self.private_key or self.private_key_file)):
            raise ValueError("auth = jwt needs username, and private_key_file or the environment's ..._PRIVATE_KEY")
        return self

    def login(self) -> ClientCredentials | JwtBearer:
        """Return how to log in."""
        if self.client_secret is not None and self.auth == "client_credentials":
            return ClientCredentials(self.domain, self.client_id, self.client_secret.get_secret_value())
        key = self.private_key.get_secret_value() if self.private_key else cast(Path, self.private_key_file).read_text()
        return JwtBearer(self.domain, cast(str, self.username), self.client_id, key)

    def facts(self) -> Facts:
        """Return the vendor's open questions, as this deployment answers them."""
        return Facts(**chosen(self, Facts))


SalesforceInstance = with_switches(_Salesforce, Facts)
"""`[crm.<name>]` with `system = "salesforce"`: the settings above, and every switch of the connector."""
