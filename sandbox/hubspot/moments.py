"""Moments as the vendor writes them: ISO in UTC with milliseconds, or milliseconds since 1970."""

from datetime import UTC, datetime
from typing import Any


def iso(moment: datetime) -> str:
    """Return an aware moment as the vendor writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def whole(moment: datetime) -> datetime:
    """Return a moment in UTC, cut to milliseconds."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def read(value: Any) -> datetime:
    """Return the moment that milliseconds or an ISO time say; raises `ValueError` for anything else."""
    text = str(value)
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error
    return whole(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
