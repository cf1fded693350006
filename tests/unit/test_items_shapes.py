"""Item-wise reading over made-up documents of every shape that feeds have in the wild: the same as from the whole.

The real files that the shapes were seen in belong to their publishers; tests/flow/test_corpus.py reads those.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParseError
from feeds.items import HASH, TRACE
from feeds.sources.rss import SOURCE

URL = "https://news.example/feed"
NAMES = "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_texts = st.sampled_from(
    [
        "Two released",
        "Дзве асобы вызвалены",
        "&lt;b&gt;Bold&lt;/b&gt; &amp;amp; more",
        "<![CDATA[An <item> that is none </item>]]>",
        "<![CDATA[<p>Text</p>]]>",
        "<!-- <item> --> after a comment",
        "caf&eacute; &mdash; &#8211;",
        "line\n  break",
        "",
        "one <b>two</b>",
    ]
)
_dates = st.sampled_from(
    ["Thu, 19 Mar 2026 12:00:00 GMT", "2026-03-19T12:00:00+03:00", "0000-00-00", "19 сак 2026", "1763802000", ""]
)
_links = st.sampled_from(
    ["https://news.example/{n}", "/{n}", "https://news.example/same", "tag:{n}", "", "{n}?a=1&amp;b=2"]
)
_guids = st.sampled_from(["{n}", "https://news.example/?p={n}", "same", ""])
_rows = st.lists(st.tuples(_texts, _texts, _links, _guids, _dates, st.booleans()), min_size=1, max_size=7)


def rss(title: str, text: str, link: str, guid: str, date: str, full: bool) -> str:
    content = f"<content:encoded>{text}</content:encoded>" if full else f"<description>{text}</description>"
    category = "<category>a</category><category domain='x'>b</category>" if full else ""
    return (
        f"<item xml:lang='be'><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{guid}</guid>"
        f"<pubDate>{date}</pubDate>{content}{category}<dc:creator>X</dc:creator></item>"
    )


def rdf(title: str, text: str, link: str, guid: str, date: str, full: bool) -> str:
    return (
        f'<item rdf:about="{guid}"><title>{title}</title><link>{link}</link><description>{text}</description>'
        f"<dc:date>{date}</dc:date></item>"
    )


def atom(title: str, text: str, link: str, guid: str, date: str, full: bool) -> str:
    kind = "html" if full else "text"
    source = "<source><id>x</id><title>Other</title></source><author><name>A</name></author>" if full else ""
    return (
        f"<entry><id>{guid}</id><title type='{kind}'>{title}</title><link rel='alternate' href='{link}'/>"
        f"<updated>{date}</updated><summary type='{kind}'>{text}</summary>{source}</entry>"
    )


def prefixed(title: str, text: str, link: str, guid: str, date: str, full: bool) -> str:
    return f"<r:item><r:title>{title}</r:title><r:link>{link}</r:link></r:item>"


SHAPES: dict[str, tuple[Callable[[str, str, str, str, str, bool], str], str, str]] = {
    "rss 2.0": (
        rss,
        f"<?xml version='1.0'?><rss version='2.0' {NAMES}><channel><title>N</title><language>ru</language>"
        "<image><title>I</title><url>/i.png</url><link>/</link></image>",
        "</channel></rss>",
    ),
    "rss 0.91": (
        rss,
        f"<!DOCTYPE rss><rss version='0.91' {NAMES}><channel><title>N</title>",
        "</channel></rss><!-- end -->",
    ),
    "items outside": (rss, f"<rss version='2.0' {NAMES}><channel><title>N</title></channel>", "</rss>"),
    "rdf": (
        rdf,
        f"<rdf:RDF xmlns:rdf='{RDF}' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        "<channel rdf:about='/'><title>N</title><items><rdf:Seq><rdf:li resource='1'/></rdf:Seq></items></channel>",
        "</rdf:RDF>",
    ),
    "atom": (
        atom,
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://base.example/'><title>N</title>",
        "</feed>",
    ),
    "prefixed": (
        prefixed,
        f"<rdf:RDF xmlns:rdf='{RDF}' xmlns:r='http://purl.org/rss/1.0/'><r:channel><r:title>N</r:title></r:channel>",
        "</rdf:RDF>",
    ),
    "unclosed": (rss, "<rss version='2.0'><channel><title>N</title>", ""),
}


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(SHAPES)), _rows, st.sets(st.integers(0, 6)))
def test_a_part_read_alone_gives_what_the_whole_gives(
    shape: str, rows: list[tuple[str, str, str, str, str, bool]], old: set[int]
) -> None:
    make, head, tail = SHAPES[shape]
    items = [
        make(f"{title} {n}" if title[:1] not in "<" else title, text, link.format(n=n), guid.format(n=n), date, full)
        for n, (title, text, link, guid, date, full) in enumerate(rows)
    ]
    body = (head + "\n".join(items) + tail).encode()
    try:
        whole = SOURCE.parse_unseen(body, url=URL)
    except ParseError:
        return
    traces = [whole.seen[at : at + TRACE] for at in range(0, len(whole.seen), TRACE)]
    seen = b"".join(one for number, one in enumerate(traces) if number in old)
    part = SOURCE.parse_unseen(body, url=URL, seen=seen)
    known = {one[:HASH] for number, one in enumerate(traces) if number in old}
    expected = [e for number, e in enumerate(whole.feed.entries) if not seen or traces[number][:HASH] not in known]
    assert list(part.feed.entries) == expected
    assert part.total == whole.total
    assert part.feed.hints == whole.feed.hints
    assert part.feed.title == whole.feed.title


@pytest.mark.parametrize("shape", ["rss 2.0", "rss 0.91", "items outside", "rdf", "atom"])
def test_these_shapes_are_really_read_item_by_item(shape: str) -> None:
    make, head, tail = SHAPES[shape]
    rows = [make(f"Title {n}", "Text", f"https://news.example/{n}", f"{n}", "", False) for n in range(3)]
    body = (head + "".join(rows) + tail).encode()
    seen = SOURCE.parse_unseen(body, url=URL).seen
    part = SOURCE.parse_unseen(body, url=URL, seen=seen[:TRACE])
    assert [entry.title for entry in part.feed.entries] == ["Title 1", "Title 2"]
