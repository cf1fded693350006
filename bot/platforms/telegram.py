"""Telegram through aiogram: an adapter that translates, calls the handler and translates back.

Updates come by long polling or by webhook and count as received only after they were handled. aiogram's dispatcher
reads them; its `start_polling` is not used, because it would go on for ever with a refused token, sleep by the wall
clock, and stop for good at an update that it cannot read.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aiogram import Dispatcher
from aiogram.methods import SetWebhook
from aiogram.types import CallbackQuery, ChatMemberUpdated, InlineQuery, MessageReactionUpdated, Update
from aiogram.types import Message as TelegramMessage
from pydantic import ValidationError

from bot.platforms.context import PlatformContext
from bot.platforms.holding import Holding
from bot.platforms.telegram_answers import GROUPS, Answers
from bot.platforms.telegram_api import Api, GetMemberStatus
from bot.platforms.telegram_inline import answer as answer_inline
from bot.platforms.telegram_lanes import Lanes, lane_of
from bot.platforms.telegram_polling import Polling
from bot.platforms.telegram_profile import show
from bot.platforms.telegram_render import CAPTION, LIMITS
from bot.platforms.telegram_spare import Spare, check_tokens
from bot.platforms.telegram_updates import (
    NAME,
    Sender,
    address_of,
    is_no_command,
    press_target,
    read_line,
    read_payload,
    reader_of,
    sender_in,
    sender_of,
    target_of,
    verdict_of,
)
from bot.split import cut
from core.errors import BadCredentials, DeliveryError
from core.files import GivenFile
from core.leadership import Leadership
from core.message import Message
from core.model import Role, Target
from core.ports import ChatPlatform, CommandHandler, HttpRequest, HttpResponse, MenuEntry, Request, Route, TokenState

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
ROLE_SECONDS = timedelta(seconds=30)
MOST_REMEMBERED = 2000
# Seconds in which it is heard that a supergroup which the bot has joined was a group until now, in whatever order.
SETTLES = 2.0
OUTSIDE = ("left", "kicked")  # what the bot is in a chat that it is not in


def create(context: PlatformContext) -> ChatPlatform:
    return Telegram(context)


class Telegram:
    """A core.ports.ChatPlatform. Message references hold the bot and the number, the chat comes from the target."""

    name = NAME

    def __init__(self, context: PlatformContext) -> None:
        self._settings = context.settings.telegram
        self._context = context
        self._clock = context.clock
        self._log = context.log
        self._api = Api(
            (self._settings.token, *self._settings.spare_tokens), self._settings.api_base, Holding(self._clock)
        )
        self._spare = Spare(self._api, context.observe, context.log)
        self._answers = Answers(self._api, context.log, ephemeral=self._settings.ephemeral)
        self._handle: CommandHandler | None = None
        self._seen: dict[tuple[int, int], None] = {}
        self._roles: dict[tuple[int, int], tuple[datetime, Role]] = {}
        self._upgraded: dict[int, None] = {}
        self._greeting: set[asyncio.Task[None]] = set()
        targets = (Target.parse(one.target) for one in context.settings.subscriptions)
        self._by_name = frozenset(one.chat.casefold() for one in targets if one.platform == NAME)
        self._lanes = Lanes()
        self._dispatcher = Dispatcher(disable_fsm=True)
        self._dispatcher.message.register(self._on_message)
        self._dispatcher.channel_post.register(self._on_message)
        self._dispatcher.callback_query.register(self._on_press)
        self._dispatcher.my_chat_member.register(self._on_membership)
        self._dispatcher.inline_query.register(self._on_inline)
        self._dispatcher.message_reaction.register(self._on_reaction)
        self._kinds = sorted(self._dispatcher.resolve_used_update_types())

    # --- life -------------------------------------------------------------------------------------------------------

    @property
    def routes(self) -> Sequence[Route]:
        return (Route("POST", PATH, self._receive),) if self._settings.mode == "webhook" else ()

    async def open(self) -> str:
        """Check the token, and while it is refused the spare ones. Raises BadCredentials or Unreachable.

        Changes nothing at Telegram.
        """
        await self._api.open()
        self._spare.tell_if_in_use()
        return f"@{self._api.username}"

    async def check_tokens(self) -> Sequence[TokenState]:
        return await check_tokens(self._api)

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        """Receive until cancelled. Raises BadCredentials, and in webhook mode what setWebhook raises."""
        while True:
            token = self._api.token
            try:
                await self._spare.until_replaced(self._receive_all(handle, menu))
            except BadCredentials as error:
                if not await self._spare.replace(token, error):
                    raise

    async def _receive_all(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        """Receive for the bot that is in use."""
        self._handle = handle
        showing = asyncio.create_task(self._show_profile(menu))
        try:
            if self._settings.mode == "webhook":
                await self._set_webhook()
                await asyncio.Event().wait()
            await self._polling(handle).run()
        finally:
            self._handle = None
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def close(self) -> None:
        greeting = tuple(self._greeting)
        for task in greeting:
            task.cancel()
        await asyncio.gather(*greeting, return_exceptions=True)
        await self._answers.close()
        await self._api.close()

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        fitting = cut(message, LIMITS if message.file is None else CAPTION)

        async def show() -> str:
            return await self._api.post(target, fitting, reply_to=self._api.number_of(reply_to))

        return await self._spare.instead(show)

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        await self._spare.instead(lambda: self._api.edit(target, message_ref, cut(message, LIMITS)))

    async def _show_profile(self, menu: Sequence[MenuEntry]) -> None:
        """Beside receiving, which must not wait for some dozens of calls."""
        wish = self._settings
        entries = menu if wish.ephemeral else [replace(entry, private=False) for entry in menu]
        lang = self._context.settings.chat.language
        try:
            await show(self._api, entries, lang, self._clock, self._log, about=wish.profile)
        except Exception:
            self._log.exception("The bot's menus and descriptions could not be shown in Telegram")

    # --- what comes in ----------------------------------------------------------------------------------------------

    def _polling(self, handle: CommandHandler) -> Polling:
        context, lead = self._context, None
        if context.leases is not None:
            lead = Leadership(context.leases, self._clock, f"{NAME}:{self._api.id}")

        async def take(update: dict[str, Any]) -> None:
            await self._take(update, handle)

        return Polling(self._api, self._kinds, self._clock, self._log, take, context.observe, lead, self._lanes)

    async def _set_webhook(self) -> None:
        await self._api.call(
            SetWebhook(
                url=self._settings.webhook_url,
                secret_token=self._settings.webhook_secret,
                allowed_updates=self._kinds,
                drop_pending_updates=False,
            )
        )

    async def _receive(self, request: HttpRequest) -> HttpResponse:
        """POST /telegram/webhook: an update, which Telegram sends again unless the answer is 200."""
        given, secret = request.headers.get(SECRET_HEADER, ""), self._settings.webhook_secret
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            self._log.warning("A request to the Telegram webhook without the right secret was refused")
            return HttpResponse(401, b"wrong secret")
        if self._handle is None:
            return HttpResponse(503, b"starting or stopping", {"retry-after": "5"})
        try:
            update = json.loads(request.body)
            int(update["update_id"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return HttpResponse(400, b"not an update")
        await self._lanes.begin(lane_of(update), partial(self._take, update, self._handle))
        return HttpResponse(200)

    async def _take(self, raw: dict[str, Any], handle: CommandHandler) -> None:
        """Handle one update, once. Raises nothing: an update that fails must not come back for ever."""
        update_id = int(raw["update_id"])
        mark = self._api.id, update_id
        if mark in self._seen or not any(kind in raw for kind in self._kinds):
            return
        self._remember(mark)
        try:
            update = Update.model_validate(raw, context={"bot": self._api.bot})
            await self._dispatcher.feed_update(self._api.bot, update, handle=handle)
        except asyncio.CancelledError:
            self._seen.pop(mark, None)
            raise
        except ValidationError:
            self._log.warning("An update from Telegram could not be read and is passed over", extra={"id": update_id})
        except Exception:
            self._log.exception("An update from Telegram failed", extra={"id": update_id})

    def _remember(self, mark: tuple[int, int]) -> None:
        self._seen[mark] = None
        if len(self._seen) > MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]

    async def _ask(self, request: Request, update: Update, handle: CommandHandler) -> tuple[Message | None, bool]:
        """The command's answer, and whether it is to be shown.

        The durable mark is set between the effect and the answer. A death before it repeats the command, which does the
        same again; a death after it loses the answer at most. So no subscription is lost, and nothing is said twice.
        """
        answer = await handle(request)
        event_id = f"{self._api.id}:{update.update_id}"
        try:
            return answer, await self._context.updates.first_sight(NAME, event_id, self._clock.now())
        except Exception:
            self._log.exception("It is not known whether a Telegram update was answered before; it is answered now")
            return answer, True

    async def _on_message(self, message: TelegramMessage, event_update: Update, handle: CommandHandler) -> None:
        if message.migrate_to_chat_id is not None:
            await self._moved(message.chat.id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id is not None:
            await self._moved(message.migrate_from_chat_id, message.chat.id)
        if is_no_command(message):
            return
        private = message.chat.type == "private"
        typed = read_line(message.text or message.caption or "", self._api.username, private=private)
        if typed is None:
            return
        request = Request(
            **await self._origin(message.chat.id, sender_of(message)),
            target=target_of(message, self._by_name),
            line=read_payload(typed.line, self._api.token),
            private=private,
            message_ref=self._api.reference_of(message.reply_to_message),
            addressed=typed.addressed,
            file=self._given(message),
        )
        answer, is_new = await self._ask(request, event_update, handle)
        if answer is not None and is_new:
            await self._answers.to_message(message, request.target, answer)

    def _given(self, message: TelegramMessage) -> GivenFile | None:
        """The document that came with a command, or with the message that it replies to."""
        document = message.document or (message.reply_to_message.document if message.reply_to_message else None)
        if document is None:
            return None
        return GivenFile(
            document.file_name or "", document.file_size or 0, partial(self._api.download, document.file_id)
        )

    async def _on_press(self, press: CallbackQuery, event_update: Update, handle: CommandHandler) -> None:
        target = press_target(press, self._by_name)
        if target is None or press.message is None or not press.data:
            await self._answers.end_press(press)
            return
        chat = press.message.chat
        request = Request(
            **await self._origin(chat.id, sender_in(chat, press.from_user)),
            target=target,
            line=press.data,
            private=chat.type == "private",
            message_ref=self._api.reference_of(press.message),
        )
        answer, is_new = await self._ask(request, event_update, handle)
        if is_new:
            await self._answers.to_press(press, request, answer, chat.type)

    async def _greet(self, event: ChatMemberUpdated, event_update: Update, handle: CommandHandler) -> None:
        """Somebody added the bot: say what it does and what it may be asked for, as /start does, which also resumes
        what was paused when the bot was removed. A channel is told nothing: its readers could not answer."""
        origin = await self._origin(event.chat.id, sender_in(event.chat, event.from_user))
        request = Request(**origin, target=Target(NAME, address_of(event.chat, self._by_name)), line="start")
        answer, is_new = await self._ask(request, event_update, handle)
        if answer is not None and is_new and event.chat.type in GROUPS:
            await self._answers.give(request.target, answer)

    async def _greet_new(self, event: ChatMemberUpdated, event_update: Update, handle: CommandHandler) -> None:
        """Greet a supergroup, unless it was a group that has been greeted: the bot joins it anew then.

        https://github.com/tdlib/telegram-bot-api/issues/266
        """
        try:
            await self._clock.sleep(SETTLES)
            if event.chat.id not in self._upgraded:
                await self._greet(event, event_update, handle)
        except Exception:
            self._log.exception("A group that let the bot in could not be greeted")

    async def _on_inline(self, query: InlineQuery) -> None:
        await answer_inline(query, self._api, self._context.inquire, self._log)

    async def _on_reaction(self, event: MessageReactionUpdated, event_update: Update, handle: CommandHandler) -> None:
        """A thumb under an alert counts like its button; nothing is answered, and a thumb elsewhere means nothing."""
        line, actor = verdict_of(event), reader_of(event)
        if line and actor is not None:
            request = Request(
                actor,
                Target(NAME, address_of(event.chat, self._by_name)),
                line,
                private=event.chat.type == "private",
                message_ref=self._api.reference(event.message_id),
            )
            await self._ask(request, event_update, handle)

    async def _origin(self, chat: int, sender: Sender) -> dict[str, Any]:
        """Who asks, with the role in the chat."""
        role = Role.ADMIN if sender.is_admin else Role.VIEWER
        if sender.member_id:
            role = await self._role(chat, sender.member_id)
        return {"actor": sender.actor, "role": role}

    async def _role(self, chat: int, user: int) -> Role:
        """What Telegram says of a member, remembered for ROLE_SECONDS; without an answer nobody is an admin."""
        now = self._clock.now()
        self._roles = {key: known for key, known in self._roles.items() if now - known[0] < ROLE_SECONDS}
        if (chat, user) not in self._roles:
            try:
                member: Any = await self._api.call(GetMemberStatus(chat_id=chat, user_id=user))
            except DeliveryError as error:
                self._log.warning("Telegram did not say who is an admin", extra={"reason": str(error)})
                return Role.VIEWER
            role = Role.ADMIN if member["status"] in ("creator", "administrator") else Role.VIEWER
            self._roles[chat, user] = (now, role)
        return self._roles[chat, user][1]

    async def _on_membership(self, event: ChatMemberUpdated, event_update: Update, handle: CommandHandler) -> None:
        """The bot was let in, blocked or removed. https://core.telegram.org/bots/api#chatmemberupdated"""
        self._roles = {key: known for key, known in self._roles.items() if key[0] != event.chat.id}
        if event.new_chat_member.status not in OUTSIDE:
            if event.old_chat_member.status in OUTSIDE and event.chat.type != "private":
                if event.chat.type != "supergroup":
                    await self._greet(event, event_update, handle)
                else:  # beside the chat's other updates, which may tell where it comes from
                    task = asyncio.create_task(self._greet_new(event, event_update, handle))
                    self._greeting.add(task)
                    task.add_done_callback(self._greeting.discard)
            return
        self._upgraded.pop(event.chat.id, None)
        private = event.chat.type == "private"
        reason = "The bot was blocked in Telegram." if private else "The bot was removed from the Telegram chat."
        if self._context.chats is not None:
            target = Target(NAME, address_of(event.chat, self._by_name))
            await self._context.chats.retire_target(target, reason)

    async def _moved(self, old_id: int, new_id: int) -> None:
        """A group became a supergroup: its commands come from the new address from now on."""
        self._upgraded[new_id] = None
        if len(self._upgraded) > MOST_REMEMBERED:
            del self._upgraded[next(iter(self._upgraded))]
        if self._context.chats is not None:
            old, new = Target(NAME, str(old_id)), Target(NAME, str(new_id))
            await self._context.chats.move_target(old, new)
