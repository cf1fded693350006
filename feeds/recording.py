"""What polls ask of the store and what they leave there, put together: most find nothing to tell, and a transaction
each would cost more than the polls themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import LeaseLost, StoreError
from core.model import Entry, Feed, FeedState, NewEntry, Outcome, PollRecord, Story
from core.ports import PollStore
from feeds.gathering import Gathering, Traffic

RECORD_SECONDS = 0.1
LOOKUP_SECONDS = 0.05
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
_Record = tuple[Feed, PollRecord, Sequence[NewEntry]]
_Answers = dict[int, int | Exception]  # by feed


class Recorder:
    """Gathers records for a moment and writes them in one transaction. Every caller learns how its own record fared."""

    def __init__(self, store: PollStore, traffic: Traffic) -> None:
        self._store = store
        self._records: Gathering[_Record, int] = Gathering(self._write_all, traffic, RECORD_SECONDS)
        self._lookups: Gathering[tuple[int, Sequence[Entry]], frozenset[str]] = Gathering(
            self._look_up, traffic, LOOKUP_SECONDS
        )
        self._open: Gathering[datetime, tuple[Story, ...]] = Gathering(self._find_open, traffic, LOOKUP_SECONDS)

    async def record(self, feed: Feed, record: PollRecord, new: Sequence[NewEntry] = ()) -> int:
        """Write a record with entries, none of them a hit, and release the lease; how many entries were not known.

        Raises LeaseLost or StoreError when nothing of this was written.
        """
        return await self._records.ask((feed, record, new))

    async def find_known(self, feed_id: int, entries: Sequence[Entry]) -> frozenset[str]:
        """As PollStore.find_known_all, for one feed. Raises StoreError."""
        return await self._lookups.ask((feed_id, entries))

    async def open_stories(self, since: datetime) -> tuple[Story, ...]:
        """As PollStore.open_stories. Raises StoreError."""
        return await self._open.ask(since)

    async def finish(self) -> None:
        """Wait until everything handed in is written."""
        await self._records.finish()

    async def _look_up(self, asked: Sequence[tuple[int, Sequence[Entry]]]) -> list[frozenset[str] | Exception]:
        known = await self._store.find_known_all(dict(asked))
        return [known[feed_id] for feed_id, _ in asked]

    async def _find_open(self, asked: Sequence[datetime]) -> list[tuple[Story, ...] | Exception]:
        found = await self._store.open_stories(min(asked))
        return [tuple(story for story in found if story.updated_at >= since) for since in asked]

    async def _write_all(self, batch: Sequence[_Record]) -> list[int | Exception]:
        answers: _Answers = {}
        for part in _parts(batch):
            answers |= await self._write_part(part)
        return [answers[feed.id] for feed, _, _ in batch]

    async def _write_part(self, part: Sequence[_Record]) -> _Answers:
        written = await self._write(part)
        if not isinstance(written, Exception):
            return written
        if len(part) == 1 or isinstance(written, StoreError):
            return {feed.id: written for feed, _, _ in part}
        answers: _Answers = {}
        for one in part:  # so that what one poll has brought is the loss of no other
            alone = await self._write([one])
            answers |= {one[0].id: alone} if isinstance(alone, Exception) else alone
        return answers

    async def _write(self, batch: Sequence[_Record]) -> _Answers | Exception:
        """Write records in one transaction."""
        entries = {feed.id: new for feed, _, new in batch if new}
        try:
            written = await self._store.record_polls([(feed, record) for feed, record, _ in batch], entries)
        except Exception as error:
            return error
        return {feed.id: written.get(feed.id, LeaseLost.of_feed(feed)) for feed, _, _ in batch}


def _parts(batch: Sequence[_Record]) -> list[list[_Record]]:
    """Transactions of not too many entries; those without any go first."""
    parts: list[list[_Record]] = [[]]
    held = 0
    for one in sorted(batch, key=lambda one: len(one[2])):
        if parts[-1] and held + len(one[2]) > MOST_ENTRIES:
            parts.append([])
            held = 0
        parts[-1].append(one)
        held += len(one[2])
    return parts
