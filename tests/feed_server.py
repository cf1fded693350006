"""A feed server on loopback that can misbehave at every level: it speaks raw bytes, so that nothing mends its faults.

A route is an async function of (request, writer), or a list of such, taken one after the other and the last for good.
`reply` makes ordinary answers. `server.seen` lists the requests that came.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import zlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Headers = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Seen:
    """A request as it came: header names in lower case, values as bytes."""

    method: str
    target: str
    headers: dict[str, bytes] = field(default_factory=dict)


Route = Callable[[Seen, StreamWriter], Awaitable[None]]


def feed_xml(*titles: str, extra: str = "", head: str = "") -> bytes:
    """A small RSS document; item N has guid N and link /N."""
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>"
        f"<link>http://news.example/{zlib.crc32(title.encode())}</link>{extra}</item>"
        for title in titles
    )
    text = f"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>{head}{items}</channel></rss>"
    return text.encode()


ONE = feed_xml("Minister visits Minsk")


def answer(body: bytes = ONE, status: str = "200 OK", headers: Headers = (), length: int | None = None) -> bytes:
    """An HTTP response as bytes; `length` lies about the body's length when given, -1 says nothing about it."""
    lines = [f"HTTP/1.1 {status}".encode()]
    names = {name.lower() for name, _ in headers}
    if "content-type" not in names:
        lines.append(b"Content-Type: application/rss+xml")
    if length != -1 and "transfer-encoding" not in names:
        lines.append(b"Content-Length: %d" % (len(body) if length is None else length))
    for name, value in headers:
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
    return b"\r\n".join([*lines, b"Connection: close", b"", body])


def raw(data: bytes) -> Route:
    """Send these bytes and close."""

    async def route(_: Seen, writer: StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return route


def reply(body: bytes = ONE, status: str = "200 OK", headers: Headers = (), length: int | None = None) -> Route:
    return raw(answer(body, status, headers, length))


def redirect(location: str | bytes, status: str = "302 Found") -> Route:
    return reply(b"", status, [("Location", location)])


def conditional(body: bytes, etag: str) -> Route:
    """304 to those who send the ETag, else the body."""

    async def route(request: Seen, writer: StreamWriter) -> None:
        same = request.headers.get("if-none-match") == etag.encode()
        headers = [("ETag", etag)]
        writer.write(answer(b"", "304 Not Modified", headers) if same else answer(body, headers=headers))
        await writer.drain()

    return route


def endless(head: bytes, chunk: bytes) -> Route:
    """Send a head, then the same chunk until the client goes away."""

    async def route(_: Seen, writer: StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)

    return route


def stall(data: bytes) -> Route:
    """Send these bytes, then nothing, and keep the connection open."""

    async def route(_: Seen, writer: StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        await asyncio.Event().wait()

    return route


def drip(data: bytes, seconds: float) -> Route:
    """Send one byte at a time."""

    async def route(_: Seen, writer: StreamWriter) -> None:
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(seconds)

    return route


def reset(data: bytes = b"") -> Route:
    """Send these bytes, then break the connection with RST."""

    async def route(_: Seen, writer: StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        opened: socket.socket = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return route


class FeedServer:
    """Use as `async with`; `routes` maps paths to what answers there, anything else is 404. `tls`: https only."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.routes: dict[str, Route | list[Route]] = {}
        self.seen: list[Seen] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/feed") -> str:
        return f"http{'s' if self._tls else ''}://{self.endpoint}{path}"

    def on(self, path: str, *routes: Route) -> str:
        """Answer a path by these routes in turn; returns its address."""
        self.routes[path] = list(routes)
        return self.url(path)

    def requests(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.target == path]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readexactly(1)
        if head == b"\x16":  # a TLS handshake
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        head += await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = [line.split(": ", 1) for line in lines if line]
        seen = Seen(method, target, {name.lower(): value.encode("latin-1") for name, value in pairs})
        self.seen.append(seen)
        await self._route(target)(seen, writer)

    def _route(self, target: str) -> Route:
        found = self.routes.get(target) or self.routes.get(target.partition("?")[0])
        if found is None:
            return reply(b"nothing here", "404 Not Found")
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found
