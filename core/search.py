"""Looking back: searching stored entries and counting stories. Values, and what is asked of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from core.model import Story
from core.overview import StoryMark
from core.watch import StoredEntry


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A folded word; with `prefix` every word that begins so."""

    word: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class DayCount:
    """Stories of a topic opened on a UTC day, and the most people that one of them says were freed."""

    day: date
    topic: str
    stories: int
    freed: int = 0


class StorySearch(Protocol):
    async def search_stories(
        self, terms: Sequence[SearchTerm], limit: int, *, before: int | None = None
    ) -> tuple[Story, ...]:
        """Stories that everybody may see and of which one report holds all the words, newest number first.

        Without words all such stories; with `before`, those with smaller numbers.
        """
        ...


class SearchStore(StorySearch, Protocol):
    async def search_entries(self, terms: Sequence[SearchTerm], limit: int) -> tuple[StoredEntry, ...]:
        """Entries that hold all the words in headline or beginning, newest first; alike on every database."""
        ...

    async def list_marks(self, since: datetime, limit: int) -> tuple[StoryMark, ...]:
        """Stories worth telling that were opened since, oldest first; of too many the newest."""
        ...

    async def count_days(self, since: datetime) -> tuple[DayCount, ...]:
        """Stories since, by day and topic, oldest first."""
        ...
