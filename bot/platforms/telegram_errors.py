"""What Telegram's refusals mean for a delivery. The token never gets into a text.

The descriptions are not documented; they are matched by the parts that have been stable for years
(https://github.com/tdlib/telegram-bot-api, https://github.com/TelegramBotAPI/errors).
"""

from __future__ import annotations

import re

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError, InvalidURL

from core.errors import (
    BadCredentials,
    DeliveryError,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    TargetGone,
    TargetMoved,
    Unreachable,
)
from core.log import redact
from core.model import Target

REMEDY = (
    "Put the token that @BotFather gave into telegram.token (or MINSK_TELEGRAM__TOKEN), and see that telegram.api_base "
    "is right."
)
_NOWHERE = "Telegram"  # where a call concerns no chat, as asking for updates
FLOOD_SECONDS = 30.0  # when Telegram says "too many" without saying how long

_NOT_MODIFIED = re.compile(r"message is not modified", re.IGNORECASE)
_MISSING = re.compile(
    r"message to edit not found|message can't be edited|message[ _]id[ _]invalid|message not found|"
    r"message identifier is not specified",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"chat not found|user not found|peer_id_invalid|chat_write_forbidden|chat_restricted|chat_admin_required|"
    r"channel_private|not enough rights|have no rights|need administrator rights|is not a member|was kicked|blocked|"
    r"deactivated|was deleted|topic_closed|topic_deleted|thread not found|upgraded to a supergroup",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"retry after (\d+)", re.IGNORECASE)


class Redirected(ClientError):
    """The server named in the configuration sends us elsewhere; raised by the session."""


class NotModified(MessageRejected):
    """An edit that would change nothing: what is wanted is shown already."""


class Conflict(Unreachable):
    """Somebody else receives this bot's updates; `.webhook` when that is a webhook of ours."""

    def __init__(self, message: str, *, webhook: bool) -> None:
        self.webhook = webhook
        super().__init__(message)


def delivery_error(error: Exception, target: Target | None, token: str) -> DeliveryError:
    """The error of a call, as what it means for the chat (None: the call concerned no chat)."""
    told = redact(_description(error), (token, token.partition(":")[2]))
    where = f"Telegram, chat {target}" if target else _NOWHERE
    match error:
        case TelegramRetryAfter():
            return RetryLater(f"{where}: asked to wait {error.retry_after} s.", float(error.retry_after))
        case TelegramMigrateToChat() if target is not None:
            moved_to = Target(target.platform, str(error.migrate_to_chat_id))
            return TargetMoved(f"{where}: the group has become a supergroup, {moved_to}.", moved_to)
        case TelegramUnauthorizedError() | TelegramNotFound():
            return BadCredentials(f"Telegram does not accept the bot's token ({told}).", REMEDY)
        case TelegramConflictError():
            return Conflict(f"Another program receives this bot's updates ({told}).", webhook="webhook" in told)
        case TelegramForbiddenError():
            return _gone(where, told)
        case TelegramBadRequest():
            return _refusal(where, told)
        case TelegramEntityTooLarge():
            return MessageRejected(f"{where}: the message is too large ({told}).")
        case TelegramServerError():
            # The Bot API server itself says that it failed. A gateway's 502 is no JSON and ends as ClientDecodeError.
            return Unreachable(f"{where}: Telegram is out of order ({told}); it is tried again.")
        case TelegramNetworkError():
            return _lost(where, told, error.__cause__)
        case ClientDecodeError() | OSError() | UnicodeError():
            return _lost(where, told, error)
        case TelegramAPIError() if "too many requests" in told.lower():
            found = _SECONDS.search(told)
            return RetryLater(f"{where}: {told}.", float(found[1]) if found else FLOOD_SECONDS)
    return MessageRejected(f"{where}: {_what(where)} was refused ({told}).")


def _what(where: str) -> str:
    return "the message" if where != _NOWHERE else "the request"


def _lost(where: str, told: str, cause: BaseException | None) -> DeliveryError:
    """No usable answer: whether the message was shown depends on whether the request had been written."""
    match cause:
        case ClientConnectorError() | ConnectionTimeoutError():
            return Unreachable(f"{where}: no connection to the Bot API server ({told}).")
        case Redirected():
            return Unreachable(f"{where}: {told}.")
        case InvalidURL():
            return BadCredentials("telegram.api_base and telegram.token make no usable address.", REMEDY)
    if where == _NOWHERE:
        return OutcomeUnknown(f"Telegram did not answer ({told}).")
    return OutcomeUnknown(f"{where}: no answer came, so the message may have been shown or not ({told}).")


def _refusal(where: str, told: str) -> DeliveryError:
    if _NOT_MODIFIED.search(told):
        return NotModified(f"{where}: {told}.")
    if _MISSING.search(told):
        return MessageMissing(f"{where}: the message to change is gone ({told}).")
    if _GONE.search(told):
        return _gone(where, told)
    return MessageRejected(f"{where}: {_what(where)} was refused ({told}).")


def _gone(where: str, told: str) -> TargetGone:
    return TargetGone(
        f"{where}: the bot may not write there any more ({told}). Let it in again, in a channel as an admin, and send "
        "/start."
    )


def _description(error: Exception) -> str:
    if isinstance(error, ClientDecodeError):
        return f"an answer that is no JSON of the Bot API: {str(error.data)[:80]!r}"
    text = error.message if isinstance(error, TelegramAPIError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:300]
