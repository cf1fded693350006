"""A time that several processes share: it goes on as any time does, and skips to the next wait's end when all wait.

So a day of the real program, with its leases, pauses and quiet hours as they are, takes as long as its work. Whoever
lives by this time has a loop of `loop_of`; the one that leads, the soak itself, moves the time on when no process runs
and nothing is on the way, which /proc tells. Two files are shared: how far ahead this time is and when each process
wants to go on; and a socket for each, to be woken by.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PLACES = 16
_AHEAD = struct.Struct("d")
_PLACE = struct.Struct("qd")  # process, and when it wants to go on
NEVER, _BUSY = float("inf"), float("-inf")
_START = 1e9  # so that no moment is less than nothing
_GLANCE = 0.0007  # seconds between two looks that must find the same


class SharedTime:
    """Seconds and moments of this time, by a file in `folder` that all share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / "time"
        if not file.exists():
            file.write_bytes(bytes(_AHEAD.size + PLACES * _PLACE.size))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 0)

    @property
    def ahead(self) -> float:
        """How many seconds this time is ahead of the machine's, which may be less than none."""
        return float(_AHEAD.unpack_from(self._map)[0])

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        _AHEAD.pack_into(self._map, 0, seconds)

    def seconds(self) -> float:
        """What passes evenly but for the skips."""
        return _START + time.monotonic() + self.ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    # --- who waits until when ---------------------------------------------------------------------------------------

    def expect(self, pid: int) -> None:
        """A process begins: time does not skip before it waits."""
        free = next(place for place, (owner, _) in enumerate(self._places()) if owner in (0, pid))
        self._write(free, pid, _BUSY)

    def forget(self, pid: int) -> None:
        """A process has ended."""
        for place, (owner, _) in enumerate(self._places()):
            if owner == pid:
                self._write(place, 0, NEVER)

    def wait_until(self, pid: int, at: float) -> None:
        for place, (owner, _) in enumerate(self._places()):
            if owner == pid:
                self._write(place, pid, at)

    def waiting(self) -> Mapping[int, float]:
        """Process -> when it wants to go on."""
        return {owner: at for owner, at in self._places() if owner}

    def wake(self, pid: int) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.setblocking(False)
            bell.sendto(b".", str(self.bell_of(pid)))

    def bell_of(self, pid: int) -> Path:
        return self.folder / f"bell.{pid}"

    def _places(self) -> Iterator[tuple[int, float]]:
        return _PLACE.iter_unpack(self._map[_AHEAD.size :])

    def _write(self, place: int, pid: int, at: float) -> None:
        _PLACE.pack_into(self._map, _AHEAD.size + place * _PLACE.size, pid, at)


class _Selector(selectors.DefaultSelector):
    """Waits by the shared time."""

    def __init__(self, shared: SharedTime) -> None:
        super().__init__()
        self._shared = shared

    def glance(self, seconds: float = 0.0) -> list[tuple[selectors.SelectorKey, int]]:
        """What came within so many seconds of the machine's time."""
        return super().select(seconds)


class Following(_Selector):
    """Says until when it waits, and is woken by the one that leads."""

    def __init__(self, shared: SharedTime) -> None:
        super().__init__(shared)
        self._pid = os.getpid()
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._bell.setblocking(False)
        self._bell.bind(str(shared.bell_of(self._pid)))
        self.register(self._bell, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return self._without_bell(self.glance())
        until = NEVER if timeout is None else self._shared.seconds() + timeout
        self._shared.wait_until(self._pid, until)
        found = self._without_bell(super().select(timeout))
        self._shared.wait_until(self._pid, _BUSY)
        return found

    def _without_bell(self, found: list[tuple[selectors.SelectorKey, int]]) -> list[tuple[selectors.SelectorKey, int]]:
        rest = [one for one in found if one[0].fileobj is not self._bell]
        if len(rest) < len(found):
            with suppress(BlockingIOError):
                while self._bell.recv(16):
                    pass
        return rest


class Leading(_Selector):
    """Moves the time on when nobody has anything to do. `others` are the processes whose work it waits for."""

    def __init__(self, shared: SharedTime, others: Callable[[], Iterable[int]]) -> None:
        super().__init__(shared)
        self._stillness = Stillness(others)
        self.skips = 0
        self.steady = False  # time passes as it does, and skips nothing

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return self.glance()
        until = NEVER if timeout is None else self._shared.seconds() + timeout
        while True:
            found = self.glance(_GLANCE)
            if found or self._shared.seconds() >= until:
                return found
            before = None if self.steady else self._stillness.look()
            if before is None:
                continue
            found = self.glance(_GLANCE)
            if found:
                return found
            if self._stillness.look() == before and self._skip(until):
                return []

    def _skip(self, until: float) -> bool:
        """Move on to the first moment that anybody waits for; whether that is ours."""
        waiting = self._shared.waiting()
        first = min((until, *waiting.values()))
        if first in (NEVER, _BUSY):
            return False
        self._shared.ahead += max(0.0, first - self._shared.seconds())
        self.skips += 1
        for pid, at in waiting.items():
            if at <= first:
                self._shared.wait_until(pid, _BUSY)
                self._shared.wake(pid)
        return until <= first


class Stillness:
    """Whether processes, their threads and children all sleep, by Linux's /proc; this process's main thread aside."""

    def __init__(self, roots: Callable[[], Iterable[int]]) -> None:
        self._roots = roots
        self._parents: dict[int, int] = {}

    def look(self) -> tuple[str, ...] | None:
        """What says how often each ran, to be compared; None when one is running, or about to."""
        seen = []
        for pid in self._family():
            for thread in _listed(f"/proc/{pid}/task"):
                if thread == os.getpid():
                    continue
                stat, ran = _read(f"/proc/{pid}/task/{thread}/stat"), _read(f"/proc/{pid}/task/{thread}/schedstat")
                state = stat.rpartition(")")[2].split()[:1]
                if state and state[0] in "RD":
                    return None
                seen.append(f"{thread} {ran}")
        return tuple(seen)

    def _family(self) -> list[int]:
        """The roots and all that descend from them, and this process."""
        there = _listed("/proc")
        self._parents = {pid: self._parents.get(pid) or _parent(pid) for pid in there}
        family = {os.getpid(), *self._roots()}
        grown = True
        while grown:
            more = {pid for pid, parent in self._parents.items() if parent in family and pid not in family}
            more -= {pid for pid in more if self._parents[pid] == os.getpid()}  # those count that are named
            family |= more
            grown = bool(more)
        return sorted(family)


def _listed(folder: str) -> list[int]:
    try:
        return [int(name) for name in os.listdir(folder) if name.isdigit()]
    except OSError:
        return []


def _read(file: str) -> str:
    try:
        with open(file, encoding="latin-1") as opened:
            return opened.read()
    except OSError:
        return ""


def _parent(pid: int) -> int:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def loop_of(shared: SharedTime, selector: _Selector) -> asyncio.AbstractEventLoop:
    """A loop whose time is the shared one."""
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = shared.seconds  # type: ignore[method-assign]
    return loop


def live_by(shared: SharedTime) -> None:
    """Let this process, in which the program is about to begin, live by the shared time."""
    import apscheduler.job
    import apscheduler.schedulers.base
    import apscheduler.triggers.interval

    import app.loop
    import app.rounds
    import storage.store
    from core.clock import SystemClock
    from storage.clock import ServerClock

    class Moments(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return shared.now().astimezone(tz)

    modules: tuple[Any, ...] = (apscheduler.schedulers.base, apscheduler.triggers.interval, app.rounds)
    for module in modules:
        module.datetime = Moments
    app.loop.loop_factory = lambda: lambda: loop_of(shared, Following(shared))
    app.rounds.Rounds.__init__.__defaults__ = (lambda: shared.now().timestamp(), shared.seconds)
    SystemClock.now = lambda *_: shared.now()  # type: ignore[method-assign]
    ServerClock.__init__.__defaults__ = (shared.now, shared.seconds)
    read_clock = storage.store.Store.read_clock

    async def read(self: storage.store.Store) -> datetime | None:
        at = await read_clock(self)
        return at and at + timedelta(seconds=shared.ahead)

    storage.store.Store.read_clock = read  # type: ignore[method-assign, assignment]
    _log_by(shared)


def _log_by(shared: SharedTime) -> None:
    import logging

    made = logging.getLogRecordFactory()

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        one = made(*args, **kwargs)
        one.created += shared.ahead
        return one

    logging.setLogRecordFactory(record)
