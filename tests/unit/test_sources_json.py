"""The sources that speak JSON: JSON Feed, GDELT and the Federal Register."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import ParseError
from core.model import Entry, FeedSpec, Outcome
from core.ports import ParsedFeed, Source
from feeds.jsontext import read_object
from feeds.sources import SOURCES

URL = "https://news.example/feed.json"


def read(kind: str, tree: Any) -> ParsedFeed:
    source: Source = SOURCES.get(kind)
    return source.parse(json.dumps(tree).encode(), url=URL)


def refused(kind: str, body: bytes) -> ParseError:
    source: Source = SOURCES.get(kind)
    with pytest.raises(ParseError) as caught:
        source.parse(body, url=URL)
    return caught.value


def item(**fields: Any) -> Entry:
    tree = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "language": "en", "items": [fields]}
    return read("jsonfeed", tree).entries[0]


def test_a_json_feed_is_read() -> None:
    feed = read(
        "jsonfeed",
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Daily &amp; true",
            "home_page_url": "https://news.example/",
            "language": "be-BY",
            "items": [
                {
                    "id": "tag:news.example,2026:1",
                    "url": "/2026/released",
                    "title": "Twelve walk free",
                    "summary": "They crossed the border at noon.",
                    "content_html": "<p>They crossed the border.</p><p>Buses waited.</p><script>x()</script>",
                    "date_published": "2026-03-19T15:00:00+03:00",
                    "language": "ru",
                },
                {"id": 7, "content_text": "A short note", "date_modified": "2026-03-18T08:00:00Z"},
                "nonsense",
            ],
        },
    )
    assert (feed.title, feed.lang, feed.whole) == ("Daily & true", "be-by", True)
    assert feed.entries == (
        Entry(
            identity="tag:news.example,2026:1",
            title="Twelve walk free",
            url="https://news.example/2026/released",
            link_key="news.example/2026/released",
            summary="They crossed the border at noon.",
            text="They crossed the border.\nBuses waited.",
            lang="ru",
            published_at=datetime(2026, 3, 19, 12, tzinfo=UTC),
        ),
        Entry(
            identity="7",
            title="A short note",
            link_key=feed.entries[1].link_key,
            lang="be-by",
            published_at=datetime(2026, 3, 18, 8, tzinfo=UTC),
        ),
    )


def test_an_item_without_title_gets_its_first_line_or_sentence() -> None:
    assert item(id="1", content_text="Freed today\nMore about it.").title == "Freed today"
    long = "The first sentence of a note that goes on. " + "It goes on and on " * 40
    entry = item(id="1", content_text=long)
    assert entry.title == "The first sentence of a note that goes on."
    assert entry.text.startswith(entry.title)
    assert item(id="1", content_text="word " * 200).title.endswith("word…")
    assert len(item(id="1", content_text="x" * 900).title) <= 301


def test_an_item_without_id_is_known_by_its_link_else_its_content() -> None:
    assert item(title="A", url="https://news.example/a?utm_source=x").identity == "news.example/a"
    assert item(title="A", external_url="https://other.example/a").url == "https://other.example/a"
    assert item(title="A").identity.startswith("text:")


def test_what_is_no_text_and_what_no_document_may_hold_is_left_out() -> None:
    entry = item(id={"x": 1}, url=["https://x.example"], title="A\x00\ud800B", content_html=5, date_published={})
    assert (entry.title, entry.url, entry.published_at) == ("AB", "", None)
    assert item(id="a\x00\udfffb", title="x", url="https://news.example/\ud800").identity == "ab"
    assert item(id="1", title="x", url="javascript:alert(1)").url == ""


def test_the_first_version_and_a_missing_version_are_read() -> None:
    old = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "One"}]}
    assert [entry.title for entry in read("jsonfeed", old).entries] == ["One"]
    assert len(read("jsonfeed", {"title": "News", "items": [{"id": "1", "title": "One"}]}).entries) == 1
    assert read("jsonfeed", {"version": "https://jsonfeed.org/version/1", "items": []}).entries == ()


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        (b"", Outcome.NOT_A_FEED, "empty"),
        (b"{}", Outcome.NOT_A_FEED, "no JSON Feed"),
        (b"[1]", Outcome.NOT_A_FEED, "a JSON list"),
        (b'{"version":"https://jsonfeed.org/version/1"}', Outcome.PARSE, "no list of items"),
        (b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"', Outcome.PARSE, "cut off"),
        (b"[" * 200_000, Outcome.PARSE, "nested too deep"),
        (b"<html><title>Just a moment</title></html>", Outcome.BLOCKED, "browser check"),
        (b"<rss version='2.0'><channel/></rss>", Outcome.NOT_A_FEED, "XML came instead of JSON"),
        (b"hello", Outcome.NOT_A_FEED, "without any markup"),
        (b"\x89PNG\r\n", Outcome.NOT_A_FEED, "a PNG image"),
    ],
)
def test_what_is_no_json_feed_is_said(body: bytes, outcome: Outcome, said: str) -> None:
    error = refused("jsonfeed", body)
    assert error.outcome is outcome
    assert said in str(error)


def test_numbers_are_kept_as_written_and_cost_nothing() -> None:
    assert read_object(b'{"a": 1e999, "b": ' + b"9" * 50_000 + b"}")["a"] == "1e999"


def test_a_lone_backslash_spoils_nothing() -> None:
    assert read_object(rb'{"title": "a \_ b \" c \\ d \u0444 \uZZ"}')["title"] == 'a \\_ b " c \\ d ф \\uZZ'


def test_other_encodings_are_read() -> None:
    assert read_object('{"title": "Свобода слова и печати"}'.encode("cp1251"))["title"] == "Свобода слова и печати"
    assert read_object('\ufeff{"title": "Voľby"}'.encode())["title"] == "Voľby"


def test_gdelt_articles_are_read() -> None:
    feed = read(
        "gdelt",
        {
            "articles": [
                {
                    "url": "https://paper.example/minsk-talks",
                    "url_mobile": "",
                    "title": "Envoy in Minsk , talks  go on ( update )",
                    "seendate": "20260319T121500Z",
                    "domain": "paper.example",
                    "language": "Russian",
                    "sourcecountry": "Latvia",
                }
            ]
        },
    )
    assert feed.entries == (
        Entry(
            identity="paper.example/minsk-talks",
            title="Envoy in Minsk, talks go on ( update)",
            url="https://paper.example/minsk-talks",
            link_key="paper.example/minsk-talks",
            lang="ru",
            published_at=datetime(2026, 3, 19, 12, 15, tzinfo=UTC),
        ),
    )


def test_gdelt_finds_nothing_or_complains() -> None:
    assert read("gdelt", {}).entries == ()
    assert refused("gdelt", b'{"timeline": []}').outcome is Outcome.NOT_A_FEED
    complaint = refused("gdelt", b"Please limit requests to one every 5 seconds.")
    assert complaint.outcome is Outcome.NOT_A_FEED


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://g.example/doc?query=minsk%20us", "?query=minsk%20us&mode=artlist&format=json&sort=datedesc"),
        (
            "https://g.example/doc?query=x&MODE=artlist&sort=hybridrel",
            "?query=x&MODE=artlist&sort=hybridrel&format=json",
        ),
        ("https://g.example/doc", "?mode=artlist&format=json&sort=datedesc"),
    ],
)
def test_gdelt_is_asked_for_a_list_in_json(given: str, asked: str) -> None:
    source: Source = SOURCES.get("gdelt")
    assert source.request(FeedSpec("G", given)).url == "https://g.example/doc" + asked


def test_federal_register_documents_are_read() -> None:
    feed = read(
        "federalregister",
        {
            "count": 1,
            "description": "Documents matching 'Belarus'",
            "results": [
                {
                    "title": "Notice of Removal of Persons From a List",
                    "type": "Notice",
                    "abstract": "Names are taken off the list.",
                    "document_number": "2026-01234",
                    "html_url": "https://register.example/documents/2026/03/19/2026-01234/notice",
                    "pdf_url": "https://register.example/x.pdf",
                    "publication_date": "2026-03-19",
                    "agencies": [{"raw_name": "TREASURY", "name": "Treasury Department"}, {"raw_name": "Office X"}],
                    "excerpts": 'of <span class="match">Belarus</span> and others',
                }
            ],
        },
    )
    assert feed.title == "Documents matching 'Belarus'"
    assert feed.entries == (
        Entry(
            identity="2026-01234",
            title="Notice of Removal of Persons From a List",
            url="https://register.example/documents/2026/03/19/2026-01234/notice",
            link_key="register.example/documents/2026/03/19/2026-01234/notice",
            summary="Names are taken off the list.\nof Belarus and others\nTreasury Department, Office X",
            lang="en",
            published_at=datetime(2026, 3, 19, tzinfo=UTC),
        ),
    )


def test_the_federal_register_finds_nothing_or_complains() -> None:
    assert read("federalregister", {"count": 0, "description": "Documents"}).entries == ()
    assert refused("federalregister", b'{"errors": {"term": "unknown"}}').outcome is Outcome.NOT_A_FEED


@pytest.mark.parametrize("kind", ["jsonfeed", "federalregister"])
def test_the_request_is_the_address_as_configured(kind: str) -> None:
    source: Source = SOURCES.get(kind)
    request = source.request(FeedSpec("News", URL + "?a=1"))
    assert request.url == URL + "?a=1"
    assert "json" in request.headers["Accept"]
