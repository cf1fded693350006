"""A real PgBouncer before the tests' PostgreSQL, pooling transactions over very few connections."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

PORT = 6432  # of a unix socket in a folder of our own


def find_pgbouncer() -> str | None:
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running_pgbouncer(database_url: str, *, connections: int = 2) -> Iterator[str]:
    """The URL of the same database through a PgBouncer with `connections` to the server."""
    binary = find_pgbouncer()
    if binary is None:
        raise RuntimeError("no PgBouncer: install pgbouncer")
    url = make_url(database_url)
    host = url.host or str(url.query["host"])
    port = f" port={url.port}" if url.port else ""
    folder = Path(tempfile.mkdtemp(prefix="minsk-pb-", dir="/tmp"))
    password = f" password={url.password}" if url.password else ""
    (folder / "pgbouncer.ini").write_text(
        f"""
[databases]
* = host={host}{port} user={url.username}{password}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {PORT}
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
server_reset_query =
""",
        encoding="utf-8",
    )
    prefix = ["setpriv", "--pdeathsig=TERM"] if shutil.which("setpriv") else []
    if os.geteuid() == 0:  # PgBouncer refuses to run as root
        prefix += ["--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chown(folder, 65534, 65534)
        (folder / "pgbouncer.ini").chmod(0o644)
    with (folder / "log").open("wb") as log:
        bouncer = subprocess.Popen([*prefix, binary, folder / "pgbouncer.ini"], stdout=log, stderr=log, cwd=folder)
    try:
        deadline = time.monotonic() + 60
        while not (folder / f".s.PGSQL.{PORT}").exists():
            if bouncer.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PgBouncer did not start:\n{(folder / 'log').read_text(errors='replace')}")
            time.sleep(0.02)
        yield f"postgresql+asyncpg://{url.username}@/{url.database}?host={folder}&port={PORT}"
    finally:
        bouncer.terminate()
        bouncer.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
