"""One database, SQLite or PostgreSQL: short transactions, and rows in sets."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Executable, Row, Select, Table, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from handoff import tables as t
from handoff.batches import batches
from handoff.bulk import Bulk
from handoff.database_troubles import trouble
from handoff.engines import POSTGRESQL, READS, engine_of

IN_AT_ONCE = 500

_BULKS: dict[Any, Bulk] = {}
"""By kind of database and what is asked, for all databases of this process: a ledger is opened for every pass."""


class Database:
    """
    What the ledger is kept in.

    Args:
        url: `sqlite:///handoff.db`, or `postgresql://user@host/database`.
    """

    fence: Callable[[Connection], None] | None = None
    """Asked in every write transaction before anything is written; raises where nothing may be."""

    def __init__(self, url: str) -> None:
        self.engine = engine_of(url)
        self.shared = self.engine.dialect.name == POSTGRESQL
        """Whether several machines may work on it."""
        self._here = threading.local()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """
        Yield a connection that sees one moment; raises `Transient` when the database cannot be used now.

        Inside `writing` it sees what that has written.
        """
        around = getattr(self._here, "connection", None)
        if around is not None:
            yield around
            return
        options = READS if self.shared else {}
        with self._told(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """
        Yield one transaction, durable when the block ends; nobody else writes meanwhile.

        Inside another of the same thread it is a part of that one.

        Raises:
            Transient: The database cannot be used now.
        """
        around = getattr(self._here, "connection", None)
        if around is not None:
            yield around
            return
        with self._transaction() as connection:
            self._here.connection = connection
            try:
                yield connection
            finally:
                self._here.connection = None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with (
            self._told(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            if self.fence is not None:
                self.fence(connection)
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A ledger that is locked, full or out of reach is nobody's bug: it is told, and tried by the next run."""
        try:
            yield
        except (OperationalError, InternalError, ProgrammingError) as error:
            # SQLite's own say so by `OperationalError`, for all that is out of our hands.
            ours = not self.shared and not isinstance(error, OperationalError)
            told = None if ours else trouble(error, postgresql=self.shared)
            if told is None:
                raise
            raise told from None

    def rows_of(
        self, table: Table, column: Any, values: Iterable[str], only: Sequence[Column[Any]] = (), *, where: Any = True
    ) -> Iterator[Row[Any]]:
        """
        Yield the rows whose column is one of these values; `only` some of their columns, where they are named.

        Args:
            where: What else must be true of a row.
        """
        wanted = list(dict.fromkeys(values))
        with self.reading() as connection:
            for some in batches(wanted, IN_AT_ONCE):
                query: Select[Any] = select(*(only or table.columns)).where(column.in_(some), where)
                yield from connection.execute(query)

    def body(self, connection: Connection, owner: str, what: str) -> Any:
        """Return what `payloads` keeps under this owner, None when there is nothing."""
        query = select(t.payloads.c.body).where(t.payloads.c.owner == owner, t.payloads.c.what == what)
        return connection.execute(query).scalar_one_or_none()

    def _insert(self, table: Table) -> Any:
        return (postgresql if self.shared else sqlite).insert(table)

    def insert(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert the rows, which all fill the same columns."""
        if rows:
            self._bulk((table.name, *rows[0]), table.insert, columns=rows[0]).execute(connection, rows)

    def insert_new(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
    ) -> None:
        """Insert the rows whose key is not there yet."""

        def statement() -> Executable:
            new: Executable = self._insert(table).on_conflict_do_nothing(index_elements=list(key))
            return new

        if rows:
            self._bulk(("new", table.name, *rows[0]), statement, columns=rows[0]).execute(connection, rows)

    def each(self, connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute a statement, one that is kept for good, with each of these rows: it is made ready once."""
        self._bulk(statement, lambda: statement).execute(connection, rows)

    def upsert(
        self,
        connection: Connection,
        table: Table,
        rows: Sequence[Mapping[str, Any]],
        key: Sequence[str],
        *,
        keep: Sequence[str] = (),
        add: Mapping[str, int] | None = None,
        newer: str | None = None,
        anew: ColumnElement[bool] | None = None,
    ) -> None:
        """
        Insert the rows; of those that are there replace all columns but `keep`, and add to those in `add`.

        With `newer` a row that has a later moment in that column stays as it is. With `anew` a row of which that holds
        is replaced whole, as if it had not been there.
        """
        if not rows:
            return

        def statement() -> Executable:
            insert = self._insert(table)
            added = {name: table.c[name] + amount for name, amount in (add or {}).items()}
            changed = {name: insert.excluded[name] for name in rows[0] if name not in (*key, *keep, *added)}
            if anew is not None:
                stays = added | {name: table.c[name] for name in keep}
                changed |= {name: case((anew, insert.excluded[name]), else_=said) for name, said in stays.items()}
                added = {}
            only = None if newer is None else table.c[newer] <= insert.excluded[newer]
            upsert: Executable = insert.on_conflict_do_update(
                index_elements=list(key), set_=changed | added, where=only
            )
            return upsert

        asked = (table.name, *rows[0]), (*key,), (*keep,), (*(add or {}).items(),), newer, anew
        self._bulk(asked, statement, columns=rows[0]).execute(connection, rows)

    def _bulk(self, asked: Any, statement: Callable[[], Executable], columns: Collection[str] | None = None) -> Bulk:
        asked = self.engine.dialect.name, asked
        if asked not in _BULKS:
            _BULKS[asked] = Bulk(statement(), self.engine.dialect, columns)
        return _BULKS[asked]
