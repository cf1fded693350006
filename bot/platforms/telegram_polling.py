"""Telegram's updates by long polling, by one process at a time.

Telegram lets one program at a time ask for a bot's updates; of several replicas the one that holds the lease does. Each
batch is handled, then remembered with the lease, then confirmed: who takes over goes on behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from aiogram.methods import DeleteWebhook

from bot.platforms.telegram_api import Api, GetRawUpdates
from bot.platforms.telegram_errors import Conflict
from core.errors import BadCredentials, DeliveryError, RetryLater, StoreError
from core.leadership import Leadership
from core.ports import Clock, Observer

POLL_SECONDS = 25
POLL_GRACE = 15
WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)
# Telegram keeps updates for a day, and may number them anew after a week without any.
OFFSET_IS_GOOD = timedelta(days=1)


class Polling:
    """Hands updates to `take`, in order. Without `lead` this program is taken to be alone."""

    def __init__(
        self,
        api: Api,
        kinds: Sequence[str],
        clock: Clock,
        log: logging.Logger,
        take: Callable[[dict[str, Any]], Awaitable[None]],
        observe: Observer,
        lead: Leadership | None = None,
    ) -> None:
        self._api = api
        self._kinds = list(kinds)
        self._clock = clock
        self._log = log
        self._take = take
        self._observe = observe
        self._lead = lead
        self._failures = 0
        self._shared = False

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
        """Ask for updates for ever. The next request confirms those before it, all of which were handled.

        An offset is named only to confirm: an old one would hide updates that are numbered anew.
        """
        offset = self._offset_kept()
        while True:
            method = GetRawUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=self._kinds)
            try:
                found: list[Any] = await self._api.call(method, seconds=POLL_SECONDS + POLL_GRACE)
            except BadCredentials:
                raise
            except DeliveryError as error:
                await self._pause(error)
                continue
            self._answered()
            offset = None
            for update in found:
                if self._lead is not None and not self._lead.holds():
                    return  # frozen since the answer came: another process goes on
                await self._take(update)
                offset = int(update["update_id"]) + 1
            if offset is not None and not await self._keep(offset):
                return

    def _offset_kept(self) -> int | None:
        """Where the process before us was, if that was lately."""
        number, _, at = (self._lead.value if self._lead else "").partition(" ")
        if not number or self._clock.now() - datetime.fromisoformat(at) > OFFSET_IS_GOOD:
            return None
        return int(number)

    async def _keep(self, offset: int) -> bool:
        """Remember how far we are; False when another process goes on."""
        if self._lead is None:
            return True
        try:
            return await self._lead.keep_value(f"{offset} {self._clock.now().isoformat()}")
        except StoreError as error:  # what was handled is marked elsewhere too, so at worst it is looked at again
            self._log.warning("It could not be stored how far Telegram's updates are handled: %s", error)
            return True

    def _answered(self) -> None:
        if self._failures:
            self._log.info("Telegram answers again")
            self._failures = 0
        if self._shared:
            self._shared = False
            self._observe("token_alone", platform="telegram")

    async def _pause(self, error: DeliveryError) -> None:
        """After a failed request for updates: say it, do what helps, and wait."""
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
                self._observe("token_shared", platform="telegram", reason=f"{error} {advice}")
        else:
            self._log.warning("Telegram gives no updates: %s", error, extra={"wait": wait})
        await self._clock.sleep(wait)
