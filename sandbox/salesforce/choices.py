"""Everything the reference calls unknown or inferred and the stand-in had to settle, in one place."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Choices:
    """How this org behaves where the vendor's own behaviour is not certain."""

    session_life: timedelta = timedelta(hours=2)
    """Inferred: sessions end two hours (of real time) after their last use."""

    longest_assertion: timedelta = timedelta(minutes=5)
    """Inferred: a JWT whose `exp` lies further ahead is refused."""

    born_stage_change: bool = False
    """Unknown: whether creating an opportunity sets `LastStageChangeDate`; here it stays null."""

    amount_follows_line_items: bool = True
    """Inferred: with line items, `Amount` written through the API is ignored. The roll-up itself is not played."""

    descending_nulls_first: bool = False
    """Inferred: nulls come first in ascending order; in descending order they come last."""

    lock_message: str = "unable to obtain exclusive access to this record"
    """Confirmed text; the real message may go on with record ids."""

    most_cursors: int = 500
    """Ours: how many open cursors are remembered; the oldest is forgotten first."""


CHOICES = Choices()
