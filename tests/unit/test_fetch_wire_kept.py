"""A connection is kept for the next request to its host, and what comes on it at a wrong time answers nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from core.errors import FetchError
from feeds import fault_texts as told
from tests.polling import until
from tests.wire import BODY, Line, Talk, chunked, head, keeping, local, pass_time, plain, wired

OTHER = b"<rss>what nobody asked for</rss>"
NOT_MODIFIED = "HTTP/1.1 304 Not Modified"

STAYS: dict[str, bytes] = {
    "a length": plain(),
    "chunks": head("Transfer-Encoding: chunked") + chunked(BODY),
    "chunks and trailers": head("Transfer-Encoding: chunked") + chunked(BODY, end=b"0\r\nX-A: a\r\n\r\n"),
    "no body": plain(b""),
    "early hints before it": head(status="HTTP/1.1 103 Early Hints") + plain(),
    "HTTP/1.0 that says so": plain(BODY, "Connection: keep-alive", status="HTTP/1.0 200 OK"),
}
GOES: dict[str, bytes] = {
    "close": plain(BODY, "Connection: close"),
    "close in capitals": plain(BODY, "CONNECTION: CLOSE"),
    "close in a list": plain(BODY, "Connection: x-hop, close"),
    "HTTP/1.0": plain(status="HTTP/1.0 200 OK"),
    "another answer": plain() + plain(OTHER),
    "a length and chunks": head("Transfer-Encoding: chunked", "Content-Length: 5") + chunked(BODY),
}


@pytest.mark.parametrize("name", STAYS)
async def test_a_whole_answer_leaves_the_connection_to_the_next_request(name: str) -> None:
    async with wired(keeping(STAYS[name])) as bench:
        bodies = [(await bench.fetch(bench.wire.url(f"/{number}"))).body for number in range(3)]
        assert len(set(bodies)) == 1
        assert [asked.split(b" ")[1] for asked in bench.wire.heads] == [b"/0", b"/1", b"/2"]
        assert len(bench.wire.lines) == 1


@pytest.mark.parametrize("name", GOES)
async def test_an_answer_that_ends_its_connection_is_the_last_on_it(name: str) -> None:
    async with wired(keeping(GOES[name], plain())) as bench:
        with suppress(FetchError):  # what contradicts itself may be refused
            assert (await bench.fetch()).body == BODY
        await bench.meet(BODY)
        assert len(bench.wire.lines) == 2


async def test_a_304_leaves_the_connection_unless_it_brought_a_body() -> None:
    unchanged, wrong = head('ETag: "1"', status=NOT_MODIFIED), head('ETag: "1"', status=NOT_MODIFIED) + OTHER
    async with wired(keeping(plain(), unchanged, unchanged, wrong, unchanged)) as bench:
        await bench.fetch()
        lines = []
        for _ in range(4):
            assert (await bench.fetch(etag='"1"')).status == 304
            lines.append(len(bench.wire.lines))
        assert lines == [1, 1, 1, 2]


@pytest.mark.parametrize("cut", [12, 13, 20, 30, 37, 38, 39, 40])
@pytest.mark.parametrize("more", [OTHER, plain(OTHER)])
async def test_a_304_is_one_whatever_follows_its_head_and_however_it_is_cut(cut: int, more: bytes) -> None:
    whole = head('ETag: "1"', status=NOT_MODIFIED) + more
    arrived = asyncio.Event()

    async def talk(line: Line) -> None:
        await line.hear()
        if line.number:
            await line.say(plain())
            await line.hung_up()
        await line.say(whole[:cut])
        await arrived.wait()
        await line.say(whole[cut:])
        await line.hung_up()

    async with wired(talk) as bench:
        task = asyncio.create_task(bench.fetch(etag='"1"'))
        await until(lambda: len(bench.wire.heads) == 1)
        for _ in range(20):
            await asyncio.sleep(0)
        arrived.set()
        assert (await task).status == 304
        await until(lambda: bench.wire.quiet)  # the client hung up when more came
        await bench.meet(BODY)


async def test_a_body_that_speaks_of_a_304_is_read_to_its_end() -> None:
    body = head(status=NOT_MODIFIED) + b"of which a page on protocols tells"

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(head(f"Content-Length: {len(body)}"))
        for _ in range(20):
            await asyncio.sleep(0)  # the head arrives by itself
        await line.say(body)
        await line.hung_up()

    async with wired(talk) as bench:
        await bench.meet(body)


async def test_a_304_with_line_feeds_alone_spoils_no_later_answer() -> None:
    unchanged = head('ETag: "1"', status=NOT_MODIFIED).replace(b"\r\n", b"\n")
    page = head("Content-Length: 60") + b"<rss>\r\n\r\n" + b"x" * 51
    async with wired(keeping(unchanged, page)) as bench:
        assert (await bench.fetch(etag='"1"')).status == 304
        await bench.meet(page[-60:])


def ending(how: str, *, asked: bool) -> Talk:
    """Ends the first connection behind its first answer; `asked`: not before the next request has come."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(plain())
        if line.number:
            await line.hung_up()
            return
        if asked:
            await line.hear()
        if how == "408":
            await line.say(plain(b"", "Connection: close", status="HTTP/1.1 408 Request Timeout"))
        elif how == "reset":
            await line.reset()

    return talk


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_kept_connection_that_the_server_ends_is_no_failure(how: str, asked: bool) -> None:
    async with wired(ending(how, asked=asked)) as bench:
        await bench.meet(BODY)
        if not asked:
            await until(lambda: bench.wire.quiet)
        await bench.meet(BODY)
        assert len(bench.wire.lines) == 2


async def test_a_408_on_an_idle_connection_answers_nothing() -> None:
    async with wired(ending("408", asked=False)) as bench:
        await bench.meet(BODY)
        await until(lambda: bench.wire.quiet)
        await bench.meet(BODY)


async def test_a_request_is_repeated_once_and_no_more() -> None:
    async def talk(line: Line) -> None:
        await line.hear()
        if not line.number:
            await line.say(plain())
            await line.hear()

    async with wired(talk) as bench:
        await bench.meet(BODY)
        await bench.meet(told.LOST)
        assert len(bench.wire.heads) == 3


async def test_an_answer_that_breaks_off_on_a_kept_connection_is_not_asked_for_again() -> None:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(plain())
        await line.hear()
        await line.say(plain()[:-5])

    async with wired(talk) as bench:
        await bench.meet(BODY)
        await bench.meet(told.BROKE_OFF)
        assert len(bench.wire.heads) == 2


MORE = [plain(OTHER), b"\r\n", b"HT", b"\x00", head(status="HTTP/1.1 103 Early Hints"), plain()[:-5]]


@pytest.mark.parametrize("more", MORE)
async def test_what_comes_on_an_idle_connection_answers_no_later_request(more: bytes) -> None:
    idle = asyncio.Event()

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(plain())
        if not line.number:
            await idle.wait()
            await line.say(more)
        await line.hung_up()

    async with wired(talk) as bench:
        await bench.meet(BODY)
        idle.set()
        await until(lambda: bench.wire.quiet)  # the client hung up when it came
        await bench.meet(BODY)
        assert len(bench.wire.lines) == 2


@pytest.mark.parametrize("more", MORE)
async def test_what_comes_together_with_an_answer_is_none_for_the_next_request(more: bytes) -> None:
    async with wired(keeping(plain() + more, plain())) as bench:
        with suppress(FetchError):  # more than was declared may be refused
            assert (await bench.fetch()).body == BODY
        for _ in range(2):
            await bench.meet(BODY)


@pytest.mark.parametrize("status", ["404 Not Found", "302 Found", "403 Forbidden", "503 Busy", "200 OK"])
async def test_a_body_that_nobody_read_is_no_part_of_the_next_answer(status: str) -> None:
    """Of 200: it is cut off by the time of a fetch, and goes on when the next has begun."""
    late = asyncio.Event()

    async def talk(line: Line) -> None:
        await line.hear()
        if line.number or len(line.heads) > 1:
            await line.say(plain())
            await line.hung_up()
        start = [f"Content-Length: {len(plain(OTHER)) + 5}", "Location: /there"]
        await line.say(head(*start, status=f"HTTP/1.1 {status}") + b"<rss>")
        await late.wait()
        await line.say(plain(OTHER))
        await line.hung_up()

    limit = timedelta(seconds=0.2) if status == "200 OK" else timedelta(seconds=30)
    async with wired(talk, timeout=limit) as bench:
        if status == "302 Found":
            await bench.meet(BODY)
            late.set()
        else:
            await bench.fail()
            late.set()
            await bench.meet(BODY)
        assert len(bench.wire.lines) == 2


async def test_a_connection_serves_one_name_and_one_port() -> None:
    async with (
        wired(keeping(plain(OTHER))) as other,
        wired(keeping(plain()), lookup=local, allow=(other.wire.endpoint,)) as bench,
    ):
        port = bench.wire.port
        for host in ("one.example", "two.example", "127.0.0.1", "one.example", "two.example", "127.0.0.1"):
            await bench.meet(BODY, f"http://{host}:{port}/feed")
        await bench.meet(OTHER, other.wire.url())
        assert (len(bench.wire.lines), len(other.wire.lines)) == (3, 1)
        assert len(bench.wire.heads) == 6


async def test_requests_at_the_same_time_take_a_connection_each_which_are_kept() -> None:
    both = asyncio.Barrier(2)

    async def talk(line: Line) -> None:
        await line.hear()
        await both.wait()
        await line.say(plain())
        while True:
            await line.hear()
            await line.say(plain())

    async with wired(talk) as bench:
        await asyncio.gather(bench.fetch(), bench.fetch())
        await bench.fetch()
        await bench.fetch()
        assert len(bench.wire.lines) == 2


async def test_after_a_fetcher_was_closed_it_asks_anew() -> None:
    async with wired(keeping(plain())) as bench:
        await bench.meet(BODY)
        await bench.fetcher.close()
        await bench.fetcher.close()
        await until(lambda: bench.wire.quiet)
        await bench.meet(BODY)
        assert len(bench.wire.lines) == 2


def test_a_connection_that_nobody_needs_is_closed_after_a_while() -> None:
    async def run() -> None:
        async with wired(keeping(plain())) as bench:
            await bench.meet(BODY)
            pass_time(5)
            await asyncio.sleep(0)
            await bench.meet(BODY)
            assert len(bench.wire.lines) == 1
            pass_time(60)
            await until(lambda: bench.wire.quiet)

    with asyncio.Runner(
        loop_factory=asyncio.new_event_loop
    ) as runner:  # whose timers go by the clock that is put forward
        runner.run(run())
