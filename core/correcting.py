"""Stories are corrected: two that are one are merged, by operators or by a report that shows it; what is a story of its
own is split off by operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.model import Member, Story, StorySummary

Summarise = Callable[[Sequence[Member]], StorySummary]


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction left: the story that stays, the other one (split off, or gone into it), and in how many chats
    a message is edited or sent for it."""

    story: Story
    other: Story
    chats: int


def elder_first(one: Story, other: Story) -> tuple[Story, Story]:
    """Which of two stories stays when a report shows that they are one, and which goes into it."""
    return (one, other) if (one.opened_at, one.id) <= (other.opened_at, other.id) else (other, one)


class CorrectingStore(Protocol):
    async def merge_stories(self, into: int, other: int, summarise: Summarise, now: datetime) -> Corrected:
        """Move all reports of `other` into `into`; chats' messages follow.

        A chat that was shown one of them has its message edited to the merged story. Where both were shown, the second
        is edited to say where it went. Raises NotFound for a number that is no story, BadCorrection for twice the same.
        """
        ...

    async def split_story(
        self, story_id: int, entries: Sequence[int], summarise: Summarise, now: datetime
    ) -> Corrected:
        """Make those reports a story of their own, which is queued as a new one; what was shown of the old is edited.

        Neither is then merged unless an operator asks for it. Raises NotFound for a number that is no story,
        BadCorrection when an entry is not in it or none would stay.
        """
        ...
