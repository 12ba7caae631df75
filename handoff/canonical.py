"""The names of canonical fields: what the bridge gives, what the policy decides, what is told back to the CRM."""

GIVEN = (
    *("deal.id", "deal.name", "deal.url", "deal.amount", "deal.currency"),
    *("account.id", "account.name", "owner.email", "won_at", "people", "products"),
)
"""Canonical fields that the bridge fills itself; a source file may fill them otherwise."""

DECIDED = (
    *("segment", "transfer", "kind", "receiver.email", "lead.email", "completeness", "gaps"),
    *("handed_off_at", "work_starts_at"),
)
"""Canonical fields that the policy fills."""

OF_CUSTOMER = ("company.status", "company.stage", "company.name", "company.csm")
"""Canonical fields that the platform fills: the account's record as it was before our own first step for it."""

LATER = ("account.arr",)
"""Canonical fields that may be named already and that nothing fills yet."""

ITEM_FIELDS = {
    "commitments": ("id", "text", "due_on", "kind", "owner", "owner.email"),
    "people": ("id", "name", "email", "title", "role"),
    "products": ("id", "name"),
    "gaps": ("id", "field", "label", "prompt"),
}
"""What an item of a list has, besides what a source file maps for its rows."""

MOMENTS = ("won_at", "handed_off_at", "work_starts_at")
"""What a deadline may count from."""

RECEIPT = (
    *("status", "reason", "next_step", "owner", "completeness", "gaps", "link", "delivered_at", "sequence", "receipt"),
)
"""What can be written back to the deal."""

BEHIND_RECEIPT = {"next_step": ("gaps",), "owner": ("receiver.email",)}
"""Canonical fields that decide what is written back under another name than theirs."""
