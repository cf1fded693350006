"""Probing sources against a local server: what is alive, moved, blocked, gone or no feed, and saying so."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.check_sources import choose
from app.cli import main
from core.errors import ConfigError, FetchError
from core.model import FeedSpec, Outcome
from core.settings import FeedSettings, FeedsSettings, Settings
from feeds.catalogue import groups, load_catalogue
from feeds.discovery import Candidate
from feeds.fetch import Fetcher
from feeds.named import fetch_candidate
from feeds.options import FeedOptions
from feeds.probing import MOST_NAMED, PAUSE, Prober, State
from tests.fake_clock import FakeClock
from tests.fakes import InlineParser
from tests.feed_server import FeedServer, Seen, answer, feed_xml, redirect, reply, stall
from tests.patience import hurry

DATED = feed_xml("One", "Two", extra="<pubDate>Thu, 19 Mar 2026 12:00:00 GMT</pubDate>")
JSON_FEED = b'{"version": "https://jsonfeed.org/version/1", "title": "J", "items": [{"id": "1", "title": "A"}]}'
SITEMAP = (
    b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
    b" xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>http://news.example/1</loc>"
    b"<news:news><news:title>Minsk</news:title></news:news></url></urlset>"
)
PRIVATE_HOST = "10.0.0.7"
PRIVATE = f"http://{PRIVATE_HOST}:5432/feed"
PAGE = (
    b"<!doctype html><html><head><title>News</title><link rel=alternate type='application/rss+xml' href=/feed></head>"
)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        running.on("/feed", reply(DATED))
        yield running


@pytest.fixture
def options(server: FeedServer) -> FeedOptions:
    return FeedOptions(allow_private=(server.endpoint,))


@pytest.fixture
async def prober(options: FeedOptions, clock: FakeClock) -> AsyncIterator[Prober]:
    async with Fetcher(options, clock) as fetcher:
        yield Prober(fetcher, InlineParser(100), clock, concurrency=2)


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        (DATED, "200 OK", State.ALIVE, ""),
        (feed_xml(), "200 OK", State.EMPTY, ""),
        (b"no", "403 Forbidden", State.BLOCKED, "answered 403"),
        (b"<html>Just a moment</html>", "200 OK", State.BLOCKED, "asks for a browser check"),
        (PAGE, "200 OK", State.NOT_A_FEED, "The page names as its feeds: http://127.0.0.1:"),
        (b"hello world", "200 OK", State.NOT_A_FEED, "without any markup"),
        (b"", "404 Not Found", State.GONE, "answered 404"),
        (b"", "410 Gone", State.GONE, "answered 410"),
        (b"", "500 Oops", State.FAILED, "answered 500"),
        (b"", "429 Too Many", State.FAILED, "Too many requests"),
    ],
)
async def test_each_answer_has_its_word(
    server: FeedServer, prober: Prober, body: bytes, status: str, state: State, said: str
) -> None:
    probe = await prober.probe(FeedSpec("News", server.on("/x", reply(body, status))))
    assert probe.state is state
    assert said in probe.detail


async def test_the_number_and_the_newest_date_are_told(server: FeedServer, prober: Prober) -> None:
    probe = await prober.probe(FeedSpec("News", server.url("/feed")))
    assert (probe.entries, probe.newest_at) == (2, datetime(2026, 3, 19, 12, tzinfo=UTC))


async def test_a_permanent_redirect_says_where_to_and_a_passing_one_nothing(server: FeedServer, prober: Prober) -> None:
    moved = await prober.probe(FeedSpec("News", server.on("/old", redirect("/feed", "301 Moved Permanently"))))
    assert moved.state is State.MOVED
    assert server.url("/feed") in moved.detail
    assert (await prober.probe(FeedSpec("News", server.on("/now", redirect("/feed"))))).state is State.ALIVE


async def test_a_mirror_answers_for_a_feed_that_does_not(server: FeedServer, prober: Prober) -> None:
    down = server.on("/down", reply(b"", "403 Forbidden"))
    probe = await prober.probe(FeedSpec("News", down, mirrors=(server.url("/none"), server.url("/feed"))))
    assert (probe.state, probe.url) == (State.ALIVE, down)
    assert probe.detail.startswith(f"By its mirror {server.url('/feed')}; itself: The server answered 403")
    assert (await prober.probe(FeedSpec("News", down, mirrors=(server.url("/none"),)))).state is State.BLOCKED


async def test_a_host_is_asked_one_at_a_time_with_pauses(server: FeedServer, prober: Prober, clock: FakeClock) -> None:
    specs = [FeedSpec(str(number), server.url(f"/feed?{number}")) for number in range(4)]
    probes = await prober.probe_all(specs)
    assert [probe.name for probe in probes] == ["0", "1", "2", "3"]
    assert [seen.target for seen in server.seen] == [f"/feed?{number}" for number in range(4)]
    assert clock.slept == [PAUSE] * 3


async def test_the_user_agent_of_a_source_is_sent(server: FeedServer, prober: Prober) -> None:
    await prober.probe(FeedSpec("News", server.url("/feed"), user_agent="Special/1"))
    assert server.seen[0].headers["user-agent"] == b"Special/1"


async def test_the_feeds_of_a_page_are_found_and_probed(server: FeedServer, prober: Prober) -> None:
    (probe,) = await prober.probe_page(server.on("/page", reply(PAGE)))
    assert (probe.name, probe.url, probe.state) == ("News", server.url("/feed"), State.ALIVE)
    bare = await prober.probe_page(server.on("/bare", reply(b"<html></html>")))
    assert server.url("/rss.xml") in [probe.url for probe in bare]
    assert {probe.state for probe in bare} == {State.GONE}
    with pytest.raises(FetchError) as caught:
        await prober.probe_page(server.url("/nowhere"))
    assert caught.value.outcome is Outcome.HTTP


async def test_a_page_that_is_a_feed_itself_is_what_was_looked_for(server: FeedServer, prober: Prober) -> None:
    (probe,) = await prober.probe_page(server.url("/feed"))
    assert (probe.name, probe.url, probe.state, probe.entries) == ("News", server.url("/feed"), State.ALIVE, 2)
    (probe,) = await prober.probe_page(server.on("/j", reply(JSON_FEED)))
    assert (probe.name, probe.state, probe.entries) == ("J", State.ALIVE, 1)
    (probe,) = await prober.probe_page(server.on("/s", reply(SITEMAP)))
    assert (probe.state, probe.entries) == (State.ALIVE, 1)
    (probe,) = await prober.probe_page(server.on("/old", redirect("/feed", "308 Permanent Redirect")))
    assert (probe.state, probe.detail) == (State.MOVED, f"Now at {server.url('/feed')}; change the address.")
    assert {seen.target for seen in server.seen} == {"/feed", "/j", "/s", "/old"}, "nothing else was asked for"


async def test_a_channel_needs_no_page_before_it(clock: FakeClock) -> None:
    asked: list[str] = []

    def nowhere(host: str, *_: int) -> list[tuple[int, str]]:
        asked.append(host)
        raise OSError

    async with Fetcher(FeedOptions(), clock, nowhere) as fetcher:
        (probe,) = await Prober(fetcher, InlineParser(100), clock).probe_page("https://t.me/example_news")
    assert (probe.url, probe.state, asked) == ("https://t.me/s/example_news", State.FAILED, ["t.me"])


async def test_what_a_page_names_opens_no_private_network(server: FeedServer, clock: FakeClock) -> None:
    """Neither by being asked for, nor by talking the operator into it."""
    page = "".join(f"<link rel=alternate type=application/rss+xml href='{url}'>" for url in (PRIVATE, server.url()))
    async with FeedServer() as stranger:
        public = f"site.example:{stranger.port}"
        options = FeedOptions(allow_private=(server.endpoint, public))
        async with Fetcher(options, clock, lambda *_: [(socket.AF_INET, "127.0.0.1")]) as fetcher:
            prober = Prober(fetcher, InlineParser(100), clock)
            stranger.on("/", reply(page.encode()))
            own = await prober.probe_page(f"http://{public}/")  # as trusted as the other: both are listed
            assert [probe.state for probe in own] == [State.FAILED, State.ALIVE]
            assert PRIVATE_HOST in own[0].detail
            assert "allow_private" not in own[0].detail
            by_hand = await prober.probe(FeedSpec("Mine", PRIVATE))
            assert "allow_private" in by_hand.detail, "who wrote the address himself is told how"
            seen = len(server.seen)
            named = Candidate(server.url(), "rss")
            with pytest.raises(FetchError, match=r"private or reserved network"):
                await fetch_candidate(fetcher, named, "http://elsewhere.example/")
            assert len(server.seen) == seen


async def test_a_host_that_keeps_a_look_at_a_page_waiting_is_asked_once(
    server: FeedServer, clock: FakeClock, options: FeedOptions, prober: Prober
) -> None:
    links = "".join(f"<link rel=alternate type=application/rss+xml href='/slow?{number}'>" for number in range(6))
    for number in range(6):
        server.on(f"/slow?{number}", stall(b""))
    page = server.on("/page", reply(links.encode()))
    hurry(options, timeout=timedelta(seconds=0.2))
    probes = await prober.probe_page(page)
    assert {probe.state for probe in probes} == {State.FAILED}
    assert [probe.detail for probe in probes[1:]] == ["It was not asked for: its host did not answer before."] * 5
    assert len(server.requests("/slow?0")) == 1
    assert len(server.seen) == 2


async def test_a_look_at_a_page_ends_however_slow_its_feeds_are(
    server: FeedServer, prober: Prober, clock: FakeClock
) -> None:
    async def late(_: Seen, writer: asyncio.StreamWriter) -> None:
        clock.advance(40)
        writer.write(answer(DATED))
        await writer.drain()

    links = "".join(f"<link rel=alternate type=application/rss+xml href='/late?{number}'>" for number in range(30))
    for number in range(30):
        server.on(f"/late?{number}", late)
    probes = await prober.probe_page(server.on("/page", reply(links.encode())))
    assert len(probes) == MOST_NAMED
    asked = [probe for probe in probes if probe.state is State.ALIVE]
    assert 1 < len(asked) < 5
    assert probes[-1].detail == "It was not asked for: the look at the page took over 120 s."


def test_what_is_probed() -> None:
    google = next(entry.url for entry in load_catalogue() if entry.terms)
    own = FeedSettings(name="Mine", url="https://mine.example/rss")
    settings = Settings(feeds=FeedsSettings(feed=(own, FeedSettings(name="G", url=google))))
    urls = [spec.url for spec in choose(settings, None)]
    assert urls[:2] == [own.url, google]
    assert len(urls) == len(set(urls))
    assert len(urls) == 2 + sum(entry.ship != "no" and not entry.terms for entry in load_catalogue())
    assert [spec.url for spec in choose(settings, None, only=True)] == [own.url, google]
    rights = {entry.url for entry in groups()["rights-groups"].entries if entry.ship != "no"}
    assert {spec.url for spec in choose(settings, "rights-groups")} == rights
    with pytest.raises(ConfigError, match="no such group; known are belarus-exile"):
        choose(settings, "x")


async def test_the_command_prints_a_table_or_json_and_fails_for_a_configured_feed_that_is_not_well(
    server: FeedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"

    async def check(path: str, *more: str) -> tuple[int, str]:
        text = (
            f'[feeds]\nallow_private = ["{server.endpoint}"]\n[[feeds.feed]]\nname = "N"\nurl = "{server.url(path)}"\n'
        )
        file.write_text(text, encoding="utf-8")
        code = await asyncio.to_thread(main, ["--config", str(file), "check-sources", "--configured", *more])
        return code, capsys.readouterr().out

    code, table = await check("/feed")
    assert code == 0
    assert table.splitlines()[1].split() == ["alive", "2", "2026-03-19", "N", server.url("/feed")]
    assert table.splitlines()[-1] == "1 source, 1 alive."
    code, shown = await check("/gone", "--json")
    assert code == 1
    (row,) = json.loads(shown)
    assert (row["state"], row["entries"], row["newest_at"]) == ("gone", 0, None)


async def test_the_command_says_when_a_page_leads_to_no_feed(
    server: FeedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[feeds]\nallow_private = ["{server.endpoint}"]\n', encoding="utf-8")

    async def look(page: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, ["--config", str(file), "check-sources", "--page", page])
        return code, capsys.readouterr().err

    assert await look(server.url("/feed")) == (0, "")
    dead = server.on("/dead", reply(b"<html><head><link rel=alternate type=application/rss+xml href=/none>"))
    code, said = await look(dead)
    assert code == 1
    assert said == f"No feed was found at {dead}. Look on the site for “RSS” or “Feed” and give that address.\n"
