"""The tables of the ledger. Whatever names a person lives in `payloads` alone, so that it can be purged."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

SCHEMA_VERSION = "4"
"""The newest revision in `handoff/migrations/`, which brings older ledgers up to the tables below."""

BACKGROUND = "background"
"""What `payloads` calls the part of a handoff's background that names a person."""


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC, on databases with time zones and on those without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Store UTC; where the database knows no zone, without one."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware moment."""
        if value is None:
            return None
        moment: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what makes moments of what the driver read; the rows of a pass share few."""
        ready = super().result_processor(dialect, coltype)
        return ready and lru_cache(maxsize=4_096)(ready)


metadata = MetaData()

meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

deals = Table(
    "deals",
    metadata,
    Column("ref", String(80), primary_key=True),
    Column("instance", String(40), nullable=False),
    Column("deal_id", String(20), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("account_id", String(20)),
    Column("account_name", Text),
    Column("url", Text, nullable=False),
    Column("won_at", Moment, nullable=False),
    Column("won_how", String(20), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("source_hashes", JSON),
    Column("changed", JSON),
    Column("standing", String(20), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("try_at", Moment),
    Column("mapping_version", String(12)),
    Column("receipt_hash", String(16)),
    Column("receipt_pending", Text),
    Column("receipt_try_at", Moment),
    Column("sequence", Integer, nullable=False, default=0),
    Column("expected_at", Moment),
    Column("owner", String(20)),
    Column("first_seen_at", Moment, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("run", Integer, nullable=False),
    Index("deals_to_do", "standing", "try_at"),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("deal", String(80), nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("account", String(20), index=True),
    Column("kind", String(20)),
    Column("background", JSON),
    Column("segment", String(60)),
    Column("handed_off_at", Moment, nullable=False),
    Column("work_starts_at", Moment, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("delivered_at", Moment),
    Column("told", JSON),
    Column("tellings", Integer),
    Column("mapping_version", String(12), nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("deal", String(80), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("scope", String(10), nullable=False),
    Column("writer_won_at", Moment, nullable=False),
    Column("state", String(10), nullable=False),
    Column("result", String(10)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("try_at", Moment),
    Column("empty_looks", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("remote_id", String(80)),
    Column("payload_hash", String(16), nullable=False),
    Column("field_hashes", JSON, nullable=False),
    Column("intended", JSON),
    Column("declined", JSON),
    Column("gone", Boolean),
    Column("adopting", Boolean),
    Column("send_by", Moment),
    Column("owner", String(20)),
    Column("mapping_version", String(12), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("run", Integer, nullable=False),
    Index("steps_of_record", "remote_id"),
)

payloads = Table(
    "payloads",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("what", String(20), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("at", Moment, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("command", String(40), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ok", Boolean),
    Column("mapping_version", String(12)),
    Column("counts", JSON),
    Column("error", Text),
    Column("digest", String(64)),
    Column("previous", Integer, index=True),
    Column("actor", String(80)),
    Column("alive_until", Moment),
    Column("crm", String(40)),
)

windows = Table(
    "windows",
    metadata,
    Column("crm", String(80), primary_key=True),
    Column("cursor", Moment, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("run", Integer, nullable=False),
    Column("swept_at", Moment),
    Column("counted_at", Moment),
)

leases = Table(
    "leases",
    metadata,
    Column("subject", String(120), primary_key=True),
    Column("run", Integer, nullable=False, index=True),
)

budgets = Table(
    "budgets",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("per_seconds", Integer, primary_key=True),
    Column("starts", Integer().with_variant(BigInteger, "postgresql"), primary_key=True),
    Column("used", Integer, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("run", Integer, nullable=False, index=True),
    Column("actor", String(80), nullable=False),
    Column("what", String(40), nullable=False),
    Column("deal", String(80), index=True),
    Column("step", String(100)),
    Column("detail", Text, nullable=False, default=""),
)

customers = Table(
    "customers",
    metadata,
    Column("deal", String(80), primary_key=True),
    Column("how", String(20), primary_key=True),
    Column("mark", String(16), nullable=False),
    Column("instance", String(40), nullable=False),
    Column("won_at", Moment, nullable=False),
    Column("name", Text, nullable=False),
    Index("customers_by_mark", "mark"),
)

backfills = Table(
    "backfills",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("mapping_version", String(12), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
)

backfill_deals = Table(
    "backfill_deals",
    metadata,
    Column("plan", Integer, primary_key=True, autoincrement=False),
    Column("ref", String(80), primary_key=True),
    Column("deal_id", String(20), nullable=False),
    Column("key", String(100), nullable=False),
    Column("slice", Integer, nullable=False),
    Column("digest", String(16), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("background", JSON),
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Index("backfill_deals_of_ref", "ref"),
)
