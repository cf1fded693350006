"""robots.txt: who may read what, by the examples and rules of RFC 9309, and for any bytes at all."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch import Fetcher
from feeds.options import FeedOptions
from feeds.robots import Robots, read_rules
from tests.fake_clock import FakeClock
from tests.feed_server import FeedServer, reply

# Section 5.1 of the RFC, in our words.
SIMPLE = b"""User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: minskwatch
User-Agent: otherbot
Disallow:/
Allow: /news/$
Allow: /news/*/story
Disallow: /news/old/   # a remark
"""


@pytest.mark.parametrize(
    ("product", "path", "allowed"),
    [
        ("anybot", "/", True),
        ("anybot", "/publications/a", True),
        ("anybot", "/example/a", False),
        ("anybot", "/a/b.gif", False),
        ("anybot", "/a/b.gif?x", True),
        ("minskwatch", "/example", False),
        ("minskwatch", "/news/", True),
        ("minskwatch", "/news/1", False),
        ("minskwatch", "/news/new/story/1", True),
        ("minskwatch", "/news/old/x", False),
        ("minskwatch", "/news/old/story", True),  # the longer rule
        ("minskwatch", "/robots.txt", True),
        ("otherbot", "/publications/", False),
    ],
)
def test_the_longest_rule_of_the_own_group_decides(product: str, path: str, allowed: bool) -> None:
    assert read_rules(SIMPLE, product).allow(path) is allowed


@pytest.mark.parametrize(
    ("body", "path", "allowed"),
    [
        (b"", "/", True),
        (b"User-agent: *\nDisallow:\n", "/", True),
        (b"User-agent: *\nDisallow: /a\nAllow: /a\n", "/a", True),
        (b"Disallow: /\n", "/", True),  # addressed to nobody
        (b"\xef\xbb\xbfuser-AGENT : *\r\nDISALLOW:/a\r\n", "/abc", False),
        ("User-agent: *\nDisallow: /навіны\n".encode(), "/%D0%BD%D0%B0%D0%B2%D1%96%D0%BD%D1%8B/1", False),
        (b"User-agent: *\nDisallow: /a%20b\n", "/a b", False),
        (b"User-agent: minskwatch/2.0\nDisallow: /\n", "/x", False),
        (b"User-agent: a\nDisallow: /\nUser-agent: *\nDisallow: /b\n", "/a", True),
        (b"User-agent: *\nDisallow: /*?\n", "/a?b", False),
        (b"<html>not found</html>", "/", True),
    ],
)
def test_forms_of_rules(body: bytes, path: str, allowed: bool) -> None:
    assert read_rules(body).allow(path) is allowed


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_bytes_are_rules_for_any_path(body: bytes, path: str) -> None:
    assert read_rules(body).allow("/" + path) in (True, False)


@given(st.text("ab*$", max_size=8), st.text("ab", max_size=8))
def test_patterns_mean_what_the_standard_says(pattern: str, path: str) -> None:
    whole = pattern.endswith("$")
    meant = ".*".join(re.escape(part) for part in (pattern[:-1] if whole else pattern).split("*"))
    fits = re.match(f"/{meant}{'$' if whole else ''}", f"/{path}") is not None
    assert read_rules(f"User-agent: *\nDisallow: /{pattern}".encode()).allow(f"/{path}") is not fits


def test_a_pattern_of_many_stars_costs_little() -> None:
    body = b"User-agent: *\nDisallow: /" + b"a*" * 20_000 + b"b$\n"
    began = time.process_time()
    assert read_rules(body).allow("/" + "a" * 4000)
    assert time.process_time() - began < 2


async def test_a_site_is_asked_once_a_day(clock: FakeClock) -> None:
    async with FeedServer() as server, Fetcher(FeedOptions(allow_private=(server.endpoint,)), clock) as fetcher:
        server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /private\n"))
        robots = Robots(fetcher, clock)
        assert not await robots.allows(server.url("/private/1"))
        assert await robots.allows(server.url("/news/1"))
        assert len(server.seen) == 1
        clock.advance(86401)
        assert await robots.allows(server.url("/news/1"))
        assert len(server.seen) == 2


@pytest.mark.parametrize(("status", "allowed"), [("404 Not Found", True), ("403 Forbidden", True), ("503 Busy", False)])
async def test_what_is_not_there_allows_and_a_fault_forbids_for_an_hour(
    clock: FakeClock, status: str, allowed: bool
) -> None:
    async with FeedServer() as server, Fetcher(FeedOptions(allow_private=(server.endpoint,)), clock) as fetcher:
        server.on("/robots.txt", reply(b"", status))
        robots = Robots(fetcher, clock)
        assert await robots.allows(server.url("/1")) is allowed
        clock.advance(3601)
        assert await robots.allows(server.url("/1")) is allowed
        assert len(server.seen) == (1 if allowed else 2)
