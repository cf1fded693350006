"""Work that is cheaper done together: what polls ask of the store at about the same time becomes one question.

Nobody waits longer than a moment, and nobody waits for company that will not come: once every poll that is underway
waits for something gathered, all of it is done at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class Traffic:
    """Counts the polls that are at work, without those that wait for something gathered."""

    def __init__(self) -> None:
        self.busy = 0
        self._quiet: list[Callable[[], None]] = []

    def on_quiet(self, call: Callable[[], None]) -> None:
        """Have `call` called whenever nobody is at work any more."""
        self._quiet.append(call)

    def begin(self) -> None:
        """A poll goes to work, or on with it."""
        self.busy += 1

    def rest(self) -> None:
        """A poll has ended, or waits for something gathered."""
        self.busy -= 1
        if self.busy <= 0:
            for call in self._quiet:
                call()


class Gathering(Generic[Job, Result]):
    """Collects jobs for `seconds` at most and hands them to `work`, which answers each, or says why it cannot."""

    def __init__(
        self, work: Callable[[Sequence[Job]], Awaitable[Sequence[Result | Exception]]], traffic: Traffic, seconds: float
    ) -> None:
        self._work = work
        self._traffic = traffic
        self._seconds = seconds
        self._waiting: list[tuple[Job, asyncio.Future[Result]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._working: set[asyncio.Task[None]] = set()
        traffic.on_quiet(self._soon)

    async def ask(self, job: Job) -> Result:
        """The answer to a job; raises what stood in its way. A job whose asker is cancelled is done nevertheless."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((job, answer))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._begin)
        self._traffic.rest()
        try:
            return await answer
        finally:
            self._traffic.begin()

    async def finish(self) -> None:
        """Wait until everything asked is done."""
        self._begin()
        while self._working:
            await asyncio.gather(*self._working)

    def _soon(self) -> None:
        """Begin, unless another poll goes to work in this turn of the loop."""
        if self._waiting:
            asyncio.get_running_loop().call_soon(lambda: None if self._traffic.busy > 0 else self._begin())

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            batch, self._waiting = self._waiting, []
            task = asyncio.get_running_loop().create_task(self._answer(batch))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _answer(self, batch: Sequence[tuple[Job, asyncio.Future[Result]]]) -> None:
        try:
            answers = await self._work([job for job, _ in batch])
        except Exception as error:
            answers = [error] * len(batch)
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if waiting.done():  # whoever asked has gone
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)
