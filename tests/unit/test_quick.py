"""The quick road against feedparser: it says the same, or leaves the document to feedparser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import feedparser.datetimes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.feed_generator import document
from core.errors import ParseError
from feeds.dates import read_moment
from feeds.decode import check_kind, defuse, read_characters
from feeds.quick import read_quickly
from feeds.sources import rss

URL = "https://host.example/a/feed.xml"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:own="https://own.example/ns" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)
# What may stand in an item: usual, doubled, out of order, nested, strange.
ITEM_PARTS = (
    "<title>Пяць чалавек вызвалілі</title>",
    "<title>&lt;b&gt;Bold&lt;/b&gt; &amp;amp; more</title>",
    "<title>&#147;Quoted&#148; &#x97; &#129;dash</title>",
    "<title/>",
    "<title>Ã©cole</title>",
    "<title>one <b>two</b></title>",
    "<title><![CDATA[ a <i>b</i> &mdash; c ]]></title>",
    "<link>https://host.example/1?a=1&amp;b=2</link>",
    "<link>/relative</link>",
    "<link> </link>",
    "<link>http://host.example/?a&amp;copy;=1</link>",
    "<link>HTTP://HOST.example/A#top</link>",
    "<link>tag:x</link>",
    "<guid>https://host.example/?p=1</guid>",
    '<guid isPermaLink="false">17</guid>',
    "<guid>17</guid>",
    '<guid ispermalink="false">18</guid>',
    '<guid isPermaLink="TRUE">19</guid>',
    "<id>20</id>",
    "<description>Short &lt;p&gt;text&lt;/p&gt;</description>",
    "<description/>",
    "<description>x<!-- y -->z</description>",
    "<content:encoded><![CDATA[<p>Long</p>]]></content:encoded>",
    "<summary>plain</summary>",
    "<body>b</body>",
    "<dc:description>dc</dc:description>",
    "<dc:title>dc title</dc:title>",
    "<dc:creator>Desk</dc:creator>",
    "<dc:date>2026-03-01T10:00:00+03:00</dc:date>",
    "<pubDate>Sun, 01 Mar 2026 10:00:00 MSK</pubDate>",
    "<pubDate>Sun, 31 Feb 2026 10:00:00 GMT</pubDate>",
    "<pubDate></pubDate>",
    "<dc:language>be</dc:language>",
    "<author>desk@host.example</author>",
    "<category domain='x'>News</category>",
    "<comments>/c</comments>",
    '<enclosure url="/a.mp3" length="1" type="audio/mpeg"/>',
    '<source url="https://s.example/">S</source>',
    "<source><title>inner</title></source>",
    '<media:content url="/1.jpg"><media:title>t</media:title></media:content>',
    '<media:thumbnail url="/1.jpg"/>',
    "<media:description>md</media:description>",
    "<itunes:summary>is</itunes:summary>",
    "<own:title>own</own:title>",
    "<own:text a='1'>own <own:b>c</own:b></own:text>",
    "<plain>x</plain>",
    '<atom:link rel="self" href="/self"/>',
    '<atom:link href="/alt"/>',
    "<atom:updated>2026-01-01T00:00:00Z</atom:updated>",
    '<x:y xmlns:x="urn:x">1</x:y>',
    '<title xmlns="urn:y">other</title>',
    "<own:link>https://own.example/</own:link>",
    "<image><url>/i.png</url></image>",
    "<link>https://host.example/2</link>",
    '<title xml:lang="ru">ru</title>',
    "<title>a\u0085b</title>",
    "<title>a&#1;b&#xFFFE;c &amp;#1;&amp;#xFFFF; d</title>",
    "<description>a&#1;b &amp;#1;&amp;#xFFFF;<![CDATA[c&#2;d\x01]]></description>",
    "<expirationDate>Sun, 01 Mar 2026 10:00:00 GMT</expirationDate>",
)
HEAD_PARTS = (
    "<title>Site</title>",
    "<link>https://host.example/</link>",
    "<description>About</description>",
    "<ttl>60</ttl>",
    "<language>be-BY</language>",
    "<language> ru_RU </language>",
    "<dc:language>en</dc:language>",
    "<image><title>Logo</title><url>/l.png</url><link>https://host.example/l</link></image>",
    "<image><title>Logo</title><own:x>1</own:x><link>/l</link></image>",
    "<textInput><title>Search</title><name>q</name><link>/s</link></textInput>",
    '<atom:link rel="self" type="application/rss+xml" href="/feed"/>',
    '<atom:link rel="hub" href="/hub"/>',
    "<sy:updatePeriod>hourly</sy:updatePeriod>",
    "<sy:updateFrequency>2</sy:updateFrequency>",
    "<skipHours><hour>1</hour><hour>2</hour></skipHours>",
    "<lastBuildDate>Sun, 01 Mar 2026 10:00:00 GMT</lastBuildDate>",
    "<generator>https://g.example/?v=1</generator>",
    "<managingEditor>a@b.example</managingEditor>",
    "<itunes:image href='/i.png'/>",
    "<itunes:owner><itunes:name>n</itunes:name></itunes:owner>",
    "<category>News</category>",
    '<item rdf:about="x" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><title>t</title></item>',
)
ENTRY_PARTS = (
    "<title>Plain &amp;lt; text</title>",
    '<title type="html">&lt;b&gt;x&lt;/b&gt;</title>',
    "<id>urn:1</id>",
    "<id>/2</id>",
    '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x</div></title>',
    '<link href="https://host.example/1"/>',
    '<link rel="alternate" type="text/html" href="/1"/>',
    '<link rel="alternate" type="application/json" href="/1.json"/>',
    '<link rel="self" href="/self"/>',
    '<link rel="enclosure" href="/e.mp3" length="1"/>',
    "<link>https://text.example/</link>",
    "<updated>2026-03-01T10:00:00Z</updated>",
    "<published>2026-02-01T10:00:00+03:00</published>",
    "<updated>soon</updated>",
    "<summary>Short</summary>",
    '<summary type="html">&lt;p&gt;S&lt;/p&gt;</summary>',
    '<content type="html">&lt;p&gt;C</content>',
    '<content type="text">C</content>',
    '<content src="/c"/>',
    '<content type="image/png">AAAA</content>',
    "<author><name>N</name><uri>/u</uri><email>a@b.example</email></author>",
    '<category term="x"/>',
    "<rights>(c)</rights>",
    "<source><id>s</id><title>S</title><updated>2020-01-01T00:00:00Z</updated></source>",
    '<title xml:lang="be">T</title>',
    '<link xml:base="https://base.example/" href="x"/>',
    "<contributor><name>C</name></contributor>",
    "<description>d</description>",
)


def rss_document(head: list[str], items: list[list[str]], version: str = "2.0") -> str:
    made = "".join(f"<item>{''.join(parts)}</item>" for parts in items)
    middle = len(head) // 2
    return (
        f'<rss version="{version}" {NAMESPACES}><channel>{"".join(head[:middle])}{made}{"".join(head[middle:])}'
        "</channel></rss>"
    )


def atom_document(head: list[str], items: list[list[str]], lang: str) -> str:
    made = "".join(f"<entry>{''.join(parts)}</entry>" for parts in items)
    tag = f' xml:lang="{lang}"' if lang else ""
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{tag}>{"".join(head)}{made}</feed>'


def prepare(body: bytes) -> tuple[str, str] | None:
    """The text of a document, as it came and as parsers get it; None for what is refused before any parser."""
    try:
        text = read_characters(body)
        check_kind(text)
        return text, defuse(text)
    except ParseError:
        return None


def check(body: bytes) -> bool:
    """Compare both; whether the quick road read the document."""
    made = prepare(body)
    if made is None:
        return False
    text, prepared = made
    quick = read_quickly(prepared, URL)
    if quick is None:
        return False
    record: Any = rss.parse_xml(prepared, URL)
    assert not record.bozo
    assert quick.version == record.version
    assert rss._read(quick, text, URL, {}, {}) == rss._read(record, text, URL, {}, {})
    return True


@pytest.mark.parametrize("number", range(10))
def test_generated_feeds_are_read_quickly_and_alike(number: int) -> None:
    assert check(document(number, entries=8))


@pytest.mark.parametrize("part", ITEM_PARTS)
def test_each_part_of_an_item_alone(part: str) -> None:
    check(rss_document(["<title>Site</title>"], [[part], ["<title>next</title>"]]).encode())


def test_what_is_nested_too_deep_for_the_quick_road_is_read() -> None:
    deep = "<a>" * 1900 + "</a>" * 1900
    read = rss.SOURCE.parse(rss_document([deep], [["<title>one</title>"]]).encode(), url=URL)
    assert [entry.title for entry in read.entries] == ["one"]


@pytest.mark.parametrize("part", HEAD_PARTS)
def test_each_part_of_a_channel_alone(part: str) -> None:
    check(rss_document([part], [["<title>one</title>"]]).encode())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(HEAD_PARTS), max_size=4),
    st.lists(st.lists(st.sampled_from(ITEM_PARTS), max_size=6), max_size=3),
    st.sampled_from(["2.0", "2.0", "0.92"]),
)
def test_any_rss_is_read_alike(head: list[str], items: list[list[str]], version: str) -> None:
    check(rss_document(head, items, version).encode())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(ENTRY_PARTS), max_size=4),
    st.lists(st.lists(st.sampled_from(ENTRY_PARTS), max_size=6), max_size=3),
    st.sampled_from(["", "be", "en_US"]),
)
def test_any_atom_is_read_alike(head: list[str], items: list[list[str]], lang: str) -> None:
    check(atom_document(head, items, lang).encode())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9), st.data())
def test_damage_is_read_alike(number: int, data: st.DataObject) -> None:
    body = bytearray(document(number, entries=2))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"<", b"&", b">", b"\xff", b"/"])
        )
    check(bytes(body))


_TIME = r"(000\d|20\d\d|9999)%s[012]\d:[0-6]\d:[0-6]\d"
_RFC = r"(Mon|Sat|Tue|Xyz), [0-3]\d (Jan|Feb|Sept|Dec|Oct) " + _TIME % " " + r" (GMT|UT|[+-][0-2]\d[0-9]\d)"
_ISO = _TIME % r"-[01]\d-[0-3]\d[T ]" + r"(Z|z|\.5Z|[+-][0-2]\d:?[0-9]\d)?"


@given(st.one_of(st.from_regex(_RFC, fullmatch=True), st.from_regex(_ISO, fullmatch=True)))
def test_dates_are_read_as_by_feedparser(text: str) -> None:
    ours, theirs = read_moment(text), feedparser.datetimes._parse_date(text)
    assert (ours and tuple(ours[:6])) == (theirs and tuple(theirs[:6]))


@pytest.mark.skipif("FEED_CORPUS" not in os.environ, reason="FEED_CORPUS names a folder of feed files to compare")
def test_a_folder_of_feeds_is_read_alike() -> None:
    files = [file for file in Path(os.environ["FEED_CORPUS"]).rglob("*") if file.is_file()]
    assert any([check(file.read_bytes()) for file in files])
