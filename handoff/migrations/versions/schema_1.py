"""The tables of the first release, 0.1."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _deals()
    _handoffs()
    _steps()
    _runs()
    op.create_table(
        "meta", sa.Column("name", sa.String(40), primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_table(
        "payloads",
        sa.Column("owner", sa.String(100), primary_key=True),
        sa.Column("what", sa.String(20), primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "windows",
        sa.Column("crm", sa.String(80), primary_key=True),
        sa.Column("cursor", MOMENT, nullable=False),
        sa.Column("starts", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
    )
    op.create_table(
        "budgets",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("per_seconds", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "starts",
            sa.Integer().with_variant(sa.BigInteger, "postgresql"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("used", sa.Integer, nullable=False),
    )


def _deals() -> None:
    op.create_table(
        "deals",
        sa.Column("ref", sa.String(80), primary_key=True),
        sa.Column("instance", sa.String(40), nullable=False),
        sa.Column("deal_id", sa.String(20), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account_id", sa.String(20)),
        sa.Column("account_name", sa.Text),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("won_at", MOMENT, nullable=False),
        sa.Column("won_how", sa.String(20), nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("source_hashes", sa.JSON),
        sa.Column("standing", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("try_at", MOMENT),
        sa.Column("mapping_version", sa.String(12)),
        sa.Column("receipt_hash", sa.String(16)),
        sa.Column("receipt_pending", sa.Text),
        sa.Column("receipt_try_at", MOMENT),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
    )
    op.create_index("deals_to_do", "deals", ["standing", "try_at"])


def _handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("deal", sa.String(80), nullable=False, index=True),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("segment", sa.String(60)),
        sa.Column("handed_off_at", MOMENT, nullable=False),
        sa.Column("work_starts_at", MOMENT, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("delivered_at", MOMENT),
        sa.Column("mapping_version", sa.String(12), nullable=False),
    )


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("deal", sa.String(80), nullable=False, index=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("writer_won_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("result", sa.String(10)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("try_at", MOMENT),
        sa.Column("empty_looks", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("remote_id", sa.String(80)),
        sa.Column("payload_hash", sa.String(16), nullable=False),
        sa.Column("field_hashes", sa.JSON, nullable=False),
        sa.Column("mapping_version", sa.String(12), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("command", sa.String(40), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ok", sa.Boolean),
        sa.Column("mapping_version", sa.String(12)),
        sa.Column("counts", sa.JSON),
        sa.Column("error", sa.Text),
        sa.Column("digest", sa.String(64)),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("run", sa.Integer, nullable=False, index=True),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("deal", sa.String(80), index=True),
        sa.Column("step", sa.String(100)),
        sa.Column("detail", sa.Text, nullable=False),
    )
