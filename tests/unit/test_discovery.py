"""Finding the feeds of a web page."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.discovery import MAX_CANDIDATES, Candidate, find_candidates
from feeds.sources import SOURCES

URL = "https://news.example/section/page.html?x=1"


def found(head: str, url: str = URL) -> list[tuple[str, str, str]]:
    """(address, kind, why) of all candidates but the usual paths."""
    page = f"<!doctype html><html><head>{head}</head><body></body></html>"
    return [(c.url, c.kind, c.why) for c in find_candidates(page.encode(), url) if c.why != "usual"]


def link(href: str, type_: str = "application/rss+xml", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{type_}" title="The &amp; news" href="{href}">'


def test_what_the_page_declares_comes_first_in_its_order() -> None:
    page = (
        link("/atom", "application/atom+xml")
        + link("rss?a=1&amp;b=2")
        + link("//cdn.example/f", "application/feed+json")
    )
    candidates = find_candidates(f"<head>{page}<a href='/rss/all'>RSS</a></head>".encode(), URL)
    assert candidates[:4] == (
        Candidate("https://news.example/atom", "rss", "The & news", "declared"),
        Candidate("https://news.example/section/rss?a=1&b=2", "rss", "The & news", "declared"),
        Candidate("https://cdn.example/f", "jsonfeed", "The & news", "declared"),
        Candidate("https://news.example/rss/all", "rss", "", "linked"),
    )
    assert {candidate.why for candidate in candidates[4:]} == {"usual"}


@pytest.mark.parametrize(
    ("tag", "kinds"),
    [
        (link("/f", "application/RSS+XML; charset=utf-8", "Alternate nofollow"), ["rss"]),
        ("<LINK REL=alternate TYPE=application/rss+xml HREF=/f>", ["rss"]),
        ("<link href='/f' rel='feed'>", ["rss"]),
        (link("/f", "application/json"), ["jsonfeed"]),
        (link("/wp-json/wp/v2/pages/1", "application/json"), []),
        (link("/f", "text/html"), []),
        (link("/f", rel="stylesheet alternate"), []),
        (link("/f", rel="canonical"), []),
        (link("javascript:x()"), []),
        (link(""), []),
        ("<!-- " + link("/f") + " -->", []),
        ("<script>" + link("/f") + "</script>", []),
    ],
)
def test_only_declarations_of_feeds_count(tag: str, kinds: list[str]) -> None:
    assert [kind for _, kind, why in found(tag) if why == "declared"] == kinds


def test_the_base_of_the_page_counts() -> None:
    assert found('<base href="https://other.example/a/">' + link("f"))[0][0] == "https://other.example/a/f"


def test_a_wordpress_site_has_feeds_for_page_and_site_and_comments_are_no_news() -> None:
    marks = '<meta name="generator" content="WordPress 6.9">' + link("/comments/feed/")
    assert found(marks, "https://news.example/tag/minsk/?x=1#top") == [
        ("https://news.example/tag/minsk/feed/", "rss", "wordpress"),
        ("https://news.example/feed/", "rss", "wordpress"),
    ]


def test_a_telegram_channel_is_its_own_feed() -> None:
    for url in ("https://t.me/example_news", "https://telegram.me/s/example_news", "http://t.me/@example_news/"):
        (candidate,) = find_candidates(b"", url)
        assert candidate == Candidate("https://t.me/s/example_news", "telegram-web", "", "telegram")


def test_usual_paths_are_tried_where_nothing_is_said() -> None:
    candidates = find_candidates(b"\x89PNG", "https://news.example/")
    assert {candidate.why for candidate in candidates} == {"usual"}
    assert candidates[0].url == "https://news.example/feed/"
    assert {"newssitemap", "jsonfeed"} <= {candidate.kind for candidate in candidates}


def test_each_address_comes_once_and_never_the_page_itself() -> None:
    candidates = find_candidates((link("/feed/") * 3 + link(URL)).encode(), URL)
    addresses = [candidate.url for candidate in candidates]
    assert len(addresses) == len(set(addresses))
    assert URL not in addresses
    many = "".join(link(f"/feed/{number}") for number in range(5_000))
    assert len(find_candidates(many.encode(), URL)) == MAX_CANDIDATES


@pytest.mark.parametrize("url", ["", "javascript:x", "http://[::1", "ftp://a.example/", "https://user@a.example/"])
def test_an_address_that_is_none_has_no_feeds(url: str) -> None:
    assert find_candidates(link("https://a.example/feed").encode(), url) == ()


_pieces = st.sampled_from(
    [
        "<link ",
        "<a ",
        "<base ",
        "rel=alternate ",
        "type='application/rss+xml' ",
        "href='",
        "//[",
        "http://[::1",
        "\\",
        "'",
    ]
)


@given(
    st.one_of(st.binary(max_size=60), st.lists(_pieces, max_size=20).map(lambda pieces: "".join(pieces).encode())),
    st.text(),
)
def test_any_page_gives_addresses_that_may_be_fetched(body: bytes, url: str) -> None:
    for address in (url, "https://news.example/" + url):
        for candidate in find_candidates(body, address):
            assert candidate.url.lower().startswith(("http://", "https://"))
            assert candidate.kind in SOURCES.names


@pytest.mark.parametrize(
    "unit", [b"<a href=/rss>", b"<link ", b"<base href=/x>", b"<a '", b"<meta content='", b"<meta x"]
)
def test_looking_takes_time_in_proportion(unit: bytes) -> None:
    began = time.process_time()
    find_candidates(unit * (400_000 // len(unit)), URL)
    assert time.process_time() - began < 5
