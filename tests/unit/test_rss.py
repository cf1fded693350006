"""Reading RSS and Atom: plain text, identities that hold, links that are safe, dates that are believed with care."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParseError
from core.model import Entry, FeedSpec, Outcome
from core.ports import Hints, ParsedFeed, Source
from feeds.entries import MAX_IDENTITY, MAX_TEXT, MAX_TITLE
from feeds.plain import join_blanks, strip_markup
from feeds.sources import SOURCES

URL = "https://news.example/feed.xml"
SOURCE: Source = SOURCES.get("rss")


def read(inside: str, head: str = "") -> ParsedFeed:
    body = f"<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>{head}{inside}</channel></rss>"
    return SOURCE.parse(body.encode(), url=URL)


def item(inside: str) -> Entry:
    (entry,) = read(f"<item>{inside}</item>").entries
    return entry


def atom(inside: str) -> ParsedFeed:
    return SOURCE.parse(f"<feed xmlns='http://www.w3.org/2005/Atom'>{inside}</feed>".encode(), url=URL)


def test_the_request_is_the_address_as_configured() -> None:
    request = SOURCE.request(FeedSpec("News", URL))
    assert request.url == URL
    assert "application/rss+xml" in request.headers["Accept"]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Plain", "Plain"),
        ("  two\n lines ", "two lines"),
        ("Q&amp;A", "Q&A"),
        ("Q&amp;A &amp;mdash; part 2", "Q&A — part 2"),
        ("1 &lt; 2", "1 < 2"),
        ("&lt;b&gt;Freed&lt;/b&gt; today", "Freed today"),
        ("<![CDATA[<b>Freed</b> today]]>", "Freed today"),
        ("<![CDATA[AT&T]]>", "AT&T"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Freed", "<script>alert(1)</script>Freed"),
        ("&lt;!channel&gt; Freed", "<!channel> Freed"),
        ("Freed &#x1F600;", "Freed 😀"),
        ("", ""),
        ("x" * 5000, "x" * MAX_TITLE),
    ],
)
def test_titles_are_plain_text(title: str, text: str) -> None:
    assert item(f"<title>{title}</title>").title == text


@pytest.mark.parametrize(
    ("kind", "title", "text"),
    [
        ("text", "Q&amp;A &amp;lt;b&amp;gt;", "Q&A &lt;b&gt;"),
        ("html", "&lt;b&gt;Freed&lt;/b&gt; &amp;amp; well", "Freed & well"),
        ("xhtml", "<div xmlns='http://www.w3.org/1999/xhtml'><b>Freed</b> &amp; well</div>", "Freed & well"),
    ],
)
def test_the_type_of_an_atom_title_is_honoured(kind: str, title: str, text: str) -> None:
    assert atom(f"<entry><title type='{kind}'>{title}</title></entry>").entries[0].title == text


def test_summary_and_full_text_are_kept_apart() -> None:
    entry = item(
        "<description>&lt;p&gt;Short&lt;/p&gt;</description>"
        "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        "<![CDATA[<p>First.</p><p>Second.<br>Third.</p><style>p{}</style>]]></content:encoded>"
    )
    assert entry.summary == "Short"
    assert entry.text == "First.\nSecond.\nThird."
    assert entry.body == entry.text


def test_endless_text_is_cut() -> None:
    entry = atom(f"<entry><content type='html'>{'word ' * 100_000}</content></entry>").entries[0]
    assert len(entry.text) <= MAX_TEXT


@pytest.mark.parametrize(
    ("inside", "identity", "key"),
    [
        ("<guid>tag:1</guid><link>https://news.example/a</link>", "tag:1", "news.example/a"),
        ("<guid isPermaLink='false'> 17 \n x</guid><link>/a</link>", "17 x", "news.example/a"),
        ("<link>http://news.example/a?utm_source=x#y</link>", "news.example/a", "news.example/a"),
        ("<guid></guid><link>/a</link>", "news.example/a", "news.example/a"),
        ("<guid>https://news.example/b</guid>", "https://news.example/b", "news.example/b"),
    ],
)
def test_identity_is_guid_else_link(inside: str, identity: str, key: str) -> None:
    entry = item(f"<title>x</title>{inside}")
    assert (entry.identity, entry.link_key) == (identity, key)


def test_without_guid_and_link_the_content_identifies() -> None:
    entries = read("<item><title>A</title></item><item><title>B</title></item><item><title>A</title></item>").entries
    assert entries[0].identity == entries[2].identity != entries[1].identity
    assert entries[0].identity == entries[0].link_key
    assert entries[0].identity.startswith("text:")


def test_a_guid_that_changes_every_time_leaves_the_content_to_know_it_by() -> None:
    one = item("<guid isPermaLink='false'>1</guid><title>A</title>")
    two = item("<guid isPermaLink='false'>2</guid><title>A</title>")
    assert one.identity != two.identity
    assert one.link_key == two.link_key != ""


def test_a_link_shared_by_several_entries_identifies_none_of_them() -> None:
    entries = read(
        "<item><guid isPermaLink='false'>1</guid><title>A</title><link>/live#1</link></item>"
        "<item><guid isPermaLink='false'>2</guid><title>B</title><link>/live#2</link></item>"
        "<item><title>C</title><link>/live</link></item>"
    ).entries
    assert [entry.identity for entry in entries[:2]] == ["1", "2"]
    assert len({entry.identity for entry in entries}) == len({entry.link_key for entry in entries}) == 3
    assert all(entry.link_key.startswith("text:") for entry in entries)
    assert entries[0].url == "https://news.example/live#1"


@pytest.mark.parametrize("link", ["https://news.example/", "https://news.example/section/"])
def test_a_link_to_the_front_page_identifies_nothing(link: str) -> None:
    (entry,) = read(
        f"<item><title>A</title><link>{link}</link></item>", head="<link>http://news.example/section</link>"
    ).entries
    assert entry.link_key.startswith("text:")


def test_a_guid_shared_by_different_articles_identifies_none_of_them() -> None:
    entries = read(
        "<item><guid isPermaLink='false'>0</guid><title>A</title><link>/a</link></item>"
        "<item><guid isPermaLink='false'>0</guid><title>B</title><link>/b</link></item>"
    ).entries
    assert [entry.identity for entry in entries] == ["news.example/a", "news.example/b"]


def test_an_endless_guid_is_shortened_and_still_tells_apart() -> None:
    one, two = (item(f"<guid isPermaLink='false'>{'x ' * 2000}{n}</guid>") for n in (1, 2))
    assert one.identity != two.identity
    assert len(one.identity) < MAX_IDENTITY


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "tg://join?invite=x", "http://[::1"])
def test_unsafe_links_are_dropped(link: str) -> None:
    entry = item(f"<title>x</title><link>{link}</link>")
    assert entry.url == ""
    assert entry.identity.startswith("text:")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Thu, 19 Mar 2026 12:00:00 GMT", datetime(2026, 3, 19, 12, tzinfo=UTC)),
        ("Thu, 19 Mar 2026 15:00:00 +0300", datetime(2026, 3, 19, 12, tzinfo=UTC)),
        ("Thu, 19 Mar 2026 15:00:00 MSK", datetime(2026, 3, 19, 12, tzinfo=UTC)),
        ("Thu, 19 Mar 2026 13:00:00 CET", datetime(2026, 3, 19, 12, tzinfo=UTC)),
        ("2026-03-19T12:00:00Z", datetime(2026, 3, 19, 12, tzinfo=UTC)),
        ("2026-03-19T15:00:00+03:00", datetime(2026, 3, 19, 12, tzinfo=UTC)),
        ("2026-03-19", datetime(2026, 3, 19, tzinfo=UTC)),
        ("0000-00-00", None),
        ("1763802000", None),
        ("9999-12-31T23:59:59Z", None),
        ("mer, 16 nov 2022", None),
        ("31 Feb 2026 25:61:61", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_utc_or_nothing(date: str, expected: datetime | None) -> None:
    assert item(f"<title>x</title><pubDate>{date}</pubDate>").published_at == expected


@pytest.mark.parametrize(
    ("head", "hints"),
    [
        ("", Hints()),
        ("<ttl>60</ttl>", Hints(ttl=timedelta(hours=1))),
        ("<ttl>0</ttl>", Hints()),
        ("<ttl>-5</ttl>", Hints()),
        ("<ttl>soon</ttl>", Hints()),
        ("<ttl>99999999999</ttl>", Hints()),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", Hints(ttl=timedelta(days=1))),
        (
            "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Hints(ttl=timedelta(minutes=15)),
        ),
        ("<sy:updatePeriod>never</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", Hints()),
        ("<skipHours><hour>0</hour><hour>24</hour><hour>3</hour><hour>99</hour></skipHours>", Hints(skip_hours=(0, 3))),
        ("<skipDays><day>Sunday</day><day>Funday</day></skipDays>", Hints(skip_days=("sunday",))),
    ],
)
def test_hints_of_the_document_are_read_and_nonsense_is_not(head: str, hints: Hints) -> None:
    assert read("<item><title>x</title></item>", head).hints == hints


def test_language_comes_from_the_entry_else_the_feed() -> None:
    assert read("<item><title>x</title></item>", "<language>ru-RU</language>").entries[0].lang == "ru-ru"
    assert read("<item><title xml:lang='be'>x</title></item>", "<language>ru</language>").entries[0].lang == "be"
    assert read("<item><title>x</title></item>", "<language>&lt;b&gt;</language>").entries[0].lang == ""


@pytest.mark.parametrize(
    "body",
    [
        b"<rss version='2.0'><channel><item><title>One</title></item></channel></rss>",
        b"<rss version='0.91'><channel><item><title>One</title></item></channel></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>One</title></entry></feed>",
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        b"<item><title>One</title></item></rdf:RDF>",
        b"<rss><channel><item><title>One</title><link>x</link></item>",
        b"\xef\xbb\xbf\n <?xml version='1.1'?><rss><channel><item><title>One</title></item></channel></rss>",
        b"<rss><channel><item><title>One</title><description>Q & A <br> &bogus;</description></item></channel></rss>",
        b"PHP Notice: x <br /><rss><channel><item><title>One</title></item></channel></rss>",
        b"<rss xmlns='http://wrong.example/'><channel><item><title>One</title></item></channel></rss> trailing",
    ],
)
def test_every_dialect_and_much_damage_is_read(body: bytes) -> None:
    assert [entry.title for entry in SOURCE.parse(body, url=URL).entries] == ["One"]


def test_a_cut_document_gives_what_is_there_and_says_so() -> None:
    feed = SOURCE.parse(b"<rss><channel><item><title>One</title></item><item><title>Tw", url=URL)
    assert feed.entries[0].title == "One"
    assert not feed.whole


def test_an_empty_feed_is_a_feed() -> None:
    assert read("").entries == ()


@pytest.mark.parametrize("body", [b"<rss versio", b"<rss", b"hello world"])
def test_a_scrap_is_no_feed(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        SOURCE.parse(body, url=URL)
    assert caught.value.outcome is Outcome.NOT_A_FEED


def test_entity_bombs_expand_nothing() -> None:
    lol = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    body = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]><rss><channel><item><title>&l9; x</title></item></channel></rss>'
    (entry,) = SOURCE.parse(body.encode(), url=URL).entries
    assert entry.title == "&l9; x"


_tags = st.sampled_from(
    ["rss", "channel", "item", "title", "link", "guid", "description", "pubDate", "author", "feed", "entry", "content"]
)
_texts = st.text(st.sampled_from(string.printable + "яўé😀\u202e\x00&<>\"'"), max_size=40)
_nodes = st.recursive(
    _texts,
    lambda inner: st.tuples(_tags, st.lists(inner, max_size=4)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"
    ),
    max_leaves=30,
)


@settings(max_examples=150, deadline=timedelta(seconds=20))
@given(_nodes, st.sampled_from(["utf-8", "cp1251", "utf-16"]), st.binary(max_size=3), st.integers(0, 400))
def test_any_bytes_give_a_feed_or_a_parse_error(nodes: str, codec: str, junk: bytes, at: int) -> None:
    body = f"<rss><channel><item>{nodes}</item></channel></rss>".encode(codec, "replace")
    try:
        feed = SOURCE.parse(body[:at] + junk + body[at:], url=URL)
    except ParseError:
        return
    for entry in feed.entries:
        assert entry.identity
        assert "\x00" not in entry.title + entry.body + entry.identity
        assert entry.url == "" or entry.url.lower().startswith("http")


@settings(deadline=None)
@given(st.text(st.sampled_from("<>/!-\"'= abpscrite&;\n"), max_size=300))
def test_stripping_markup_never_raises(text: str) -> None:
    strip_markup(text)


_TAGS = (
    *(
        "<p>",
        "</p>",
        '<a href="/x?a=1">',
        "<br/>",
        "<img alt='it is' src=\"1\">",
        "<script>",
        "</script>",
        "<svg/>",
        "<b",
    ),
    *(
        "<td\n>",
        "<!-- ",
        "-->",
        "<?x?>",
        "<h1 title='>'>",
        "/>",
        "</",
        "<",
        ">",
        '"',
        "'",
        "&lt;p&gt;",
        "word",
        " ",
        "\n",
    ),
)


@given(st.lists(st.sampled_from(_TAGS), max_size=12).map("".join))
def test_texts_with_simple_tags_are_stripped_as_any_other(text: str) -> None:
    assert strip_markup(text) == strip_markup("<?anything but simple?>" + text)


@given(st.text(st.sampled_from(" \t\u00a0\u3000\r\nab"), max_size=60))
def test_every_run_of_blanks_becomes_one_and_every_run_of_lines_one_line_end(text: str) -> None:
    joined = join_blanks(text)
    assert joined == re.sub(r" ?\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()
    assert not re.search(r"\s\s|[^\S \n]", joined)


@pytest.mark.parametrize("text", ["<script>" * 20_000, "<!--" * 50_000, "<a " * 50_000, "<a '" * 20_000, "<" * 100_000])
def test_stripping_markup_takes_linear_time(text: str) -> None:
    assert len(strip_markup(text)) <= len(text)
