"""The way to the Bot API server and back: every call goes through `Api.call`, which raises DeliveryError only."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.methods import (
    EditMessageText,
    GetChatMember,
    GetFile,
    GetMe,
    GetUpdates,
    SendDocument,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    EphemeralMessageParameters,
    InaccessibleMessage,
    LinkPreviewOptions,
    MessageId,
    ReplyParameters,
    User,
)
from aiogram.types import Message as SentMessage
from aiogram.utils.token import TokenValidationError
from aiohttp import (
    ClientError,
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    TCPConnector,
)

from bot.platforms.holding import Holding
from bot.platforms.telegram_errors import REMEDY, NotModified, Redirected, delivery_error
from bot.platforms.telegram_render import render
from core.errors import BadCredentials, DeliveryError, MessageMissing, MessageRejected, TargetGone, Unreachable
from core.files import MOST_GIVEN, Attachment
from core.message import Message
from core.model import Target

T = TypeVar("T")

CONNECT_SECONDS = 10.0
OPEN_SECONDS = 15
SEND_SECONDS = 30
FILE_SECONDS = 120
# https://core.telegram.org/bots/api#sending-files
MOST_PICTURE = 10_000_000
MOST_FILE = 50_000_000

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Alone:
    """Who alone in a group is to see a message, and what gives the right to send it: the press of a button that is not
    answered yet, or an ephemeral message of theirs, of the last 15 seconds.

    https://core.telegram.org/bots/api#ephemeral-messages-and-commands
    """

    user: int
    press: str = ""
    ephemeral: int = 0


class GetRawUpdates(GetUpdates):
    """getUpdates, left unread: one update that the library cannot read must not hold up all others."""

    __returning__: ClassVar[Any] = list[dict[str, Any]]


class GetMemberStatus(GetChatMember):
    """getChatMember, read for the status alone: rights that are new to the library must not make admins unknown."""

    __returning__: ClassVar[Any] = dict[str, Any]


class _Send(SendMessage):
    """sendMessage, read for the id alone: an answer with something new in it must not look like a lost message."""

    __returning__: ClassVar[Any] = MessageId


class _SendPhoto(SendPhoto):
    __returning__: ClassVar[Any] = MessageId


class _SendDocument(SendDocument):
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

    async def make_request(self, bot: Bot, method: TelegramMethod[T], timeout: int | None = None) -> T:  # noqa: ASYNC109 - as in aiogram
        limits = ClientTimeout(total=timeout or self.timeout, connect=CONNECT_SECONDS)
        return cast(T, await super().make_request(bot, method, timeout=cast(int, limits)))


async def _refuse_redirects(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise Redirected(f"{request.url.host} redirects elsewhere, see telegram.api_base")
    return response


class Api:
    """One bot at one Bot API server: that of the first of `tokens` that is not refused, in `number`'s place.

    A chat that Telegram asks to leave alone is held in `holding`: no call that names it as `target` is made before.

    `username` and `id` are known once it is open.
    """

    def __init__(self, tokens: Sequence[str], base: str, holding: Holding) -> None:
        self.holding = holding
        self.tokens = tuple(tokens)
        self.number = 0
        self.username = ""
        self.id = 0
        self._base = base
        self._bot: Bot | None = None

    @property
    def token(self) -> str:
        return self.tokens[self.number]

    @property
    def bot(self) -> Bot:
        if self._bot is None:
            raise Unreachable("Telegram is not connected.")
        return self._bot

    async def open(self) -> None:
        """Find out who we are, with the first token that is not refused. Raises BadCredentials or Unreachable."""
        await self.close()
        await self._open_from(0)

    async def replace(self) -> bool:
        """Go on with the next token, if Telegram confirms that it does not know this one; False changes nothing.

        Raises Unreachable: then nothing is known, and nothing has changed.
        """
        if self.number + 1 == len(self.tokens):
            return False
        try:
            await self._who(self.bot, self.token)
        except BadCredentials:
            try:
                await self._open_from(self.number + 1)
            except BadCredentials:
                return False
            return True
        return False

    async def ask_who(self, token: str) -> str:
        """The username of a token's bot. Raises BadCredentials or Unreachable."""
        bot = self._make(token)
        try:
            return (await self._who(bot, token)).username or ""
        finally:
            await bot.session.close()

    async def close(self) -> None:
        if self._bot is not None:
            bot, self._bot = self._bot, None
            await bot.session.close()

    async def _open_from(self, first: int) -> None:
        """Raises what is said of the first of these tokens when all are refused."""
        refused: BadCredentials | None = None
        for number in range(first, len(self.tokens)):
            try:
                bot = self._make(self.tokens[number])
                try:
                    me = await self._who(bot, self.tokens[number])
                except BaseException:
                    await bot.session.close()
                    raise
            except BadCredentials as error:
                refused = refused or error
                continue
            before, self._bot, self.number = self._bot, bot, number
            self.username, self.id = me.username or "", me.id
            if before is not None:
                await before.session.close()
            return
        assert refused is not None
        raise refused

    def _make(self, token: str) -> Bot:
        try:
            return Bot(token, session=_Session(api=TelegramAPIServer.from_base(self._base)))
        except TokenValidationError:
            raise BadCredentials("The Telegram token has not the form 123456:letters.", REMEDY) from None

    async def _who(self, bot: Bot, token: str) -> User:
        try:
            return await self._call(bot, token, GetMe(), None, OPEN_SECONDS)
        except (BadCredentials, Unreachable):
            raise
        except DeliveryError as error:
            raise Unreachable(f"{error} Check the network and telegram.api_base = {self._base!r}.") from None

    async def call(self, method: TelegramMethod[T], target: Target | None = None, *, seconds: int = SEND_SECONDS) -> T:
        """Call a method, within `seconds`. Raises DeliveryError; the token is in no text of it.

        `target` is the chat that the call shows something in: while it is held, RetryLater is raised at once.
        """
        if target is not None:
            with self.holding.obeying(target):
                return await self._call(self.bot, self.token, method, target, seconds)
        return await self._call(self.bot, self.token, method, target, seconds)

    async def _call(self, bot: Bot, token: str, method: TelegramMethod[T], target: Target | None, seconds: int) -> T:
        try:
            return await bot(method, request_timeout=seconds)
        except (AiogramError, OSError, ValueError) as error:
            raise delivery_error(error, target, token) from None

    def reference(self, number: int) -> str:
        """What a message is known by: its number, which in private chats another bot's message may have too."""
        return f"{self.id}:{number}"

    def reference_of(self, message: SentMessage | InaccessibleMessage | None) -> str:
        """What a message of an update is known by; "" for none, and for an ephemeral one, whose number is 0."""
        return self.reference(message.message_id) if message is not None and message.message_id else ""

    def number_of(self, reference: str) -> int:
        """The number of a message of this bot; 0 for any other."""
        bot, _, number = reference.partition(":")
        return int(number) if bot == str(self.id) and number.isascii() and number.isdecimal() else 0

    async def post(self, target: Target, message: Message, *, reply_to: int = 0, alone: Alone | None = None) -> str:
        """Send a message that fits, its words as the caption of its file if it has one; returns its reference.

        What is for one member `alone` has no number, and none of a message that it replies to. Raises DeliveryError.
        """
        place = _place(target, message, reply_to) if alone is None else _place_alone(target, message, alone)
        if message.file is None:
            return self.reference((await self.call(_Send(**_fields(target, message), **place), target)).message_id)
        method = _with_file(target, message, message.file, place)
        return self.reference((await self.call(method, target, seconds=FILE_SECONDS)).message_id)

    async def download(self, file_id: str) -> bytes:
        """A file that somebody sent. Raises DeliveryError, MessageRejected for one that is too large."""
        try:
            file = await self.call(GetFile(file_id=file_id))
        except MessageRejected as error:
            raise MessageRejected(str(error).replace(": the request was refused", " did not give the file")) from None
        url = self.bot.session.api.file_url(self.token, file.file_path or "")
        body = bytearray()
        try:
            async for chunk in self.bot.session.stream_content(url, timeout=FILE_SECONDS, raise_for_status=True):
                body += chunk
                if len(body) > MOST_GIVEN:
                    raise MessageRejected(f"The file is larger than {MOST_GIVEN // 1024:,} kB.")
        except (AiogramError, ClientError, OSError, ValueError) as error:
            raise delivery_error(error, None, self.token) from None
        return bytes(body)

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        """Change a message that fits. Raises DeliveryError; that it reads so already is no error."""
        number = self.number_of(message_ref)
        if not number:
            raise MessageMissing(f"Telegram, chat {target}: {message_ref!r} is no message of this bot.")
        method = _Edit(message_id=number, **_fields(target, message))
        with suppress(NotModified):
            await self.call(method, target)


def _place(target: Target, message: Message, reply_to: int) -> dict[str, Any]:
    """Where and how a message is shown."""
    place: dict[str, Any] = {"message_thread_id": _thread_id(target)} if target.thread else {}
    if message.silent:
        place["disable_notification"] = True
    if reply_to:
        place["reply_parameters"] = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True)
    return place


def _place_alone(target: Target, message: Message, alone: Alone) -> dict[str, Any]:
    place = _place(target, message, 0)
    place["ephemeral_message_parameters"] = EphemeralMessageParameters(
        receiver_user_id=alone.user, callback_query_id=alone.press or None
    )
    if alone.ephemeral:
        place["reply_parameters"] = ReplyParameters(ephemeral_message_id=alone.ephemeral)
    return place


def _with_file(target: Target, message: Message, file: Attachment, place: dict[str, Any]) -> _SendPhoto | _SendDocument:
    """A picture as one if Telegram takes it so, anything else as a document."""
    if len(file.body) > MOST_FILE:
        raise MessageRejected(f"Telegram, chat {target}: the file is larger than {MOST_FILE // 1_000_000} MB.")
    shown, body = render(message), BufferedInputFile(file.body, file.name)
    fields = {"chat_id": _chat_id(target), "caption_entities": shown.entities, "reply_markup": shown.keyboard, **place}
    if file.is_picture and len(file.body) <= MOST_PICTURE:
        return _SendPhoto(photo=body, caption=shown.text or None, **fields)
    return _SendDocument(document=body, caption=shown.text or None, **fields)


def _chat_id(target: Target) -> int | str:
    return int(target.chat) if target.chat.removeprefix("-").isdecimal() else target.chat


def _fields(target: Target, message: Message) -> dict[str, Any]:
    shown = render(message)
    return {
        "chat_id": _chat_id(target),
        "text": shown.text,
        "entities": shown.entities,
        "link_preview_options": NO_PREVIEW,
        "reply_markup": shown.keyboard,
    }


def _thread_id(target: Target) -> int:
    if not target.thread.isdecimal():
        raise TargetGone(f"Telegram, chat {target}: {target.thread!r} is no number of a topic.")
    return int(target.thread)
