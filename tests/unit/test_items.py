"""Items found without a parser: what is safe to leave out, and that leaving out changes nothing in the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import Entry
from feeds.items import MAX_ITEMS, ItemwiseSource, Trace, pack_traces, split_items, trace, unpack_traces
from feeds.sources.rss import SOURCE
from tests.feed_server import feed_xml

URL = "https://news.example/feed"


def item(title: str, guid: str = "", link: str = "") -> str:
    return f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid><link>{link}</link></item>"


def rss(*items: str, head: str = "<title>News</title>") -> bytes:
    return f"<rss version='2.0'><channel>{head}{''.join(items)}</channel></rss>".encode()


def test_the_source_reads_item_by_item() -> None:
    assert isinstance(SOURCE, ItemwiseSource)


def test_a_document_is_split_and_put_together_again() -> None:
    text = "<rss>a<item>1</item>b<item x='>'>2<![CDATA[</item>]]></item><!-- <item> --><item>3</item>c</rss>".replace(
        "'>'", "'y'"
    )
    split = split_items(text)
    assert split is not None
    assert split.items == ("<item>1</item>", "<item x='y'>2<![CDATA[</item>]]></item>", "<item>3</item>")
    assert split.keep(range(3)) == text
    assert split.keep([1]) == text.replace("<item>1</item>", "").replace("<item>3</item>", "")
    assert split.keep([]) == "<rss>ab<!-- <item> -->c</rss>"


@pytest.mark.parametrize(
    "text",
    [
        "<rss></rss>",
        "<rss><item>1</rss>",
        "<rss>1</item></rss>",
        "<rss><item>1<item>2</item></item></rss>",
        "<rss><item>1</item><entry>2</entry></rss>",
        "<rss><item/><item>2</item></rss>",
        "<rss><rss:item>1</rss:item></rss>",
        "<rss><ITEM>1</ITEM></rss>",
        "<rss><item>1<![CDATA[</item></rss>",
        "<rss><item>1</item><!-- </rss>",
    ],
)
def test_what_cannot_be_split_beyond_doubt_is_not_split(text: str) -> None:
    assert split_items(text) is None


def test_only_what_was_not_seen_is_read() -> None:
    first = SOURCE.parse_unseen(feed_xml("A", "B"), url=URL)
    assert (len(first.feed.entries), first.total) == (2, 2)
    second = SOURCE.parse_unseen(feed_xml("New", "A", "B", head="<ttl>60</ttl>"), url=URL, seen=first.seen)
    assert ([entry.title for entry in second.feed.entries], second.total) == (["New"], 3)
    assert second.feed.hints.ttl is not None
    assert second.feed.title == "News"
    third = SOURCE.parse_unseen(feed_xml("New", "A", "B"), url=URL, seen=second.seen)
    assert (third.feed.entries, third.total) == ((), 3)
    assert third.seen == second.seen


def test_an_edited_item_is_read_again() -> None:
    first = SOURCE.parse_unseen(rss(item("A", "1"), item("B", "2")), url=URL)
    second = SOURCE.parse_unseen(rss(item("A, edited", "1"), item("B", "2")), url=URL, seen=first.seen)
    assert [entry.identity for entry in second.feed.entries] == ["1"]


def test_a_document_with_nothing_in_common_is_read_whole() -> None:
    first = SOURCE.parse_unseen(feed_xml("A"), url=URL)
    assert len(SOURCE.parse_unseen(feed_xml("B", "C"), url=URL, seen=first.seen).feed.entries) == 2


@pytest.mark.parametrize(
    "broken",
    [
        "<item><title>unclosed<guid>1</guid></item>",
        "<item><title>undeclared</title><x:y>1</x:y><z></item>",
    ],
)
def test_damaged_documents_are_read_whole_every_time(broken: str) -> None:
    body = rss(item("A", "1"), broken)
    first = SOURCE.parse_unseen(body, url=URL)
    assert (first.total, first.seen) == (2, b"")
    sound = SOURCE.parse_unseen(rss(item("A", "1")), url=URL)
    assert len(SOURCE.parse_unseen(body, url=URL, seen=sound.seen).feed.entries) == 2


def test_an_ampersand_too_many_keeps_no_item_from_being_left_out() -> None:
    body = rss(item("A", "1"), "<item><title>AT&T & friends &bogus;</title><link>/b?x=1&copy=2</link></item>")
    first = SOURCE.parse_unseen(body, url=URL)
    assert [(entry.title, entry.url[-13:]) for entry in first.feed.entries][1] == (
        "AT&T & friends &bogus;",
        "/b?x=1&copy=2",
    )
    more = body.replace(b"<channel>", b"<channel>" + item("C", "3").encode())
    assert [entry.title for entry in SOURCE.parse_unseen(more, url=URL, seen=first.seen).feed.entries] == ["C"]


@pytest.mark.parametrize("empty", ["<item/>", "<item>", "<entry />"])
def test_of_very_many_items_that_cannot_be_told_apart_the_first_are_read(empty: str) -> None:
    read = SOURCE.parse_unseen(rss(item("A", "1"), empty * 500), url=URL, limit=20)
    assert (read.total, read.dropped, read.feed.entries[0].title) == (501, 481, "A")
    assert read.feed.whole


def test_links_and_guids_are_judged_with_the_items_that_are_not_read_again() -> None:
    live = [item(title, str(number), "/live") for number, title in enumerate("ABC")]
    first = SOURCE.parse_unseen(rss(*live[1:]), url=URL)
    whole = SOURCE.parse(rss(*live), url=URL)
    part = SOURCE.parse_unseen(rss(*live), url=URL, seen=first.seen)
    assert part.feed.entries == whole.entries[:1]
    same_guid = [item("A", "0", "/a"), item("B", "0", "/b")]
    first = SOURCE.parse_unseen(rss(same_guid[1]), url=URL)
    part = SOURCE.parse_unseen(rss(*same_guid), url=URL, seen=first.seen)
    assert part.feed.entries == SOURCE.parse(rss(*same_guid), url=URL).entries[:1]


def test_a_cut_document_is_still_noticed() -> None:
    first = SOURCE.parse_unseen(feed_xml("A", "B"), url=URL)
    cut = feed_xml("A", "B")[:-20]
    assert not SOURCE.parse_unseen(cut, url=URL, seen=first.seen).feed.whole


_names = st.sampled_from(["", "1", "2", "3"])
_items = st.lists(
    st.tuples(st.sampled_from("ABC"), _names, st.sampled_from(["", "/", "/a", "/b", "/b?utm_source=x"])), max_size=6
)


@settings(deadline=None)
@given(_items, st.sets(st.integers(0, 5)))
def test_reading_a_part_gives_what_reading_the_whole_gives(rows: list[tuple[str, str, str]], old: set[int]) -> None:
    items = [item(f"{title}{number}", guid, link) for number, (title, guid, link) in enumerate(rows)]
    before = SOURCE.parse_unseen(rss(*(one for number, one in enumerate(items) if number in old)), url=URL)
    part = SOURCE.parse_unseen(rss(*items), url=URL, seen=before.seen)
    whole = SOURCE.parse(rss(*items), url=URL)
    new = tuple(entry for number, entry in enumerate(whole.entries) if not before.seen or number not in old)
    assert part.feed.entries == new
    assert part.total == len(items)


def test_traces_are_packed_and_unpacked() -> None:
    traces = [trace(bytes([number]) * 8, Entry(str(number), "T", link_key=f"/{number}")) for number in range(3)]
    assert list(unpack_traces(pack_traces(traces)).values()) == traces
    assert unpack_traces(b"") == {}
    with pytest.raises(ValueError, match="no traces"):
        unpack_traces(b"12345")
    assert pack_traces([Trace(b"a" * 8, b"", b"", b"", b"")] * (MAX_ITEMS + 1)) == b""


def dated(number: int) -> str:
    return f"<item><title>{number}</title><pubDate>Thu, {number:02} Mar 2026 12:00:00 GMT</pubDate></item>"


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([dated(5), dated(4), dated(3), dated(2)], ["5", "4"]),
        ([dated(2), dated(3), dated(4), dated(5)], ["4", "5"]),
        ([item("A"), item("B"), item("C")], ["A", "B"]),
        ([f"<item><title>{n}</title><dc:date>2026-03-0{n}</dc:date></item>" for n in (1, 2, 3)], ["2", "3"]),
    ],
)
def test_of_too_many_items_the_newest_are_read(items: list[str], kept: list[str]) -> None:
    read = SOURCE.parse_unseen(rss(*items), url=URL, limit=2)
    assert [entry.title for entry in read.feed.entries] == kept
    assert (read.total, read.dropped, read.seen) == (len(items), len(items) - 2, b"")
