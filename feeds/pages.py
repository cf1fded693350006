"""Articles read where it can be stopped: one child process, ended when there was nothing to read for a while.

trafilatura and what it brings take some 100 MB, which nobody should pay for the few pages that are read in full.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from core.errors import ParseError
from core.model import Outcome
from feeds.options import FeedOptions
from feeds.parsing import Child
from feeds.wire import pack

IDLE_SECONDS = 60.0


class PageReader(Protocol):
    """What a second look needs to read a page."""

    async def read(self, body: bytes, *, url: str, content_type: str = "") -> str:
        """The article in plain text, "" when there is none; raises ParseError only."""
        ...


class PageWorker:
    """Implements PageReader by a process of its own. Call `close` in the end."""

    def __init__(self, options: FeedOptions, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._child = Child(options, "feeds.pageworker")
        self._busy = asyncio.Lock()
        self._idle_seconds = idle_seconds
        self._resting: asyncio.Task[None] | None = None

    async def read(self, body: bytes, *, url: str, content_type: str = "") -> str:
        if self._resting is not None:
            self._resting.cancel()
        async with self._busy:
            answer, _ = await self._child.ask(pack({"url": url, "content_type": content_type}, body))
            self._resting = asyncio.create_task(self._rest())
        if "error" in answer:
            raise ParseError(Outcome(answer["outcome"]), answer["error"])
        return str(answer["text"])

    async def _rest(self) -> None:
        await asyncio.sleep(self._idle_seconds)
        async with self._busy:
            await self._child.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process id of the reader if it runs."""
        return (self._child.process.pid,) if self._child.process else ()

    @property
    def deaths(self) -> int:
        """How many processes died, or had to be ended, while they read a page."""
        return self._child.deaths

    async def close(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            await asyncio.gather(self._resting, return_exceptions=True)
        await self._child.stop()
