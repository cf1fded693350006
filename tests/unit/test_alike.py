"""Items read by columns against feeds.quick, which is held against feedparser: the same entries, or None."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.feed_generator import document
from feeds.alike import LEAST, read_alike
from feeds.items import hash_items, hash_text, split_items
from feeds.plain import join_all, join_blanks, strip_all, strip_markup, usual_blanks
from feeds.quick import read_quickly
from feeds.sources import rss
from tests.unit.test_quick import URL, atom_document, prepare, rss_document

# What an element may hold, and an attribute: usual, empty, referring, quoted, broken.
TEXTS = (
    "Plain", "Plain", "Пяць чалавек", "", " ", "a &amp; b", "&lt;b&gt;Bold&lt;/b&gt; text", "&amp;amp;", "&amp;nbsp;",
    "caf&#233; &#x20AC;", "&nbsp;", "é", "Ã©", "&", "AT&T;", "a > b", "]]>", "two\n  lines  ", "one\r\ntwo\rthree",
    "\u00a0wide\u2003blank\u00ad", "\u0085", "<![CDATA[<p>one</p><p>two &amp; <br/>three</p>]]>", " <![CDATA[x]]>\n",
    "<![CDATA[]]>", "<![CDATA[a]]>b", "<![CDATA[a]]><![CDATA[b]]>", "<![CDATA[<item>]]>", "<![CDATA[ <!-- & ]]>",
    "<b>nested</b>", "<!-- c -->", "<?pi?>", "https://host.example/a?b=1&amp;c=2", "https://host.example/b#c",
    "/relative?x=&amp;lt;", "https://host.example/?p=1&amp;copy;", "Mon, 02 Mar 2026 10:00:00 GMT",
    "Mon, 02 Mar 2026 10:00:00 +0300", "Mon, 30 Feb 2026 10:00:00 GMT", "Mon, 02 Mar 2026 10:00:00 MSK",
    "2026-03-02T10:00:00+03:00", "0001-01-01T00:00:00+03:00", "2. März", "<![CDATA[<script>x</script> y]]>", "x",
    "<![CDATA[<a href='1>2'>cut]]>", "&lt;p", "&amp;#0;&amp;#x1;", "<![CDATA[", "<p>long</p>", "]]>",
)  # fmt: skip
VALUES = ("https://host.example/1", "/2?a=b&amp;c=d", "x>y", "", "&quot;", "a\tb", "é")
RSS_PARTS = (
    "<title>{}</title>", "<link>{}</link>", '<guid isPermaLink="false">{}</guid>',
    '<guid isPermaLink="true">{}</guid>', "<guid>{}</guid>", "<description>{}</description>",
    "<content:encoded>{}</content:encoded>", "<pubDate>{}</pubDate>", "<dc:date>{}</dc:date>",
    "<category>{}</category>", '<enclosure url="{value}" length="1" />', "<title />", "<link/>",
    '<category domain="{value}">{}</category>', "<dc:creator>{}</dc:creator>", "<media:title>{}</media:title>",
    '<media:content url="{value}" ><media:title type="plain">{}</media:title></media:content>',
    "<dc:title>{}</dc:title>", '<atom:link rel="self" href="{value}"/>', "<own:one><own:two>{}</own:two></own:one>",
    "<TITLE>{}</TITLE>", "{}", '<guid isPermaLink="{value}">{}</guid>', "<title >{}</title>", "<link>{}</link >",
    "<item>{}</item>", "<none:x/>", "<own:x a='{value}'/>", '<own:x a="1" a="2"/>', '<own:x xml:lang="be">{}</own:x>',
    "<comments>{}</comments>", '<title own:type="{value}">{}</title>', '<own:x xmlns:own="{value}">{}</own:x>',
    "<source><title>{}</title></source>",
)  # fmt: skip
ATOM_PARTS = (
    "<title>{}</title>", '<title type="html">{}</title>', '<title type="text">{}</title>', "<id>{}</id>",
    '<link href="{value}"/>', '<link rel="alternate" type="text/html" href="{value}" />', "<updated>{}</updated>",
    '<link href="{value}" rel="enclosure"/>', '<link rel="alternate" type="audio/mpeg" href="{value}"/>',
    '<link href="{value}">{}</link>', '<link rel="{value}" href="{value}"/>', "<published>{}</published>",
    "<summary>{}</summary>", '<summary type="html">{}</summary>', '<content type="html">{}</content>',
    '<content type="xhtml">{}</content>', '<content type="{value}">{}</content>', "<author><name>{}</name></author>",
    '<category term="{value}"/>', "<rights>{}</rights>", '<title xml:lang="be">{}</title>', "<link>{}</link>",
    '<content src="{value}"/>', "<entry>{}</entry>", "{}",
)  # fmt: skip
HEADS = (
    "<title>Site</title>", "<title>{}</title>", "<language>be</language>", "<link>https://host.example/</link>",
    "<ttl>{}</ttl>", "<description><![CDATA[<item>]]></description>", "<!-- <item> -->", "<own:x>{}</own:x>",
    '<id>{}</id>', "<entry></entry>", "<item/>", "<?pi?>",
)  # fmt: skip


def check(body: bytes) -> bool:
    """Compare both; whether the items were read by columns."""
    made = prepare(body)
    if made is None:
        return False
    text, prepared = made
    alike = read_alike(prepared, URL)
    if alike is None:
        return False
    quick = read_quickly(prepared, URL)
    assert quick is not None
    assert (alike.feed, alike.version) == (quick.feed, quick.version)
    assert rss._read(alike, text, URL, {}, {}) == rss._read(quick, text, URL, {}, {})
    if split := split_items(text):
        keys = [hash_text(item) for item in split.items]
        assert hash_items(text.encode(), "entry" if quick.version == "atom10" else "item", len(keys)) in (keys, None)
        assert rss.SOURCE.parse_unseen(body, url=URL) == rss._read(quick, text, URL, dict(enumerate(keys)), {})
    return True


@st.composite
def _documents(draw: st.DrawFn) -> bytes:
    """Documents whose items are of one or two makes, their texts mostly of two kinds."""
    is_atom = draw(st.booleans())
    text = st.sampled_from(draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)))
    value = st.sampled_from(VALUES)
    parts = st.lists(st.sampled_from(ATOM_PARTS if is_atom else RSS_PARTS), max_size=5)
    makes = draw(st.lists(parts, min_size=1, max_size=2))

    def fill(part: str) -> str:
        return part.replace("{value}", draw(value)).replace("{}", draw(text))

    count = draw(st.integers(LEAST, LEAST + 4))
    items = [[fill(part) + "\n" for part in draw(st.sampled_from(makes))] for _ in range(count)]
    head = [fill(part) for part in draw(st.lists(st.sampled_from(HEADS), max_size=2))]
    return (
        atom_document(head, items, draw(st.sampled_from(["", "be"]))) if is_atom else rss_document(head, items)
    ).encode()


@settings(max_examples=200, deadline=None)
@given(_documents())
def test_any_document_is_read_alike(body: bytes) -> None:
    check(body)


@pytest.mark.parametrize("number", range(10))
def test_generated_feeds_are_read_by_columns(number: int) -> None:
    assert check(document(number))
    assert check(document(number, entries=LEAST))
    assert not check(document(number, entries=LEAST - 1))


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_in_each_place_that_counts(text: str) -> None:
    """The odd one stands in the last of many items, so that what is read of the model says nothing of it."""
    usual = ["<title>{}</title>", "<link>{}</link>", "<guid>{}</guid>", "<description>{}</description>"]
    usual += ["<content:encoded>{}</content:encoded>", "<pubDate>{}</pubDate>"]
    plain = [part.replace("{}", "Plain") for part in usual]
    for place, part in enumerate(usual):
        odd = [*plain[:place], part.replace("{}", text), *plain[place + 1 :]]
        check(rss_document(["<title>Site</title>"], [plain] * LEAST + [odd] + [plain]).encode())


def test_an_item_named_within_another_is_not_counted() -> None:
    items = [
        [f"<guid>{number}</guid>", "<description><![CDATA[a </item> b]]></description>"] for number in range(LEAST)
    ]
    assert check(rss_document(["<title>Site</title>"], items).encode())
    items[2][1] = "<description><![CDATA[a <item> b]]></description>"
    body = rss_document(["<title>Site</title>"], items).encode()
    assert check(body)
    assert hash_items(body, "item", LEAST) is None


def test_what_a_link_has_beside_its_address_may_look_like_one() -> None:
    for odd in ('title=" href=" href="/{}"', 'href="/{}" title=" href="', 'title=" href=" rel="self" href="/{}"'):
        links = [[f"<link {odd.replace('{}', str(number))}/>", f"<id>{number}</id>"] for number in range(LEAST)]
        check(atom_document(["<title>Site</title>"], links, "").encode())


def test_items_of_several_makes_are_read_by_columns() -> None:
    one = ["<title>One</title>", '<enclosure url="/{}.mp3"/>', "<guid>https://host.example/{}</guid>"]
    two = ["<guid>https://host.example/{}</guid>", "<category>news</category>", "<title>Two</title>"]
    items = [[part.replace("{}", str(n)) for part in (one if n % 3 else two)] for n in range(12)]
    assert check(rss_document(["<title>Site</title>"], items).encode())


def test_attributes_that_count_tell_items_apart() -> None:
    link = '<atom:link rel="{}" href="https://host.example/other"/>'
    items = [[f"<guid>{number}</guid>", link.replace("{}", "self")] for number in range(LEAST)]
    items.append(["<guid>last</guid>", link.replace("{}", "alternate")])
    assert not check(rss_document(["<title>Site</title>"], items).encode())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.data())
def test_damage_is_read_alike(number: int, data: st.DataObject) -> None:
    body = bytearray(document(number, entries=LEAST + 1))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"<", b"&", b">", b"\xff", b"/", b'"', b"]]>", b"\r", b" ", b"<![CDATA["])
        )
    check(bytes(body))


_PIECES = (
    "<p>", "</p>", "<br/>", "<", ">", "word", " ", "\n", "\u00a0", "&amp;", "&lt;", "&", "amp;", "<!-- ", "-->", "é",
    "<script>", "</script>", '<a href="x>y">', "<a b='", "\u2028", "\t", "  ", "&#0;", "&notit", "<td>", "\x1f",
)  # fmt: skip
_MARKUP = st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(_MARKUP, min_size=1, max_size=4))
def test_markup_of_many_texts_is_stripped_as_of_each(texts: list[str]) -> None:
    assert strip_all(texts) == list(map(strip_markup, texts))
    assert join_all(texts) == list(map(join_blanks, texts))
    assert strip_all(texts[:1], texts[1:]) == [strip_markup(texts[0]), *map(join_blanks, texts[1:])]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_MARKUP, min_size=1, max_size=4),
    st.text("a \n\t\u00a0\u1680\u2009\u2029\u202f\u205f\u3000é–Āხ（", max_size=9),
)
def test_usual_blanks_are_told_from_others_and_known_to_be(texts: list[str], other: str) -> None:
    found = {char for text in (*texts, other) for char in text if char.isspace()}
    usual = usual_blanks("".join([*texts, other]).replace("\x1f", "").encode())
    assert usual == ({" ", "\n"} >= found - {"\x1f"})
    if usual and "\x1f" not in found:
        assert strip_all([*texts, other], [other], usual=True) == strip_all([*texts, other], [other])


def test_no_other_blank_is_taken_for_a_usual_one() -> None:
    blanks = [chr(code) for code in range(0x20, 0x3100) if chr(code).isspace() or not f"a{chr(code)}b".strip()]
    assert [blank for blank in blanks if usual_blanks(f"a{blank}b".encode())] == [" "]
    assert usual_blanks("a\nb – « », 普通; Пяць чалавек…".encode())


@pytest.mark.skipif("FEED_CORPUS" not in os.environ, reason="FEED_CORPUS names a folder of feed files to compare")
def test_a_folder_of_feeds_is_read_alike() -> None:
    files = [file for file in Path(os.environ["FEED_CORPUS"]).rglob("*") if file.is_file()]
    assert any([check(file.read_bytes()) for file in files])
