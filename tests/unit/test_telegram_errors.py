"""Errors of the way to Telegram that a local server cannot make."""

from __future__ import annotations

import logging
import traceback

import pytest
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramMigrateToChat, TelegramNetworkError
from aiogram.methods import GetMe
from aiohttp import ConnectionTimeoutError, InvalidURL, ServerDisconnectedError, SocketTimeoutError

from bot.platforms.holding import Holding
from bot.platforms.telegram_api import Api
from bot.platforms.telegram_errors import FLOOD_SECONDS, delivery_error
from core.errors import BadCredentials, DeliveryError, MessageRejected, OutcomeUnknown, RetryLater, Unreachable
from core.model import Target
from tests.fake_clock import FakeClock

TOKEN = "7000000001:AAE-secret-part"
CHAT = Target("telegram", "1")


def lost(cause: Exception) -> TelegramNetworkError:
    error = TelegramNetworkError(method=GetMe(), message=f"{type(cause).__name__}: {cause}")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (lost(ConnectionTimeoutError("Connection timeout to host")), Unreachable),
        (lost(SocketTimeoutError("Timeout on reading data")), OutcomeUnknown),
        (lost(TimeoutError()), OutcomeUnknown),
        (lost(ServerDisconnectedError()), OutcomeUnknown),
        (lost(InvalidURL(f"http://x y/bot{TOKEN}/sendMessage")), BadCredentials),
        (ConnectionResetError("reset"), OutcomeUnknown),
        (ValueError("no such value"), MessageRejected),
        (TelegramAPIError(method=GetMe(), message="Gone"), MessageRejected),
        (TelegramMigrateToChat(method=GetMe(), message="moved", migrate_to_chat_id=-1), MessageRejected),
    ],
)
def test_meaning_of_an_error(error: Exception, meaning: type[DeliveryError]) -> None:
    target = None if isinstance(error, TelegramMigrateToChat) else CHAT
    assert type(delivery_error(error, target, TOKEN)) is meaning


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (lost(TimeoutError()), "Telegram did not answer (TimeoutError:)."),
        (
            TelegramAPIError(method=GetMe(), message="Gone"),
            "Telegram: the request was refused (Gone).",
        ),
        (
            TelegramBadRequest(method=GetMe(), message="no such command"),
            "Telegram: the request was refused (no such command).",
        ),
    ],
)
def test_what_concerns_no_chat_says_nothing_of_a_message(error: Exception, said: str) -> None:
    assert str(delivery_error(error, None, TOKEN)) == said
    assert "message" in str(delivery_error(error, CHAT, TOKEN)), "in a chat it is one"


@pytest.mark.parametrize(("told", "wait"), [("retry after 12", 12.0), ("later", FLOOD_SECONDS)])
def test_flood_without_parameters(told: str, wait: float) -> None:
    error = delivery_error(TelegramAPIError(method=GetMe(), message=f"Too Many Requests: {told}"), CHAT, TOKEN)
    assert isinstance(error, RetryLater)
    assert error.retry_after == wait


async def test_token_is_in_no_error_no_traceback_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = Api((TOKEN,), "http://host with blanks", Holding(FakeClock()))
    with pytest.raises(DeliveryError) as caught:
        await api.open()
    await api.close()
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "AAE-secret-part" not in told


def test_a_session_of_aiogram_still_says_how_it_connects() -> None:
    """Unpublished, as what tests/unit/test_unpublished.py lists; there aiogram would be loaded for this alone."""
    missing = {"_session", "_connector_init"} - vars(AiohttpSession()).keys()
    assert missing == set(), "aiogram has changed: bot/platforms/telegram_api.py leans on these"
