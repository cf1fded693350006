"""Updates of different chats side by side, those of one in order: a slow command holds up its chat alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

MOST_AT_ONCE = 16

Work = Callable[[], Awaitable[None]]


class Lanes:
    """Runs at most `most` at once; those that wait are begun in the order in which they came."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._free = asyncio.Semaphore(most)
        self._last: dict[str, asyncio.Task[None]] = {}

    def begin(self, lane: str, work: Work) -> asyncio.Task[None]:
        """Run the work when all that was begun in its lane before has ended."""
        task = asyncio.create_task(self._run(self._last.get(lane), work))
        self._last[lane] = task
        task.add_done_callback(partial(self._forget, lane))
        return task

    async def _run(self, before: asyncio.Task[None] | None, work: Work) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with self._free:
            await work()

    def _forget(self, lane: str, task: asyncio.Task[None]) -> None:
        if self._last.get(lane) is task:
            del self._last[lane]


def lane_of(raw: Mapping[str, Any]) -> str:
    """The chat that an update is about, or who types an inline query; "" for neither. Any JSON will do."""
    for kind, event in raw.items():
        chat = _part(event, "chat") or _part(_part(event, "message"), "chat")
        if chat:
            return str(chat.get("id"))
        if _part(event, "from"):
            return f"{kind}:{_part(event, 'from').get('id')}"
    return ""


def _part(value: object, name: str) -> Mapping[str, Any]:
    part = value.get(name) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}
