"""Parser processes lent to bodies: small ones go first, and nobody waits for ever.

With thirty bodies of several megabytes waiting, the feeds that come behind them would wait for all of these.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(eq=False, slots=True)
class _Asker(Generic[Thing]):
    size: int
    answer: asyncio.Future[Thing]
    passed: int = 0  # the sizes of those that came later and went first


class Lending(Generic[Thing]):
    """Lends things out, one to each who asks. Of those who wait the smallest is next, of equal ones the first.

    Nobody is overtaken by twice the own size: whoever was by the own size is next before all that came later.
    """

    def __init__(self, things: Iterable[Thing]) -> None:
        self._idle = list(things)
        self._waiting: list[_Asker[Thing]] = []  # in the order of asking; as many as there are polls at once

    async def take(self, size: int) -> Thing:
        """A thing, to be given back; the one that was given back last, if several are idle. `size` as of a body."""
        if self._idle:
            return self._idle.pop()
        answer: asyncio.Future[Thing] = asyncio.get_running_loop().create_future()
        asker = _Asker(size, answer)
        self._waiting.append(asker)
        try:
            return await answer
        except asyncio.CancelledError:
            if asker in self._waiting:
                self._waiting.remove(asker)
            elif not answer.cancelled():  # it was lent one, and passes it on
                self.give(answer.result())
            raise

    def give(self, thing: Thing) -> None:
        """Take a thing back and lend it to the next."""
        while self._waiting:
            asker = self._next()
            if not asker.answer.done():
                asker.answer.set_result(thing)
                return
        self._idle.append(thing)

    def _next(self) -> _Asker[Thing]:
        due = next((one for one in self._waiting if one.passed >= one.size), None)
        chosen = due or min(self._waiting, key=lambda one: one.size)
        place = self._waiting.index(chosen)
        del self._waiting[place]
        if not chosen.answer.done():
            for one in self._waiting[:place]:
                one.passed += chosen.size
        return chosen
