"""What the local Telegram server remembers: people, chats, messages, pressed buttons; and its methods on them.

Descriptions of errors are Telegram's own. Methods take the call's parameters, decoded, and return the call's result.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.telegram_entities import BadEntities, check, find_typed, read_html, units

Params = dict[str, Any]
Json = dict[str, Any]

BOT_ID = 7000000001
BOT_NAME = "minskwatchbot"
START_AT = 1_773_900_000  # unix seconds of the first message
MOST_TEXT = 4096
MOST_CAPTION = 1024
MOST_PICTURE, MOST_FILE, MOST_DOWNLOAD = 10_000_000, 50_000_000, 20_000_000
ANONYMOUS_ID = 1087968824  # https://core.telegram.org/bots/api#message: the sender shown for anonymous admins


class Refusal(Exception):
    """An answer with ok: false."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        self.status = status
        self.description = description
        self.parameters = parameters
        super().__init__(description)


@dataclass
class Chat:
    """One chat. `statuses` are those of members; `own` are the bot's messages; `refusal` answers what it writes;
    `alone` are ephemeral messages by their own number, each with the member that it is "seen_by".
    """

    id: int
    type: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)
    refusal: Refusal | None = None
    migrated_to: int = 0
    last_id: int = 0
    alone: dict[int, Json] = field(default_factory=dict)

    @property
    def shown(self) -> Json:
        """The chat as it stands in updates."""
        known = {"id": self.id, "type": self.type, "title": self.title, "username": self.username}
        return {key: value for key, value in known.items() if value} | ({"is_forum": True} if self.is_forum else {})


@dataclass
class Press:
    """A pressed button; `answer` holds the parameters of answerCallbackQuery once it came."""

    id: str
    user: int = 0
    answer: Json | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)


def person(number: int = 501, *, name: str = "Reader", lang: str = "en") -> Json:
    """A user as they stand in updates."""
    return {"id": number, "is_bot": False, "first_name": name, "language_code": lang}


class Chats:
    """All chats of one bot."""

    def __init__(self) -> None:
        self.by_id: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.files: dict[str, bytes] = {}
        self._ticks = 0

    # --- what tests set up ------------------------------------------------------------------------------------------

    def private(self, user: int = 501) -> Chat:
        """A person's chat with the bot, begun by the person."""
        return self._add(Chat(user, "private", username=f"reader{user}"))

    def group(self, *, admins: tuple[int, ...] = (), super_: bool = True, forum: bool = False, number: int = 1) -> Chat:
        """A group that the bot is a member of; those who are not admins count as members."""
        chat_id = -1001000000000 - number if super_ else -2000 - number
        statuses = dict.fromkeys(admins, "administrator")
        kind = "supergroup" if super_ else "group"
        return self._add(Chat(chat_id, kind, title="Newsroom", statuses=statuses, is_forum=forum))

    def channel(self, name: str = "", *, admins: tuple[int, ...] = (), number: int = 1) -> Chat:
        """A channel where the bot may post; public if it has a name."""
        statuses = dict.fromkeys(admins, "administrator")
        return self._add(Chat(-1002000000000 - number, "channel", title="Channel", username=name, statuses=statuses))

    def topic(self, chat: Chat, name: str) -> int:
        """A new topic of a forum; its thread id."""
        thread = self.next_id(chat)
        chat.topics[thread] = name
        return thread

    def _add(self, chat: Chat) -> Chat:
        self.by_id[chat.id] = chat
        return chat

    # --- messages ---------------------------------------------------------------------------------------------------

    def next_id(self, chat: Chat) -> int:
        chat.last_id += 1
        return chat.last_id

    def now(self) -> int:
        """Seconds that grow by one each time."""
        self._ticks += 1
        return START_AT + self._ticks

    def typed(self, chat: Chat, text: str, user: Json, *, thread: int = 0, reply_to: int = 0) -> Json:
        """A message from a person, stored."""
        message: Json = {"message_id": self.next_id(chat), "date": self.now(), "chat": chat.shown, "from": user}
        message |= {"text": text, "entities": find_typed(text)}
        if thread:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if reply_to:
            message["reply_to_message"] = {k: v for k, v in chat.messages[reply_to].items() if k != "reply_to_message"}
        chat.messages[message["message_id"]] = message
        return message

    def find(self, chat_id: object) -> Chat:
        """The chat of an id or @name that the bot may write to, else Refusal."""
        text = str(chat_id)
        if text.startswith("@"):
            found = next(
                (c for c in self.by_id.values() if c.username and f"@{c.username}".lower() == text.lower()), None
            )
        else:
            found = self.by_id.get(int(text)) if text.removeprefix("-").isdigit() else None
        if found is None:
            raise Refusal(400, "Bad Request: chat not found")
        if found.migrated_to:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, text, migrate_to_chat_id=found.migrated_to)
        if found.refusal is not None:
            raise found.refusal
        return found

    # --- the Bot API's methods --------------------------------------------------------------------------------------

    def send_message(self, params: Params) -> Json:
        chat = self.find(params.get("chat_id"))
        return self._keep(chat, self._placed(chat, params, checked_content(params)), params)

    def _placed(self, chat: Chat, params: Params, content: Json) -> Json:
        """A message of the bot, with its topic and what it replies to, checked."""
        message: Json = {"message_id": 0, "date": self.now(), "chat": chat.shown, **_sender(chat), **content}
        thread = params.get("message_thread_id")
        if thread:
            if int(thread) not in chat.topics:
                raise Refusal(400, "Bad Request: message thread not found")
            message |= {"message_thread_id": int(thread), "is_topic_message": True}
        reply = params.get("reply_parameters") or {}
        if reply.get("message_id") in chat.messages:
            original = chat.messages[reply["message_id"]]
            message["reply_to_message"] = {k: v for k, v in original.items() if k != "reply_to_message"}
        elif reply and not (reply.get("allow_sending_without_reply") or "ephemeral_message_id" in reply):
            raise Refusal(400, "Bad Request: message to be replied not found")
        if params.get("disable_notification"):
            message["silent"] = True  # not in the real answer: for tests to see
        return message

    def send_document(self, params: Params) -> Json:
        return self._send_file(params, "document", MOST_FILE)

    def send_photo(self, params: Params) -> Json:
        return self._send_file(params, "photo", MOST_PICTURE)

    def _send_file(self, params: Params, kind: str, most: int) -> Json:
        """A file with a caption; `bytes` of the stored message is for tests to see."""
        body = params.get(kind)
        if not isinstance(body, bytes):
            raise Refusal(400, f"Bad Request: there is no {kind} in the request")
        if len(body) > most:
            raise Refusal(413, "Request Entity Too Large")
        if kind == "photo" and not body.startswith((b"\x89PNG", b"\xff\xd8")):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        chat = self.find(params.get("chat_id"))
        message = self._placed(chat, params, _caption(params))
        known = self.keep_file(body, str(params.get("file_name") or kind))
        message[kind] = [known | {"width": 1, "height": 1}] if kind == "photo" else known
        message["bytes"] = body.decode("latin-1")
        return self._keep(chat, message, params)

    def keep_file(self, body: bytes, name: str) -> Json:
        """A file that getFile finds; what updates and answers say of it."""
        number = f"file-{len(self.files)}"
        self.files[number] = body
        return {"file_id": number, "file_unique_id": f"u{number}", "file_size": len(body), "file_name": name}

    def get_file(self, params: Params) -> Json:
        number = str(params.get("file_id"))
        if number not in self.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[number]) > MOST_DOWNLOAD:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": number, "file_unique_id": f"u{number}", "file_path": f"documents/{number}"}

    def _keep(self, chat: Chat, message: Json, params: Params) -> Json:
        alone = self._seen_by(chat, params)
        if alone:
            return self.hide(chat, message, alone)
        message["message_id"] = self.next_id(chat)
        chat.messages[message["message_id"]] = message
        chat.own.add(message["message_id"])
        return message

    def hide(self, chat: Chat, message: Json, user: int) -> Json:
        """Make a message ephemeral: from that user to the bot, or the other way round."""
        number = len(chat.alone) + 1
        message |= {"message_id": 0, "ephemeral_message_id": number}
        chat.alone[number] = message | {"seen_by": user}
        return message

    def _seen_by(self, chat: Chat, params: Params) -> int:
        """Who alone is to see a message; 0: everybody. Only in groups; and a bot that is no admin may only answer, a
        press that it has not answered yet or an ephemeral message.

        https://core.telegram.org/bots/api#ephemeral-messages-and-commands
        """
        wanted = params.get("ephemeral_message_parameters")
        replied = (params.get("reply_parameters") or {}).get("ephemeral_message_id", 0)
        if wanted is None and replied:
            raise Refusal(400, "Bad Request: message to be replied not found")
        if wanted is None:
            return 0
        user, query = int(wanted["receiver_user_id"]), wanted.get("callback_query_id")
        if chat.type not in ("group", "supergroup"):
            raise Refusal(400, "Bad Request: BOT_NOT_ADMIN")
        if query:
            press = self.presses.get(query)
            if press is None or press.answer is not None or press.user != user:
                raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        elif replied:
            if chat.alone.get(replied, {}).get("seen_by") != user:
                raise Refusal(400, "Bad Request: message to be replied not found")
        elif chat.statuses.get(BOT_ID) != "administrator":
            raise Refusal(400, "Bad Request: BOT_NOT_ADMIN")
        return user

    def edit_message_text(self, params: Params) -> Json:
        chat = self.find(params.get("chat_id"))
        message = self._own(chat, params, "message to edit not found", "message can't be edited")
        content = checked_content(params)
        shown = ("text", "entities", "reply_markup")
        if all(message.get(key) == content.get(key) for key in shown):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message",
            )
        for key in shown:
            message.pop(key, None)
        message |= {"edit_date": self.now(), **content}
        chat.messages[message["message_id"]] = message
        return message

    def delete_message(self, params: Params) -> bool:
        chat = self.find(params.get("chat_id"))
        message = self._own(chat, params, "message to delete not found", "message can't be deleted")
        del chat.messages[message["message_id"]]
        return True

    def _own(self, chat: Chat, params: Params, missing: str, forbidden: str) -> Json:
        message = chat.messages.get(int(params.get("message_id", 0)))
        if message is None:
            raise Refusal(400, f"Bad Request: {missing}")
        if message["message_id"] not in chat.own:
            raise Refusal(400, f"Bad Request: {forbidden}")
        return message

    def answer_callback_query(self, params: Params) -> bool:
        press = self.presses.get(str(params.get("callback_query_id")))
        if press is None or press.answer is not None:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if units(params.get("text", "")) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        link = urlsplit(params.get("url", ""))
        if link.netloc and (link.netloc != "t.me" or link.path != f"/{BOT_NAME}"):
            raise Refusal(400, "Bad Request: URL_INVALID")
        press.answer = {key: value for key, value in params.items() if key != "callback_query_id"}
        press.answered.set()
        return True

    def get_chat_member(self, params: Params) -> Json:
        chat = self.find(params.get("chat_id"))
        user = int(params.get("user_id", 0))
        status = chat.statuses.get(user, "member")
        member: Json = {"status": status, "user": person(user)}
        if status == "administrator":
            member |= dict.fromkeys(RIGHTS, True)
        return member | ({"is_anonymous": False} if status in ("administrator", "creator") else {})


RIGHTS = (
    "can_be_edited",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


def bot_user() -> Json:
    return {"id": BOT_ID, "is_bot": True, "first_name": "Minsk Watch", "username": BOT_NAME}


def _sender(chat: Chat) -> Json:
    """In channels the channel itself is the sender."""
    return {"sender_chat": chat.shown} if chat.type == "channel" else {"from": bot_user()}


def checked_content(params: Params) -> Json:
    """Text, entities and keyboard of a message, checked."""
    text, entities = str(params.get("text", "")), params.get("entities") or []
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    try:
        if params.get("parse_mode") == "HTML":
            text, entities = read_html(text)
        elif params.get("parse_mode"):
            raise BadEntities(f"unsupported parse_mode {params['parse_mode']!r}")
        check(text, entities)
    except BadEntities as error:
        raise Refusal(400, f"Bad Request: {error}") from None
    if units(text) > MOST_TEXT:
        raise Refusal(400, "Bad Request: message is too long")
    content: Json = {"text": text, "entities": entities}
    markup = params.get("reply_markup")
    if markup:
        content["reply_markup"] = _checked_keyboard(markup)
    return content


def _caption(params: Params) -> Json:
    """Caption, its entities and the keyboard of a file, checked. https://core.telegram.org/bots/api#senddocument"""
    caption, markup = str(params.get("caption", "")), params.get("reply_markup")
    entities = params.get("caption_entities") or []
    try:
        check(caption, entities)
    except BadEntities as error:
        raise Refusal(400, f"Bad Request: {error}") from None
    if units(caption) > MOST_CAPTION:
        raise Refusal(400, "Bad Request: message caption is too long")
    content: Json = {"caption": caption, "caption_entities": entities} if caption else {}
    return content | ({"reply_markup": _checked_keyboard(markup)} if markup else {})


def _checked_keyboard(markup: Json) -> Json:
    rows = markup.get("inline_keyboard") or []
    if sum(map(len, rows)) > 100:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        data, url = button.get("callback_data"), button.get("url")
        if not str(button.get("text", "")).strip():
            raise Refusal(400, "Bad Request: Text buttons are unallowed in the inline keyboard")
        if (data is None) == (url is None):
            raise Refusal(400, "Bad Request: Inline keyboard button must have exactly one optional field")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        if url is not None and "." not in (urlsplit(url).hostname or ""):
            raise Refusal(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return markup
