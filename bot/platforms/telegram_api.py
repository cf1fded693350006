"""The way to the Bot API server and back: every call goes through `Api.call`, which raises DeliveryError only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar, TypeVar, cast

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.methods import EditMessageText, GetChatMember, GetMe, GetUpdates, SendMessage, TelegramMethod
from aiogram.types import LinkPreviewOptions, MessageId, ReplyParameters
from aiogram.utils.token import TokenValidationError
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, ClientTimeout, TCPConnector

from bot.platforms.telegram_errors import REMEDY, NotModified, Redirected, delivery_error
from bot.platforms.telegram_render import render
from core.errors import BadCredentials, DeliveryError, MessageMissing, TargetGone, Unreachable
from core.message import Message
from core.model import Target

T = TypeVar("T")

CONNECT_SECONDS = 10.0
OPEN_SECONDS = 15
SEND_SECONDS = 30

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class GetRawUpdates(GetUpdates):
    """getUpdates, left unread: one update that the library cannot read must not hold up all others."""

    __returning__: ClassVar[Any] = list[dict[str, Any]]


class GetMemberStatus(GetChatMember):
    """getChatMember, read for the status alone: rights that are new to the library must not make admins unknown."""

    __returning__: ClassVar[Any] = dict[str, Any]


class _Send(SendMessage):
    """sendMessage, read for the id alone: an answer with something new in it must not look like a lost message."""

    __returning__: ClassVar[Any] = MessageId


class _Edit(EditMessageText):
    __returning__: ClassVar[Any] = Any


class _Session(AiohttpSession):
    """aiogram's session with a limit on connecting, the proxies of the environment, and no redirects, because the token
    is part of every address.
    """

    async def create_session(self) -> ClientSession:
        if self._session is None or self._session.closed:
            connector = TCPConnector(**self._connector_init)
            self._session = ClientSession(connector=connector, trust_env=True, middlewares=(_refuse_redirects,))
        return self._session

    async def close(self) -> None:
        """Without aiogram's pause of 250 ms: aiohttp itself waits for its connections to close since 3.12."""
        if self._session is not None:
            await self._session.close()

    async def make_request(self, bot: Bot, method: TelegramMethod[T], timeout: int | None = None) -> T:  # noqa: ASYNC109
        limits = ClientTimeout(total=timeout or self.timeout, connect=CONNECT_SECONDS)
        return cast(T, await super().make_request(bot, method, timeout=cast(int, limits)))


async def _refuse_redirects(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise Redirected(f"{request.url.host} redirects elsewhere, see telegram.api_base")
    return response


class Api:
    """One bot at one Bot API server. `username` and `id` are known once it is open."""

    def __init__(self, token: str, base: str) -> None:
        self.token = token
        self.username = ""
        self.id = 0
        self._base = base
        self._bot: Bot | None = None

    @property
    def bot(self) -> Bot:
        if self._bot is None:
            raise Unreachable("Telegram is not connected.")
        return self._bot

    async def open(self) -> None:
        """Find out who we are. Raises BadCredentials or Unreachable."""
        await self.close()
        try:
            self._bot = Bot(self.token, session=_Session(api=TelegramAPIServer.from_base(self._base)))
        except TokenValidationError:
            raise BadCredentials("The Telegram token has not the form 123456:letters.", REMEDY) from None
        try:
            me = await self.call(GetMe(), seconds=OPEN_SECONDS)
        except (BadCredentials, Unreachable):
            raise
        except DeliveryError as error:
            raise Unreachable(f"{error} Check the network and telegram.api_base = {self._base!r}.") from None
        self.username, self.id = me.username or "", me.id

    async def close(self) -> None:
        if self._bot is not None:
            bot, self._bot = self._bot, None
            await bot.session.close()

    async def call(self, method: TelegramMethod[T], target: Target | None = None, *, seconds: int = SEND_SECONDS) -> T:
        """Call a method, within `seconds`. Raises DeliveryError; the token is in no text of it."""
        try:
            return await self.bot(method, request_timeout=seconds)
        except (AiogramError, OSError, ValueError) as error:
            raise delivery_error(error, target, self.token) from None

    async def post(self, target: Target, message: Message, *, reply_to: int = 0) -> str:
        """Send a message that fits; returns its id. Raises DeliveryError."""
        fields = _fields(target, message)
        if target.thread:
            fields["message_thread_id"] = _thread_id(target)
        if message.silent:
            fields["disable_notification"] = True
        if reply_to:
            fields["reply_parameters"] = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True)
        method = _Send(**fields)
        return str((await self.call(method, target)).message_id)

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        """Change a message that fits. Raises DeliveryError; that it reads so already is no error."""
        if not message_ref.isdecimal():
            raise MessageMissing(f"Telegram, chat {target}: {message_ref!r} is no number of a message.")
        method = _Edit(message_id=int(message_ref), **_fields(target, message))
        with suppress(NotModified):
            await self.call(method, target)


def _fields(target: Target, message: Message) -> dict[str, Any]:
    shown = render(message)
    return {
        "chat_id": int(target.chat) if target.chat.removeprefix("-").isdecimal() else target.chat,
        "text": shown.text,
        "entities": shown.entities,
        "link_preview_options": _NO_PREVIEW,
        "reply_markup": shown.keyboard,
    }


def _thread_id(target: Target) -> int:
    if not target.thread.isdecimal():
        raise TargetGone(f"Telegram, chat {target}: {target.thread!r} is no number of a topic.")
    return int(target.thread)
