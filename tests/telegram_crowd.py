"""What people do in the chats of the local Bot API server: they write, press, react, type, block; groups migrate."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.patience import PATIENCE
from tests.telegram_chats import (
    ANONYMOUS_ID,
    RIGHTS,
    Chat,
    Chats,
    Json,
    Press,
    Refusal,
    bot_user,
    person,
)
from tests.telegram_inline import InlineMode, Typed


class Crowd:
    """Turns what people do into updates; whoever inherits hands them out (`put`)."""

    def __init__(self) -> None:
        self.chats = Chats()
        self.inline = InlineMode()

    def put(self, kind: str, event: Json, update_id: int = 0) -> int:
        """Queue an update; returns its id."""
        raise NotImplementedError

    def user_says(
        self,
        chat: Chat,
        text: str,
        *,
        user: Json | None = None,
        thread: int = 0,
        reply_to: int = 0,
        sender_chat: Chat | None = None,
        alone: bool = False,
        **more: Any,
    ) -> Json:
        """Somebody writes; in a channel it is a post. `sender_chat`: as whom an anonymous admin or a channel writes;
        `alone`: the bot alone sees it.
        """
        who = user or person(chat.id if chat.type == "private" else 501)
        message = self.chats.typed(chat, text, who, thread=thread, reply_to=reply_to)
        if chat.type == "channel":
            message["sender_chat"] = chat.shown
            del message["from"]
        elif sender_chat is not None:
            message |= {"sender_chat": sender_chat.shown, "from": person(ANONYMOUS_ID) | {"is_bot": True}}
        if "document" in more:
            del message["text"], message["entities"]
        message |= more
        if alone:
            message = self.chats.hide(chat, chat.messages.pop(message["message_id"]), who["id"])
        self.put("channel_post" if chat.type == "channel" else "message", message)
        return message

    def user_sends(self, chat: Chat, body: bytes, caption: str = "", *, name: str = "list.csv", **more: Any) -> Json:
        """Somebody sends a file."""
        return self.user_says(chat, "", document=self.chats.keep_file(body, name), caption=caption, **more)

    def user_edits(self, chat: Chat, message: Json, text: str) -> None:
        message |= {"text": text, "edit_date": self.chats.now()}
        self.put("edited_channel_post" if chat.type == "channel" else "edited_message", message)

    def press(self, chat: Chat, message: Json, label: str, *, user: Json | None = None) -> Press:
        """Somebody presses the button of that label."""
        rows = message["reply_markup"]["inline_keyboard"]
        data = next(button["callback_data"] for row in rows for button in row if button["text"] == label)
        who = user or person(chat.id if chat.type == "private" else 501)
        press = Press(str(len(self.chats.presses) + 4_000_000), who["id"])
        self.chats.presses[press.id] = press
        self.put(
            "callback_query", {"id": press.id, "from": who, "chat_instance": "1", "data": data, "message": message}
        )
        return press

    def user_types(self, words: str, *, offset: str = "", user: Json | None = None) -> Typed:
        """Somebody types `@bot words` into any chat, or scrolls to where the results before ended."""
        query = self.inline.typed()
        asked = {"id": query.id, "from": user or person(), "query": words, "offset": offset, "chat_type": "group"}
        self.put("inline_query", asked)
        return query

    async def offered(self, query: Typed) -> Json:
        """Wait for the answer to an inline query."""
        async with asyncio.timeout(PATIENCE):
            await query.answered.wait()
        assert query.answer is not None
        return query.answer

    def user_reacts(
        self, chat: Chat, message: Json, *emoji: str, before: tuple[str, ...] = (), user: Json | None = None
    ) -> None:
        """Somebody's reactions to a message change. https://core.telegram.org/bots/api#messagereactionupdated"""
        who = {"actor_chat": chat.shown} if chat.type == "channel" else {"user": user or person()}
        event = {"chat": chat.shown, "message_id": message["message_id"], "date": self.chats.now(), **who}
        old, new = ([{"type": "emoji", "emoji": one} for one in shown] for shown in (before, emoji))
        self.put("message_reaction", event | {"old_reaction": old, "new_reaction": new})

    def bot_becomes(
        self,
        chat: Chat,
        status: str,
        refusal: Refusal | None = None,
        *,
        before: str = "member",
        by: Json | None = None,
    ) -> None:
        """Somebody makes the bot "member", "administrator", "left", or "kicked" (blocked, in a private chat)."""
        chat.refusal = refusal
        old, new = _bot_as(before), _bot_as(status)
        event = {"chat": chat.shown, "from": by or person(), "date": self.chats.now()}
        self.put("my_chat_member", event | {"old_chat_member": old, "new_chat_member": new})

    def migrate(self, chat: Chat, *, quietly: bool = False, told: str = "to") -> Chat:
        """A group becomes a supergroup. `told` are the updates that come of it, in order: "join" says that the bot is
        in the new one, "to" and "from" are service messages in the old and in the new one.
        """
        new = self.chats.group(number=900 + len(self.chats.by_id))
        new.statuses = chat.statuses
        for word in () if quietly else told.split():
            if word == "join":
                self.bot_becomes(new, "member", before="left")
                continue
            here, other = (chat, new) if word == "to" else (new, chat)
            message = self.chats.typed(here, "", person()) | {f"migrate_{word}_chat_id": other.id}
            self.put("message", {key: value for key, value in message.items() if key not in ("text", "entities")})
        chat.migrated_to = new.id
        return new


def _bot_as(status: str) -> Json:
    more: dict[str, Json] = {
        "kicked": {"until_date": 0},
        "administrator": dict.fromkeys(RIGHTS, True) | {"is_anonymous": False},
    }
    return {"status": status, "user": bot_user(), **more.get(status, {})}
