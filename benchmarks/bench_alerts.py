"""One breaking story for many subscribers: the time to the last alert against the platform's own minimum.

    PYTHONPATH=. python benchmarks/bench_alerts.py [--subscribers 100 1000] [--alerts 2000]

The real Deliverer on the real store (SQLite), a simulated clock, and a platform that takes 50 ms a message and counts
what breaks Telegram's limits (30 messages a second in all, 1 a second per chat). The minimum is subscribers / 30
seconds. CPU is this process's own. `--alerts` ends after so many: 100,000 subscribers need an hour of simulated time
and many minutes of CPU, but what an alert costs while all others wait shows soon.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from app.loop import run_async
from benchmarks.filled import Filled, fill
from bot.delivery import Deliverer
from core.message import Message
from core.model import Target
from core.ports import ChatPlatform, CommandHandler, DeliveryStore, MenuEntry, Route
from storage.store import Store
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock

PER_SECOND = 30
TAKES = 0.05
NOON = datetime(2026, 3, 19, 12, tzinfo=UTC)


class SimulatedClock:
    """Goes on to the next sleeper's time when nothing else is under way."""

    def __init__(self) -> None:
        self._now = NOON
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._number = 0

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number += 1
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=max(0.0, seconds)), self._number, woken))
        await woken

    def go_on(self) -> bool:
        """Wake those whose time comes next; False when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers:
            return False
        self._now = max(self._now, self._sleepers[0][0])
        while self._sleepers and self._sleepers[0][0] <= self._now:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)
        return True


class Watched:
    """The store, and how many of its calls are under way."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.under_way = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **options: Any) -> Any:
            self.under_way += 1
            try:
                return await method(*args, **options)
            finally:
                self.under_way -= 1

        return call


class SimulatedPlatform:
    """Counts messages and what Telegram would have refused."""

    name = "telegram"
    routes: Sequence[Route] = ()

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._recent: deque[datetime] = deque()
        self.sent: Counter[str] = Counter()
        self.too_many = 0
        self.last_at = NOON

    async def open(self) -> str:
        return "@simulated"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        """Nobody asks."""

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - timedelta(seconds=0.999):
            self._recent.popleft()
        self._recent.append(now)
        self.too_many += len(self._recent) > PER_SECOND
        await self._clock.sleep(TAKES)
        self.sent[target.chat] += 1
        self.last_at = self._clock.now()
        return f"m{self.sent.total()}"

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        raise AssertionError("one report makes no edit")

    async def close(self) -> None:
        """Nothing is open."""


async def simulate(subscribers: int, alerts: int, folder: Path) -> None:
    clock = SimulatedClock()
    store = Store(f"sqlite+aiosqlite:///{folder}/alerts{subscribers}.db", clock=clock)
    await store.open()
    await fill(store._database, Filled(chats=subscribers))
    alerts = min(alerts, subscribers)
    began = time.process_time()
    await Newsroom(store, FakeClock(NOON)).report("Fourteen prisoners freed in Belarus")
    queued = time.process_time() - began
    watched, platform = Watched(store), SimulatedPlatform(clock)
    deliverer = Deliverer(
        cast(DeliveryStore, watched), {"telegram": cast(ChatPlatform, platform)}, clock, titles=TITLES
    )
    began = time.process_time()
    working = asyncio.create_task(deliver(deliverer, platform, alerts))
    while not working.done():
        for _ in range(6):  # what is ready runs first
            await asyncio.sleep(0)
        if watched.under_way or working.done() or not clock.go_on():
            await asyncio.sleep(0.0005)
    await working
    took, minimum = (platform.last_at - NOON).total_seconds(), alerts / PER_SECOND
    cpu = time.process_time() - began
    done = platform.sent.total()
    print(
        f"{subscribers:11,}{done:9,}{took:9.1f}{minimum:9.1f}{took / minimum:8.3f}{queued:9.2f}{cpu / done * 1000:9.2f}"
        f"   each once: {set(platform.sent.values()) == {1}}, over the limit: {platform.too_many}",
        flush=True,
    )
    await deliverer.drain(0)
    await store.close()


async def deliver(deliverer: Deliverer, platform: SimulatedPlatform, alerts: int) -> None:
    while platform.sent.total() < alerts:
        await deliverer.tick()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[100, 1_000])
    parser.add_argument("--alerts", type=int, default=2_000, help="how many are sent at least")
    args = parser.parse_args()
    print(f"{'subscribers':>11}{'alerts':>9}{'last, s':>9}{'minimum':>9}{'ratio':>8}{'queue, s':>9}{'CPU ms':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for subscribers in args.subscribers:
            run_async(simulate(subscribers, args.alerts, Path(folder)))


if __name__ == "__main__":
    main()
