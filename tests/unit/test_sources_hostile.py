"""Every kind of source, whatever the bytes: entries or ParseError, nothing else, and in time."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParseError
from core.ports import ParsedFeed, Source
from feeds.sources import SOURCES
from feeds.wire import Parsed, dump_parsed, load_parsed, pack, unpack

URL = "https://news.example/feed"
KINDS = [kind for kind in SOURCES.names if kind != "rss"]
BYTES = 300_000
SECONDS = 5.0  # CPU time for so many bytes, generous for a busy machine; reading in quadratic time takes minutes

_WORDS = (
    "<url>|</url>|<urlset>|<loc>|</loc>|<news:news>|<news:title>|</news:title>|<![CDATA[|]]>|</div>|</a>|<script>|<!--"
    "|&#xD800;|&|\"|'|>|<|=|\n|Minsk|Мінск|\x00|\u202e|😀|</span>|<a href='|<div class='tgme_widget_message_text'>"
    "|<div class=tgme_widget_message data-post='a_b/1'>|<time datetime='2026-03-19T12:00:00Z'>"
    "|<a class=tgme_widget_message_reply>|<section class='tgme_channel_history'>"
)
_KEYS = (
    "version title items id url content_html content_text summary date_published language articles seendate results "
    "count abstract agencies name html_url publication_date"
)
_words = st.sampled_from(_WORDS.split("|"))
_leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
_keys = st.sampled_from(_KEYS.split())
_trees = st.recursive(
    _leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_keys, inner, max_size=6)),
    max_leaves=25,
)


def read(kind: str, body: bytes) -> ParsedFeed | None:
    """The feed, or None for a ParseError; what is read must be sound and must survive the way out of the parser."""
    source: Source = SOURCES.get(kind)
    try:
        feed = source.parse(body, url=URL)
    except ParseError as error:
        return None if error.outcome.failed and str(error) else pytest.fail("a ParseError that says nothing")
    for entry in feed.entries:
        assert entry.identity
        assert entry.link_key
        assert "\x00" not in entry.title + entry.body + entry.identity
        assert entry.url == "" or entry.url.lower().startswith("http")
        assert len(entry.title) <= 1000
        (entry.title + entry.body + entry.identity + entry.url + entry.lang).encode()
    parsed = Parsed(feed, len(feed.entries))
    header, texts = dump_parsed(parsed)
    assert load_parsed(unpack(pack(header)[8:]), texts) == parsed
    return feed


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=120, deadline=timedelta(seconds=20))
@given(
    body=st.one_of(st.binary(max_size=200), st.lists(_words, max_size=40).map(lambda words: "".join(words).encode()))
)
def test_any_bytes_give_a_feed_or_a_parse_error(kind: str, body: bytes) -> None:
    read(kind, body)
    read(kind, b"<urlset>" + body)


@pytest.mark.parametrize("kind", ["jsonfeed", "gdelt", "federalregister"])
@settings(max_examples=120, deadline=timedelta(seconds=20))
@given(tree=_trees, cut=st.integers(0, 400), junk=st.binary(max_size=3))
def test_any_json_gives_a_feed_or_a_parse_error(kind: str, tree: object, cut: int, junk: bytes) -> None:
    wrapped = {
        "title": "x",
        "version": "https://jsonfeed.org/version/1",
        "items": tree,
        "articles": tree,
        "results": tree,
    }
    body = json.dumps(wrapped).encode()
    assert read(kind, body) or not isinstance(tree, list)
    read(kind, body[:cut] + junk + body[cut:])
    read(kind, body[:cut])


_POST = b'<div class="tgme_widget_message" data-post="a_b/1">'
_TEXT = b'<div class="tgme_widget_message_text">'
# Begin, what is repeated, end.
STORMS = {
    "unclosed texts": (_POST, _TEXT, b""),
    "posts": (b"", _POST, b""),
    "posts within texts": (b"", _POST + _TEXT + b"x", b""),
    "tags": (b"", b"<a ", b""),
    "open quotes": (b"", b"<a '", b""),
    "quotes in quotes": (b"", b"<a \"<a '", b""),
    "attributes": (b"<div ", b"a=1 ", b">"),
    "equals": (b"<div ", b"= ", b">"),
    "blanks": (b"<div a", b" ", b"x>"),
    "comments": (b"", b"<!--", b""),
    "scripts": (b"", b"<script>", b""),
    "links": (_POST + _TEXT, b"<a href=http://x.y/z>w</a>", b"</div>"),
    "rows": (b"<urlset>", b"<url><loc>http://x.y/z</loc><news><title>a</title></news></url>", b"</urlset>"),
    "references": (b"<urlset><url><news><title>", b"&#x41;&", b"</title></news></url></urlset>"),
    "items": (b'{"title":"x","items":[', b'{"id":"1","content_text":"a"},', b"{}]}"),
    "backslashes": (b'{"title":"', b"\\\\\\", b'","items":[]}'),
    "brackets": (b'{"items":', b"[", b""),
    "one word": (b'{"title":"x","items":[{"content_html":"', b"<", b'"}]}'),
    "every byte": (b"", bytes(range(256)), b""),
}


_RSS, _TITLE = b"<rss><channel>", b"<rss><channel><item><title>"
XML_STORMS = {
    "blanks": (b"<rss", b" ", b"><channel/></rss>"),
    "blanks in an end tag": (_TITLE + b"x</title", b" \n", b"></item>"),
    "comments that never end": (_RSS, b"<!--", b""),
    "comments": (b"", b"<!-- x -->", b"<rss><channel><![CDATA[x]]></channel></rss>"),
    "CDATA that never ends": (_TITLE, b"<![CDATA[", b"</title></item></channel></rss>"),
    "brackets in CDATA": (_TITLE + b"<![CDATA[", b"]]", b""),
    "opened tags": (_RSS, b"<", b""),
    "closed tags": (_RSS, b"</", b""),
    "declarations": (_RSS, b"<!", b""),
    "document types": (b"", b"<!DOCTYPE x [", b"<rss/>"),
    "quotes in a document type": (b"<!DOCTYPE x [", b"'\"", b"]><rss/>"),
    "instructions": (_RSS, b"<?", b""),
    "references": (_TITLE, b"&#", b"</title></item>"),
    "quotes": (b"<rss a='", b"'\"", b""),
    "attributes": (b"<rss ", b"a='>' ", b"><channel/></rss>"),
    "colons": (b"<rss><", b"x:", b"><channel/></rss>"),
}


@pytest.mark.parametrize("storm", XML_STORMS)
def test_feeds_are_read_in_proportion_too(storm: str) -> None:
    begin, unit, end = XML_STORMS[storm]
    source: Source = SOURCES.get("rss")
    began = time.process_time()
    with suppress(ParseError):
        source.parse(begin + unit * (BYTES // 3 // len(unit)) + end, url=URL)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("storm", STORMS)
def test_reading_takes_time_in_proportion(storm: str) -> None:
    begin, unit, end = STORMS[storm]
    body = begin + unit * (BYTES // len(unit)) + end
    for kind in KINDS:
        began = time.process_time()
        read(kind, body)
        assert time.process_time() - began < SECONDS, kind
