"""What the status page asks of the store: stories by page, marks for the chart, what is shown to which chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.health import FeedRecord
from core.model import Facts, Level, Status, Story


@dataclass(frozen=True, slots=True)
class StoryMark:
    """A story without its reports, for the chart."""

    id: int
    opened_at: datetime
    topics: tuple[str, ...]
    facts: Facts


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DEAD = "dead"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One alert in one chat, of which only the platform is told.

    `reason` says why it waits, or why it was given up; "" when there is nothing to say.
    """

    id: int
    platform: str
    story_id: int
    wanted: int
    sent: int
    attempts: int
    queued_at: datetime
    not_before: datetime
    sent_at: datetime | None
    reason: str


class OverviewStore(Protocol):
    async def get_status(self) -> Status: ...
    async def find_story(self, story_id: int) -> Story | None: ...

    async def latest_stories(
        self, limit: int, *, topics: Sequence[str] = (), level: Level = Level.ALERT, before: int | None = None
    ) -> tuple[Story, ...]:
        """The newest stories of at least `level`, newest first; with `before`, those older than that story."""
        ...

    async def list_marks(self, since: datetime, limit: int) -> tuple[StoryMark, ...]:
        """Stories worth telling that were opened since, oldest first; of too many the newest."""
        ...

    async def list_deliveries(self, state: DeliveryState, limit: int) -> tuple[DeliveryRow, ...]:
        """Waiting rows in the order that they are due, others newest first."""
        ...

    async def list_feeds(self) -> tuple[FeedRecord, ...]:
        """All feeds of the configuration, in its order."""
        ...
