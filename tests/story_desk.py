"""A bench for stories: reports read by the shipped packs and placed one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from core.model import Action, Analysis, Member, Placement, Story
from core.ports import Stories
from matching.matcher import PackMatcher, load_matcher
from matching.stories import StoryBook

DATA = Path(__file__).parent / "data"
START = datetime(2025, 6, 21, 12, tzinfo=UTC)


@cache
def matcher() -> PackMatcher:
    return load_matcher()


class Desk:
    """Places reports as the pipeline does, in memory."""

    def __init__(self, book: Stories | None = None) -> None:
        self.book = book or StoryBook()
        self.stories: dict[int, Story] = {}
        self._numbers, self._opened = count(1), count(1)

    def report(self, title: str, body: str = "", *, hours: float = 0, lang: str = "", source: str = "") -> Placement:
        return self.take(matcher().analyse(title, body, lang=lang), title, hours=hours, source=source)

    def take(self, analysis: Analysis, title: str, *, hours: float = 0, source: str = "") -> Placement:
        number = next(self._numbers)
        name = source or f"source{number}"
        at = START + timedelta(hours=hours)
        member = Member(number, name, name, "", title, f"https://x.test/{number}", at, analysis)
        since = at - self.book.window
        placement = self.book.place(member, [one for one in self.stories.values() if one.updated_at >= since])
        if placement.action is Action.IGNORE:
            return placement
        old = [self.stories.pop(one) for one in (placement.story_id, *placement.same) if one is not None]
        members = (*(known for story in old for known in story.members), member)
        summary = self.book.summarise(members)
        key = min((story.id for story in old), default=0) or next(self._opened)
        opened_at = min((story.opened_at for story in old), default=at)
        self.stories[key] = Story(
            key, len(members), summary.level, summary.topics, summary.facts, opened_at, at, members
        )
        return placement
