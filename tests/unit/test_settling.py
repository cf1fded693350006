"""Which new entries need no transaction of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.model import Analysis, Entry, Facts, Feed, FeedSpec, FeedState, Level, Member, NewEntry, Story
from feeds.options import FeedOptions
from feeds.settling import settle
from tests.fakes import FakeStories

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
SPEC = FeedSpec("News", "https://news.example/feed")
POLLED = Feed(1, SPEC, FeedState(next_poll_at=NOW, first_polled_at=NOW - timedelta(days=1)))
NEW_FEED = Feed(1, SPEC, FeedState(next_poll_at=NOW))
RAIN = NewEntry(Entry("1", "Rain"), Analysis(), "no_match", "No topic was found in it.")
HALF = NewEntry(Entry("2", "Prison is ignorable"), Analysis(Level.HALF), "half", "Only one side was found.")
ALERT = NewEntry(Entry("3", "Freed"), Analysis(Level.ALERT), "alert", "It speaks of it.")


class Book:
    """Open stories that begin with "Prison", and how they were asked for."""

    def __init__(self, *levels: Level) -> None:
        member = Member(9, "News", "", "en", "Prison opened", "", NOW, Analysis(Level.ALERT))
        self.open = [Story(1, 1, level, (), Facts(), NOW, NOW, (member,)) for level in levels]
        self.asked: list[datetime] = []

    async def since(self, since: datetime) -> Sequence[Story]:
        self.asked.append(since)
        return self.open

    async def settle(self, feed: Feed, *new: NewEntry, full_text: int = 0) -> Sequence[NewEntry] | None:
        options = FeedOptions(full_text_per_hour=full_text)
        return await settle(feed, new, NOW, stories=FakeStories(), options=options, find_open=self.since)


async def test_what_says_nothing_is_settled_without_a_question() -> None:
    book = Book(Level.ALERT)
    assert await book.settle(POLLED, RAIN, RAIN) == (RAIN, RAIN)
    assert book.asked == []


async def test_a_half_match_is_settled_with_the_reason_why_no_story_takes_it() -> None:
    book = Book()
    settled = await book.settle(POLLED, RAIN, HALF)
    assert settled is not None
    assert [(item.outcome, item.reason) for item in settled] == [
        (RAIN.outcome, RAIN.reason),
        ("half", "It is ignorable."),
    ]
    assert book.asked == [NOW - FakeStories.window]


async def test_one_that_a_story_takes_is_not_unless_the_story_is_for_watchers_alone() -> None:
    assert await Book(Level.ALERT).settle(POLLED, RAIN, HALF) is None
    assert await Book(Level.NONE).settle(POLLED, RAIN, HALF) is not None


async def test_what_is_relevant_or_to_be_read_in_full_is_not() -> None:
    short = NewEntry(Entry("4", "Prison is ignorable", "https://news.example/4"), Analysis(Level.HALF), "half", "")
    assert await Book().settle(POLLED, HALF, ALERT) is None
    assert await Book().settle(POLLED, short, full_text=10) is None
    assert await Book().settle(POLLED, short) is not None


async def test_of_a_first_poll_the_stories_of_the_entries_own_time_are_asked_for() -> None:
    book, days = Book(), [timedelta(days=3), timedelta(days=1), -timedelta(days=1)]
    dated = [NewEntry(Entry(str(day), "Ignorable", published_at=NOW - day), Analysis(Level.HALF), "") for day in days]
    await book.settle(NEW_FEED, *dated)
    await book.settle(POLLED, *dated)
    assert [NOW - since for since in book.asked] == [FakeStories.window + timedelta(days=3), FakeStories.window]


async def test_an_audit_feed_alerts_nobody() -> None:
    audit = Feed(1, FeedSpec("Audit", SPEC.url, audit=True), POLLED.state)
    assert await Book(Level.ALERT).settle(audit, HALF, ALERT) == (HALF, ALERT)
