"""The database server's clock, by which all replicas go: what is leased or held must not hang on one host's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

# Answers slower than this say too little about the time, unless there is no better one.
_SLOW = 1.0


def _ticks() -> float:
    """Seconds that pass evenly, also while the machine sleeps, whatever happens to the system's clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ServerClock:
    """A core.ports.Clock that counts evenly on from the last time that `follow` read; the system's clock before that.

    It is off by half the time that an answer takes, at most.
    """

    def __init__(
        self,
        system: Callable[[], datetime] = lambda: datetime.now(UTC),
        ticks: Callable[[], float] = _ticks,
    ) -> None:
        self._system = system
        self._ticks = ticks
        self._known: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        if self._known is None:
            return self._system()
        at, ticks = self._known
        return at + timedelta(seconds=self._ticks() - ticks)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def follow(self, read: Callable[[], Awaitable[datetime | None]]) -> timedelta:
        """Read the server's clock; returns how far ahead of it the system's clock is. Raises what `read` raises."""
        before = self._ticks()
        at = await read()
        took = self._ticks() - before
        if at is None:
            return timedelta(0)
        if self._known is None or took < _SLOW:
            self._known = (at.astimezone(UTC) + timedelta(seconds=took / 2), before + took)
        return self._system() - self.now()
