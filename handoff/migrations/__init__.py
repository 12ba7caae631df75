"""The changes of the ledger's tables, one after another, by Alembic. What was released is never edited again."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def add_lacking(table: str, *columns: "sa.Column[Any]") -> None:
    """Add those of the columns that the table lacks: between releases, ledgers were made with some of them."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    for column in columns:
        if column.name not in there:
            op.add_column(table, column)


def index_lacking(name: str, table: str, *columns: str) -> None:
    """Make an index that the table lacks."""
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))
