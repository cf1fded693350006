"""SIGTERM ends the program in time at its worst moments: while it loads, and while a platform does not answer."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.patience import PATIENCE

MAIN = str(Path(__file__).parents[2] / "main.py")
MORE_THAN_A_PIPE_HOLDS = b"word " * 200_000


@pytest.fixture
async def silent() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A server that takes connections and never answers: its port, and whether somebody came."""
    came, done = asyncio.Event(), asyncio.Event()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await done.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], came
    done.set()
    server.close()
    await server.wait_closed()


async def test_a_platform_that_does_not_answer_delays_no_stop(
    tmp_path: Path, silent: tuple[int, asyncio.Event]
) -> None:
    port, came = silent
    config = f'[telegram]\ntoken = "1:token"\napi_base = "http://127.0.0.1:{port}"\n[http]\nport = 0\n'
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, MAIN, "run", cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    await asyncio.wait_for(came.wait(), PATIENCE)
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert "stopped" in err.decode()
    assert "ready" not in err.decode()
    assert "Traceback" not in err.decode()


@pytest.mark.parametrize("_", range(5))
def test_sigterm_is_handled_from_the_start(_: int, tmp_path: Path) -> None:
    """Without a handler of its own, a program that is process 1 of a container never sees the signal.

    Several times: a wait without an end misses a signal that comes just before it, about once in 15.
    """
    # No subprocess of asyncio: it calls a process ended only when its pipes are closed as well, by everybody.
    with subprocess.Popen([sys.executable, MAIN, "explain", "-"], cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(MORE_THAN_A_PIPE_HOLDS)  # it reads, so it runs
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        with suppress(BrokenPipeError):
            process.stdin.close()
