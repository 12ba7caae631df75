"""Release 0.4: planned backfills, which CRM a run was about, and by what customers are known in several."""

import sqlalchemy as sa
from alembic import op

from handoff.migrations import add_lacking

revision = "4"
down_revision = "3"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of backfills and of customers, and add the CRM of a run."""
    add_lacking("runs", sa.Column("crm", sa.String(40)))
    op.create_table(
        "customers",
        sa.Column("deal", sa.String(80), primary_key=True),
        sa.Column("how", sa.String(20), primary_key=True),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("instance", sa.String(40), nullable=False),
        sa.Column("won_at", MOMENT, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_index("customers_by_mark", "customers", ["mark"])
    op.create_table(
        "backfills",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("mapping_version", sa.String(12), nullable=False),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
    )
    op.create_table(
        "backfill_deals",
        sa.Column("plan", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ref", sa.String(80), primary_key=True),
        sa.Column("deal_id", sa.String(20), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("slice", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("background", sa.JSON),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("backfill_deals_of_ref", "backfill_deals", ["ref"])
