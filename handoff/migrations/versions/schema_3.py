"""Release 0.3: leases for passes side by side, when waiting deals are expected, who acts next, the chain of runs."""

import sqlalchemy as sa
from alembic import op

from handoff.migrations import add_lacking, index_lacking

revision = "3"
down_revision = "2"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the leases, and when deals are expected, and the owner of work."""
    add_lacking(
        "deals",
        sa.Column("expected_at", MOMENT),
        sa.Column("owner", sa.String(20)),
    )
    add_lacking(
        "steps",
        sa.Column("adopting", sa.Boolean),
        sa.Column("send_by", MOMENT),
        sa.Column("owner", sa.String(20)),
    )
    add_lacking(
        "runs",
        sa.Column("previous", sa.Integer),
        sa.Column("actor", sa.String(80)),
        sa.Column("alive_until", MOMENT),
    )
    index_lacking("ix_runs_previous", "runs", "previous")
    add_lacking("windows", sa.Column("swept_at", MOMENT), sa.Column("counted_at", MOMENT))
    op.create_table(
        "leases",
        sa.Column("subject", sa.String(120), primary_key=True),
        sa.Column("run", sa.Integer, nullable=False, index=True),
    )
