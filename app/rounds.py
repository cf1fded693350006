"""The recurring jobs of a process, on APScheduler: each again after its interval, whatever happens to the clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger("minskwatch")

LOOK_SECONDS = 5.0
JUMP_SECONDS = 3.0


class Rounds:
    """APScheduler goes by the system's clock and would rest for an hour when it is set back by one: this looks out."""

    def __init__(self, wall: Callable[[], float] = time.time, even: Callable[[], float] = time.monotonic) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._wall = wall
        self._even = even
        self._apart = 0.0
        self._looking: asyncio.Task[None] | None = None

    def every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Repeat the job; what is returned lets it be due at once, and may be called at any time."""

        async def run() -> None:
            with suppress(asyncio.CancelledError):  # the stop ends it; APScheduler would call that a failure
                await job()

        made = self._scheduler.add_job(
            run, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
        )

        def hasten() -> None:
            if self._scheduler.running:
                made.modify(next_run_time=datetime.now(UTC))

        return hasten

    def start(self) -> None:
        self._apart = self._wall() - self._even()
        self._scheduler.start()
        self._looking = asyncio.create_task(self._look_out())

    def stop(self) -> None:
        """Start nothing more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._looking is not None:
            self._looking.cancel()

    def look(self) -> bool:
        """Let all jobs be due when the clock was set; whether it was."""
        apart = self._wall() - self._even()
        jump, self._apart = apart - self._apart, apart
        if abs(jump) < JUMP_SECONDS:
            return False
        log.warning("the clock of this host was set by %.0f s", jump)
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))
        return True

    async def _look_out(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()
