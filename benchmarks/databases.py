"""Empty databases for a benchmark, of one kind after the other, gone when the next is asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.postgres import new_database, running_postgres


def databases(many: int = 1, *, sqlite_only: bool) -> Iterator[tuple[str, list[str]]]:
    """The kind and the addresses of `many` databases: SQLite, then PostgreSQL unless `sqlite_only`.

    Says so where no PostgreSQL is installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", [f"sqlite+aiosqlite:///{Path(folder)}/{number}.db" for number in range(many)]
    if sqlite_only:
        return
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres())
        if server is None:
            print("PostgreSQL   not measured: none is installed")
            return
        yield "PostgreSQL", [stack.enter_context(new_database(server)) for _ in range(many)]
