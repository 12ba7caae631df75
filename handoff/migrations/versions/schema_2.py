"""Release 0.2: changes after a handoff, whose word a field holds, kinds of deals."""

import sqlalchemy as sa

from handoff.migrations import add_lacking, index_lacking

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add what was told, what was declined, and what a handoff is of."""
    add_lacking("deals", sa.Column("changed", sa.JSON))
    add_lacking(
        "handoffs",
        sa.Column("account", sa.String(20)),
        sa.Column("kind", sa.String(20)),
        sa.Column("background", sa.JSON),
        sa.Column("told", sa.JSON),
        sa.Column("tellings", sa.Integer),
    )
    add_lacking(
        "steps",
        sa.Column("intended", sa.JSON),
        sa.Column("declined", sa.JSON),
        sa.Column("gone", sa.Boolean),
    )
    index_lacking("ix_handoffs_account", "handoffs", "account")
    index_lacking("steps_of_record", "steps", "remote_id")
