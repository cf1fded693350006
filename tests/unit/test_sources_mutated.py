"""Sound documents of our own, damaged byte by byte: every kind of source gives entries or ParseError, and in time."""

from __future__ import annotations

import json
import random

import pytest

from feeds.sources import SOURCES
from tests.mutating import check_unseen, damage, damage_tree, read_damaged

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


def test_there_is_a_document_for_every_kind() -> None:
    assert set(DOCUMENTS) == set(SOURCES.names)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_damaged_documents_give_entries_or_a_parse_error(kind: str) -> None:
    body, rng = DOCUMENTS[kind].encode(), random.Random(26)
    assert read_damaged(kind, body)
    read = 0
    for _ in range(100 if kind == "rss" else 250):
        damaged = damage(body, rng)
        read += bool(read_damaged(kind, damaged))
        if kind == "rss":
            check_unseen(damaged)
    assert read


@pytest.mark.parametrize("kind", ["jsonfeed", "gdelt", "federalregister"])
def test_values_of_another_kind_than_promised_give_entries_or_a_parse_error(kind: str) -> None:
    body, rng = DOCUMENTS[kind].encode(), random.Random(27)
    assert sum(bool(read_damaged(kind, damage_tree(body, rng))) for _ in range(600)) > 60
