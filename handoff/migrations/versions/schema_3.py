"""Release 0.3: leases for passes side by side, when waiting deals are expected, who acts next, the chain of runs."""

import sqlalchemy as sa
from alembic import op

from handoff.migrations import add_lacking, index_lacking

revision = "3"
down_revision = "2"

NAMES_A_PERSON = "csm_email"
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
    _take_names_out(op.get_bind())


def _take_names_out(connection: sa.Connection) -> None:
    """Move whom the backgrounds of handoffs name to `payloads`, where it can be purged."""
    handoffs = sa.table(
        "handoffs", sa.column("key", sa.String), sa.column("background", sa.JSON), sa.column("handed_off_at", MOMENT)
    )
    payloads = sa.table(
        "payloads",
        sa.column("owner", sa.String),
        sa.column("what", sa.String),
        sa.column("body", sa.JSON),
        sa.column("at", MOMENT),
    )
    kept = set(connection.execute(sa.select(payloads.c.owner).where(payloads.c.what == "background")).scalars())
    for row in connection.execute(sa.select(handoffs)).all():
        named = (row.background or {}).get(NAMES_A_PERSON)
        if not named:
            continue
        if row.key not in kept:
            body = {"owner": row.key, "what": "background", "body": {NAMES_A_PERSON: named}, "at": row.handed_off_at}
            connection.execute(payloads.insert(), body)
        without = {**row.background, NAMES_A_PERSON: None}
        connection.execute(handoffs.update().where(handoffs.c.key == row.key).values(background=without))
