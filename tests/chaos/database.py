"""The database of a run, and what goes wrong with it: connections lost, a crash, a restart."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from tests.pgbouncer import running_pgbouncer
from tests.postgres import new_database, running_postgres

_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> $1"


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: "sqlite", "postgresql", or "pgbouncer" for PostgreSQL behind a pooler."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder}/minskwatch.db"
        return
    with running_postgres(breaks=True) as server:
        if server is None:
            raise RuntimeError("no PostgreSQL of our own: install postgresql, or the development tools")
        with new_database(server) as url:
            if kind == "postgresql":
                yield url
                return
            with running_pgbouncer(url, connections=8) as pooled:
                yield pooled


class PostgresTrouble:
    """Breaks the server behind a URL."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def cut_connections(self) -> None:
        """End every connection but ours."""
        connection = await self.connected()
        with suppress(asyncpg.PostgresError, OSError):
            await connection.fetch(_CUT, await connection.fetchval("SELECT pg_backend_pid()"))
        connection.terminate()

    async def crash(self) -> None:
        """kill -9 one server process, which makes PostgreSQL end all of them and recover."""
        connection = await self.connected()
        os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
        connection.terminate()

    async def postmaster(self) -> int:
        """The process that all of the server's come from."""
        connection = await self.connected()
        pid = _parent(await connection.fetchval("SELECT pg_backend_pid()"))
        connection.terminate()
        return pid

    async def size(self) -> int:
        """Bytes of the database."""
        connection = await self.connected()
        size = int(await connection.fetchval("SELECT pg_database_size(current_database())"))
        connection.terminate()
        return size

    async def restart(self, away: float) -> None:
        """Shut the server down as an administrator does, and start it again after `away` seconds."""
        connection = await self.connected()
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        folder = await connection.fetchval("SELECT current_setting('data_directory')")
        postmaster = _parent(pid)
        command = _command(postmaster)
        connection.terminate()
        os.kill(postmaster, signal.SIGINT)
        while (Path(folder) / "postmaster.pid").exists():  # noqa: ASYNC110 - another program's doing
            await asyncio.sleep(0.05)
        await asyncio.sleep(away)
        prefix = ["setpriv", "--pdeathsig=TERM"] if shutil.which("setpriv") else []
        if os.geteuid() == 0:
            prefix += ["--reuid=65534", "--regid=65534", "--clear-groups"]
        subprocess.Popen([*prefix, *command], stderr=subprocess.DEVNULL, cwd=folder)  # noqa: ASYNC220
        (await self.connected()).terminate()

    async def connected(self, within: float = 120.0) -> asyncpg.Connection[Any]:
        """A connection, also while the server recovers from what came before."""
        deadline = time.monotonic() + within
        while True:
            try:
                return await asyncpg.connect(self._url.replace("+asyncpg", ""), statement_cache_size=0)
            except (asyncpg.PostgresError, OSError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
