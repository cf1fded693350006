"""A connection serves the next request to its host, and to no other, for as long as nobody has said anything on it."""

from __future__ import annotations

import asyncio
import gc
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from core.errors import FetchError
from core.ports import FetchRequest
from feeds.fetch import Fetched, Fetcher
from feeds.options import FeedOptions
from tests.fake_clock import FakeClock
from tests.polling import until

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"
Serve = Callable[[StreamReader, StreamWriter, int], Awaitable[None]]


@dataclass
class Line:
    """A server of raw bytes; `opened` lists its connections."""

    port: int = 0
    opened: list[StreamWriter] = field(default_factory=list)
    fetcher: Fetcher = field(init=False)

    async def get(self, host: str = "127.0.0.1") -> bytes:
        fetched: Fetched = await self.fetcher.fetch(FetchRequest(f"http://{host}:{self.port}/", {}))
        return fetched.body or b""


@asynccontextmanager
async def line(serve: Serve) -> AsyncIterator[Line]:
    """`serve` answers on each connection, which it is given with its number."""
    it = Line()

    async def opened(reader: StreamReader, writer: StreamWriter) -> None:
        it.opened.append(writer)
        try:
            await serve(reader, writer, len(it.opened))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(opened, ["127.0.0.1"], 0)
    it.port = server.sockets[0].getsockname()[1]
    own = (f"127.0.0.1:{it.port}", f"news.example:{it.port}")
    options = FeedOptions(allow_private=own)
    async with Fetcher(options, FakeClock(), lambda host, port, family: [(2, "127.0.0.1")]) as it.fetcher:
        yield it
    for writer in it.opened:
        writer.close()
    server.close()
    await server.wait_closed()


async def always(reader: StreamReader, writer: StreamWriter, number: int) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(PAGE)


async def test_many_requests_to_a_host_take_one_connection_and_leave_none_open() -> None:
    async with line(always) as it:
        for _ in range(5):
            assert await it.get() == b"page"
        assert len(it.opened) == 1
        assert await it.get("news.example") == b"page"
        assert len(it.opened) == 2, "another name is another host"
        await it.fetcher.close()
        await until(lambda: all(writer.transport.is_closing() for writer in it.opened))
    gc.collect()  # a socket left open would be warned of


async def test_a_kept_connection_that_is_closed_costs_nothing() -> None:
    async def once(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PAGE)
        if number == 1:  # closes when it is asked again, as a server does whose patience ends just then
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

    async with line(once) as it:
        assert await it.get() == b"page"
        assert await it.get() == b"page"
        assert len(it.opened) == 2


async def test_a_connection_lost_twice_is_told() -> None:
    async def never(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with line(never) as it:
        with pytest.raises(FetchError, match="was lost"):
            await it.get()
        assert len(it.opened) == 2


async def test_what_nobody_asked_for_is_no_answer_to_the_next_request() -> None:
    async def eager(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PAGE)
        if number == 1:
            await writer.drain()
            await sent_more.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
            await reader.read()
            writer.close()

    sent_more = asyncio.Event()
    async with line(eager) as it:
        assert await it.get() == b"page"
        sent_more.set()
        await until(lambda: it.opened[0].transport.is_closing())
        assert await it.get() == b"page"
        assert len(it.opened) == 2


async def test_more_than_the_answer_ends_the_connection() -> None:
    async def two(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PAGE + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")

    async with line(two) as it:
        assert await it.get() == b"page"
        assert await it.get() == b"page"
        assert len(it.opened) == 2
