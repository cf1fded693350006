"""Feeds looked after from a chat: real fetcher and store against a local server; found, added, paused, removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from core.errors import CommandError
from core.feedadmin import FeedDesk
from core.health import Condition, Origin
from core.model import FeedSpec, Level
from feeds.desk import Desk
from feeds.fetch import Fetcher
from feeds.finding import read_address
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.poller import Poller
from storage.store import Store
from tests.fake_clock import FakeClock
from tests.fakes import Events, FakeMatcher, FakeStories, InlineParser
from tests.feed_server import FeedServer, feed_xml, redirect, reply, stall
from tests.patience import PATIENCE, hurry

PAGE = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='%s' title='All'></head></html>"
NEWS = feed_xml("Weather in Minsk", "Two released", "Digestible talks", head="<language>be</language>")


@dataclass
class Office:
    options: FeedOptions
    server: FeedServer
    store: Store
    desk: FeedDesk
    poller: Poller


@pytest.fixture
async def office(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Office]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    async with FeedServer() as server:
        server.on("/feed", reply(NEWS))
        options = FeedOptions(allow_private=(server.endpoint,), timeout=timedelta(seconds=PATIENCE))
        async with Fetcher(options, clock) as fetcher:
            matcher, parser = FakeMatcher(), InlineParser()
            kit = Kit(store, Judging(matcher, FakeStories()), fetcher, clock, options, Events())
            poller = Poller(kit, parser)
            yield Office(options, server, store, Desk(store, fetcher, parser, matcher, clock, specify), poller)
            await poller.drain(0)
    await store.close()


def specify(*, name: str, url: str, kind: str, lang: str) -> FeedSpec:
    return FeedSpec(name, url, kind, lang)


async def test_a_feed_is_shown_with_its_newest_entries_and_what_would_have_matched(office: Office) -> None:
    (found,) = await office.desk.find(office.server.url("/feed"))
    assert (found.url, found.kind, found.title, found.lang) == (office.server.url("/feed"), "rss", "News", "be")
    assert (found.total, found.known) == (3, False)
    assert [(sample.title, sample.level) for sample in found.samples] == [
        ("Weather in Minsk", Level.NONE),
        ("Two released", Level.ALERT),
        ("Digestible talks", Level.DIGEST),
    ]
    assert [sample.title for sample in found.matching] == ["Two released", "Digestible talks"]


async def test_the_feed_behind_a_page_is_found(office: Office) -> None:
    office.server.on("/", reply(PAGE % b"/feed", headers=[("Content-Type", "text/html")]))
    (found,) = await office.desk.find(f"<{office.server.url('/')}|the site>")
    assert found.url == office.server.url("/feed")


async def test_a_json_feed_and_a_news_sitemap_are_recognised(office: Office) -> None:
    json_feed = b'{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1", "title": "A"}]}'
    sitemap = (
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        b" xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>http://news.example/1</loc>"
        b"<news:news><news:title>Minsk</news:title></news:news></url></urlset>"
    )
    for path, body, kind in (("/j", json_feed, "jsonfeed"), ("/s", sitemap, "newssitemap")):
        (found,) = await office.desk.find(office.server.on(path, reply(body)))
        assert (found.kind, found.total) == (kind, 1)


async def test_a_feed_that_moved_for_good_is_taken_at_its_new_address(office: Office) -> None:
    (found,) = await office.desk.find(office.server.on("/old", redirect("/feed", "301 Moved Permanently")))
    assert found.url == office.server.url("/feed")


@pytest.mark.parametrize(
    ("path", "said"),
    [("/nothing", "answered 404"), ("/page", "No feed was found"), ("/slow", "did not deliver")],
)
async def test_what_goes_wrong_is_said_in_a_sentence(office: Office, path: str, said: str) -> None:
    office.server.on("/page", reply(b"<html><body>Hello", headers=[("Content-Type", "text/html")]))
    office.server.on("/slow", stall(b""))
    if path == "/slow":
        hurry(office.options, timeout=timedelta(seconds=0.2))
    with pytest.raises(CommandError, match=said):
        await office.desk.find(office.server.url(path))


@pytest.mark.parametrize(
    "text", ["", "hello", "javascript:alert(1)", "ftp://example.org/feed", "https://a@example.org/"]
)
async def test_what_is_no_address_is_refused_before_anything_is_asked(office: Office, text: str) -> None:
    with pytest.raises(CommandError, match="no web address"):
        await office.desk.find(text)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:1/feed", "http://10.0.0.1/feed", "http://[::1]:80/", "http://0x7f.0.0.1/"]
)
async def test_private_networks_stay_shut(office: Office, text: str) -> None:
    with pytest.raises(CommandError, match=r"private network|refused"):
        await office.desk.find(text)


async def test_what_a_page_names_opens_no_private_network(office: Office) -> None:
    office.server.on("/", reply(PAGE % b"http://10.0.0.7:5432/feed", headers=[("Content-Type", "text/html")]))
    with pytest.raises(CommandError, match=r"10\.0\.0\.7 is on a private") as caught:
        await office.desk.find(office.server.url("/"))
    assert "allow_private" not in str(caught.value)


def test_an_address_needs_no_scheme() -> None:
    assert read_address("example.org/feed") == "https://example.org/feed"
    assert read_address(" <https://example.org/feed|example.org> ") == "https://example.org/feed"


async def test_an_added_feed_is_polled_silently_at_first_and_then_alerts(office: Office, clock: FakeClock) -> None:
    added = await office.desk.add(office.server.url("/feed"), name="My  news")
    assert (added.name, added.origin, added.health.condition) == ("My news", Origin.CHAT, Condition.NEW)
    (first,) = await office.poller.poll_once()
    assert (first.entries, first.hits) == (3, 0)
    office.server.on("/feed", reply(feed_xml("Seven released", "Weather in Minsk")))
    clock.advance(600)
    (second,) = await office.poller.poll_once()
    assert (second.new, second.hits) == (1, 1)
    (listed,) = await office.desk.list()
    assert (listed.health.condition, listed.entries) == (Condition.HEALTHY, 4)


async def test_a_feed_is_added_once(office: Office) -> None:
    url = office.server.url("/feed")
    await office.desk.add(url)
    assert (await office.desk.find(url))[0].known
    with pytest.raises(CommandError, match="polled already"):
        await office.desk.add(url)


async def test_a_feed_is_paused_and_resumed_by_number_name_or_address(office: Office) -> None:
    added = await office.desk.add(office.server.url("/feed"))
    paused = await office.desk.pause(str(added.id))
    assert paused.health.condition is Condition.PAUSED
    assert "2026-03-19 12:00" in paused.health.reason
    assert await office.poller.poll_once(force=True) == ()
    assert (await office.desk.resume("news")).health.condition is Condition.NEW
    with pytest.raises(CommandError, match="not paused"):
        await office.desk.resume(added.url)
    await office.desk.pause("NEWS")
    assert (await office.desk.add(added.url)).health.condition is Condition.NEW


async def test_a_feed_of_the_configuration_cannot_be_removed_from_a_chat(office: Office, clock: FakeClock) -> None:
    await office.store.sync_feeds([FeedSpec("Configured", office.server.url("/feed"))], clock.now())
    with pytest.raises(CommandError, match="stands in the configuration") as caught:
        await office.desk.remove("configured")
    assert "config.toml" in caught.value.hint
    office.server.on("/other", reply(feed_xml("One")))
    await office.desk.add(office.server.url("/other"), name="Other")
    assert (await office.desk.remove("other")).name == "Other"
    assert [feed.name for feed in await office.desk.list()] == ["Configured"]


async def test_a_name_that_fits_none_or_several_is_asked_back(office: Office, clock: FakeClock) -> None:
    specs = [FeedSpec(f"News {number}", f"https://host{number}.example/") for number in (1, 2)]
    await office.store.sync_feeds(specs, clock.now())
    with pytest.raises(CommandError, match=r"2 feeds are called like this: News 1 \(1\), News 2 \(2\)"):
        await office.desk.pause("news")
    with pytest.raises(CommandError, match="no feed “radio”"):
        await office.desk.pause("radio")


async def test_new_defaults_reach_feeds_of_chats_at_the_next_start(office: Office, clock: FakeClock) -> None:
    await office.desk.add(office.server.url("/feed"))

    def slower(*, name: str, url: str, kind: str, lang: str) -> FeedSpec:
        return FeedSpec(name, url, kind, lang, interval=timedelta(hours=2))

    async with Fetcher(FeedOptions(), clock) as fetcher:
        await Desk(office.store, fetcher, InlineParser(), FakeMatcher(), clock, slower).refresh()
    (record,) = await office.store.list_feeds()
    assert (record.spec.interval, record.spec.name) == (timedelta(hours=2), "News")
