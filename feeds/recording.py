"""Records of polls that brought nothing new, written together: most polls are such, and a commit each would cost more
than the polls themselves."""

from __future__ import annotations

import asyncio

from core.errors import LeaseLost
from core.model import Feed, PollRecord
from core.ports import PollStore

GATHER_SECONDS = 0.03


class Recorder:
    """Gathers records for a moment and writes them in one transaction. Every caller learns how its own record fared."""

    def __init__(self, store: PollStore) -> None:
        self._store = store
        self._waiting: list[tuple[Feed, PollRecord, asyncio.Future[None]]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def record(self, feed: Feed, record: PollRecord) -> None:
        """Write a record and release the lease; raises LeaseLost or StoreError when this record was not written."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((feed, record, written))
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._write_soon())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        await written

    async def finish(self) -> None:
        """Wait until everything handed in is written."""
        while self._writing:
            await asyncio.gather(*self._writing)

    async def _write_soon(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        batch, self._waiting = self._waiting, []
        try:
            written = await self._store.record_polls([(feed, record) for feed, record, _ in batch])
        except Exception as error:
            for _, _, waiting in batch:
                _settle(waiting, error)
            return
        for feed, _, waiting in batch:
            _settle(waiting, None if feed.id in written else _lost(feed))


def _lost(feed: Feed) -> LeaseLost:
    return LeaseLost(f"Feed {feed.spec.name or feed.spec.url} was taken over by another process; this poll is dropped.")


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    """Tell the waiting caller, unless it has gone."""
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
