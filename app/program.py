"""The running program: opens the parts, drives their rounds, ends them in order.

APScheduler has a handful of jobs for the whole program: what is due is a query, never a timer per feed or per chat.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from itertools import count

from app.guarding import Guard
from app.parts import Parts
from app.roles import CHAT, DELIVER, POLL, WEB
from app.rounds import Rounds
from app.site import make_site
from bot.platforms.unanswered import Unanswered
from core.errors import BadCredentials, DeliveryError, MinskError, StoreError
from core.ports import ChatPlatform, Route
from web.health import Health
from web.metrics import metrics_route
from web.server import HttpServer

log = logging.getLogger("minskwatch")

ROUND_SECONDS = 1.0
HOUSEKEEPING = timedelta(hours=1)
LOOK_SECONDS = 60.0
CLOCK_SECONDS = 30.0
REOPEN_SECONDS = (5, 15, 60)
REFUSED_SECONDS = 300  # until a token that was refused is tried again
STOP_DEADLINE = timedelta(seconds=6)  # the whole stop must fit into the 10 seconds that containers allow


class Program:
    """All parts at work. `run` returns after `stop` was set and everything has ended."""

    def __init__(self, parts: Parts, *, web: bool = True) -> None:
        self._parts = parts
        rounds = tuple(role for role in (POLL, DELIVER) if role in parts.roles)
        self._health = Health(parts.clock, rounds, look=parts.attention.details)
        self._guard = Guard(parts.clock, self._health.worked)
        self._rounds = Rounds()
        self._tasks: list[asyncio.Task[None]] = []
        self._server: HttpServer | None = None
        self._failure: BaseException | None = None
        self._refused: set[str] = set()
        self._stop = asyncio.Event()
        if web:
            http = parts.settings.http
            routes: list[Route] = []
            if CHAT in parts.roles:
                routes += [route for platform in parts.platforms.values() for route in platform.routes]
            if http.metrics:
                routes.append(metrics_route(parts.metrics, parts.store.get_status))
            site = make_site(parts) if WEB in parts.roles else None
            routes += site.routes if site else ()
            self._server = HttpServer(
                http.host,
                http.port,
                health=self._health.health,
                ready=self._health.ready,
                routes=routes,
                missing=site.missing if site else None,
            )

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. Raises BadCredentials (all platforms refuse their tokens), StoreError, ConfigError.

        A platform that refuses its token is tried again every few minutes while another one works.
        """
        self._stop = stop
        try:
            await self._start()
            await stop.wait()
        finally:
            await self._end()
        if self._failure is not None:
            raise self._failure

    async def _start(self) -> None:
        parts = self._parts
        address = await self._server.start() if self._server else ""
        await parts.open_store()
        opening, stopping = asyncio.create_task(self._open_platforms()), asyncio.create_task(self._stop.wait())
        await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not opening.done():
            self._tasks.append(opening)  # a platform that does not answer must not delay the stop
            return
        await opening
        if POLL in parts.roles:
            self._rounds.every(ROUND_SECONDS, self._guard.guard("poll", parts.poller.tick))
            self._rounds.every(ROUND_SECONDS, self._guard.guard("second look", parts.looks.tick))
            self._rounds.every(HOUSEKEEPING.total_seconds(), self._guard.guard("audit", parts.audit.look))
        if DELIVER in parts.roles:
            hasten = self._rounds.every(ROUND_SECONDS, self._guard.guard("deliver", parts.deliverer.tick))
            self._tasks.append(asyncio.create_task(parts.store.follow_outbox(hasten)))
        self._rounds.every(CLOCK_SECONDS, self._guard.guard("clock", parts.set_clock))
        self._rounds.every(LOOK_SECONDS, self._guard.guard("attention", parts.attention.look))
        self._rounds.every(HOUSEKEEPING.total_seconds(), self._guard.guard("housekeeping", parts.keep_house))
        self._rounds.start()
        self._health.ready_with("program")
        fields = {
            "feeds": len(parts.settings.feed_specs),
            "chats": ",".join(parts.platforms) or "none",
            "http": address,
            "roles": ",".join(sorted(parts.roles)),
        }
        log.info("ready", extra=fields)

    async def _open_platforms(self) -> None:
        for name, platform in self._parts.platforms.items():
            self._health.wait_for(name, "connecting")
            await self._open(name, platform)

    async def _open(self, name: str, platform: ChatPlatform) -> None:
        """Open a platform; one that is unreachable, or refuses its token, is tried again while the rest works."""
        try:
            who = await platform.open()
        except BadCredentials as error:
            if not self._goes_on_without(name, error):
                raise
            self._tasks.append(asyncio.create_task(self._reopen(name, platform, REFUSED_SECONDS)))
        except DeliveryError as error:
            log.warning("%s is not reached, trying again: %s", name, error)
            self._tasks.append(asyncio.create_task(self._reopen(name, platform)))
        else:
            self._listen(name, platform, who)

    async def _reopen(self, name: str, platform: ChatPlatform, wait: float = 0) -> None:
        unanswered = Unanswered(name, self._parts.clock, self._parts.attention)
        for attempt in count():
            await self._parts.clock.sleep(wait or REOPEN_SECONDS[min(attempt, len(REOPEN_SECONDS) - 1)])
            wait = 0
            try:
                who = await platform.open()
            except BadCredentials as error:
                if not self._goes_on_without(name, error):
                    self._fail(error)
                    return
                wait = REFUSED_SECONDS
            except DeliveryError as error:
                log.debug("%s is still not reached: %s", name, error)
                unanswered.failed(str(error))
            else:
                unanswered.answered()
                self._refused.discard(name)
                self._listen(name, platform, who)
                return

    def _goes_on_without(self, name: str, error: BadCredentials) -> bool:
        """Whether another platform is left when this one refuses its token: its chats must not wait for that."""
        level = logging.DEBUG if name in self._refused else logging.ERROR  # once, not at every attempt
        self._refused.add(name)
        if set(self._parts.platforms) <= self._refused:
            return False
        log.log(level, "%s refuses its token, the others go on: %s", name, error)
        self._health.wait_for(name, "its token is refused")
        self._parts.attention("credentials_refused", platform=name, reason=str(error))
        return True

    def _listen(self, name: str, platform: ChatPlatform, who: str) -> None:
        log.info("connected to %s as %s", name, who)
        self._parts.attention("token_accepted", platform=name)
        self._health.ready_with(name)
        if CHAT not in self._parts.roles:
            return
        self._tasks.append(asyncio.create_task(self._receive(name, platform)))

    async def _receive(self, name: str, platform: ChatPlatform) -> None:
        """Receive commands for as long as the program runs; a failure is logged and receiving begins again."""
        while True:
            try:
                await platform.run(self._parts.dispatcher, self._parts.dispatcher.menu())
            except BadCredentials as error:
                if self._goes_on_without(name, error):
                    await self._reopen(name, platform, REFUSED_SECONDS)
                else:
                    self._fail(error)
                return
            except MinskError as error:
                log.error("%s: receiving failed, beginning again: %s", name, error)
            except Exception:
                log.exception("%s: receiving failed, beginning again", name)
            else:
                return
            await self._parts.clock.sleep(REOPEN_SECONDS[0])

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        self._stop.set()

    async def _leave(self, deadline: float) -> None:
        with suppress(TimeoutError, StoreError):  # the others find out by themselves
            async with asyncio.timeout(deadline):
                await self._parts.attention.leave()

    async def _end(self) -> None:
        """Stop taking work, let what is under way finish within the deadline, close everything."""
        parts = self._parts
        self._rounds.stop()
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("a task ended badly: %s", result)
        deadline = STOP_DEADLINE.total_seconds()
        await asyncio.gather(
            parts.poller.drain(deadline),
            parts.looks.drain(deadline),
            parts.deliverer.drain(deadline),
            self._leave(deadline),
        )
        for name, platform in parts.platforms.items():
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await platform.close()
            log.debug("closed %s", name)
        await parts.close()
        if self._server:
            await self._server.stop()
        log.info("stopped")
