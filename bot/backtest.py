"""A rule tried on what came in the last 30 days, by the same code that watches from now on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ports import ChatStore
from core.watch import RULE, StoredEntry, WatchSpec
from matching.rules import Rule
from matching.ruletext import Text

BACK = timedelta(days=30)
MOST_ENTRIES = 20_000  # looked at, the newest; some 5 s of work
_SAMPLES = 3
_BLOCKS = "▁▂▃▄▅▆▇█"
_AT_ONCE = 20  # entries between two turns of the loop


@dataclass(frozen=True, slots=True)
class BackTest:
    """`hits` newest first; `days` counts them by day, oldest first; `new` are those that the chat did not get.

    `cut_at` is set when not all 30 days were looked at: the time of the oldest entry that was.
    """

    hits: tuple[StoredEntry, ...]
    days: tuple[int, ...]
    new: int
    looked: int
    cut_at: datetime | None = None

    @property
    def samples(self) -> tuple[StoredEntry, ...]:
        """The newest, the oldest and one between."""
        if len(self.hits) <= _SAMPLES:
            return self.hits
        return self.hits[0], self.hits[len(self.hits) // 2], self.hits[-1]


def rule_spec(rule: Rule) -> WatchSpec:
    return WatchSpec(RULE, rule.source, {"rule": rule.source})


async def back_test(rule: Rule, store: ChatStore, topics: Sequence[str], now: datetime) -> BackTest:
    """Evaluate a rule on the stored entries that would have been watched; `topics` are those that the chat gets."""
    hits: list[StoredEntry] = []
    looked = 0
    last: StoredEntry | None = None
    async for stored in store.entries_since(now - BACK, MOST_ENTRIES):
        looked, last = looked + 1, stored
        if rule.matches(Text(stored.feed, stored.entry)):
            hits.append(stored)
        if looked % _AT_ONCE == 0:
            await asyncio.sleep(0)
    days = [0] * BACK.days
    for hit in hits:
        days[BACK.days - 1 - min(BACK.days - 1, max(timedelta(), now - hit.seen_at).days)] += 1
    wanted = set(topics)
    had = sum(hit.alerted and not wanted.isdisjoint(hit.topics) for hit in hits)
    cut_at = last.seen_at if last is not None and looked == MOST_ENTRIES else None
    return BackTest(tuple(hits), tuple(days), len(hits) - had, looked, cut_at)


def bars(counts: Sequence[int], most: int = 0) -> str:
    """Counts as a row of blocks, `most` (else the highest) being full; nothing is a dot."""
    most = most or max(counts, default=0)
    return "".join("·" if not count else _BLOCKS[(count * (len(_BLOCKS) - 1) + most - 1) // most] for count in counts)
