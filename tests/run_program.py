"""Run the program as a process of its own, with the wire platform, a clock that is ahead, and death at a chosen step.

The process ends itself with SIGKILL when it passes the step for the first time: as abruptly as a power cut of it.
Processes are forked from one that has read all modules and packs already: starting Python anew costs seconds each.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from app import parts, program
from app.loop import run_async
from bot.platforms import PLATFORMS
from core import failpoints
from core import log as logs
from core.clock import SystemClock
from core.config import load_settings
from tests.patience import PATIENCE

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__, "tests.warm_program"])


class AheadClock(SystemClock):
    """The system's clock, ahead by a fixed time: leases of a dead process have run out."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class Running:
    """A started program."""

    def __init__(self, process: BaseProcess, log: Path) -> None:
        self._process, self._log = process, log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def terminate(self) -> None:
        self._process.terminate()

    async def ended(self) -> int | None:
        """Its exit code, negative for a signal; None if it does not end."""
        await asyncio.to_thread(self._process.join, PATIENCE)
        return self._process.exitcode


@asynccontextmanager
async def running(config: Path, *, die_at: str = "", ahead: float = 0.0) -> AsyncIterator[Running]:
    """The program with this configuration, gone in the end; its log stands beside the configuration."""
    process = _FORKED.Process(target=_run, args=(config, die_at, ahead))
    await asyncio.to_thread(process.start)
    try:
        yield Running(process, config.with_suffix(".log"))
    finally:
        process.kill()
        await asyncio.to_thread(process.join)


def _run(config: Path, die_at: str, ahead: float) -> None:
    with config.with_suffix(".log").open("a") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    from tests.warm_program import MATCHER

    parts.make_matcher = lambda _: MATCHER  # type: ignore[assignment]
    if die_at:
        failpoints.hook = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == die_at else None
    PLATFORMS.add("wire", "tests.wire_platform:create")
    logs.set_up("info")
    run_async(_serve(config, ahead))


async def _serve(config: Path, ahead: float) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    made = parts.make_parts(load_settings(config, {}), clock=AheadClock(ahead))
    program.ROUND_SECONDS = 0.1  # it looks for what is due ten times as often: nobody waits for the next round
    await program.Program(made, web=False).run(stop)
