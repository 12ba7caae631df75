"""The pull API's two thresholds: so many calls in a minute are slowed, and so many refused."""

from datetime import datetime, timedelta

MINUTE = timedelta(seconds=60)


class Limits:
    """Counts calls in the minute that begins with the first one."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[datetime, int]] = {}

    def count(self, bucket: str, now: datetime) -> int:
        """Count a call and return the how-manieth it is."""
        began, before = self._windows.get(bucket, (now, 0))
        if not began <= now < began + MINUTE:  # the clock of a sandbox may be set back
            began, before = now, 0
        self._windows[bucket] = (began, before + 1)
        return before + 1
