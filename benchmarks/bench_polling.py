"""What a whole poll costs, as CPU per feed, beside a bare aiohttp GET and a bare feedparser in the same run.

    PYTHONPATH=. python benchmarks/bench_polling.py [--feeds 200] [--rounds 3]

All is real: gate, parser process (its CPU counts), matching with the shipped pack, SQLite. The server is another
process on loopback and does not count. Both sides open new connections, as pollers do that come every few
minutes. Medians of the rounds; only ratios compare between machines.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import multiprocessing
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import feedparser

from benchmarks.feed_generator import document
from core.clock import SystemClock
from core.model import FeedSpec
from feeds.fetch import Fetcher
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.poller import Poller
from matching.matcher import load_matcher
from matching.stories import StoryBook
from storage.store import Store

TICKS = os.sysconf("SC_CLK_TCK")
KINDS = ("first", "304", "same", "new")
HOSTS = [f"127.0.0.{number}" for number in range(1, 201)]


class Server:
    """Answers /N with the document of feed N. What it does next is told by setting `phase`: see KINDS."""

    def __init__(self) -> None:
        self.phase, self.newest = "first", 40
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
        key = (int(target[1:]), self.newest)
        body = self.bodies.get(key) or self.bodies.setdefault(key, document(key[0], newest=key[1]))
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nETag: %b\r\nContent-Length: %d\r\n\r\n%b" % (
            etag,
            len(body),
            body,
        )


def serve(pipe: Connection) -> None:
    async def run() -> None:
        answer = Server().answer
        first = await asyncio.start_server(answer, HOSTS[0], 0)
        port = first.sockets[0].getsockname()[1]
        await asyncio.start_server(answer, HOSTS[1:], port)
        pipe.send(port)
        await first.serve_forever()

    asyncio.run(run())


def cpu(*pids: int) -> float:
    """CPU seconds used by this process and the given ones."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


async def measure(feeds: int, work: Callable[[], Awaitable[object]], pids: Callable[[], tuple[int, ...]]) -> float:
    """CPU milliseconds per feed."""
    before_pids = pids()
    before = cpu(*before_pids)
    await work()
    return (cpu(*before_pids) - before) / feeds * 1000


class Bench:
    def __init__(self, port: int, feeds: int, folder: Path) -> None:
        self.base, self.feeds, self.folder = f"http://{HOSTS[0]}:{port}", feeds, folder
        self.options = FeedOptions(allow_private=tuple(f"{host}:{port}" for host in HOSTS), concurrency=20)
        self.urls = [f"http://{HOSTS[number % len(HOSTS)]}:{port}/{number}" for number in range(feeds)]
        self.matcher = load_matcher()
        self.newest = 40

    async def tell(self, session: aiohttp.ClientSession, phase: str) -> None:
        async with session.get(f"{self.base}/phase/{phase}/{self.newest}") as response:
            await response.read()

    async def bare(self, session: aiohttp.ClientSession, etag: str) -> list[bytes]:
        """GET everything as plainly as aiohttp can, 20 at a time."""
        slots = asyncio.Semaphore(20)

        async def get(url: str) -> bytes:
            async with slots, session.get(url, headers={"If-None-Match": etag} if etag else {}) as response:
                return await response.read()

        return await asyncio.gather(*map(get, self.urls))

    async def round(self, number: int) -> dict[str, float]:
        """One database from its first poll on: every kind of poll, and its bare counterpart."""
        took: dict[str, float] = {}
        store = Store(f"sqlite+aiosqlite:///{self.folder}/{number}.db")
        await store.open()
        clock = SystemClock()
        specs = [FeedSpec(f"site{n}", url) for n, url in enumerate(self.urls)]
        await store.sync_feeds(specs, clock.now())
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            Fetcher(self.options, clock) as fetcher,
            ParseWorker(self.options) as parser,
        ):
            await parser.parse("rss", document(0), url=self.urls[0])  # the process starts outside the time measured
            poller = Poller(
                store, self.matcher, StoryBook(), fetcher, parser, clock, self.options, lambda *_, **__: None
            )
            self.matcher.analyse("The tables of the pack are read on first use.")
            for kind in KINDS:
                await fetcher.close()
                if kind == "new":
                    self.newest += 1
                await self.tell(session, kind)
                etag = f'"{self.newest}"' if kind == "304" else ""
                took[f"{kind} bare GET"] = await measure(self.feeds, partial(self.bare, session, etag), tuple)
                began = time.perf_counter()
                took[kind] = await measure(self.feeds, partial(poller.poll_once, force=True), lambda: parser.pids)
                took[f"{kind} feeds/s"] = self.feeds / (time.perf_counter() - began)
            bodies = await self.bare(session, "")
            took["feedparser"] = await measure(self.feeds, lambda: parse_bare(bodies), tuple)
        await store.close()
        return took


async def parse_bare(bodies: list[bytes]) -> None:
    for body in bodies:
        feedparser.parse(io.BytesIO(body))


async def run(port: int, feeds: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(port, feeds, Path(folder))
        all_rounds = [await bench.round(number) for number in range(rounds)]
    median = {key: statistics.median(took[key] for took in all_rounds) for key in all_rounds[0]}
    print(f"{feeds} feeds of 40 entries, medians of {rounds} rounds, CPU ms per feed\n")
    print(f"{'poll':8}{'ours':>8}{'bare GET':>10}{'ratio':>7}{'GET+feedparser':>16}{'ratio':>7}{'feeds/s':>9}")
    for kind in KINDS:
        ours, bare = median[kind], median[f"{kind} bare GET"]
        full = bare + (0 if kind == "304" else median["feedparser"])
        rate = median[f"{kind} feeds/s"]
        print(f"{kind:8}{ours:8.2f}{bare:10.2f}{ours / bare:7.2f}{full:16.2f}{full / ours:7.1f}{rate:9.0f}")
    print(f"\nfeedparser alone, as it comes: {median['feedparser']:.1f} ms per feed")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, the bare clients included: {peak:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    random.seed(1)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        asyncio.run(run(ours.recv(), args.feeds, args.rounds))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
