"""A clock that moves only when told, or when somebody sleeps on it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class FakeClock:
    """`sleep` advances the time at once and yields to the loop; `slept` lists the seconds asked for."""

    def __init__(self, start: datetime = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)) -> None:
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


class WaitingClock(FakeClock):
    """`sleep` waits until the test has advanced the clock so far: for what is done beside those that wait."""

    def __init__(self, start: datetime = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)) -> None:
        super().__init__(start)
        self._sleeping: list[tuple[datetime, asyncio.Event]] = []

    @property
    def sleepers(self) -> int:
        return len(self._sleeping)

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for at, wake in self._sleeping:
            if at <= self.now():
                wake.set()
        self._sleeping = [one for one in self._sleeping if not one[1].is_set()]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        wake = asyncio.Event()
        if seconds > 0:
            self._sleeping.append((self.now() + timedelta(seconds=seconds), wake))
            await wake.wait()
        await asyncio.sleep(0)
