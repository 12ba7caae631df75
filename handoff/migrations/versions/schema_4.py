"""Release 0.4: which CRM a run was about, and by what customers are known in several."""

import sqlalchemy as sa
from alembic import op

from handoff.migrations import add_lacking

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Add the CRM of a run, and what customers are known by."""
    add_lacking("runs", sa.Column("crm", sa.String(40)))
    op.create_table(
        "customers",
        sa.Column("deal", sa.String(80), primary_key=True),
        sa.Column("how", sa.String(20), primary_key=True),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("instance", sa.String(40), nullable=False),
        sa.Column("won_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_index("customers_by_mark", "customers", ["mark"])
