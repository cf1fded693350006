"""Parsing where it can be stopped: child processes with limits on time, CPU and memory.

A body that kills its process, or is still being read at the time limit, costs its own feed a ParseError; the process is
replaced and the next feed notices nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any, Protocol

from core.errors import ParseError
from core.model import Outcome
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.lending import Lending
from feeds.options import FeedOptions
from feeds.wire import LENGTHS, Parsed, load_parsed, pack, unpack

_ROOT = str(Path(__file__).resolve().parent.parent)
_START_LIMIT = 30.0  # seconds: a cold interpreter on a busy machine
# glibc gives memory back after each document and then faults it in again, page by page; up to 4 MiB are kept instead.
_MALLOC = {"MALLOC_TRIM_THRESHOLD_": "4194304", "MALLOC_MMAP_THRESHOLD_": "4194304"}


class Parser(Protocol):
    """What the pipeline needs of a parser."""

    async def parse(self, kind: str, body: bytes, *, url: str, content_type: str = "", seen: bytes = b"") -> Parsed: ...


class ParseWorker:
    """A pool of `options.parse_workers` parser processes; small bodies go first. Use as `async with`, or call `close`
    in the end."""

    def __init__(self, options: FeedOptions) -> None:
        self._options = options
        self._children = [Child(options) for _ in range(options.parse_workers)]
        self._lending = Lending(self._children)

    async def __aenter__(self) -> ParseWorker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def parse(self, kind: str, body: bytes, *, url: str, content_type: str = "", seen: bytes = b"") -> Parsed:
        """Read a body as source type `kind`, without the entries of `seen` if possible; raises ParseError only.

        `seen` is that of the Parsed of the document's last version.
        """
        job = {
            "kind": kind,
            "url": url,
            "content_type": content_type,
            "max_entries": self._options.max_entries,
            "seen": len(seen),
        }
        child = await self._lending.take(len(body))
        try:
            answer, texts = await child.ask(pack(job, seen + body))
        finally:
            self._lending.give(child)
        if "error" in answer:
            raise ParseError(Outcome(answer["outcome"]), answer["error"])
        return load_parsed(answer["parsed"], texts)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the parsers that are running now."""
        return tuple(child.process.pid for child in self._children if child.process)

    @property
    def deaths(self) -> int:
        """How many parser processes died, or had to be ended, while they read a body."""
        return sum(child.deaths for child in self._children)

    async def close(self) -> None:
        """End all parser processes and wait for them."""
        await asyncio.gather(*(child.stop() for child in self._children))


class Child:
    """One process of a worker module, started when first needed and again after its end.

    What it cannot answer within `options.parse_timeout` and `options.parse_memory` is a ParseError.
    """

    def __init__(self, options: FeedOptions, module: str = "feeds.worker") -> None:
        self._options = options
        self._module = module
        self.process: Process | None = None
        self.deaths = 0

    async def ask(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        """The answer to a frame; raises ParseError only."""
        try:
            process = self.process or await self._start()
            async with asyncio.timeout(self._options.parse_timeout.total_seconds()):
                answer, body = await _exchange(process, frame)
        except TimeoutError:
            self.deaths += 1
            await self.stop()
            raise ParseError(Outcome.PARSE, Sentence(told.STOPPED, seconds=self._seconds)) from None
        except (asyncio.IncompleteReadError, OSError, ValueError) as error:
            self.deaths += 1
            await self.stop()
            raise ParseError(Outcome.PARSE, Sentence(told.ENDED, error=type(error).__name__)) from error
        except BaseException:
            await self.stop()
            raise
        if answer.get("retire"):
            await self.stop()
        return answer, body

    @property
    def _seconds(self) -> str:
        return f"{self._options.parse_timeout.total_seconds():g}"

    async def _start(self) -> Process:
        limits = (str(self._options.parse_memory), str(int(self._options.parse_timeout.total_seconds()) + 1))
        self.process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self._module, *limits),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=_ROOT,
            env={**_MALLOC, **os.environ, "PYTHONPATH": _ROOT},
            start_new_session=True,
        )
        async with asyncio.timeout(_START_LIMIT):
            await _receive(process)
        return process

    async def stop(self) -> None:
        """End the process, if there is one, and wait for it."""
        process, self.process = self.process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin:
            process.stdin.close()
        # Reading to the end lets the transport close its pipes; waiting leaves no zombie.
        with contextlib.suppress(OSError):
            await process.communicate()
        await process.wait()


async def _exchange(process: Process, frame: bytes) -> tuple[dict[str, Any], bytes]:
    assert process.stdin
    process.stdin.write(frame)
    await process.stdin.drain()
    return await _receive(process)


async def _receive(process: Process) -> tuple[dict[str, Any], bytes]:
    assert process.stdout
    head, body = LENGTHS.unpack(await process.stdout.readexactly(LENGTHS.size))
    answer: dict[str, Any] = unpack(await process.stdout.readexactly(head))
    return answer, await process.stdout.readexactly(body)
