"""How feeds are asked: conditionally and byte for byte, plainly, and not before the server wishes."""

from __future__ import annotations

import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from core.model import Outcome
from tests.feed_server import ONE, Headers, conditional, feed_xml, raw, redirect, reply
from tests.polling import Polling, polling

MINUTES = timedelta(minutes=1)
ETAGS = [
    b'"abc"', b'W/"abc"', b'w/"abc"', b"abc", b'"with space"', b'""', b'"a", "b"', b'"\xd0\x9b\xd1\x83"', b"'single'",
    b'"' + b"x" * 2000 + b'"', b'W/"abc"  ; x',
]  # fmt: skip
DATES = [b"Thu, 19 Mar 2026 12:00:00 GMT", b"Thu, 19 Mar 2026 12:00:00 +0300", b"yesterday", b"2026-03-19", b"0"]


def sent(it: Polling, name: str, number: int = -1) -> bytes | None:
    return it.server.seen[number].headers.get(name)


@pytest.mark.parametrize("etag", ETAGS)
async def test_an_etag_comes_back_byte_for_byte(etag: bytes) -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(headers=[("ETag", etag)]))
        await it.poll(url)
        await it.poll(url)
        assert [sent(it, "if-none-match", number) for number in (0, 1)] == [None, etag]
        assert sent(it, "if-modified-since") is None


@pytest.mark.parametrize("date", DATES)
async def test_a_date_comes_back_byte_for_byte(date: bytes) -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(headers=[("Last-Modified", date)]))
        await it.poll(url)
        await it.poll(url)
        assert sent(it, "if-modified-since") == date
        assert sent(it, "if-none-match") is None


async def test_validators_can_be_stored_as_text_whatever_their_bytes() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(headers=[("ETag", b'"caf\xe9"'), ("Last-Modified", DATES[0])]))
        await it.poll(url)
        assert it.state(url).etag == '"caf\xe9"'
        await it.poll(url)
        assert sent(it, "if-none-match") is None  # cannot be sent as received, so it is not sent
        assert sent(it, "if-modified-since") == DATES[0]


async def test_not_modified_is_recorded_and_parses_nothing() -> None:
    async with polling() as it:
        url = it.server.on("/feed", conditional(ONE, '"1"'))
        await it.poll(url)
        seen = len(it.matcher.seen)
        result = await it.poll(url)
        assert (result.outcome, result.entries) == (Outcome.NOT_MODIFIED, 0)
        assert len(it.matcher.seen) == seen
        assert it.state(url).etag == '"1"'


@pytest.mark.parametrize(
    ("headers", "etag", "modified"),
    [
        ([], '"1"', "a"),
        ([("ETag", '"2"')], '"2"', "a"),
        ([("Last-Modified", "b")], '"1"', "b"),
        ([("ETag", '"2"'), ("Last-Modified", "b")], '"2"', "b"),
    ],
)
async def test_a_304_may_bring_newer_validators_and_loses_none(headers: Headers, etag: str, modified: str) -> None:
    async with polling() as it:
        first = reply(headers=[("ETag", '"1"'), ("Last-Modified", "a")])
        url = it.server.on("/feed", first, reply(b"", "304 Not Modified", headers))
        await it.poll(url)
        await it.poll(url)
        assert (it.state(url).etag, it.state(url).last_modified) == (etag, modified)


@pytest.mark.parametrize(
    "head", ["HTTP/1.1 304 Not Modified", "HTTP/1.0 304 OK", "HTTP/1.1 304 N\r\nContent-Length: 9"]
)
@pytest.mark.parametrize("end", ["\r\nConnection: close\r\n\r\n", "\r\n\r\n"])
async def test_a_304_that_brings_a_body_all_the_same_is_one(head: str, end: str) -> None:
    async with polling() as it:
        changed = raw((head + end).encode() + feed_xml("Not to be read"))
        url = it.server.on("/feed", reply(headers=[("ETag", '"1"')]), changed, reply(feed_xml("New")))
        outcomes = [(await it.poll(url)).outcome for _ in range(3)]
        assert outcomes == [Outcome.OK, Outcome.NOT_MODIFIED, Outcome.OK]


@pytest.mark.parametrize("headers", [[("ETag", '"2"')], [("Last-Modified", "b")], []])
async def test_the_same_body_with_new_validators_takes_exactly_these(headers: Headers) -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(headers=[("ETag", '"1"'), ("Last-Modified", "a")]), reply(headers=headers))
        await it.poll(url)
        assert (await it.poll(url)).outcome is Outcome.NOT_MODIFIED
        assert it.state(url).etag == dict(headers).get("ETag")
        assert it.state(url).last_modified == dict(headers).get("Last-Modified")


async def test_validators_of_errors_and_redirects_are_not_taken() -> None:
    async with polling() as it:
        other = [("ETag", '"other"')]
        url = it.server.on(
            "/feed",
            reply(headers=[("ETag", '"1"')]),
            reply(b"", "500 Oops", other),
            reply(b"", "302 Found", [("Location", "/broken"), *other]),
            reply(b"not a feed", headers=other),
            reply(),
        )
        it.server.on("/broken", reply(b"", "404 Not Found"))
        for _ in range(5):
            await it.poll(url)
        asked = [seen.headers.get("if-none-match") for seen in it.server.requests("/feed")]
        assert asked == [None, b'"1"', b'"1"', b'"1"', b'"1"']


async def test_a_cut_document_is_read_and_asked_for_again_in_full() -> None:
    async with polling() as it:
        cut = feed_xml("Freed", "Lost")[:-60]
        url = it.server.on("/feed", reply(cut, headers=[("ETag", '"1"')]))
        result = await it.poll(url)
        assert result.outcome is Outcome.OK
        assert (it.state(url).etag, it.state(url).body_hash) == (None, "")
        assert it.events.named("feed_cut_off")


@pytest.mark.parametrize("other_first", [True, False])
async def test_validators_go_back_only_to_the_host_they_came_from(other_first: bool) -> None:
    async with polling() as there, polling(allow=(there.server.endpoint,)) as it:
        target = there.server.on("/real", conditional(ONE, '"theirs"'))
        url = it.server.on("/feed", redirect(target))
        if not other_first:
            it.server.on("/feed", reply(feed_xml("Ours"), headers=[("ETag", '"ours"')]), redirect(target))
            await it.poll(url)
        await it.poll(url)
        result = await it.poll(url)
        assert result.outcome is Outcome.NOT_MODIFIED
        assert it.state(url).etag is None
        assert b'"theirs"' not in [seen.headers.get("if-none-match") for seen in it.server.seen]
        assert b'"ours"' not in [seen.headers.get("if-none-match") for seen in there.server.seen]
        assert there.server.seen[-1].headers["if-none-match"] == b'"theirs"'


async def test_redirects_within_a_host_keep_the_validators() -> None:
    async with polling() as it:
        url = it.server.on("/feed", redirect("/real", "301 Moved Permanently"))
        it.server.on("/real", conditional(ONE, '"1"'))
        await it.poll(url)
        assert (await it.poll(url)).outcome is Outcome.NOT_MODIFIED


async def test_requests_are_plain() -> None:
    async with polling(user_agent="MinskWatch/1 (+https://operator.example)") as it:
        cookie = reply(headers=[("Set-Cookie", "a=b; Path=/"), ("ETag", '"1"')])
        url = it.server.on("/feed?b=%D0%B0&a=1+2&a=%2f", cookie)
        await it.poll(url)
        await it.poll(url)
        for seen in it.server.seen:
            assert (seen.method, seen.target) == ("GET", "/feed?b=%D0%B0&a=1+2&a=%2f")
            assert not {"cookie", "referer", "origin", "authorization"} & set(seen.headers)
            assert seen.headers["user-agent"] == b"MinskWatch/1 (+https://operator.example)"
            assert b"gzip" in seen.headers["accept-encoding"]


async def test_a_feed_may_have_its_own_user_agent() -> None:
    async with polling() as it:
        await it.poll(it.server.on("/feed", reply()), user_agent="Other/2")
        assert sent(it, "user-agent") == b"Other/2"


async def test_an_address_beyond_ascii_is_encoded_and_nothing_else_is() -> None:
    async with polling() as it:
        it.server.on("/стужка", reply())
        await it.poll(it.server.url("/стужка?q=a%20b"))
        assert it.server.seen[0].target == "/%D1%81%D1%82%D1%83%D0%B6%D0%BA%D0%B0?q=a%20b"


async def test_a_location_in_raw_bytes_is_encoded() -> None:
    async with polling() as it:
        await it.poll(it.server.on("/feed", redirect("/стужка".encode())))
        assert it.server.seen[1].target == "/%D1%81%D1%82%D1%83%D0%B6%D0%BA%D0%B0"


async def test_a_location_with_a_blank_is_followed_as_browsers_do() -> None:
    async with polling() as it:
        it.server.on("/a%20b", reply())
        assert (await it.poll(it.server.on("/feed", redirect("/a b ")))).outcome is Outcome.OK


async def test_a_location_that_names_its_host_in_cyrillic_is_followed() -> None:
    asked = []

    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        asked.append(host)
        return [(socket.AF_INET, "127.0.0.1")]

    async with polling(lookup=lookup) as it:
        it.server.on("/new", reply())
        target = f"http://навіны.бел:{it.server.port}/new"
        result = await it.poll(it.server.on("/feed", redirect(target.encode())))
        assert asked == ["xn--80ae5ac4e2c.xn--90ais"]
        assert result.outcome is Outcome.OK


def moment(it: Polling, **ahead: float) -> str:
    return format_datetime(it.clock.now() + timedelta(**ahead), usegmt=True)


async def wait_after(it: Polling, url: str) -> timedelta:
    await it.poll(url)
    return it.state(url).next_poll_at - it.clock.now()


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("value", "least"),
    [("7200", timedelta(hours=2)), (" 7200 ", timedelta(hours=2)), ("0", 60 * MINUTES), ("-5", None), ("soon", None)],
)
async def test_retry_after_in_seconds(status: str, value: str, least: timedelta | None) -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(b"", status, [("Retry-After", value)]))
        wait = await wait_after(it, url)
        assert (least or 5 * MINUTES) <= wait < (least or 60 * MINUTES) * 1.11
        assert it.state(url).last_outcome in ("error:rate_limited", "error:http")


async def test_retry_after_as_a_date_counts_from_the_servers_clock() -> None:
    async with polling() as it:
        headers = [("Date", moment(it, days=400)), ("Retry-After", moment(it, days=400, hours=3))]
        wait = await wait_after(it, it.server.on("/feed", reply(b"", "429 Slow down", headers)))
        assert timedelta(hours=3) <= wait < timedelta(hours=3.4)


async def test_an_absurd_retry_after_ends_within_a_month() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(b"", "429 No", [("Retry-After", "999999999999")]))
        assert timedelta(days=29) < await wait_after(it, url) < timedelta(days=34)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("Cache-Control", "max-age=3600")], 60 * MINUTES),
        ([("Cache-Control", "public, MAX-AGE = 3600, x=y")], 60 * MINUTES),
        ([("Cache-Control", "max-age=3600"), ("Age", "1800")], 30 * MINUTES),
        ([("Cache-Control", "max-age=60")], 5 * MINUTES),
        ([("Cache-Control", "max-age=nonsense")], 5 * MINUTES),
        ([("Cache-Control", "no-cache, max-age=3600")], 5 * MINUTES),
        ([("Cache-Control", "s-maxage=3600")], 5 * MINUTES),
        ([("Cache-Control", "max-age=99999999999")], timedelta(days=1)),
        ([("Expires", "0")], 5 * MINUTES),
        ([("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")], 5 * MINUTES),
        ([("Expires", "Thu, 19 Mar 2026 14:00:00 GMT"), ("Date", "Thu, 19 Mar 2026 12:00:00 GMT")], 120 * MINUTES),
        ([("Expires", "Thu, 19 Mar 2026 14:00:00 GMT"), ("Cache-Control", "max-age=600")], 10 * MINUTES),
    ],
)
@pytest.mark.parametrize("unchanged", [False, True])
async def test_fresh_answers_are_not_asked_for_again(headers: Any, expected: timedelta, unchanged: bool) -> None:
    async with polling() as it:
        again = reply(b"", "304 Not Modified", headers) if unchanged else reply(headers=headers)
        url = it.server.on("/feed", reply(headers=[("ETag", '"1"')]), again)
        await it.poll(url)
        wait = await wait_after(it, url)
        assert expected <= wait <= expected * 1.1 + timedelta(seconds=1)


async def test_what_a_document_asks_for_is_remembered_when_it_has_not_changed() -> None:
    async with polling() as it:
        url = it.server.on("/feed", conditional(feed_xml("One", head="<ttl>120</ttl>"), '"1"'))
        assert await wait_after(it, url) >= 120 * MINUTES
        assert await wait_after(it, url) >= 120 * MINUTES
        assert it.state(url).last_outcome == "not_modified"


async def test_a_feed_that_is_gone_rests_and_may_come_back() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(b"", "410 Gone"), reply())
        assert await wait_after(it, url) >= timedelta(days=7)
        assert (await it.poll(url)).outcome is Outcome.OK
        assert it.state(url).failures == 0
