"""The addresses of HubSpot's API, in both families: the classic ones, and those that carry a date."""

import re

from connectors._hubspot_settings import CLASSIC, DEFAULT_VERSION
from handoff.errors import ConfigError

DATED = re.compile(r"20\d\d-(03|09)")
ACCOUNT = "/account-info/v3/details"


class Paths:
    """
    Builds every address of one version.

    Args:
        version: `classic` for v3 and v4, else a dated version: `2026-03`.
    """

    def __init__(self, version: str) -> None:
        if version != CLASSIC and not DATED.fullmatch(version):
            raise ConfigError(
                f"{version!r} is no version of HubSpot's API. Write {DEFAULT_VERSION}, a later one, or {CLASSIC}."
            )
        self._dated = "" if version == CLASSIC else version

    def objects(self, kind: str, *rest: str) -> str:
        """Return the address of records of one kind, or of something below it: `objects("deals", "search")`."""
        root = f"/crm/objects/{self._dated}" if self._dated else "/crm/v3/objects"
        return "/".join((root, kind, *rest))

    def associations(self, one: str, other: str, *rest: str) -> str:
        """Return the address of associations from one kind to another."""
        root = f"/crm/associations/{self._dated}" if self._dated else "/crm/v4/associations"
        return "/".join((root, one, other, *rest))

    def associated(self, kind: str, record: str, other: str) -> str:
        """Return the address of one record's associations to another kind."""
        root = f"/crm/objects/{self._dated}" if self._dated else "/crm/v4/objects"
        return f"{root}/{kind}/{record}/associations/{other}"

    def owners(self) -> str:
        """Return the address of the portal's owners."""
        return self._plain("owners")

    def properties(self, kind: str) -> str:
        """Return the address of the properties of one kind."""
        return f"{self._plain('properties')}/{kind}"

    def pipelines(self, kind: str) -> str:
        """Return the address of the pipelines of one kind."""
        return f"{self._plain('pipelines')}/{kind}"

    def _plain(self, what: str) -> str:
        return f"/crm/{what}/{self._dated}" if self._dated else f"/crm/v3/{what}"
