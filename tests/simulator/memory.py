"""The ledger of a simulated deployment: the real one in a real file, with a yield point around each transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from handoff.ledger import Ledger
from tests.simulator.hub import Hub


class _Compiled(dict[Any, Any]):
    """Compiled statements by all that SQLAlchemy tells them apart by but the engine: each pass has one of its own."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_COMPILED = _Compiled()
"""Statements compiled once for all worlds of this process."""


class SimulatedLedger(Ledger):
    """One worker's way to the ledger in `path`; what was committed survives a crash, what was not is gone."""

    def __init__(self, path: Path, hub: Hub) -> None:
        super().__init__(f"sqlite:///{path}")
        self.hub = hub

        @event.listens_for(self.engine, "connect")
        def in_no_hurry(connection: Any, _: Any) -> None:
            # The machine of a simulated crash stays up: what the operating system was given is kept.
            connection.execute("PRAGMA synchronous=OFF")

        self.engine.update_execution_options(compiled_cache=_COMPILED)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection to ask with, at a yield point."""
        self.hub.point("ledger: read")
        with super().reading() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Yield one transaction between two yield points."""
        self.hub.point("ledger: before a transaction")
        with super()._transaction() as connection:
            self.hub.transaction(True)
            try:
                yield connection
            finally:
                self.hub.transaction(False)
        self.hub.point("ledger: after a transaction")

    def intend(self, *arguments: Any, **named: Any) -> None:
        """Write intents down; the worker may be disturbed between that and the sending."""
        super().intend(*arguments, **named)
        self.hub.point("ledger: an intent is written")
