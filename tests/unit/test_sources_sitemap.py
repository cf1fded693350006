"""Reading Google-News sitemaps, also damaged ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import ParseError
from core.model import Entry, FeedSpec, Outcome
from core.ports import ParsedFeed, Source
from feeds.sources import SOURCES

URL = "https://news.example/sitemap-news.xml"
SOURCE: Source = SOURCES.get("newssitemap")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)


def row(path: str, title: str, more: str = "") -> str:
    return (
        f"<url><loc>https://news.example{path}</loc><news:news><news:publication><news:name>The Example</news:name>"
        f"<news:language>be</news:language></news:publication>"
        f"<news:publication_date>2026-03-19T15:00:00+03:00</news:publication_date>"
        f"<news:title>{title}</news:title></news:news>{more}</url>"
    )


def read(*rows: str, head: str = HEAD, tail: str = "</urlset>") -> ParsedFeed:
    return SOURCE.parse((head + "".join(rows) + tail).encode(), url=URL)


def test_titles_addresses_languages_and_dates_are_read() -> None:
    image = (
        "<image:image><image:loc>https://news.example/1.jpg</image:loc><image:title>A bus</image:title></image:image>"
    )
    feed = read(row("/1", "Дванаццаць чалавек на волі", image), row("/2", "Q &amp; A &#8212; <![CDATA[AT&T]]>"))
    assert (feed.title, feed.lang, feed.whole) == ("The Example", "be", True)
    assert feed.entries[0] == Entry(
        identity="news.example/1",
        title="Дванаццаць чалавек на волі",
        url="https://news.example/1",
        link_key="news.example/1",
        lang="be",
        published_at=datetime(2026, 3, 19, 12, tzinfo=UTC),
    )
    assert feed.entries[1].title == "Q & A — AT&T"


def test_an_empty_sitemap_is_a_feed_and_addresses_without_news_are_passed_over() -> None:
    assert read().entries == ()
    assert len(read("<url><loc>https://news.example/about</loc></url>", row("/1", "Freed")).entries) == 1


@pytest.mark.parametrize(
    "body",
    [
        HEAD + row("/1", "Fish & chips, A&B; and &bogus; more") + "</urlset>",
        "<urlset>" + row("/1", "Fish") + "</urlset>",
        "<s:urlset xmlns:s='x'>"
        + row("/1", "Fish").replace("<url>", "<s:url>").replace("</url>", "</s:url>")
        + "</s:urlset>",
        "\ufeff\n<!-- made by hand --><!DOCTYPE urlset [<!ENTITY x 'y'>]>"
        + HEAD[38:]
        + row("/1", "Fish")
        + "</urlset>",
    ],
)
def test_damage_is_read_past(body: str) -> None:
    feed = SOURCE.parse(body.encode(), url=URL)
    assert [entry.title[:4] for entry in feed.entries] == ["Fish"]
    assert feed.whole


def test_a_cut_sitemap_gives_what_is_there_and_says_so() -> None:
    feed = read(row("/1", "One"), row("/2", "Two")[:-40], tail="")
    assert [entry.title for entry in feed.entries] == ["One"]
    assert not feed.whole


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        ("<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>", Outcome.NOT_A_FEED, "an index of sitemaps"),
        ("<urlset><url><loc>https://news.example/</loc></url></urlset>", Outcome.NOT_A_FEED, "no news titles"),
        ("<html><title>Welcome</title></html>", Outcome.NOT_A_FEED, "titled “Welcome”"),
        ("<rss><channel/></rss>", Outcome.NOT_A_FEED, "a document of <rss>"),
        ("{}", Outcome.NOT_A_FEED, "JSON came"),
        ("", Outcome.NOT_A_FEED, "empty"),
        ("<urlset><url></loc>", Outcome.PARSE, "broken"),
        ("<urlset>" + "<url>" * 5000, Outcome.PARSE, "nested"),
    ],
)
def test_what_is_no_news_sitemap_is_said(body: str, outcome: Outcome, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        SOURCE.parse(body.encode(), url=URL)
    assert caught.value.outcome is outcome
    assert said in str(caught.value)


def test_an_endless_title_is_cut() -> None:
    (entry,) = read(row("/1", "wörd " * 100_000)).entries
    assert len(entry.title) <= 1000


def test_the_request_is_the_address_as_configured() -> None:
    assert SOURCE.request(FeedSpec("News", URL)).url == URL
