"""Conversations with the fetcher, byte by byte: a server that a test scripts per connection, and a fetcher before it.

A talk is an async function of one `Line`. Whoever leaves the bench is held to have left nothing behind.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from core.errors import FetchError
from core.model import Outcome
from core.ports import FetchRequest
from feeds.fetch import Fetched, Fetcher
from feeds.gate import Lookup
from feeds.options import FeedOptions
from tests.fake_clock import FakeClock
from tests.feed_server import FeedServer, Seen, reset
from tests.patience import PATIENCE
from tests.polling import until
from tests.telling import check_told

BODY = b"<rss><channel><title>News</title></channel></rss>"


@dataclass(eq=False)
class Line:
    """One connection that came in, counted from 0."""

    number: int
    reader: StreamReader
    writer: StreamWriter
    heads: list[bytes]

    async def hear(self) -> bytes:
        """The head of the next request; raises IncompleteReadError when the client hangs up instead."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        return head

    async def say(self, *data: bytes) -> None:
        """Send each piece by itself."""
        for piece in data:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def reset(self) -> None:
        await reset()(Seen("", ""), self.writer)

    async def hung_up(self) -> bytes:
        """What comes until the client ends the connection."""
        return await self.reader.read()


Talk = Callable[[Line], Awaitable[None]]


def closing(*data: bytes) -> Talk:
    """Hear a request, send these bytes, close."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(*data)

    return talk


def keeping(*answers: bytes) -> Talk:
    """Answer the requests of all connections in turn, the last answer for good, and leave it to the client to close."""
    left = list(answers)

    async def talk(line: Line) -> None:
        while True:
            await line.hear()
            await line.say(left.pop(0) if len(left) > 1 else left[0])

    return talk


def head(*lines: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    """A response head of these header lines."""
    return "".join(f"{line}\r\n" for line in (status, *lines, "")).encode("latin-1")


def plain(body: bytes = BODY, *lines: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    """A whole answer that leaves the connection open."""
    return head(f"Content-Length: {len(body)}", *lines, status=status) + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def local(host: str, port: int, family: int) -> list[tuple[int, str]]:
    """A name service by which every name stands for this machine."""
    return [(socket.AF_INET, "127.0.0.1")]


def pass_time(seconds: float) -> None:
    """Put the clock of the running loop forward, for it alone."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


class Wire(FeedServer):
    """`talk` is had on every connection; `lines` are these connections, `heads` what was asked on all of them."""

    def __init__(self, talk: Talk, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.talk = talk
        self.lines: list[Line] = []
        self.heads: list[bytes] = []

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.lines.append(Line(len(self.lines), reader, writer, self.heads))
        await self.talk(self.lines[-1])

    @property
    def quiet(self) -> bool:
        """Whether every connection is over."""
        return not self._tasks


@dataclass
class Bench:
    wire: Wire
    fetcher: Fetcher
    clock: FakeClock

    async def fetch(self, url: str = "", headers: dict[str, str] | None = None, **known: Any) -> Fetched:
        return await self.fetcher.fetch(FetchRequest(url or self.wire.url(), headers or {}), **known)

    async def fail(self, url: str = "", **known: Any) -> FetchError:
        """The error of a fetch that is to fail, which is a sentence that can be told in every language."""
        with pytest.raises(FetchError) as caught:
            await self.fetch(url, **known)
        check_told(str(caught.value))
        return caught.value

    async def meet(self, expected: bytes | Outcome | str, url: str = "", **known: Any) -> None:
        """A body that is to come, or the outcome or the template of the error."""
        if isinstance(expected, bytes):
            assert (await self.fetch(url, **known)).body == expected
            return
        error = await self.fail(url, **known)
        if isinstance(expected, Outcome):
            assert error.outcome is expected, error
        else:
            assert getattr(error.words, "template", "") == expected, error


@asynccontextmanager
async def wired(
    talk: Talk,
    *,
    lookup: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
    allow: tuple[str, ...] = (),
    **options: Any,
) -> AsyncIterator[Bench]:
    """A fetcher before a server. Afterwards no connection, no task and no complaint of the loop may be left."""
    loop, before = asyncio.get_running_loop(), asyncio.all_tasks()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    clock, patience = FakeClock(), timedelta(seconds=PATIENCE)
    async with Wire(talk, tls) as wire:
        options = {"timeout": patience, "connect_timeout": patience, **options}
        async with Fetcher(FeedOptions(allow_private=(wire.endpoint, *allow), **options), clock, lookup) as fetcher:
            yield Bench(wire, fetcher, clock)
        await until(lambda: wire.quiet)
    await until(lambda: asyncio.all_tasks() <= before)
    assert not complaints, complaints
