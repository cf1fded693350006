"""Alerts that a chat gets for its watchlist say so."""

from __future__ import annotations

from dataclasses import replace

from bot.texts import Texts
from bot.watch_texts import YOU_WATCH
from core.message import LineKind, Message, foreign


def with_watched(message: Message, watched: str, say: Texts) -> Message:
    """The message with a last line that names what of the watchlist it was sent for; as it was when that is ""."""
    if not watched:
        return message
    return replace(
        message, lines=(*message.lines, say.line(YOU_WATCH, kind=LineKind.SMALL, watched=foreign(watched, 200)))
    )
