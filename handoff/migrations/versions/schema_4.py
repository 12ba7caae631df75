"""Release 0.4: which CRM a run was about."""

import sqlalchemy as sa

from handoff.migrations import add_lacking

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Add the CRM of a run."""
    add_lacking("runs", sa.Column("crm", sa.String(40)))
