"""A static server of generated feeds on loopback, in a process of its own so that its CPU is not counted."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from benchmarks.feed_generator import document

HOSTS = [f"127.0.0.{number}" for number in range(1, 201)]


class Server:
    """Answers /N with the document of feed N, of `entries` entries the newest of which is `newest`.

    In phase "304" it says that nothing has changed to who knows the newest document; in others it sends it. Setting:
    GET /phase/NAME/NEWEST.
    """

    def __init__(self, entries: int) -> None:
        self.phase, self.newest, self.entries = "first", 40, entries
        self.bodies: dict[tuple[int, int], bytes] = {}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(self.reply(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def reply(self, head: bytes) -> bytes:
        target = head.split(b" ", 2)[1].decode()
        if target.startswith("/phase/"):
            _, _, self.phase, newest = target.split("/")
            self.newest = int(newest)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        etag = b'"%d"' % self.newest
        if self.phase == "304" and b"if-none-match: " + etag in head.lower():
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
        body = self._body(int(target[1:]), self.newest)
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nETag: %b\r\nContent-Length: %d\r\n\r\n%b" % (
            etag,
            len(body),
            body,
        )

    def _body(self, feed: int, newest: int) -> bytes:
        if len(self.bodies) > 2_000:
            self.bodies.clear()
        key = (feed, newest)
        return self.bodies.get(key) or self.bodies.setdefault(key, document(feed, newest=newest, entries=self.entries))


def _serve(pipe: Connection, entries: int) -> None:
    async def run() -> None:
        answer = Server(entries).answer
        first = await asyncio.start_server(answer, HOSTS[0], 0)
        port = first.sockets[0].getsockname()[1]
        await asyncio.start_server(answer, HOSTS[1:], port)
        pipe.send(port)
        await first.serve_forever()

    asyncio.run(run())


@contextmanager
def running_server(entries: int = 40) -> Iterator[int]:
    """The port of a server that listens on all HOSTS."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, entries), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def addresses(port: int, feeds: int) -> list[str]:
    return [f"http://{HOSTS[number % len(HOSTS)]}:{port}/{number}" for number in range(feeds)]
