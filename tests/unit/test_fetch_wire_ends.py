"""A fetch that is given up, runs out of time or is closed meanwhile, at every stage: nothing of it stays behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from core.errors import FetchError
from core.model import Outcome
from feeds import fault_texts as told
from tests.polling import until
from tests.wire import BODY, Bench, Line, Talk, head, keeping, local, plain, wired

SHORT = timedelta(seconds=0.2)
HELLO = 0x16  # with which a TLS handshake begins

STAGES: dict[str, bytes | None] = {
    "name": None,
    "connecting": None,
    "handshake": None,
    "no head": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "early hints": head(status="HTTP/1.1 103 Early Hints"),
    "no body": head("Content-Length: 49"),
    "half a body": head("Content-Length: 49") + BODY[:9],
    "half a chunk": head("Transfer-Encoding: chunked") + b"31\r\n<rss>",
    "between chunks": head("Transfer-Encoding: chunked") + b"5\r\n<rss>\r\n",
    "a body without length": head() + BODY,
    "a page that may be a browser check": head("Content-Type: text/html", status="HTTP/1.1 403 No") + b"<html>",
    "a kept connection": plain(),
}


@dataclass
class Hanging:
    """A fetch that has come to a stage and hangs there; `again` fetches from a server that answers."""

    bench: Bench
    url: str
    at: asyncio.Event
    over: threading.Event

    async def begin(self) -> asyncio.Task[Any]:
        task = asyncio.create_task(self.bench.fetch(self.url))
        at = asyncio.create_task(self.at.wait())
        await asyncio.wait([task, at], return_when=asyncio.FIRST_COMPLETED)
        at.cancel()
        await asyncio.sleep(0)
        return task

    async def settled(self) -> None:
        """Nothing is open on either side, before the fetcher is closed."""
        await until(lambda: self.bench.wire.quiet)


def saying(data: bytes, at: asyncio.Event) -> Talk:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(data)
        if data == plain():
            await line.hear()
        at.set()
        await line.hung_up()

    return talk


@asynccontextmanager
async def full() -> AsyncIterator[int]:
    """A port at which a connection is neither taken nor refused."""
    loop = asyncio.get_running_loop()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = []
        try:
            for _ in range(8):
                one = socket.socket()
                one.setblocking(False)
                waiting.append(one)
                try:
                    await asyncio.wait_for(loop.sock_connect(one, ("127.0.0.1", port)), 0.05)
                except TimeoutError:
                    break
            yield port
        finally:
            for one in waiting:
                one.close()


@asynccontextmanager
async def hanging(stage: str, **options: Any) -> AsyncIterator[Hanging]:
    at, over = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        if host.startswith("slow"):
            loop.call_soon_threadsafe(at.set)
            over.wait()
        return local(host, port, family)

    async def silent(line: Line) -> None:
        assert (await line.reader.readexactly(1))[0] == HELLO
        at.set()
        await line.hung_up()

    data = STAGES[stage]
    talk = silent if data is None else saying(data, at)
    async with full() as port, wired(talk, lookup=lookup, allow=(f"127.0.0.1:{port}",), **options) as bench:
        url = bench.wire.url()
        if stage == "name":
            url = f"http://slow.example:{bench.wire.port}/"
        elif stage == "connecting":
            url = f"http://127.0.0.1:{port}/"
            at.set()
        elif stage == "handshake":
            url = f"https://{bench.wire.endpoint}/"
        if stage == "a kept connection":
            await bench.meet(BODY)
        try:
            yield Hanging(bench, url, at, over)
        finally:
            over.set()


@pytest.mark.parametrize("stage", STAGES)
async def test_a_fetch_that_is_given_up_leaves_nothing_open(stage: str) -> None:
    async with hanging(stage) as it:
        task = await it.begin()
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await it.settled()
        it.bench.wire.talk = keeping(plain())
        await it.bench.meet(BODY, it.bench.wire.url("/after"))
    gc.collect()  # what was left open would be warned of


@pytest.mark.parametrize("stage", STAGES)
async def test_a_fetch_that_runs_out_of_time_says_so_and_leaves_nothing_open(stage: str) -> None:
    in_reach = stage not in ("name", "connecting", "handshake")
    limits = {"timeout": SHORT} if in_reach else {"connect_timeout": SHORT}
    async with hanging(stage, **limits) as it:
        task = await it.begin()
        with pytest.raises(FetchError) as caught:
            await task
        assert caught.value.outcome is Outcome.TIMEOUT
        assert getattr(caught.value.words, "template", "") == (told.TOO_SLOW if in_reach else told.NOT_REACHED)
        await it.settled()
    gc.collect()


@pytest.mark.parametrize("stage", ["name", "connecting", "handshake"])
async def test_the_time_of_a_whole_fetch_counts_for_its_connection_too(stage: str) -> None:
    async with hanging(stage, timeout=SHORT) as it:
        await it.bench.meet(told.TOO_SLOW, it.url)
        await it.settled()


@pytest.mark.parametrize("stage", STAGES)
async def test_a_fetcher_that_is_closed_ends_what_is_at_work(stage: str) -> None:
    async with hanging(stage) as it:
        task = await it.begin()
        await it.bench.fetcher.close()
        with pytest.raises(FetchError):
            await task
        assert len(it.bench.wire.lines) <= 1  # it was not asked for again
        await it.settled()
    gc.collect()


async def test_many_that_are_given_up_at_any_moment_leave_nothing_open() -> None:
    async with wired(keeping(plain())) as bench:
        for turns in range(40):
            task = asyncio.create_task(bench.fetch())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                assert (await task).body == BODY
        await bench.meet(BODY)
        await bench.fetcher.close()
        await until(lambda: bench.wire.quiet)
    gc.collect()


async def test_one_that_is_given_up_does_not_disturb_another_of_the_same_host() -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def talk(line: Line) -> None:
        await line.hear()
        if len(line.heads) == 2:
            asked.set()
        await go.wait()
        await line.say(plain())
        await line.hung_up()

    async with wired(talk) as bench:
        one, other = asyncio.create_task(bench.fetch()), asyncio.create_task(bench.fetch())
        await asked.wait()
        one.cancel()
        go.set()
        assert (await other).body == BODY
        with pytest.raises(asyncio.CancelledError):
            await one
