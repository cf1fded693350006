"""Rows to values and back: entries out of rows; many rows into one table, bound here instead of by SQLAlchemy, whose
binding costs more than the insert itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Dialect, Row, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import Entry
from storage.columns import CleanText, clean

_Bind = Callable[[Any], Any]


def entry_of(row: Row[*tuple[Any, ...]]) -> Entry:
    """The entry in a row that holds the columns of its text."""
    return Entry(row.identity, row.title, row.url, row.link_key, row.summary, row.text, row.lang, row.published_at)


class RowInsert:
    """INSERT of whole rows, without RETURNING and ON CONFLICT.

    What is stored is what `table.insert()` would store: the SQL and the conversions are SQLAlchemy's own.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._made: dict[str, tuple[str, list[_Bind | None]]] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows, at least one, each with a value for every column in the order of the table.

        Raises what the column types raise for a value that they refuse.
        """
        sql, binds = self._made.get(connection.dialect.name) or self._make(connection.dialect)
        columns = zip(*rows, strict=True)
        bound = [_each(bind, values) if bind else values for bind, values in zip(binds, columns, strict=True)]
        await connection.exec_driver_sql(sql, list(zip(*bound, strict=True)))

    def _make(self, dialect: Dialect) -> tuple[str, list[_Bind | None]]:
        sql = str(self._table.insert().compile(dialect=dialect, column_keys=self._table.columns.keys()))
        made = self._made[dialect.name] = sql, [_binder(column, dialect) for column in self._table.columns]
        return made


def _binder(column: Column[Any], dialect: Dialect) -> _Bind | None:
    if isinstance(column.type, CleanText) and not column.nullable:
        return clean
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _each(bind: _Bind, values: Iterable[Any]) -> Iterator[Any]:
    """The values bound; a value that stands in many rows, such as the time, only once."""
    last = bound = None
    for value in values:
        if value is not last:
            last, bound = value, bind(value)
        yield bound
