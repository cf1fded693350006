"""Where a body begins and ends on the wire, and what goes wrong with it: https://www.rfc-editor.org/rfc/rfc9112"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core.errors import FetchError
from core.model import Outcome
from feeds import fault_texts as told
from tests.wire import BODY, Line, Talk, chunked, closing, head, plain, wired

SHORT = timedelta(seconds=0.2)
NETWORK, HTTP = Outcome.NETWORK, Outcome.HTTP
SIZE = len(BODY)
CHUNKED = head("Transfer-Encoding: chunked")


def length(text: str, *more: str) -> bytes:
    return head(f"Content-Length: {text}", *more) + BODY


# The server closes after each of these.
FRAMES: dict[str, tuple[bytes, bytes | Outcome | str]] = {
    # Content-Length
    "exact": (length(str(SIZE)), BODY),
    "with zeros before": (length(f"000{SIZE}"), BODY),
    "with blanks around": (length(f"  {SIZE} \t"), BODY),
    "nothing declared, nothing sent": (head("Content-Length: 0"), b""),
    "too large": (length(str(SIZE + 1)), told.BROKE_OFF),
    "too small": (length(str(SIZE - 10)), NETWORK),
    "zero, and a body": (length("0"), NETWORK),
    "negative": (length("-5"), told.NO_HTTP),
    "with a plus": (length(f"+{SIZE}"), told.NO_HTTP),
    "hexadecimal": (length(hex(SIZE)), told.NO_HTTP),
    "with a point": (length(f"{SIZE}.0"), told.NO_HTTP),
    "two numbers": (length(f"{SIZE} {SIZE}"), told.NO_HTTP),
    "other digits": (length("\u00b2"), told.NO_HTTP),
    "empty": (length(""), NETWORK),
    "conflicting": (length(str(SIZE), "Content-Length: 5"), told.NO_HTTP),
    "conflicting in a list": (length(f"{SIZE}, 5"), told.NO_HTTP),
    "beyond 64 bits": (length(str(2**64 + SIZE)), NETWORK),
    "beyond the limit": (length(str(10**12)), told.TOO_LARGE),
    # chunks
    "one chunk": (CHUNKED + chunked(BODY), BODY),
    "chunks of a byte": (CHUNKED + chunked(*(BODY[n : n + 1] for n in range(SIZE))), BODY),
    "large hexadecimals with zeros": (CHUNKED + b"00%X\r\n" % SIZE + BODY + b"\r\n000\r\n\r\n", BODY),
    "an extension": (CHUNKED + b'%x;a=b;c="d;\\"e"\r\n' % SIZE + BODY + b"\r\n0;end\r\n\r\n", BODY),
    "a trailer": (CHUNKED + chunked(BODY, end=b"0\r\nX-Sum: 1\r\nETag: no\r\n\r\n"), BODY),
    "no chunk": (CHUNKED + b"0\r\n\r\n", b""),
    "no last chunk": (CHUNKED + chunked(BODY, end=b""), told.BROKE_OFF),
    "last chunk without its end": (CHUNKED + chunked(BODY, end=b"0\r\n"), told.BROKE_OFF),
    "cut in a size": (CHUNKED + chunked(BODY, end=b"2"), told.BROKE_OFF),
    "cut in a chunk": (CHUNKED + b"%x\r\n" % (SIZE + 5) + BODY, told.BROKE_OFF),
    "chunk longer than it says": (CHUNKED + b"5\r\n" + BODY + b"\r\n0\r\n\r\n", NETWORK),
    "size that is no number": (CHUNKED + chunked(BODY) + b"x", NETWORK),
    "size with a plus": (CHUNKED + b"+" + chunked(BODY), NETWORK),
    "negative size": (CHUNKED + b"-" + chunked(BODY), NETWORK),
    "size with 0x": (CHUNKED + b"0x" + chunked(BODY), NETWORK),
    "no size": (CHUNKED + b"\r\n" + BODY, NETWORK),
    "giant size": (CHUNKED + b"7fffffffffffffff\r\n" + BODY, NETWORK),
    "size beyond 64 bits": (CHUNKED + b"1" + b"0" * 16 + chunked(BODY), NETWORK),
    "size of a thousand digits": (CHUNKED + b"f" * 1000 + b"\r\n" + BODY, NETWORK),
    # the end of the connection ends the body
    "no length": (head() + BODY, BODY),
    "no length, HTTP/1.0": (head(status="HTTP/1.0 200 OK") + BODY, BODY),
    "no length and no body": (head(), b""),
    "kept alive, without length": (head("Connection: keep-alive") + BODY, BODY),
    "another transfer coding": (head("Transfer-Encoding: identity") + BODY, BODY),
    # statuses
    "204": (head(status="HTTP/1.1 204 No Content"), HTTP),
    "204 with a body": (head("Content-Length: 49", status="HTTP/1.1 204 No Content") + BODY, HTTP),
    "205": (plain(b"", status="HTTP/1.1 205 Reset Content"), HTTP),
    "206": (plain(BODY, "Content-Range: bytes 0-48/100", status="HTTP/1.1 206 Partial Content"), HTTP),
    "203": (plain(status="HTTP/1.1 203 Non-Authoritative Information"), HTTP),
    "300": (plain(status="HTTP/1.1 300 Multiple Choices"), HTTP),
    # before the answer
    "100": (head(status="HTTP/1.1 100 Continue") + plain(), BODY),
    "102": (head(status="HTTP/1.1 102 Processing") + plain(), BODY),
    "103": (head("Link: </a.css>; rel=preload", 'ETag: "no"', status="HTTP/1.1 103 Early Hints") + plain(), BODY),
    "103 with a length": (head("Content-Length: 49", status="HTTP/1.1 103 Early Hints") + plain(), BODY),
    "a hundred of them": (head(status="HTTP/1.1 103 Early Hints") * 100 + plain(), BODY),
    "100 and no answer": (head(status="HTTP/1.1 100 Continue"), NETWORK),
    "101 unasked": (head("Upgrade: h2c", "Connection: Upgrade", status="HTTP/1.1 101 Switching") + plain(), HTTP),
}


@pytest.mark.parametrize("name", FRAMES)
async def test_a_body_is_what_its_frame_says(name: str) -> None:
    data, expected = FRAMES[name]
    async with wired(closing(data)) as bench:
        await bench.meet(expected)


@pytest.mark.parametrize(
    "name", ["exact", "an extension", "a trailer", "no length", "103", "conflicting", "size with 0x"]
)
async def test_it_makes_no_difference_how_the_network_cuts_an_answer(name: str) -> None:
    data, expected = FRAMES[name]
    async with wired(closing(*(data[n : n + 1] for n in range(len(data))))) as bench:
        await bench.meet(expected)


@pytest.mark.parametrize("sizes", [("Content-Length: 49", "Content-Length: 49"), ("Content-Length: 49, 49",)])
async def test_a_length_that_is_said_twice_is_refused_or_read(sizes: tuple[str, ...]) -> None:
    """Either is allowed: https://www.rfc-editor.org/rfc/rfc9112#section-6.3-2.5"""
    async with wired(closing(head(*sizes) + BODY)) as bench:
        await bench.meet(told.NO_HTTP)


@pytest.mark.parametrize("order", [1, -1])
async def test_chunks_with_a_length_are_refused_since_two_may_read_them_differently(order: int) -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-6.1-15"""
    lines = ["Transfer-Encoding: chunked", "Content-Length: 5"][::order]
    async with wired(closing(head(*lines) + chunked(BODY))) as bench:
        await bench.meet(NETWORK)


async def test_trailers_take_the_place_of_no_header() -> None:
    trailer = b'0\r\nETag: "no"\r\nContent-Type: text/no\r\nCache-Control: max-age=9\r\n\r\n'
    async with wired(closing(CHUNKED + chunked(BODY, end=trailer))) as bench:
        fetched = await bench.fetch()
        assert (fetched.body, fetched.etag, fetched.content_type, fetched.fresh_for) == (BODY, None, "", None)


async def breaks_at_once(line: Line) -> None:
    await line.reset()


async def closes_at_once(line: Line) -> None:
    pass


def breaking(*data: bytes) -> Talk:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(*data)
        await line.reset()

    return talk


ENDS: dict[str, Talk] = {
    "closed at once": closes_at_once,
    "closed in place of an answer": closing(),
    "closed in the status line": closing(b"HTTP/1.1 2"),
    "closed in the head": closing(head("Content-Length: 49")[:-2]),
    "closed behind the head": closing(head("Content-Length: 49")),
    "broken at once": breaks_at_once,
    "broken in place of an answer": breaking(),
    "broken in the head": breaking(head("Content-Length: 49")[:-2]),
    "broken behind the head": breaking(head("Content-Length: 49")),
    "broken in the body": breaking(head("Content-Length: 49"), BODY[:9]),
    "broken in a chunk": breaking(CHUNKED + b"31\r\n" + BODY[:9]),
    "broken between chunks": breaking(CHUNKED + b"9\r\n" + BODY[:9] + b"\r\n"),
    "broken behind an early hint": breaking(head(status="HTTP/1.1 103 Early Hints")),
}


@pytest.mark.parametrize("name", ENDS)
async def test_a_connection_that_ends_too_early_is_told(name: str) -> None:
    async with wired(ENDS[name]) as bench:
        await bench.meet(NETWORK)
        assert len(bench.wire.lines) <= 2  # asked again once at most


def ever(start: bytes, piece: bytes) -> Talk:
    """Sends without end, as fast as the client reads."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(start)
        while True:
            await line.say(piece)

    return talk


async def silent(line: Line) -> None:
    await line.hung_up()


STATUS = b"HTTP/1.1 200 OK\r\n"
ENDLESS: dict[str, tuple[Talk, Outcome]] = {
    "reason": (ever(b"HTTP/1.1 200 ", b"O" * 9000), NETWORK),
    "name of a header": (ever(STATUS, b"X" * 9000), NETWORK),
    "value of a header": (ever(STATUS + b"X: ", b"x" * 9000), NETWORK),
    "folded header": (ever(STATUS + b"X: ", b"x\r\n " * 3000), NETWORK),
    "headers": (ever(STATUS, b"X-A: b\r\n" * 1000), NETWORK),
    "body": (ever(head(), b"x" * 9000), Outcome.TOO_LARGE),
    "chunks": (ever(CHUNKED, b"1\r\nx\r\n" * 1000), Outcome.TOO_LARGE),
    "size of a chunk": (ever(CHUNKED, b"0" * 9000), Outcome.TIMEOUT),
    "extension of a chunk": (ever(CHUNKED + b"5;a=", b"x" * 9000), Outcome.TIMEOUT),
    "trailers": (ever(CHUNKED + chunked(BODY, end=b"0\r\n"), b"X-A: b\r\n" * 1000), NETWORK),
    "early hints": (ever(b"", head(status="HTTP/1.1 103 Early Hints")), Outcome.TIMEOUT),
    "silence": (silent, Outcome.TIMEOUT),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_what_never_ends_is_ended(name: str) -> None:
    talk, outcome = ENDLESS[name]
    limit: dict[str, Any] = {"timeout": SHORT} if outcome is Outcome.TIMEOUT else {}
    async with wired(talk, max_bytes=100_000, **limit) as bench:
        await bench.meet(outcome)


async def test_twenty_megabytes_of_headers_are_refused_at_the_first_of_them() -> None:
    sent = 0

    async def talk(line: Line) -> None:
        nonlocal sent
        await line.hear()
        await line.say(STATUS)
        for number in range(20_000):
            await line.say(b"X-%d: " % number + b"x" * 1000 + b"\r\n")
            sent += 1000

    async with wired(talk) as bench:
        await bench.meet(NETWORK)
    assert sent < 8_000_000  # what the sockets hold, and no more


@pytest.mark.parametrize("whole", [head() + BODY, CHUNKED + chunked(BODY)])
async def test_a_byte_now_and_then_does_not_prolong_the_time_of_a_fetch(whole: bytes) -> None:
    cut = asyncio.Event()

    async def talk(line: Line) -> None:
        await line.hear()
        for n in range(len(whole)):
            await line.say(whole[n : n + 1])
            with suppress(TimeoutError):
                await asyncio.wait_for(cut.wait(), 0.02)

    async with wired(talk, timeout=SHORT) as bench:
        await bench.meet(Outcome.TIMEOUT)
        cut.set()


async def test_an_answer_to_no_question_does_no_harm() -> None:
    async def talk(line: Line) -> None:
        await line.say(plain(b"before it was asked"))
        await line.hear()
        await line.say(plain())

    async with wired(talk) as bench:
        for _ in range(2):  # the first comes before or behind the request, as the network will have it
            with suppress(FetchError):
                assert (await bench.fetch()).body in (b"before it was asked", BODY)
