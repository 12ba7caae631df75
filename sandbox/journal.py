"""What was asked of the stand-ins, call by call."""

from datetime import UTC, datetime

from sandbox.wire import Record, Request, Response


class Journal:
    """Every call to an engine in the order it was answered, counted from 1."""

    def __init__(self) -> None:
        self._rows: list[Record] = []

    def note(self, system: str, request: Request, response: Response, *, at: datetime) -> None:
        """Write one row; `at` is simulated time."""
        self._rows.append(
            {
                "n": len(self._rows) + 1,
                "at": iso_z(at),
                "system": system,
                "method": request.method,
                "path": request.path,
                "status": response.status,
                "mutates": response.mutates,
                "applied": response.applied,
                "records": response.records,
            }
        )

    def rows(self, system: str | None = None) -> list[Record]:
        """Return copies of the rows, all of them or one system's."""
        return [dict(row) for row in self._rows if system in (None, row["system"])]


def iso_z(moment: datetime) -> str:
    """Return an aware moment as an ISO time in UTC, with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
