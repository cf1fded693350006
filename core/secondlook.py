"""The second look: an entry of which title and summary say too little is read in full, and matched again.

An entry that waits for it stands in the store, written in the transaction that stored it, so nothing forgets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.feed import Feed, FeedSpec
from core.looking import LookResult as LookResult
from core.looking import LookTrace as LookTrace
from core.model import Analysis, Entry, Member, NewEntry, Story, StorySummary

AUTO, ALWAYS, NEVER = "auto", "always", "never"


@dataclass(frozen=True, slots=True)
class NewLook:
    """A second look wanted: `at` is the time that counts for the entry's story."""

    entry_id: int
    at: datetime
    result: LookResult = LookResult.WAITING
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A second look under lease: writes with a stale `epoch` are refused. `attempts` counts those before this one."""

    entry_id: int
    feed_id: int
    spec: FeedSpec
    entry: Entry
    analysis: Analysis
    at: datetime
    asked_at: datetime
    attempts: int = 0
    epoch: int = 0


class LookTransaction(Protocol):
    """What a transaction can do for second looks."""

    async def add_looks(self, feed: Feed, looks: Sequence[NewLook], now: datetime) -> None:
        """Record looks wanted, due now, or not to be had."""
        ...

    async def check_look(self, look: Look) -> None:
        """Raise LeaseLost when another process has taken the look over since, or its entry is gone."""
        ...

    async def update_entry(self, entry_id: int, new: NewEntry) -> None:
        """Replace text, analysis, outcome and reason of an entry."""
        ...

    async def replace_member(self, story_id: int, member: Member, summary: StorySummary, now: datetime) -> Story:
        """Put a member in the place of that of the same entry; the revision grows by one."""
        ...

    async def finish_look(self, look: Look, trace: LookTrace, *, hits: int = 0) -> None:
        """Write the result; `hits` more count for the feed. Raises LeaseLost."""
        ...


class LookStore(Protocol):
    async def claim_looks(
        self,
        now: datetime,
        *,
        limit: int,
        per_hour: int,
        lease: timedelta,
        patience: timedelta = timedelta(hours=6),
    ) -> tuple[Look, ...]:
        """Lease looks that are due, longest due first, at most one of a feed and `limit` in all.

        Never so many that more than `per_hour` were begun within the last hour. Those that waited longer than
        `patience` end as BUDGET.
        """
        ...

    async def retry_look(self, look: Look, due_at: datetime, detail: str) -> bool:
        """Count an attempt and put a look off; False when the lease was lost."""
        ...

    async def next_look_at(self) -> datetime | None:
        """When the next look is due; None when none waits."""
        ...
