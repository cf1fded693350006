"""Records of polls that found nothing to tell, with their new entries, written together: most polls are such, and a
commit each would cost more than the polls themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import LeaseLost, StoreError
from core.model import Feed, FeedState, NewEntry, Outcome, PollRecord
from core.ports import PollStore

GATHER_SECONDS = 0.03
MOST_ENTRIES = 300  # of one transaction, for which other writers of SQLite have to wait


@dataclass(frozen=True, slots=True)
class Counts:
    entries: int = 0
    new: int = 0
    hits: int = 0
    stories: int = 0
    alerts: int = 0

    def record(self, outcome: Outcome, state: FeedState, now: datetime, error: str = "") -> PollRecord:
        return PollRecord(outcome, state, now, self.entries, self.new, self.hits, error)


NO_COUNTS = Counts()
_Waiting = tuple[Feed, PollRecord, Sequence[NewEntry], "asyncio.Future[int]"]


class Recorder:
    """Gathers records for a moment and writes them in one transaction. Every caller learns how its own record fared."""

    def __init__(self, store: PollStore) -> None:
        self._store = store
        self._waiting: list[_Waiting] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def record(self, feed: Feed, record: PollRecord, new: Sequence[NewEntry] = ()) -> int:
        """Write a record with entries, none of them a hit, and release the lease; how many entries were not known.

        Raises LeaseLost or StoreError when nothing of this was written.
        """
        written: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((feed, record, new, written))
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._write_soon())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return await written

    async def finish(self) -> None:
        """Wait until everything handed in is written."""
        while self._writing:
            await asyncio.gather(*self._writing)

    async def _write_soon(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        batch, self._waiting = self._waiting, []
        for part in _parts(batch):
            error = await self._write(part)
            if error is None:
                continue
            for one in part:  # so that what one poll has brought is the loss of no other
                if len(part) > 1 and not isinstance(error, StoreError):
                    await self._write([one], last=True)
                else:
                    _settle(one[-1], error)

    async def _write(self, batch: Sequence[_Waiting], *, last: bool = False) -> Exception | None:
        """Write records in one transaction and tell those who wait, of an error only if this is the `last` attempt."""
        entries = {feed.id: new for feed, _, new, _ in batch if new}
        try:
            written = await self._store.record_polls([(feed, record) for feed, record, _, _ in batch], entries)
        except Exception as error:
            if last:
                for *_, waiting in batch:
                    _settle(waiting, error)
            return error
        for feed, _, _, waiting in batch:
            _settle(waiting, written.get(feed.id, _lost(feed)))
        return None


def _parts(batch: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """Transactions of not too many entries; those without any go first."""
    parts: list[list[_Waiting]] = [[]]
    held = 0
    for one in sorted(batch, key=lambda one: len(one[2])):
        if parts[-1] and held + len(one[2]) > MOST_ENTRIES:
            parts.append([])
            held = 0
        parts[-1].append(one)
        held += len(one[2])
    return parts


def _lost(feed: Feed) -> LeaseLost:
    return LeaseLost(f"Feed {feed.spec.name or feed.spec.url} was taken over by another process; this poll is dropped.")


def _settle(future: asyncio.Future[int], outcome: int | Exception) -> None:
    """Tell the waiting caller, unless it has gone."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
