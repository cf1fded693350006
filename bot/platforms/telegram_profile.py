"""What Telegram's clients show of the bot before anybody wrote: the menus of commands, and what the bot is for.

Each is shown in the language of the reader's client if it is one of bot.languages, else in the operator's choice.
https://core.telegram.org/bots/api#setmycommands, #setmydescription, #setmyshortdescription
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiogram.methods import (
    GetMyCommands,
    GetMyDescription,
    GetMyShortDescription,
    SetMyCommands,
    SetMyDescription,
    SetMyShortDescription,
    TelegramMethod,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from bot import texts
from bot.languages import INTERFACE, texts_in
from bot.platforms.telegram_api import Api
from core.errors import DeliveryError, RetryLater
from core.model import Role
from core.ports import Clock, MenuEntry

MOST_COMMANDS = 100
MOST_COMMAND_TEXT = 256
MOST_DESCRIPTION = 512
MOST_SHORT_DESCRIPTION = 120
TRIES = 3

_COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")


@dataclass(frozen=True, slots=True)
class _Part:
    """Something shown: how it is asked for, how it is set, and what the answer must be so that it need not be set."""

    asking: TelegramMethod[Any]
    setting: TelegramMethod[Any]
    wanted: object


async def show(
    api: Api, menu: Sequence[MenuEntry], lang: str, clock: Clock, log: logging.Logger, *, about: bool
) -> None:
    """Set what differs from what Telegram has; with `about` the descriptions too. A refusal ends its kind only.

    `lang` is for readers whose language the bot does not speak.
    """
    kinds = [("command menu", _menus(menu, lang))]
    if about:
        kinds += [("description of the bot", _descriptions(lang)), ("short description", _short_descriptions(lang))]
    for name, parts in kinds:
        try:
            for part in parts:
                if _plain(await _call(api, part.asking, clock)) != part.wanted:
                    await _call(api, part.setting, clock)
        except DeliveryError as error:
            log.warning("Telegram's %s could not be set", name, extra={"reason": str(error)})


async def _call(api: Api, method: TelegramMethod[Any], clock: Clock) -> Any:
    """The answer, after the waits that Telegram asks for. Raises DeliveryError."""
    for _ in range(TRIES - 1):
        try:
            return await api.call(method)
        except RetryLater as error:
            await clock.sleep(error.retry_after)
    return await api.call(method)


def _languages(default: str) -> Iterator[tuple[str | None, str]]:
    """Code for Telegram (None: everybody else) -> language of the interface."""
    yield None, default
    yield from ((lang, lang) for lang in INTERFACE)


def _menus(menu: Sequence[MenuEntry], default: str) -> Iterator[_Part]:
    """What everybody may use, and to admins and in private chats the rest too."""
    known = [entry for entry in menu if _COMMAND_NAME.fullmatch(entry.name)][:MOST_COMMANDS]
    for_all = [entry for entry in known if entry.role <= Role.VIEWER]
    for code, lang in _languages(default):
        for scope, entries in (
            (BotCommandScopeDefault(), for_all),
            (BotCommandScopeAllPrivateChats(), known),
            (BotCommandScopeAllChatAdministrators(), known),
        ):
            at_home = isinstance(scope, BotCommandScopeAllPrivateChats)
            commands = [_command(entry, lang, alone=entry.private and not at_home) for entry in entries]
            yield _Part(
                GetMyCommands(scope=scope, language_code=code),
                SetMyCommands(commands=commands, scope=scope, language_code=code),
                _plain(commands),
            )


def _command(entry: MenuEntry, lang: str, *, alone: bool) -> BotCommand:
    """`alone`: what a reader chooses from the menu of a group is sent so that the bot alone sees it."""
    told = entry.translations.get(lang, entry.description)[:MOST_COMMAND_TEXT]
    return BotCommand(command=entry.name, description=told or entry.name, is_ephemeral=alone or None)


def _descriptions(default: str) -> Iterator[_Part]:
    for code, lang in _languages(default):
        told = description(lang)
        yield _Part(GetMyDescription(language_code=code), SetMyDescription(description=told, language_code=code), told)


def _short_descriptions(default: str) -> Iterator[_Part]:
    for code, lang in _languages(default):
        told = texts_in(lang).say(texts.ABOUT)[:MOST_SHORT_DESCRIPTION]
        yield _Part(
            GetMyShortDescription(language_code=code),
            SetMyShortDescription(short_description=told, language_code=code),
            told,
        )


def description(lang: str) -> str:
    """What stands in an empty chat with the bot."""
    say = texts_in(lang)
    told = (say.say(texts.GREETING), say.say(texts.ABOUT_START, start="/start", forget="/forget"))
    return "\n\n".join(told)[:MOST_DESCRIPTION]


def _plain(shown: Any) -> object:
    """An answer of Telegram as what can be compared."""
    if isinstance(shown, list):
        return [(command.command, command.description, bool(command.is_ephemeral)) for command in shown]
    return getattr(shown, "short_description", None) or getattr(shown, "description", "")
