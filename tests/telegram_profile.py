"""What the local Bot API server shows of the bot itself: menus and descriptions, by language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.telegram_chats import Json, Params, Refusal

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"([a-z]{2})?")


class Profile:
    """`menus` by scope and language ("" for everybody else), the descriptions by language."""

    def __init__(self) -> None:
        self.menus: dict[tuple[str, str], list[Json]] = {}
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}

    def methods(self) -> dict[str, Callable[[Params], Any]]:
        return {
            "setmycommands": self._set_commands,
            "getmycommands": lambda params: self.menus.get(_place(params), []),
            "setmydescription": lambda params: _tell(self.descriptions, params, "description", 512),
            "getmydescription": lambda params: {"description": _told(self.descriptions, params)},
            "setmyshortdescription": lambda params: _tell(self.short_descriptions, params, "short_description", 120),
            "getmyshortdescription": lambda params: {"short_description": _told(self.short_descriptions, params)},
        }

    def _set_commands(self, params: Params) -> bool:
        commands = params.get("commands") or []
        if len(commands) > 100:
            raise Refusal(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not (_NAME.fullmatch(command.get("command", "")) and 1 <= len(command.get("description", "")) <= 256):
                raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        self.menus[_place(params)] = commands
        return True


def _language(params: Params) -> str:
    code = str(params.get("language_code") or "")
    if not _LANGUAGE.fullmatch(code):
        raise Refusal(400, "Bad Request: invalid language code specified")
    return code


def _place(params: Params) -> tuple[str, str]:
    return (params.get("scope") or {"type": "default"})["type"], _language(params)


def _tell(texts: dict[str, str], params: Params, name: str, most: int) -> bool:
    text = str(params.get(name) or "")
    if len(text) > most:
        raise Refusal(400, f"Bad Request: {name.upper()}_TOO_LONG")
    texts[_language(params)] = text
    return True


def _told(texts: dict[str, str], params: Params) -> str:
    """The text for a language; without one of its own, that for everybody else."""
    return texts.get(_language(params)) or texts.get("", "")
