"""Answers to commands in Telegram: under the command, in a pop-up, in a message that the asker alone sees, or, for
readers of a channel, in their own chat.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery
from aiogram.types import Message as TelegramMessage

from bot.languages import spoken
from bot.platforms.telegram_api import Alone, Api
from bot.platforms.telegram_lanes import Lanes
from bot.platforms.telegram_render import CAPTION, LIMITS, popup
from bot.platforms.telegram_updates import link_payload
from bot.split import cut, split, unformatted
from bot.texts import FILE_REFUSED
from core.errors import DeliveryError, MessageRejected, RetryLater, TargetMoved
from core.message import LineKind, Message, line
from core.model import Target
from core.ports import Request

MOST_WAITING = 10_000  # answers of different chats
GROUPS = ("group", "supergroup")


class Answers:
    """Shows answers. A wait that Telegram asks for is kept beside the other work; `close` ends such waits."""

    def __init__(self, api: Api, log: logging.Logger, *, ephemeral: bool = True) -> None:
        self._api = api
        self._ephemeral = ephemeral
        self._log = log
        self._lanes = Lanes(MOST_WAITING)
        self._waiting: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in tuple(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def give(self, target: Target, answer: Message, *, reply_to: int = 0, alone: Alone | None = None) -> None:
        """Show an answer in a chat, in several messages if it is long. Logs what cannot be shown.

        With `alone` nobody else sees it. What Telegram refuses to show so is shown to the chat, unless the question
        was ephemeral itself: then the asker counts on it that the chat sees neither.
        """
        parts = _parts(answer)
        for number, part in enumerate(parts):
            try:
                await self._post(target, part, reply_to if number == 0 else 0, alone)
            except RetryLater:
                later = partial(self._give_later, target, parts[number:], 0 if number else reply_to, alone)
                task = self._lanes.begin(target.chat, later)
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
                return
            except DeliveryError as error:
                self._log.warning("An answer could not be shown in Telegram", extra=_why(error))
                return

    async def _give_later(self, target: Target, parts: Sequence[Message], reply_to: int, alone: Alone | None) -> None:
        try:
            for number, part in enumerate(parts):
                post = partial(self._post, target, part, 0 if number else reply_to, alone)
                await self._api.holding.patiently(post)
        except DeliveryError as error:
            self._log.warning("An answer could not be shown in Telegram", extra=_why(error))

    async def _post(self, target: Target, part: Message, reply_to: int, alone: Alone | None = None) -> None:
        try:
            await self._api.post(target, part, reply_to=reply_to, alone=alone)
        except TargetMoved as error:
            await self._api.post(error.moved_to, part, alone=alone)
        except MessageRejected as error:
            if alone is not None and not alone.ephemeral:
                self._log.info("Telegram shows an answer to the group, not to the asker alone", extra=_why(error))
                await self._post(target, part, reply_to)
                return
            plain = unformatted(part)
            if part.file is not None:
                self._log.warning("A file could not be shown in Telegram", extra={"file": part.file.name})
                told = line(spoken(part.lang).say(FILE_REFUSED, name=part.file.name), kind=LineKind.SMALL)
                plain = replace(plain, lines=(*plain.lines, told))
            for piece in split(plain, LIMITS):
                await self._api.post(target, piece, reply_to=reply_to, alone=alone)

    async def to_press(self, press: CallbackQuery, request: Request, answer: Message | None, chat_type: str) -> None:
        """Answer a pressed button, once, so that it stops turning; then show the answer if it is for the chat.

        What is for the asker alone is a pop-up if it is short. A longer one is ephemeral in a group; in a channel,
        where thousands read, a link opens the asker's own chat with the bot, which runs the same command. A pop-up
        is all there is where the chat is to be left alone for long.
        """
        if answer is not None and (refusal := self._api.holding.refusal(request.target, spoken(answer.lang))):
            await self._end_press_while_held(press, answer, refusal)
            return
        text, url, for_chat = "", None, answer
        if answer is not None and answer.private and chat_type != "private":
            text, whole = popup(answer)
            whole = whole and answer.file is None
            payload = "" if whole else link_payload(request.line, self._api.token)
            if whole or chat_type == "channel":
                for_chat = None
            if payload and chat_type == "channel":
                url = f"https://t.me/{self._api.username}?start={payload}"
            if url or for_chat:
                text = ""
        alone = None
        if for_chat is not None and for_chat.private and self._ephemeral and chat_type in GROUPS:
            alone = Alone(press.from_user.id, press=press.id)
        if alone is None:  # to end the press takes the right to an ephemeral message away
            await self.end_press(press, text, url)
        if for_chat is not None:
            reply_to = press.message.message_id if press.message and chat_type != "private" else 0
            await self.give(request.target, for_chat, reply_to=reply_to, alone=alone)
        if alone is not None:
            await self.end_press(press)

    async def to_message(self, message: TelegramMessage, target: Target, answer: Message) -> None:
        """Answer a command that somebody wrote. An ephemeral one is answered so, which Telegram demands."""
        alone = None
        if message.ephemeral_message_id and message.from_user is not None:
            alone = Alone(message.from_user.id, ephemeral=message.ephemeral_message_id)
        reply_to = message.message_id if message.chat.type in GROUPS else 0
        await self.give(target, answer, reply_to=reply_to, alone=alone)

    async def _end_press_while_held(self, press: CallbackQuery, answer: Message, refusal: str) -> None:
        text, whole = popup(answer)
        if not whole or answer.file is not None:
            text = refusal
            self._log.warning("An answer could not be shown in Telegram", extra={"reason": refusal})
        await self.end_press(press, text)

    async def end_press(self, press: CallbackQuery, text: str = "", url: str | None = None) -> None:
        """https://core.telegram.org/bots/api#answercallbackquery"""
        method = AnswerCallbackQuery(
            callback_query_id=press.id, text=text or None, show_alert=bool(text) or None, url=url
        )
        try:
            await self._api.call(method)
        except DeliveryError as error:  # pressed too long ago, most often
            self._log.info("A pressed button could not be answered", extra=_why(error))


def _why(error: DeliveryError) -> dict[str, str]:
    return {"reason": str(error)}


def _parts(answer: Message) -> tuple[Message, ...]:
    """An answer as messages that fit: a file goes with the words if these fit its caption, else after them."""
    file = answer.file
    if file is None:
        return split(answer, LIMITS)
    if CAPTION.hold(answer.lines):
        return (answer,)
    last = cut(Message((line(file.alt or file.name),), file=file, lang=answer.lang), CAPTION)
    return (*split(replace(answer, file=None), LIMITS), last)
