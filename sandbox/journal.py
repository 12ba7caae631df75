"""What was asked of the stand-ins, call by call."""

from datetime import UTC, datetime
from typing import NamedTuple

from sandbox.wire import Record, Request, Response


class Journal:
    """Every call to an engine in the order it was answered, counted from 1."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []

    def note(self, system: str, request: Request, response: Response, *, at: datetime) -> None:
        """Write one row; `at` is simulated time."""
        said = (response.status, response.mutates, response.applied, response.records)
        self._rows.append(_Row(at, system, request.method, request.path, *said))

    def rows(self, system: str | None = None) -> list[Record]:
        """Return the rows, all of them or one system's."""
        numbered = enumerate(self._rows, 1)
        return [{"n": n, **row._asdict(), "at": iso_z(row.at)} for n, row in numbered if system in (None, row.system)]


class _Row(NamedTuple):
    # Small, since a long simulation makes millions.
    at: datetime
    system: str
    method: str
    path: str
    status: int
    mutates: bool
    applied: bool
    records: int


def iso_z(moment: datetime) -> str:
    """Return an aware moment as an ISO time in UTC, with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
