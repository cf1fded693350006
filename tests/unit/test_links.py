"""Links: what may be shown, and which addresses mean the same article."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.links import clean_link, host_of, is_front_page, is_plain, link_key, plain_keys

BASE = "https://news.example/section/feed.xml"


@pytest.mark.parametrize(
    ("link", "cleaned"),
    [
        ("https://news.example/a", "https://news.example/a"),
        ("/a?id=1", "https://news.example/a?id=1"),
        ("a", "https://news.example/section/a"),
        ("//other.example/a", "https://other.example/a"),
        (" https://news.example/a\n", "https://news.example/a"),
        ("https://news.example/a b", "https://news.example/a%20b"),
        ("https://news.example/на-волі", "https://news.example/на-волі"),
        ("HTTP://News.Example/A", "HTTP://News.Example/A"),
        ('https://news.example/"><script>', "https://news.example/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("tg://resolve?domain=x", ""),
        ("tag:news.example,2026:1", ""),
        ("https://user:secret@news.example/", ""),
        ("https://news.example\\@evil.example/", ""),
        ("http://[::1", ""),
        ("http://news.example:99999/", ""),
        ("http://news.example:0/", ""),
        ("http:///a", ""),
        ("", ""),
        ("https://news.example/" + "a" * 5000, ""),
    ],
)
def test_only_web_addresses_are_kept(link: str, cleaned: str) -> None:
    assert clean_link(link, BASE) == cleaned


@pytest.mark.parametrize(
    "link",
    [
        "https://news.example/a?id=1",
        "http://news.example/a?id=1",
        "HTTPS://NEWS.example/a?id=1",
        "https://news.example:443/a?id=1",
        "http://news.example:80/a?id=1",
        "https://news.example./a?id=1",
        "https://news.example/a/?id=1",
        "https://news.example/a?id=1#comments",
        "https://news.example/a?utm_source=rss&id=1&utm_medium=feed",
        "https://news.example/a?id=1&fbclid=abc&gclid=d&yclid=1",
        "https://news.example/a?id=1&",
    ],
)
def test_the_same_article_has_one_key(link: str) -> None:
    assert link_key(link) == "news.example/a?id=1"


@pytest.mark.parametrize(
    "link",
    [
        "https://news.example/a?id=2",
        "https://news.example/A?id=1",
        "https://www.news.example/a?id=1",
        "https://news.example:8443/a?id=1",
        "https://news.example/a?utm=1&id=1",
    ],
)
def test_another_article_has_another_key(link: str) -> None:
    assert link_key(link) != "news.example/a?id=1"


def test_percent_signs_in_either_letter_case_are_one() -> None:
    assert link_key("https://news.example/%d0%bd") == link_key("https://news.example/%D0%BD")


def test_front_pages_tell_nothing_apart() -> None:
    assert is_front_page(link_key("https://news.example/"))
    assert not is_front_page(link_key("https://news.example/?p=12"))


def test_hosts_compare_without_the_default_port() -> None:
    assert host_of("https://News.example:443/x") == "news.example"
    assert host_of("http://news.example:8080/x") == "news.example:8080"
    assert host_of("http://[::1") == ""
    assert host_of("http://news.example:x/") == ""


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=50))
def test_nothing_raises_and_what_is_kept_is_safe(link: str, base: str) -> None:
    for text in (link, "http://" + link, "//" + link):
        cleaned = clean_link(text, base)
        link_key(text)
        host_of(text)
        assert cleaned == "" or cleaned.lower().startswith(("http://", "https://"))
        assert not set(cleaned) & set(' \t\r\n"<>\\')


_LINKS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["https://", "https://", "http://", "HTTPS://", ""]),
        st.sampled_from(
            ["news.example", "news.example", "news.example.org", "news", "news.example:8080", "x@news.example"]
        ),
        st.sampled_from(["", "/", "/a//", "/a;b", "/a%2fb", "a", "/на-волі", "/a\x00https://news.example/b", "/a b"]),
        st.sampled_from(["", "?", "?utm_source=rss", "?id=1&utm_medium=x", "?id=2", "?a?b", "#c", "?a&&"]),
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_LINKS, max_size=4))
def test_keys_of_many_links_are_those_of_each(links: list[str]) -> None:
    keys = plain_keys(links)
    if keys is not None:
        assert keys == list(map(link_key, links))
        assert links == [clean_link(link, BASE) for link in links]
        assert all(map(is_plain, links))


def test_usual_links_of_one_host_are_read_together() -> None:
    links = ["https://news.example/a/?utm_source=rss", "https://news.example", "https://news.example?id=1"]
    assert plain_keys(links) == ["news.example/a", "news.example", "news.example?id=1"]
    assert plain_keys([*links, "https://news.example/" + "a" * 5000]) is None
    assert plain_keys([]) is None
