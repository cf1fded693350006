"""What a store's statements cost a database, counted and not timed: the same on a busy machine as on a quiet one.

A statement is recorded as the driver gets it, with its values, and run once more on a connection that counts: SQLite
tells the steps of its virtual machine, PostgreSQL the rows that every node of the plan has read (EXPLAIN ANALYZE).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import event

from storage.store import Store

_STEPS = 20  # steps of SQLite's virtual machine between two counts


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement with its values; of several sets of values the first."""

    sql: str
    values: tuple[Any, ...]


@contextmanager
def recorded(store: Store) -> Iterator[list[Asked]]:
    """The statements that the store runs within the block, but for single rows inserted, which read nothing."""
    asked: list[Asked] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        if not (sql.startswith("SET LOCAL") or (sql.startswith("INSERT") and "VALUES (" in sql)):
            asked.append(Asked(sql, tuple(values[0] if many else values)))

    engine = store._database._engine
    assert engine is not None
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def settle(url: str) -> None:
    """Let PostgreSQL tidy up what was filled in, as it does in the background of a living database: until then plans
    depend on how far it has come (words that wait to go into the GIN index, pages not known to be visible to all).
    """
    if url.startswith("sqlite"):
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def work_of(url: str, asked: Asked) -> tuple[int, str]:
    """What the statement costs, in the database's own unit, and its plan for people. Changes nothing."""
    return _in_sqlite(url, asked) if url.startswith("sqlite") else await _in_postgresql(url, asked)


def _in_sqlite(url: str, asked: Asked) -> tuple[int, str]:
    connection = sqlite3.connect(url.partition("///")[2], isolation_level=None)
    try:
        connection.execute("BEGIN")
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values)]
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += _STEPS
            return 0

        connection.set_progress_handler(count, _STEPS)
        connection.execute(asked.sql, asked.values).fetchall()
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")
        return counted, "\n".join(plan)
    finally:
        connection.close()


async def _in_postgresql(url: str, asked: Asked) -> tuple[int, str]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        transaction = connection.transaction()
        await transaction.start()
        # Tables of some hundred rows are read whole where a disk has to seek; the plans of larger ones are wanted.
        await connection.execute("SET LOCAL random_page_cost = 1.0")
        explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked.sql}", *asked.values)
        await transaction.rollback()
    finally:
        await connection.close()
    lines: list[str] = []
    return _rows_read(json.loads(explained)[0]["Plan"], lines, 0), "\n".join(lines)


def _rows_read(node: Mapping[str, Any], lines: list[str], depth: int) -> int:
    loops = node["Actual Loops"]
    dropped = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
    rows: int = round((node["Actual Rows"] + dropped) * loops)
    where = " ".join(str(node[key]) for key in ("Relation Name", "Index Name", "Index Cond", "Filter") if key in node)
    lines.append(f"{'  ' * depth}{node['Node Type']} {where}: {rows} rows")
    return rows + int(loops) + sum(_rows_read(child, lines, depth + 1) for child in node.get("Plans", ()))
