"""Searching from any chat, while somebody types: what is asked, and what a platform is given to offer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.message import Message
from core.model import Actor


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Words to look for; none asks for the newest. `after` is the `next` of the results before, "" at first."""

    actor: Actor
    words: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A story that may be put into a chat: `message` is its alert."""

    key: str
    title: str
    about: str
    message: Message


@dataclass(frozen=True, slots=True)
class Findings:
    """Newest first; `next` is "" behind the last. `note` says what the asker did wrong."""

    found: tuple[Finding, ...] = ()
    next: str = ""
    note: str = ""


Inquire = Callable[[Inquiry], Awaitable[Findings]]
