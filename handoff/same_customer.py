"""By what a customer is known in several CRMs, in a shape that can be compared."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from handoff.fingerprints import field_fingerprint
from handoff.mapping import Mappings
from handoff.model import Deal
from handoff.rules import Context

FIELDS = {"domain": "account.domain", "external_id": "account.external_id", "name": "account.name"}
"""The canonical field behind each way to know a customer."""

OF_MAIL = frozenset(
    ("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.de", "web.de")
)
"""Domains that anybody may have an address in: they say nothing of a company."""


def domain(said: str) -> str:
    """Return a domain as it is compared: of an address or a page, small, without `www`; "" of a mail provider."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", said.strip().lower())
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    bare = bare.removeprefix("www.").rstrip(".")
    return "" if bare in OF_MAIL or "." not in bare else bare


def external_id(said: str) -> str:
    """Return an external id as it is compared: without spaces around it, in whatever letter case."""
    return said.strip().casefold()


def name(said: str) -> str:
    """Return a company's name as it is compared: its words without case, accents and signs. `Ltd` and `Inc` differ."""
    plain = unicodedata.normalize("NFKD", said).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.findall(r"\w+", plain))


COMPARED: Mapping[str, Callable[[str], str]] = {"domain": domain, "external_id": external_id, "name": name}


def marks(deal: Deal, mappings: Mappings) -> dict[str, str]:
    """Return by what a deal's customer is known, as fingerprints; {} where the files do not ask."""
    found: dict[str, str] = {}
    for how in mappings.contract.same_customer:
        rule = mappings.source.fields.get(FIELDS[how])
        said = rule(Context(deal.source)) if rule is not None else deal.account_name if how == "name" else None
        compared = COMPARED[how](str(said)) if said else ""
        if compared:
            found[how] = field_fingerprint(f"{how}:{compared}")
    return found
