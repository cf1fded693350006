"""Rows to values and back: entries out of rows; many rows into one table, bound here instead of by SQLAlchemy, whose
binding costs more than what the database does with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ClauseElement, Column, Dialect, LargeBinary, Row, Table
from sqlalchemy.types import TypeEngine

from core.model import Entry
from storage.columns import CleanText, UtcTime, clean_all, sqlite_time
from storage.connection import AsyncConnection

_Bind = Callable[[Any], Any]
_BindAll = Callable[[list[Any]], list[Any]]
Bound = tuple[str, list[tuple[Any, ...]]]


def entry_of(row: Row[*tuple[Any, ...]]) -> Entry:
    """The entry in a row that holds the columns of its text."""
    return Entry(row.identity, row.title, row.url, row.link_key, row.summary, row.text, row.lang, row.published_at)


class RowInsert:
    """INSERT of whole rows, without RETURNING and ON CONFLICT.

    What is stored is what `table.insert()` would store: the SQL and the conversions are SQLAlchemy's own.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._made: dict[str, tuple[str, list[_BindAll | None]]] = {}

    def bind(self, dialect: Dialect, rows: Sequence[tuple[Any, ...]]) -> Bound:
        """The statement as the driver takes it, and rows as it takes them.

        Rows are at least one, each with a value for every column in the order of the table. Raises what the column
        types raise for a value that they refuse.
        """
        return self.bind_columns(dialect, list(map(list, zip(*rows, strict=True))))

    def bind_columns(self, dialect: Dialect, columns: Sequence[list[Any]]) -> Bound:
        """The same for rows that are given by columns."""
        bound = self.columns(dialect, columns)
        return self._made[dialect.name][0], list(zip(*bound, strict=True))

    def columns(self, dialect: Dialect, columns: Sequence[list[Any]]) -> list[list[Any]]:
        """The values of columns, in the order of the table, as the driver takes them."""
        _, binds = self._made.get(dialect.name) or self._make(dialect)
        return [bind(some) if bind else some for bind, some in zip(binds, columns, strict=True)]

    def _make(self, dialect: Dialect) -> tuple[str, list[_BindAll | None]]:
        sql = str(self._table.insert().compile(dialect=dialect, column_keys=self._table.columns.keys()))
        made = self._made[dialect.name] = sql, [_column_binder(column, dialect) for column in self._table.columns]
        return made


class Prepared:
    """A statement with named values, which each row gives but for its constants; otherwise like RowInsert."""

    def __init__(self, statement: ClauseElement, columns: Collection[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._constants: dict[str, Any] = {}
        self._readers: dict[str, list[_Bind | None]] = {}
        self._made: dict[str, tuple[str, list[tuple[str, _Bind | None]]]] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of the rows, at least one."""
        await connection.exec_driver_sql(*self.bind(connection.dialect, rows))

    def bind(self, dialect: Dialect, rows: Iterable[Mapping[str, Any]]) -> Bound:
        """The statement as the driver takes it, and the rows in the order of its marks."""
        sql, places = self._made.get(dialect.name) or self._make(dialect)
        if self._constants:
            rows = [{**self._constants, **row} for row in rows]
        return sql, [tuple([bind(row[name]) if bind else row[name] for name, bind in places]) for row in rows]

    def bind_columns(self, dialect: Dialect, columns: Mapping[str, list[Any]]) -> Bound:
        """The same for rows that are given by columns. No value of the statement may be a constant."""
        sql, places = self._made.get(dialect.name) or self._make(dialect)
        bound = [_each(bind, columns[name]) if bind else columns[name] for name, bind in places]
        return sql, list(zip(*bound, strict=True))

    def reader(self, dialect: Dialect, columns: Sequence[Column[Any]]) -> Callable[[Sequence[Any]], list[Any]]:
        """What makes values of a row as SQLite's driver gives it, which holds these columns."""
        makers = self._readers.get(dialect.name)
        if makers is None:
            makers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
            self._readers[dialect.name] = makers
        return lambda row: [make(value) if make else value for make, value in zip(makers, row, strict=True)]

    def _make(self, dialect: Dialect) -> tuple[str, list[tuple[str, _Bind | None]]]:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        binds = {name: _binder(one.type, dialect) for name, one in compiled.binds.items()}
        self._constants = {name: one.value for name, one in compiled.binds.items() if not one.required}
        made = self._made[dialect.name] = str(compiled), [(name, binds[name]) for name in compiled.positiontup]
        return made


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> _Bind | None:
    if dialect.name == "sqlite":
        if isinstance(kind, UtcTime):
            return sqlite_time
        if isinstance(kind, LargeBinary):
            return None  # its driver takes bytes as they are
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _column_binder(column: Column[Any], dialect: Dialect) -> _BindAll | None:
    if isinstance(column.type, CleanText) and not column.nullable:
        return clean_all
    bind = _binder(column.type, dialect)
    return partial(_each, bind) if bind else None


def _each(bind: _Bind, values: list[Any]) -> list[Any]:
    """The values bound; a value that stands in many rows, such as the time, only once."""
    bounds = []
    last = bound = None
    for value in values:
        if value is not last:
            last, bound = value, bind(value)
        bounds.append(bound)
    return bounds
