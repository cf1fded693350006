"""The sample feeds are real feeds: feedparser reads what was written, in every format, wave by wave."""

from __future__ import annotations

from io import BytesIO

import feedparser
import pytest

from app.demo.server import SampleFeed, SampleServer, load_samples
from matching.matcher import load_matcher
from tests.fake_clock import FakeClock


@pytest.mark.parametrize("feed", load_samples(), ids=lambda feed: feed.path)
def test_feedparser_reads_every_sample(feed: SampleFeed) -> None:
    server = SampleServer(FakeClock())
    while server.wave < server.last_wave:
        server.publish_next()
    parsed = feedparser.parse(BytesIO(server.render(feed)))
    assert parsed.version == {"rss": "rss20", "atom": "atom10", "rdf": "rss10"}[feed.format]
    assert [entry.title for entry in parsed.entries] == [entry.title for entry in feed.entries][::-1]
    assert [entry.summary for entry in parsed.entries] == [entry.summary for entry in feed.entries][::-1]


def test_waves_appear_one_after_the_other() -> None:
    server = SampleServer(FakeClock())
    first = server.render(server.feeds[0])
    server.publish_next()
    assert len(feedparser.parse(BytesIO(server.render(server.feeds[0]))).entries) > len(
        feedparser.parse(BytesIO(first)).entries
    )


def test_samples_cover_formats_and_languages() -> None:
    feeds = load_samples()
    assert {feed.format for feed in feeds} == {"rss", "atom", "rdf"}
    assert {feed.lang for feed in feeds} == {"en", "be", "ru", "pl", "lt", "uk"}


def test_exchanges_of_soldiers_among_the_samples_are_no_hits() -> None:
    exchanges = [
        (feed.lang, entry)
        for feed in load_samples()
        for entry in feed.entries
        if "Обмін полоненими" in entry.title or "военнопленными" in entry.title
    ]
    assert len(exchanges) >= 2
    matcher = load_matcher()
    for lang, entry in exchanges:
        assert not matcher.analyse(entry.title, entry.summary, lang=lang).relevant, entry.title
