"""Spare tokens: another bot takes over when Telegram no longer knows this one, as after a ban.

Everything is stored under the chats' addresses, which are the same for every bot, so subscriptions go over as they are.
The chats have to let the new bot in, though: until then sending is refused (403), and they are paused with the reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from bot.platforms.telegram_api import Api
from bot.trouble_texts import TAKEN_OVER
from core.errors import BadCredentials, DeliveryError
from core.ports import Observer, TokenState
from core.sentence import Sentence

T = TypeVar("T")


class Spare:
    """Puts a spare bot in place of a refused one, in one place at a time. Tells its observer `token_replaced`."""

    def __init__(self, api: Api, observe: Observer, log: logging.Logger) -> None:
        self._api = api
        self._observe = observe
        self._log = log
        self._one = asyncio.Lock()
        self._replaced = asyncio.Event()

    def tell_if_in_use(self) -> None:
        """At a start: say so when the first token was refused."""
        if self._api.number:
            self._tell("telegram.token")

    async def instead(self, work: Callable[[], Awaitable[T]]) -> T:
        """The work's result, by another bot if this one is refused. Raises DeliveryError."""
        while True:
            token = self._api.token
            try:
                return await work()
            except BadCredentials as error:
                if not await self.replace(token, error):
                    raise

    async def until_replaced(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work; it is cancelled when another bot has taken over. Raises what the work raises."""
        task, replaced = asyncio.create_task(work), asyncio.create_task(self._replaced.wait())
        try:
            await asyncio.wait((task, replaced), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        finally:
            for one in (task, replaced):
                one.cancel()
            await asyncio.gather(task, replaced, return_exceptions=True)

    async def replace(self, token: str, error: BadCredentials) -> bool:
        """Whether another bot stands in for the one of that token now; False when there is none."""
        async with self._one:
            if self._api.token != token:
                return True
            before = f"@{self._api.username}"
            try:
                if not await self._api.replace():
                    return False
            except DeliveryError as failure:
                self._log.warning("It could not be asked whether the token is refused: %s", failure)
                return False
            self._log.error("A spare bot takes over: %s", error)
            self._replaced.set()
            self._replaced = asyncio.Event()
            self._tell(before)
            return True

    def _tell(self, before: str) -> None:
        told = Sentence(TAKEN_OVER, before=before, name=self._api.username)
        self._observe("token_replaced", platform="telegram", reason=told)


async def check_tokens(api: Api) -> Sequence[TokenState]:
    """What Telegram says of each token, if there are spares."""
    states = []
    for number, token in enumerate(api.tokens if len(api.tokens) > 1 else ()):
        name = f"telegram.spare_tokens[{number - 1}]" if number else "telegram.token"
        try:
            states.append(TokenState(name, True, f"@{await api.ask_who(token)}"))
        except DeliveryError as error:
            states.append(TokenState(name, False, str(error)))
    return states
