"""A command handler that repeats what it is told, and a memory of handled events: what a platform under test needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from core.message import Message, plain
from core.ports import Request
from tests.patience import PATIENCE


class SeenEvents:
    """An UpdateStore in memory. `failing` makes it raise, as a locked database does."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.failing = False

    async def first_sight(self, platform: str, event_id: str, now: datetime) -> bool:
        if self.failing:
            raise OSError("the database is locked")
        new = (platform, event_id) not in self.seen
        self.seen.add((platform, event_id))
        return new


Answer = Message | Callable[[Request], Message | Awaitable[Message | None] | None]


class Echo:
    """A CommandHandler: keeps the requests, answers with `answer`, or with the command line itself.

    `hold` makes it wait before it answers; `raising` makes it fail.
    """

    def __init__(self, answer: Answer | None = None) -> None:
        self.requests: list[Request] = []
        self.answer = answer
        self.hold: asyncio.Event | None = None
        self.raising: Exception | None = None
        self._arrived = asyncio.Condition()

    async def __call__(self, request: Request) -> Message | None:
        self.requests.append(request)
        async with self._arrived:
            self._arrived.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        if self.raising is not None:
            raise self.raising
        if callable(self.answer):
            answer = self.answer(request)
            return await answer if isinstance(answer, Awaitable) else answer
        return self.answer or plain(f"you said {request.line}")

    async def asked(self, count: int = 1) -> Request:
        """Wait for the `count`-th request; returns the last."""
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)
        return self.requests[-1]
