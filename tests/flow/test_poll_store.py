"""Polls with everything real but the network: parser process, matcher, stories and a SQLite store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.model import Analysis, Entry, FeedSpec, NewEntry, Outcome, PollRecord, Target
from feeds.fetch import Fetcher
from feeds.gathering import Traffic
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.poller import Poller
from feeds.recording import Recorder
from matching.matcher import load_matcher
from matching.packfile import PACKS
from matching.stories import StoryBook
from storage.store import Store
from tests.fake_clock import FakeClock
from tests.fakes import Events
from tests.feed_server import FeedServer, conditional, feed_xml, reply, reset

RAIN = "Дождж і вецер чакаюцца ў Мінску"
SUN = "A sunny weekend is expected on the coast"
FREED_RU = "Лукашенко помиловал 52 политзаключённых, они прибыли в Вильнюс"
FREED_EN = "Belarus frees 52 political prisoners after US talks, Lukashenko says"
FREED_BE = "У Беларусі вызвалілі 52 палітвязняў пасля перамоваў з ЗША"


@dataclass
class Station:
    server: FeedServer
    store: Store
    clock: FakeClock
    poller: Poller
    events: Events


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[Station]:
    clock, events = FakeClock(), Events()
    store = Store(f"sqlite+aiosqlite:///{tmp_path}/watch.db", clock=clock)
    await store.open()
    matcher = load_matcher([PACKS])
    await store.subscribe(Target("terminal", "here"), tuple(matcher.topics), clock.now())
    async with FeedServer() as server:
        options = FeedOptions(allow_private=(server.endpoint,))
        async with Fetcher(options, clock) as fetcher, ParseWorker(options) as parser:
            poller = Poller(Kit(store, Judging(matcher, StoryBook()), fetcher, clock, options, events), parser)
            yield Station(server, store, clock, poller, events)
            await poller.drain(1)
    await store.close()


async def test_news_in_three_languages_becomes_one_story_and_one_alert(station: Station) -> None:
    server = station.server
    before = feed_xml(RAIN)
    names = {"ru": FREED_RU, "en": FREED_EN, "be": FREED_BE}
    specs = [
        FeedSpec(lang, server.on(f"/{lang}", reply(before), reply(feed_xml(title, RAIN))), lang=lang)
        for lang, title in names.items()
    ]
    await station.store.sync_feeds(specs, station.clock.now())
    first = await station.poller.poll_once()
    assert [(result.outcome, result.new, result.alerts) for result in first] == [(Outcome.OK, 1, 0)] * 3
    assert await station.poller.poll_once() == ()
    station.clock.advance(600)
    second = await station.poller.poll_once()
    assert [result.hits for result in second] == [1, 1, 1]
    assert sum(result.stories for result in second) == 1
    assert sum(result.alerts for result in second) == 1
    (story,) = await station.store.latest_stories(5)
    assert {member.title for member in story.members} == set(names.values())
    assert story.facts.released == 52


async def test_states_survive_in_the_store(station: Station) -> None:
    server = station.server
    url = server.on("/feed", conditional(feed_xml(RAIN), '"1"'))
    await station.store.sync_feeds([FeedSpec("News", url)], station.clock.now())
    assert [result.outcome for result in await station.poller.poll_once()] == [Outcome.OK]
    station.clock.advance(600)
    assert [result.outcome for result in await station.poller.poll_once()] == [Outcome.NOT_MODIFIED]
    server.on("/feed", reset())
    station.clock.advance(600)
    (failed,) = await station.poller.poll_once()
    assert failed.outcome is Outcome.NETWORK
    status = await station.store.get_status()
    assert (status.feeds, status.feeds_failing, status.entries) == (1, 1, 1)
    server.on("/feed", conditional(feed_xml(FREED_EN, RAIN), '"2"'))
    station.clock.advance(6 * 3600)
    (after,) = await station.poller.poll_once()
    assert (after.outcome, after.new, after.alerts) == (Outcome.OK, 1, 1)
    assert server.seen[-1].headers["if-none-match"] == b'"1"'


async def test_a_trace_says_what_became_of_each_entry(station: Station) -> None:
    feed = "<rss><channel><item><title>%s</title><link>https://news.example/1</link></item></channel></rss>"
    url = station.server.on("/feed", reply(b"<rss><channel></channel></rss>"), reply((feed % SUN).encode()))
    await station.store.sync_feeds([FeedSpec("News", url)], station.clock.now())
    await station.poller.poll_once()
    await station.poller.poll_once(force=True)
    trace = await station.store.find_entry("https://news.example/1")
    assert trace is not None
    assert (trace.outcome, trace.title) == ("no_match", SUN)
    assert trace.reason


async def test_an_entry_that_cannot_be_stored_costs_only_its_own_feed_its_record(station: Station) -> None:
    it = station
    await it.store.sync_feeds([FeedSpec(f"feed {n}", f"https://{n}.example/") for n in range(3)], it.clock.now())
    feeds = await it.store.claim_due_feeds(it.clock.now(), limit=9, per_host=9)
    recorder = Recorder(it.store, Traffic())
    record = PollRecord(Outcome.OK, feeds[0].state, it.clock.now())

    def found(number: int) -> list[NewEntry]:
        at = it.clock.now().replace(tzinfo=None) if number == 1 else None
        return [NewEntry(Entry("same guid", "A title", "", "", "", published_at=at), Analysis(), "no_match", "")]

    writing = [asyncio.ensure_future(recorder.record(feed, record, found(n))) for n, feed in enumerate(feeds)]
    await recorder.finish()
    results = await asyncio.gather(*writing, return_exceptions=True)
    assert results[0] == results[2] == 1
    assert isinstance(results[1], ValueError)
    totals = {one.spec.name: one.entries for one in await it.store.list_feeds()}
    assert totals == {"feed 0": 1, "feed 1": 0, "feed 2": 1}
