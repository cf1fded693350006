"""PostgreSQL's LISTEN and NOTIFY, as a hint only: what one process queues wakes the others that deliver.

Whoever hears nothing finds everything by asking the tables each second, a moment later. So nothing here is needed: not
behind a PgBouncer that pools transactions, where notifications do not arrive
(https://www.pgbouncer.org/features.html), and not on SQLite, whose processes share a host and simply ask.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.pool import NullPool

from core.errors import StoreError
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import make_engine

CHANNEL = "minsk_watch"
QUEUED = "queued"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """In seconds: until a lost connection is made anew, until a deaf one is tried anew, how long a trial may take, and
    how often the connection is tried."""

    lost: float = 5.0
    deaf: float = 600.0
    trial: float = 10.0
    between: float = 60.0


async def tell(connection: AsyncConnection) -> None:
    """Tell the others, when this transaction commits, that something was queued."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_notify(CHANNEL, QUEUED)))


async def follow(database: Database, wake: Callable[[], None], pauses: Pauses = Pauses()) -> None:
    """Call `wake` whenever another process, or this one, has queued something; until cancelled. Raises nothing."""
    if database.url.drivername.startswith("sqlite"):
        return
    said = False
    while True:
        heard = False
        try:
            heard = await _listen(database, wake, pauses)
        except (StoreError, OSError, TimeoutError) as error:
            _log.debug("listening ended: %s", error)
        except Exception as error:  # the driver's own errors; polling goes on whatever they are
            _log.debug("listening ended: %s: %s", type(error).__name__, error)
        else:
            if not heard and not said:
                said = True
                _log.info(
                    "notifications do not come through (a pooler?): what is queued is found by asking each second"
                )
        await asyncio.sleep(pauses.lost if heard else pauses.deaf)


async def _listen(database: Database, wake: Callable[[], None], pauses: Pauses) -> bool:
    """Listen on a connection of our own until it is lost (True) or turns out to hear nothing (False)."""
    engine = make_engine(database.url, 10.0, pool=NullPool)
    try:
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            trial = _Trial()

            def on_notification(_connection: Any, _pid: int, _channel: str, payload: str) -> None:
                if payload == QUEUED:
                    wake()
                else:
                    trial.hear(payload)

            driver.add_termination_listener(lambda _: trial.lose())
            await driver.add_listener(CHANNEL, on_notification)
            wake()  # what was queued while nobody listened
            while await trial.passes(database, pauses.trial):
                with suppress(TimeoutError):
                    async with asyncio.timeout(pauses.between):
                        await trial.lost.wait()
            if not trial.lost.is_set():
                driver.terminate()  # a pooler would keep the LISTEN for its next client
                return False
            return True
    finally:
        with suppress(Exception):
            await engine.dispose()


class _Trial:
    """A notification to ourselves, sent over an ordinary connection."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self._word = ""
        self._heard = False
        self._over = asyncio.Event()

    def hear(self, payload: str) -> None:
        if payload == self._word:
            self._heard = True
            self._over.set()

    def lose(self) -> None:
        """The connection is gone: nothing will be heard any more."""
        self.lost.set()
        self._over.set()

    async def passes(self, database: Database, within: float) -> bool:
        """Whether it arrives. Raises StoreError."""
        if self.lost.is_set():
            return False
        self._word, self._heard = f"trial {secrets.token_hex(8)}", False
        self._over.clear()  # nobody else runs between the look at `lost` and this
        async with database.write() as connection:
            await connection.execute(select(func.pg_notify(CHANNEL, self._word)))
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._over.wait()
        return self._heard and not self.lost.is_set()
