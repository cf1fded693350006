"""Entries read in full: matched again, in their story, politely, and no affair of their feed's health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from core.errors import ParseError
from core.looking import LookResult
from core.model import Analysis, Entry, FeedSpec, Level, NewEntry, Outcome, PollResult
from core.secondlook import ALWAYS, NEVER, NewLook
from feeds.fetch import Fetcher
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.poller import Poller
from feeds.secondlook import SecondLooks, is_wanted
from tests.fake_clock import FakeClock
from tests.fakes import Events, FakeMatcher, FakeStore, FakeStories, InlineParser
from tests.feed_server import FeedServer, reply
from tests.patience import PATIENCE

LONG = "They were released and are home, says the ministry, which had said nothing for weeks. " * 4
OTHER = "Nothing more was said about it in the course of the day, whoever was asked. " * 4


class PlainReader:
    """Pages are their own text, unless they begin with "broken"."""

    async def read(self, body: bytes, *, url: str, content_type: str = "") -> str:
        if body.startswith(b"broken"):
            raise ParseError(Outcome.PARSE, "The page could not be read.")
        return body.decode()


@dataclass
class Desk:
    server: FeedServer
    store: FakeStore
    clock: FakeClock
    poller: Poller
    looks: SecondLooks
    events: Events
    specs: list[FeedSpec] = field(default_factory=list)

    async def poll(self, *titles: str, **spec: Any) -> PollResult:
        """Poll a feed with these titles: first empty and silent, so that all of them are news."""
        items = "".join(
            f"<item><title>{title}</title><guid>{title}</guid><link>{self.server.url(f'/page/{number}')}</link></item>"
            for number, title in enumerate(titles)
        )
        head = "<rss version='2.0'><channel><title>News</title>"
        url = self.server.on("/feed", reply(f"{head}</channel></rss>".encode()))
        await self.store.sync_feeds([FeedSpec("News", url, **spec)], self.clock.now())
        await self.poller.poll_once(force=True)
        self.server.on("/feed", reply(f"{head}{items}</channel></rss>".encode()))
        (result,) = await self.poller.poll_once(force=True)
        return result

    def page(self, number: int, text: str, status: str = "200 OK", **headers: str) -> None:
        self.server.on(f"/page/{number}", reply(text.encode(), status, list(headers.items())))

    @property
    def results(self) -> list[LookResult]:
        return [self.store.traces[key].result for key in sorted(self.store.traces)]


@pytest.fixture
async def desk(clock: FakeClock) -> AsyncIterator[Desk]:
    async with FeedServer() as server:
        options = FeedOptions(
            allow_private=(server.endpoint,), timeout=timedelta(seconds=PATIENCE), full_text_per_poll=3
        )
        store, events, matcher, stories = FakeStore(), Events(), FakeMatcher(), FakeStories()
        async with Fetcher(options, clock) as fetcher:
            kit = Kit(store, Judging(matcher, stories), fetcher, clock, options, events)
            poller, looks = Poller(kit, InlineParser()), SecondLooks(kit, PlainReader())
            yield Desk(server, store, clock, poller, looks, events)
            await looks.drain(0)
            await poller.drain(0)


async def test_a_half_matched_entry_is_read_in_full_and_alerts(desk: Desk) -> None:
    desk.page(0, LONG)
    result = await desk.poll("Prisoner news", "Weather")
    assert (result.hits, result.alerts, desk.store.outcomes["Prisoner news"]) == (0, 0, "half")
    assert [seen.target for seen in desk.server.seen] == ["/feed", "/feed"]  # nothing waits for the page
    assert await desk.looks.run_due(30) == 1
    assert desk.results == [LookResult.MATCHED]
    assert desk.store.outcomes["Prisoner news"] == "alert"
    assert len(desk.store.alerted) == 1
    assert desk.events.named("second_look")[0]["result"] == "matched"
    assert await desk.looks.run_due(30) == 0


async def test_a_page_that_says_no_more_of_the_topic_changes_nothing(desk: Desk) -> None:
    desk.page(0, OTHER)
    await desk.poll("Prisoner news")
    await desk.looks.run_due(30)
    assert desk.results == [LookResult.ONE_SIDE]
    assert desk.store.outcomes["Prisoner news"] == "half"
    (item,) = desk.store.entries.values()
    assert item.analysis.level is Level.HALF
    assert item.entry.text == OTHER


@pytest.mark.parametrize(
    ("text", "status", "result", "said"),
    [
        ("", "402 Payment Required", LookResult.REFUSED, "answered 402"),
        ("", "403 Forbidden", LookResult.REFUSED, "wants a login, a payment or a browser"),
        ("", "404 Not Found", LookResult.FAILED, "answered 404"),
        ("broken", "200 OK", LookResult.FAILED, "could not be read"),
        ("", "200 OK", LookResult.SHORT, ""),
    ],
)
async def test_a_page_that_is_refused_or_broken_is_recorded_and_no_fault_of_the_feed(
    desk: Desk, text: str, status: str, result: LookResult, said: str
) -> None:
    desk.page(0, text, status)
    await desk.poll("Prisoner news")
    await desk.looks.run_due(30)
    (trace,) = desk.store.traces.values()
    assert trace.result is result
    assert said in trace.detail
    (feed,) = desk.store.feeds.values()
    assert (feed.state.failures, feed.state.last_outcome) == (0, "ok")
    assert desk.store.outcomes["Prisoner news"] == "half"


async def test_an_entry_opens_no_private_network(desk: Desk, clock: FakeClock) -> None:
    """Neither one listed for feeds of the operator, by a feed that is none, nor another by advice to list it."""
    spec = FeedSpec("News", "http://news.example/feed", full_text=ALWAYS)
    pages = ("http://10.0.0.7:5432/page", desk.server.url("/page/0"))
    desk.page(0, LONG)
    entries = [Entry(f"guid {url}", "Prisoner news", url) for url in pages]
    await desk.store.sync_feeds([spec], clock.now())
    (feed,) = await desk.store.claim_due_feeds(clock.now(), limit=1)
    async with desk.store.transaction() as transaction:
        new = [NewEntry(entry, Analysis(Level.HALF), "half") for entry in entries]
        ids = [number or 0 for number in await transaction.add_entries(feed, new, clock.now())]
        await transaction.add_looks(feed, [NewLook(number, clock.now()) for number in ids], clock.now())
    await desk.looks.run_due(30)
    assert desk.results == [LookResult.REFUSED, LookResult.FAILED]
    details = [desk.store.traces[number].detail for number in ids]
    assert "robots.txt" in details[0], "of which nothing can be had either"
    assert "private or reserved network" in details[1]
    assert "allow_private" not in "".join(details)
    assert desk.server.seen == [], "not even for its robots.txt"


async def test_what_robots_txt_forbids_is_not_asked_for(desk: Desk) -> None:
    desk.server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /page\n"))
    desk.page(0, LONG)
    await desk.poll("Prisoner news")
    await desk.looks.run_due(30)
    assert desk.results == [LookResult.REFUSED]
    assert desk.server.requests("/page/0") == []


async def test_a_busy_server_is_asked_again_when_it_says_and_in_the_end_given_up(desk: Desk) -> None:
    desk.page(0, "", "503 Busy", **{"Retry-After": "600"})
    await desk.poll("Prisoner news")
    for after, asked in ((0, 1), (599, 1), (2, 2), (601, 3), (7200, 3)):
        desk.clock.advance(after)
        await desk.looks.run_due(30)
        assert len(desk.server.requests("/page/0")) == asked
    assert desk.results == [LookResult.FAILED]


async def test_the_first_silent_poll_asks_for_no_page(desk: Desk) -> None:
    body = b"<rss version='2.0'><channel><item><title>Prisoner news</title><link>/page/0</link></item></channel></rss>"
    await desk.store.sync_feeds([FeedSpec("News", desk.server.on("/feed", reply(body)))], desk.clock.now())
    await desk.poller.poll_once(force=True)
    assert desk.store.looks == {}


async def test_a_poll_may_ask_for_a_few_pages_and_the_rest_is_told(desk: Desk) -> None:
    for number in range(5):
        desk.page(number, LONG)
    await desk.poll(*(f"{word} prisoner" for word in ("One", "Two", "Three", "Four", "Five")))
    await desk.looks.run_due(30)
    assert sorted(desk.results) == [LookResult.BUDGET] * 2 + [LookResult.MATCHED] * 3
    assert [trace.detail for trace in desk.store.traces.values() if trace.result is LookResult.BUDGET] == [
        "More than 3 of one poll were to be read (feeds.full_text_per_poll)."
    ] * 2


async def test_an_entry_that_is_part_of_a_story_already_tells_more_of_it(desk: Desk) -> None:
    desk.page(1, LONG)
    await desk.poll("Minsk: two released", "Minsk: prisoner news")
    assert len(desk.store.stories) == 1
    await desk.looks.run_due(30)
    (story,) = desk.store.stories.values()
    assert [member.analysis.level for member in story.members] == [Level.ALERT, Level.ALERT]
    assert len(desk.store.alerted) == 1
    assert desk.store.outcomes["Minsk: prisoner news"] == "alert"


async def test_a_follow_up_read_in_full_may_make_an_alert_of_what_was_none(desk: Desk) -> None:
    desk.page(0, LONG)
    await desk.poll("Minsk: reaction to the prisoner news", "Minsk: digestible")
    assert desk.store.alerted == set()
    assert len(desk.store.stories) == 1
    await desk.looks.run_due(30)
    assert len(desk.store.alerted) == 1


async def test_a_look_that_is_cancelled_is_taken_up_again(desk: Desk) -> None:
    desk.page(0, LONG)
    await desk.poll("Prisoner news")
    await desk.looks.tick()
    await desk.looks.drain(0)
    assert desk.results == []
    desk.clock.advance(301)
    await desk.looks.run_due(30)
    assert desk.results == [LookResult.MATCHED]


def test_which_entries_are_wanted() -> None:
    def wanted(url: str = "https://www.news.example/1", level: Level = Level.HALF, body: str = "", **spec: Any) -> bool:
        feed = FeedSpec("News", "https://feeds.news.example/rss", **spec)
        return is_wanted(feed, NewEntry(Entry("1", "Title", url, summary=body), Analysis(level), "half"))

    assert wanted()
    assert wanted(level=Level.NONE, full_text=ALWAYS)
    assert wanted("https://elsewhere.example/1", full_text=ALWAYS)
    assert wanted("https://mirror.test/1", mirrors=("https://mirror.test/rss",))
    for refused in (
        wanted(full_text=NEVER),
        wanted(level=Level.NONE),
        wanted(level=Level.ALERT, full_text=ALWAYS),
        wanted("https://elsewhere.example/1"),
        wanted(""),
        wanted("https://t.me/news/1", full_text=ALWAYS),
        wanted(body="x" * 2000),
    ):
        assert not refused
