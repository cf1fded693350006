"""Work that only one of several processes may do, such as asking Telegram for updates.

The right to it is a lease in the database, renewed every third of its length. A process stops when half of the length
has passed without a renewal, so that even one whose clock or network is bad has stopped before another may begin. One
that was frozen in the meantime finds its time over when it goes on; what it still tries to write carries an old epoch
and changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from core.errors import MinskError
from core.ports import Clock
from core.replicas import Lease, LeaseStore

TTL = timedelta(seconds=20)

T = TypeVar("T")

_log = logging.getLogger("minskwatch")


def this_process() -> str:
    """Who we are among the processes on one database: readable, never the same twice, and no forked parent's name."""
    return _named(os.getpid())


@cache
def _named(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{secrets.token_hex(4)}"


class Leadership:
    """The lease called `name`, as one process sees it: this one, or `owner`."""

    def __init__(
        self, store: LeaseStore, clock: Clock, name: str, *, owner: str = "", ttl: timedelta | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._owner = owner or this_process()
        self._ttl = ttl or TTL
        self._lease: Lease | None = None
        self._sure_until: datetime | None = None
        self._held = asyncio.Event()
        self._work: asyncio.Task[Any] | None = None

    @property
    def value(self) -> str:
        """What the last holder kept with the lease, "" if nothing."""
        return self._lease.value if self._lease else ""

    def holds(self) -> bool:
        """Whether the work may be done now."""
        return self._lease is not None and self._left() > 0

    async def keep(self) -> None:
        """Take the lease when it is free and renew it, until cancelled."""
        while True:
            await self.renew()
            await self._clock.sleep(self._ttl.total_seconds() / 3)

    async def renew(self) -> bool:
        """Take or renew the lease once; whether it is ours. A database that does not answer ends nothing at once."""
        asked_at = self._clock.now()
        try:
            async with asyncio.timeout(self._ttl.total_seconds() / 3):
                lease = await self._store.take_lease(self._name, self._owner, asked_at, ttl=self._ttl)
        except (MinskError, TimeoutError) as error:
            _log.warning("the lease %s could not be renewed: %s", self._name, error or "no answer in time")
            if not self.holds():
                self._lose()
            return self.holds()
        if lease is None:
            self._lose()
            return False
        if self._lease is None:
            _log.info("this process leads: %s", self._name, extra={"epoch": lease.epoch})
        self._lease = lease
        self._sure_until = asked_at + self._ttl / 2
        self._held.set()
        return True

    async def begins(self) -> None:
        """Wait until the lease is ours."""
        await self._held.wait()

    async def while_held(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work while the lease is ours; None when it was lost, and the work cancelled. Raises what it raises."""
        task = self._work = asyncio.create_task(work)
        try:
            while not task.done():
                left = self._left()
                if self._lease is None or left <= 0:
                    self._lose()
                    return None
                await asyncio.wait((task,), timeout=left)
            return None if task.cancelled() else task.result()
        finally:
            self._work = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def keep_value(self, value: str) -> bool:
        """Remember something for the next holder; False when the lease is not ours any more. Raises StoreError."""
        if self._lease is None or not await self._store.keep_value(self._lease, value):
            self._lose()
            return False
        return True

    async def release(self) -> None:
        """Let another process go on at once."""
        lease = self._lease
        self._lose()
        if lease is not None:
            try:
                await self._store.drop_lease(lease, self._clock.now())
            except MinskError as error:
                _log.warning("the lease %s ends by itself: %s", self._name, error)

    def _left(self) -> float:
        return (self._sure_until - self._clock.now()).total_seconds() if self._sure_until else 0.0

    def _lose(self) -> None:
        if self._lease is not None:
            _log.info("this process does not lead any more: %s", self._name)
        self._lease = None
        self._held.clear()
        if self._work is not None:
            self._work.cancel()
