"""The settings of each system, and the connector they make."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self, cast, get_type_hints

import httpx
from pydantic import Field, SecretStr, create_model, model_validator
from requests.adapters import BaseAdapter

from connectors._gainsight_settings import M2M, AccessKey, GainsightSettings
from connectors._http import CALL_TIMEOUT_SECONDS
from connectors._salesforce_gateway import DEFAULT_VERSION, ClientCredentials, Gateway, JwtBearer
from connectors._salesforce_records import Facts
from connectors.gainsight import Gainsight
from connectors.salesforce import Salesforce, Wanted
from handoff.errors import ConfigError
from handoff.mapping import Mappings
from handoff.ports import Budget, Clock, Crm, Destination
from handoff.settings import Instance, InstanceModel


@dataclass(frozen=True)
class World:
    """
    What every connector is given: time, budget, chance, whether it may write, and what it tells before each call.

    `httpx_transport` and `requests_adapter` stand for the network in tests.
    """

    clock: Clock
    budget: Budget
    jitter: Callable[[], float]
    read_only: bool
    sandbox: int | None = None
    httpx_transport: httpx.BaseTransport | None = None
    requests_adapter: BaseAdapter | None = None
    beat: Callable[[], None] = lambda: None

    def port(self, offset: int) -> int:
        """Return the port of a stand-in, by its place after the port base."""
        assert self.sandbox is not None
        return self.sandbox + offset


def _from_environment(what: str, *, auth: str = "", default: Any = ...) -> Any:
    """Return a setting that belongs into the environment; with `auth`, only this way to log in needs it."""
    return Field(default, description=what, json_schema_extra={"environment": True, "auth": auth})


def _only_for(auth: str, what: str, example: str) -> Any:
    return Field(None, description=what, examples=[example], json_schema_extra={"auth": auth})


class _Salesforce(InstanceModel):
    system: Literal["salesforce"]
    domain: str = Field(description="the My Domain label; of a sandbox: acme--test.sandbox.my", examples=["<acme>.my"])
    auth: Literal["client_credentials", "jwt"] = Field("client_credentials", description='or "jwt"')
    version: str = Field(DEFAULT_VERSION, description="the API version")
    client_id: str = _from_environment("the consumer key of the External Client App")
    client_secret: SecretStr | None = _from_environment("its consumer secret", auth="client_credentials", default=None)
    username: str | None = _only_for("jwt", "the integration user", "<integration.user@acme.example>")
    private_key_file: Path | None = _only_for("jwt", "the app's private key, a PEM file", "<path>/private_key.pem")
    private_key: SecretStr | None = _from_environment(
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
        return Facts(**_chosen(self, Facts))


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
    client_id: str | None = _from_environment("the OAuth client's id", auth="m2m", default=None)
    client_secret: SecretStr | None = _from_environment("the OAuth client's secret", auth="m2m", default=None)
    access_key: SecretStr | None = _from_environment("the access key of the REST API", auth="access_key", default=None)

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
        chosen = _chosen(self, GainsightSettings)
        if self.list_size is not None:
            chosen = {"cta_list_size": self.list_size, "plan_list_size": self.list_size} | chosen
        return GainsightSettings(**chosen)


def _chosen(settings: InstanceModel, switches: type[Any]) -> dict[str, Any]:
    names = {field.name for field in fields(switches)}
    return {name: value for name, value in settings.model_dump(exclude_unset=True).items() if name in names}


def _switches(of: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(of)
    return {f.name: (hints[f.name], f.default if f.default is not MISSING else ...) for f in fields(of)}


SalesforceInstance: type[_Salesforce] = create_model("SalesforceInstance", __base__=_Salesforce, **_switches(Facts))
"""`[crm.<name>]` with `system = "salesforce"`: the settings above, and every switch of the connector."""

GainsightInstance: type[_Gainsight] = create_model(
    "GainsightInstance", __base__=_Gainsight, **_switches(GainsightSettings)
)
"""`[platform.<name>]` with `system = "gainsight"`: the same."""


def salesforce(instance: Instance, mappings: Mappings, world: World) -> Crm:
    """Return the CRM behind a Salesforce instance."""
    settings = instance.read(SalesforceInstance)
    gateway = Gateway(
        instance=instance.name,
        auth=settings.login(),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        version=settings.version,
        read_only=world.read_only,
        rewrite_to=f"http://127.0.0.1:{world.port(1)}" if world.sandbox else None,
        inner=world.requests_adapter,
        beat=world.beat,
    )
    source = mappings.source
    return Salesforce(
        instance=instance.name,
        gateway=gateway,
        wanted=Wanted(source.paths, source.child_paths),
        write_fields=tuple(source.file.write_back.fields) if source.file.write_back.to == "opportunity" else (),
        first_seen=world.clock.now,
        facts=settings.facts(),
    )


def gainsight(instance: Instance, world: World) -> Destination:
    """Return the platform behind a Gainsight instance."""
    settings = instance.read(GainsightInstance)
    return Gainsight(
        instance=instance.name,
        base_url=settings.base_url,
        client=httpx.Client(
            timeout=CALL_TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
            transport=world.httpx_transport,
        ),
        auth=settings.credentials(),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        calls_per_minute=settings.calls_per_minute,
        read_only=world.read_only,
        settings=settings.switches(),
        beat=world.beat,
    )


SETTINGS: Mapping[tuple[str, str], type[InstanceModel]] = {
    ("crm", "salesforce"): _Salesforce,
    ("platform", "gainsight"): _Gainsight,
}
"""By kind and system, the settings that every deployment thinks about: all but the vendor's open questions."""

CRMS: Mapping[str, Callable[[Instance, Mappings, World], Crm]] = {"salesforce": salesforce}
PLATFORMS: Mapping[str, Callable[[Instance, World], Destination]] = {"gainsight": gainsight}


def known(instance: Instance, systems: Mapping[str, Any]) -> str:
    """Return the instance's system; raises `ConfigError` when this release has no connector for it."""
    if instance.system not in systems:
        raise ConfigError(
            f"handoff.toml [{instance.kind}.{instance.name}]: system = {instance.system!r} has no connector. "
            f"Use one of: {', '.join(systems)}."
        )
    return instance.system
