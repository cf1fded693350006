"""Telegram's updates by long polling, by one process at a time.

Telegram lets one program at a time ask for a bot's updates; of several replicas the one that holds the lease does. What
is handled is remembered with the lease, then confirmed: who takes over goes on behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aiogram.methods import DeleteWebhook

from bot.platforms.telegram_api import Api, GetRawUpdates
from bot.platforms.telegram_errors import Conflict
from bot.platforms.telegram_lanes import Lanes, lane_of
from bot.platforms.unanswered import Unanswered
from core.errors import BadCredentials, DeliveryError, RetryLater, StoreError
from core.leadership import Leadership
from core.ports import Clock, Observer

POLL_SECONDS = 25
POLL_GRACE = 15
PEEK_SECONDS = 0.5
WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)
# Telegram keeps updates for a day, and may number them anew after a week without any.
OFFSET_IS_GOOD = timedelta(days=1)


class Polling:
    """Hands updates to `take`, those of a chat in order. Without `lead` this program is taken to be alone."""

    def __init__(
        self,
        api: Api,
        kinds: Sequence[str],
        clock: Clock,
        log: logging.Logger,
        take: Callable[[dict[str, Any]], Awaitable[None]],
        observe: Observer,
        lead: Leadership | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        self._api = api
        self._kinds = list(kinds)
        self._clock = clock
        self._log = log
        self._take = take
        self._lanes = lanes or Lanes()
        self._lost = False
        self._observe = observe
        self._unanswered = Unanswered("telegram", clock, observe)
        self._lead = lead
        self._failures = 0
        self._shared = False
        self._running: dict[int, asyncio.Task[None]] = {}
        self._newest: int | None = None
        self._kept: int | None = None

    async def run(self) -> None:
        """Receive until cancelled. Raises BadCredentials."""
        lead = self._lead
        if lead is None:
            await self._poll()
            return
        keeping = asyncio.create_task(lead.keep())
        try:
            while True:
                await lead.begins()
                await lead.while_held(self._poll())
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await lead.release()

    async def _poll(self) -> None:
        """Ask for updates for ever. A request confirms those before the first that is not handled yet.

        While one is being handled, the others are asked for at short intervals, without waiting at Telegram: it would
        answer at once, because there is one that is not confirmed. It gives 100 of them at most, so no more pile up.
        An offset is named only to confirm: an old one would hide updates that are numbered anew.
        """
        offset, self._newest, self._lost = self._offset_kept(), None, False
        self._unanswered = Unanswered("telegram", self._clock, self._observe)
        try:
            while True:
                found = await self._ask(offset)
                if found is None:
                    continue
                for update in found:
                    self._begin(update)
                if self._running:
                    await asyncio.wait(self._running.values(), timeout=PEEK_SECONDS)
                if self._lost:
                    return
                offset = self._confirmed()
                if offset is not None and not await self._keep(offset):
                    return
        finally:
            running = tuple(self._running.values())
            self._running.clear()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _ask(self, offset: int | None) -> list[dict[str, Any]] | None:
        """Updates, None after a failure and the wait that it asks for. Raises BadCredentials."""
        timeout = 0 if self._running else POLL_SECONDS
        method = GetRawUpdates(offset=offset, timeout=timeout, allowed_updates=self._kinds)
        try:
            found: Any = await self._api.call(method, seconds=timeout + POLL_GRACE)
        except BadCredentials:
            raise
        except DeliveryError as error:
            await self._pause(error)
            return None
        self._answered()
        return list(found)

    def _begin(self, update: dict[str, Any]) -> None:
        number = int(update["update_id"])
        if number not in self._running:
            self._running[number] = self._lanes.begin(lane_of(update), partial(self._handle, update))
        self._newest = number

    async def _handle(self, update: dict[str, Any]) -> None:
        if self._lead is not None and not self._lead.holds():
            self._lost = True  # frozen since the update came: another process goes on
            return
        await self._take(update)

    def _confirmed(self) -> int | None:
        """The offset that confirms all that is handled and nothing else; None when there is nothing to confirm."""
        self._running = {number: task for number, task in self._running.items() if not task.done()}
        if self._running:
            return next(iter(self._running))
        newest, self._newest = self._newest, None
        return None if newest is None else newest + 1

    def _offset_kept(self) -> int | None:
        """Where the process before us was, if that was lately."""
        number, _, at = (self._lead.value if self._lead else "").partition(" ")
        if not number or self._clock.now() - datetime.fromisoformat(at) > OFFSET_IS_GOOD:
            return None
        return int(number)

    async def _keep(self, offset: int) -> bool:
        """Remember how far we are; False when another process goes on."""
        if self._lead is None or offset == self._kept:
            return True
        self._kept = offset
        try:
            return await self._lead.keep_value(f"{offset} {self._clock.now().isoformat()}")
        except StoreError as error:  # what was handled is marked elsewhere too, so at worst it is looked at again
            self._log.warning("It could not be stored how far Telegram's updates are handled: %s", error)
            return True

    def _answered(self) -> None:
        self._unanswered.answered()
        if self._failures:
            self._log.info("Telegram answers again")
            self._failures = 0
        if self._shared:
            self._shared = False
            self._observe("token_alone", platform="telegram")

    async def _pause(self, error: DeliveryError) -> None:
        """After a failed request for updates: say it (an outage once), do what helps, and wait."""
        wait = error.retry_after if isinstance(error, RetryLater) else WAITS[min(self._failures, len(WAITS) - 1)]
        self._failures += 1
        if isinstance(error, Conflict) and error.webhook:
            self._log.warning("A webhook is set for this bot, but telegram.mode is polling: the webhook is removed")
            try:
                await self._api.call(DeleteWebhook(drop_pending_updates=False))
            except DeliveryError as failure:
                self._log.warning("The webhook could not be removed", extra={"reason": str(failure)})
        elif isinstance(error, Conflict):
            advice = "stop the other one, or give this one a token of its own"
            self._log.error("Two programs use the same Telegram token: %s; %s", error, advice, extra={"wait": wait})
            if self._failures > 1 and not self._shared:  # a replica that stops may be heard of once
                self._shared = True
                self._observe("token_shared", platform="telegram", reason=str(error))
        else:
            level = logging.WARNING if self._failures == 1 else logging.DEBUG
            self._log.log(level, "Telegram gives no updates: %s", error, extra={"wait": wait})
            self._unanswered.failed(str(error))
        await self._clock.sleep(wait)
