"""Stories, feeds and deliveries for tests of the pages, harsh text among them; and a store that holds them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from core.errors import StoreError
from core.health import FeedRecord
from core.model import Evidence, Facts, FeedSpec, FeedState, Level, Member, Status, Story
from core.overview import DeliveryRow, DeliveryState, StoryMark
from core.ports import HttpRequest, HttpResponse, Route
from tests.fake_chat import NOON, TOPICS, make_member, make_story
from tests.fake_clock import FakeClock
from web.health import Health
from web.server import HttpServer

HARSH = "<script>alert(1)</script> & \"5 < 6\" 'x' \u202edesrever\u0000 \ud800 ]]> \ufffe"
EVIL_LINK = "javascript:alert(1)"


def harsh_member() -> Member:
    evidence = (Evidence("prisoner-release", "freed", HARSH, "title", 3.0, "en:<b>free*</b> pack.toml:1"),)
    member = make_member(HARSH, f"{HARSH} Wire", url=EVIL_LINK, owner=HARSH)
    return replace(member, analysis=replace(member.analysis, evidence=evidence))


def sample_stories() -> tuple[Story, ...]:
    """Newest first: a rich one in several languages, a harsh one, one of diplomacy, a minor one, a secret one."""
    facts = Facts(
        released=52,
        at_least=True,
        remaining=1150,
        people=("Sample Person",),
        mediators=("John Coale",),
        destination="Lithuania",
        in_return=("belavia", "finance_ministry"),
        counts=(("Sample Wire", 52), ("Узор", 51)),
    )
    rich = make_story(
        make_member("Belarus frees 52 prisoners after talks with the US envoy", "Sample Wire", lang="en"),
        make_member("Вызвалілі 52 палітвязняў пасля візіту спецпасланніка ЗША", "Узор", lang="be"),
        make_member("Освобождены 52 человека", "Образец", lang="ru", at=NOON + timedelta(hours=2), update=True),
        id=5,
        facts=facts,
        topics=("prisoner-release", "us-diplomacy"),
        updated_at=NOON + timedelta(hours=2),
    )
    harsh = make_story(harsh_member(), id=4, facts=Facts(people=(HARSH,)), opened_at=NOON - timedelta(days=1))
    talks = make_story(
        make_member("US envoy meets Belarusian officials in Minsk", "Sample Wire"),
        id=3,
        topics=("us-diplomacy",),
        facts=Facts(),
        opened_at=NOON - timedelta(days=40),
    )
    minor = replace(
        talks, id=2, level=Level.DIGEST, topics=("sanctions", "us-diplomacy"), opened_at=NOON - timedelta(days=80)
    )
    return rich, harsh, talks, minor, replace(talks, id=1, level=Level.NONE, opened_at=NOON - timedelta(days=90))


def sample_feeds() -> tuple[FeedRecord, ...]:
    state = FeedState(NOON, first_polled_at=NOON, last_ok_at=NOON, last_outcome="ok")
    failing = replace(state, failures=7, last_error=f"410 Gone {HARSH}", last_outcome="error:gone")
    return (
        FeedRecord(1, FeedSpec("Well", "https://well.example/rss"), state, NOON, 200, 7),
        FeedRecord(2, FeedSpec(HARSH, EVIL_LINK), failing, NOON, 3, 0),
        FeedRecord(3, FeedSpec("New", "https://new.example/rss"), FeedState(NOON)),
    )


@dataclass
class SampleStore:
    """Answers core.overview.OverviewStore; with `broken` every method raises StoreError, as a silent database does."""

    stories: tuple[Story, ...] = field(default_factory=sample_stories)
    feeds: tuple[FeedRecord, ...] = field(default_factory=sample_feeds)
    broken: bool = False

    def _check(self) -> None:
        if self.broken:
            raise StoreError("Database db.example: the server cannot be reached (secret words).")

    async def get_status(self) -> Status:
        self._check()
        return Status(feeds=3, feeds_failing=1, stories=4, subscriptions=9, oldest_waiting_at=NOON, last_ok_at=NOON)

    async def find_story(self, story_id: int) -> Story | None:
        self._check()
        return next((story for story in self.stories if story.id == story_id), None)

    async def latest_stories(
        self, limit: int, *, topics: Sequence[str] = (), level: Level = Level.ALERT, before: int | None = None
    ) -> tuple[Story, ...]:
        self._check()
        levels = (Level.ALERT,) if level is Level.ALERT else (Level.ALERT, Level.DIGEST)
        found = [story for story in self.stories if story.level in levels]
        found = [story for story in found if not topics or set(topics) & set(story.topics)]
        return tuple(story for story in found if before is None or story.id < before)[:limit]

    async def list_marks(self, since: object, limit: int) -> tuple[StoryMark, ...]:
        self._check()
        told = [story for story in reversed(self.stories) if story.level is not Level.NONE]
        return tuple(StoryMark(one.id, one.opened_at, one.topics, one.facts) for one in told)

    async def list_deliveries(self, state: DeliveryState, limit: int) -> tuple[DeliveryRow, ...]:
        self._check()
        if state is DeliveryState.DEAD:
            return ()
        return (DeliveryRow(1, "telegram", 5, 2, 1, 3, NOON, NOON, NOON, f"flood {HARSH}"),)

    async def list_feeds(self) -> tuple[FeedRecord, ...]:
        self._check()
        return self.feeds


@asynccontextmanager
async def served(
    routes: Sequence[Route], missing: Callable[[HttpRequest], Awaitable[HttpResponse]] | None = None
) -> AsyncIterator[str]:
    """The base address of a server with these routes, for as long as the block."""
    health = Health(FakeClock())
    server = HttpServer("127.0.0.1", 0, health=health.health, ready=health.ready, routes=routes, missing=missing)
    try:
        yield await server.start()
    finally:
        await server.stop()


__all__ = ["TOPICS", "SampleStore", "sample_feeds", "sample_stories", "served"]
