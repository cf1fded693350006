"""Turns of a platform: what it bears over all chats and all processes, asked of the store for many messages at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.pacing import CAUTIOUS, PACES, Pace, Pacer
from core.model import Target
from core.ports import Clock
from core.replicas import LimitStore


class PlatformTurns:
    """Lanes that wait for their turn at the same time share one question to the store.

    A hold that another process has put on a platform is passed on to the pacer.
    """

    def __init__(self, store: LimitStore, clock: Clock, pacer: Pacer, paces: Mapping[str, Pace] = PACES) -> None:
        self._store = store
        self._clock = clock
        self._pacer = pacer
        self._paces = paces
        self._waiting: dict[str, deque[asyncio.Future[datetime | None]]] = defaultdict(deque)
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def take(self, target: Target, before: datetime) -> bool:
        """Return when a message may go to the target, which is then counted. Raises StoreError.

        False when the pacer must be asked anew, or it is no longer `before`: the chat was used or held meanwhile.
        """
        if not await self._wait(target.platform):
            return False
        now = self._clock.now()
        return now < before and self._pacer.take(now, target) <= now

    async def _wait(self, platform: str) -> bool:
        """Wait for the next turn of a platform; False when it is held."""
        turn: asyncio.Future[datetime | None] = asyncio.get_running_loop().create_future()
        self._waiting[platform].append(turn)
        if platform not in self._asking:
            self._asking[platform] = asyncio.create_task(self._ask(platform))
        at = await turn
        if at is None:
            return False
        wait = (at - self._clock.now()).total_seconds()
        if wait > 0:
            await self._clock.sleep(wait)
        return True

    async def close(self) -> None:
        """Ask no more; nobody may be waiting."""
        asking = tuple(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, platform: str) -> None:
        """Ask for turns until nobody waits."""
        rate = self._paces.get(platform, CAUTIOUS).platform
        apart = rate.apart if rate else timedelta(0)
        waiting = self._waiting[platform]
        try:
            while count := self._count(platform):
                turns = await self._store.take_turns(platform, self._clock.now(), count=count, apart=apart)
                if turns.held_until is not None:
                    self._pacer.hold_platform(platform, turns.held_until)
                    self._answer(waiting, [None] * len(waiting))
                self._answer(waiting, turns.at)
                if self._count(platform):
                    await self._clock.sleep(max(0.0, (turns.again_at - self._clock.now()).total_seconds()))
        except Exception as error:
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_exception(error)
        finally:
            del self._asking[platform]

    def _count(self, platform: str) -> int:
        """How many wait; those who gave up are passed over."""
        waiting = self._waiting[platform]
        for _ in range(len(waiting)):
            turn = waiting.popleft()
            if not turn.done():
                waiting.append(turn)
        return len(waiting)

    def _answer(self, waiting: deque[asyncio.Future[datetime | None]], answers: Sequence[datetime | None]) -> None:
        for answer in answers:
            if not waiting:
                return
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(answer)
