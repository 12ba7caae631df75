"""Who acts next: a closed table, kept with each deal and step that is not done; see docs/reference.md."""

from enum import StrEnum

from handoff.inspection import admin_of


class Owner(StrEnum):
    """
    Who must act.

    `by_hand` is said of a deal that a person settled or skipped: the bridge leaves it alone until somebody says retry.
    """

    BRIDGE = "bridge"
    SALES = "sales"
    CS_OPS = "cs_ops"
    REVOPS = "revops"
    CRM_ADMIN = "crm_admin"
    PLATFORM_ADMIN = "platform_admin"
    BY_HAND = "by_hand"


ON_THE_DEAL = {
    Owner.SALES: "Sales",
    Owner.REVOPS: "RevOps",
    Owner.CRM_ADMIN: "An admin of this CRM",
    Owner.PLATFORM_ADMIN: "An admin of Customer Success's platform",
}
"""Who it is in words that Sales reads on the deal; CS Ops where it is nobody of these."""


def in_words(owner: Owner, *, crm: str, platform: str) -> str:
    """Return who it is, as in `a Salesforce admin`; `crm` and `platform` are the systems' names."""
    words = {
        Owner.BRIDGE: "the bridge",
        Owner.SALES: "Sales",
        Owner.CS_OPS: "CS Ops",
        Owner.REVOPS: "RevOps",
        Owner.CRM_ADMIN: admin_of(crm),
        Owner.PLATFORM_ADMIN: admin_of(platform),
        Owner.BY_HAND: "nobody: a person took it over",
    }
    return words[owner]
