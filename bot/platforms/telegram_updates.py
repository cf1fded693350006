"""What people do in Telegram, read as commands. Pure: an update's message or press in, a command out.

Kinds of updates: https://core.telegram.org/bots/api#update. Deep links: https://core.telegram.org/bots/features#deep-linking
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from aiogram.types import CallbackQuery, Chat, Message, MessageReactionUpdated, ReactionTypeEmoji, User

from core.model import Actor, Target

NAME = "telegram"
MAX_PAYLOAD = 64
VERDICTS = {"👍": "useful", "👎": "notuseful"}

_COMMAND = re.compile(r"/([^\s@/]+)(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)
_SUFFIX = re.compile(r"(?:(.*)\s)?([^\s@/]*)@(\w+bot)", re.DOTALL | re.IGNORECASE)
_PAYLOAD = re.compile(r"run-([A-Za-z0-9_-]+)-([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Typed:
    """A command line, and whether it was meant for this bot for sure."""

    line: str
    addressed: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """Who acts. `member_id` is the user whose rights must be asked for, 0 when they follow from `is_admin`."""

    actor: Actor
    member_id: int = 0
    is_admin: bool = False


def read_line(text: str, username: str, *, private: bool) -> Typed | None:
    """The command that a text is, or None when it is none or is for another bot.

    `/latest 3`, `/latest@ourbot 3`, `/latest 3@ourbot`, `@ourbot latest 3`; in private chats any text is a command.
    """
    text = text.strip()
    if text.startswith("/"):
        return _read_slash(text, username, private=private)
    mention = f"@{username}".casefold()
    rest = text[len(mention) :]
    if username and text.casefold().startswith(mention) and not re.match(r"\w", rest):
        return Typed(rest.lstrip(" \t\n,:").removeprefix("/").rstrip(), addressed=True)
    return Typed(text, addressed=True) if private and text else None


def _read_slash(text: str, username: str, *, private: bool) -> Typed | None:
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    name, addressee, rest = found[1], found[2] or "", (found[3] or "").strip()
    suffix = None if addressee else _SUFFIX.fullmatch(rest)
    if suffix is not None:
        rest = f"{suffix[1] or ''} {suffix[2]}".strip()
        addressee = suffix[3]
    if addressee and addressee.casefold() != username.casefold():
        return None
    return Typed(f"{name} {rest}".strip(), addressed=private or bool(addressee))


def is_no_command(message: Message) -> bool:
    """Whether a message cannot be a command: no text beside a document either, passed on, or written by a bot."""
    by_bot = message.from_user is not None and message.from_user.is_bot and message.sender_chat is None
    passed_on = message.is_automatic_forward or message.forward_origin is not None or message.via_bot is not None
    text = message.text or (message.caption if message.document else "")
    return not text or bool(passed_on) or by_bot


def sender_of(message: Message) -> Sender:
    """Who wrote. Posts in channels and of anonymous admins come from the chat itself; only admins can make them."""
    if message.sender_chat is not None:
        actor = Actor(NAME, str(message.sender_chat.id))
        return Sender(actor, is_admin=message.sender_chat.id == message.chat.id)
    if message.from_user is None:
        return Sender(Actor(NAME, str(message.chat.id)), is_admin=message.chat.type == "channel")
    return sender_in(message.chat, message.from_user)


def sender_in(chat: Chat, user: User) -> Sender:
    """A user in a chat; in private chats a user is at home."""
    actor = Actor(NAME, str(user.id), user.language_code or "")
    if chat.type == "private":
        return Sender(actor, is_admin=True)
    return Sender(actor, member_id=user.id)


def target_of(message: Message, by_name: Collection[str]) -> Target:
    """The chat, with the topic of a forum. Replies in plain groups have thread ids too, which are no topics.

    A public channel that the configuration names as @name (`by_name`, in lower case) keeps that address.
    """
    thread = str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else ""
    return Target(NAME, address_of(message.chat, by_name), thread)


def address_of(chat: Chat, by_name: Collection[str]) -> str:
    name = f"@{chat.username or ''}"
    return name if name.casefold() in by_name else str(chat.id)


def press_target(press: CallbackQuery, by_name: Collection[str]) -> Target | None:
    """The chat of the button; None for buttons of messages sent through inline mode."""
    if press.message is None:
        return None
    if isinstance(press.message, Message):
        return target_of(press.message, by_name)
    return Target(NAME, address_of(press.message.chat, by_name))


def verdict_of(event: MessageReactionUpdated) -> str:
    """The command that a new reaction stands for; "" for one that says nothing, is taken back, or was there before."""
    before = {one.emoji for one in event.old_reaction if isinstance(one, ReactionTypeEmoji)}
    for one in event.new_reaction:
        if isinstance(one, ReactionTypeEmoji) and one.emoji not in before and one.emoji in VERDICTS:
            return VERDICTS[one.emoji]
    return ""


def reader_of(event: MessageReactionUpdated) -> Actor | None:
    """Who reacted, for the limit alone: a person, or a chat on whose behalf an anonymous admin did. None for bots."""
    if event.user is not None:
        return None if event.user.is_bot else Actor(NAME, str(event.user.id), event.user.language_code or "")
    return Actor(NAME, str(event.actor_chat.id)) if event.actor_chat is not None else None


def link_payload(line: str, token: str) -> str:
    """A deep-link payload that stands for a command line; "" when there is none, or it would be too long.

    It is signed, so that nobody can make a link that runs a command of their choice for who follows it.
    """
    payload = f"run-{urlsafe_b64encode(line.encode()).decode().rstrip('=')}-{_signature(line, token)}"
    return payload if line and len(payload) <= MAX_PAYLOAD else ""


def read_payload(line: str, token: str) -> str:
    """`start PAYLOAD` -> the command line it stands for; any other line as it is."""
    name, _, payload = line.partition(" ")
    found = _PAYLOAD.fullmatch(payload) if name.casefold() == "start" else None
    if found is None:
        return line
    try:
        meant = urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode()
    except ValueError:
        return "start"
    return meant if hmac.compare_digest(_signature(meant, token), found[2]) else "start"


def _signature(line: str, token: str) -> str:
    return hmac.new(token.encode(), b"deep link " + line.encode(), sha256).hexdigest()[:12]
