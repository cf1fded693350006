"""Sound documents of our own, damaged byte by byte: every kind of source gives entries or ParseError, and in time."""

from __future__ import annotations

import json
import random
import time

import pytest

from core.errors import ParseError
from core.ports import Source
from feeds.sources import SOURCES

URL = "https://news.example/feed"
_MARKS = (
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"\xff",
    b"\x00",
    b"&#xD800;",
    b'"',
    b"{",
    b"[",
    b"\xd0",
    b"=",
)
_TEXT = "У Мінску вызвалілі людзей; Two released in Minsk &amp; Žodzina"
DOCUMENTS = {
    "rss": (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        "<title>News</title><language>be</language><ttl>60</ttl><skipHours><hour>3</hour></skipHours>"
        + f"<item><title>{_TEXT}</title><link>https://news.example/1?a=1&amp;b=2</link><guid>1</guid>"
        "<description><![CDATA[<p>A <b>b</b></p>]]></description><pubDate>Thu, 19 Mar 2026 12:00:00 +0300</pubDate>"
        "</item>" * 6
        + "</channel></rss>"
    ),
    "jsonfeed": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "News",
            "language": "be",
            "items": [
                {"id": str(number), "url": "https://news.example/1", "title": _TEXT, "content_html": f"<p>{_TEXT}</p>"}
                for number in range(6)
            ],
        },
        ensure_ascii=False,
    ),
    "newssitemap": "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/"
    "sitemap-news/0.9'>"
    + f"<url><loc>https://news.example/1</loc><news:news><news:publication><news:name>N</news:name><news:language>be"
    f"</news:language></news:publication><news:publication_date>2026-03-19</news:publication_date><news:title>{_TEXT}"
    "</news:title></news:news></url>" * 6
    + "</urlset>",
    "telegram-web": "<html><body><section class='tgme_channel_history'>"
    + "<div class='tgme_widget_message' data-post='news/1'><a class='tgme_widget_message_date' href='https://t.me/news/1'>"
    f"<time datetime='2026-03-19T12:00:00+00:00'></time></a><div class='tgme_widget_message_text'>{_TEXT}</div></div>"
    * 6
    + "</section></body></html>",
    "gdelt": json.dumps(
        {"articles": [{"url": "https://news.example/1", "title": _TEXT, "seendate": "20260319T120000Z"}]}
    ),
    "federalregister": json.dumps(
        {"results": [{"document_number": "1", "title": _TEXT, "html_url": "https://a.example/"}]}
    ),
}  # fmt: skip


def damage(body: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut, repeated or put elsewhere."""
    damaged = bytearray(body)
    for _ in range(rng.randint(1, 12)):
        at, length = rng.randrange(len(damaged) + 1), rng.choice((0, 0, 1, 1, 3, 20, 200))
        other = rng.randrange(len(damaged) + 1)
        new = rng.choice((rng.choice(_MARKS), bytes(damaged[other : other + 40]), bytes([rng.randrange(256)])))
        damaged[at : at + length] = new
    return bytes(damaged)


def test_there_is_a_document_for_every_kind() -> None:
    assert set(DOCUMENTS) == set(SOURCES.names)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_damaged_documents_give_entries_or_a_parse_error(kind: str) -> None:
    source: Source = SOURCES.get(kind)
    body, rng = DOCUMENTS[kind].encode(), random.Random(26)
    assert source.parse(body, url=URL).entries
    read = 0
    for _ in range(250):
        damaged = damage(body, rng)
        began = time.process_time()
        try:
            feed = source.parse(damaged, url=URL)
        except ParseError as error:
            assert error.outcome.failed  # noqa: PT017 - entries are right, too
            continue
        finally:
            assert time.process_time() - began < 2, damaged
        read += bool(feed.entries)
        for entry in feed.entries:
            assert entry.identity
            assert "\x00" not in entry.title + entry.body
            assert entry.url == "" or entry.url.startswith(("http://", "https://"))
    assert read
