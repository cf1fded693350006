"""What platforms refuse is told to readers in their language, without addresses and a service's words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramNetworkError, TelegramServerError
from aiogram.methods import GetMe
from slack_sdk.errors import SlackApiError

from bot import trouble_texts as told
from bot.languages import texts_in
from bot.platforms.slack_errors import _GONE, from_answer
from bot.platforms.slack_teams import GONE
from bot.platforms.telegram_errors import delivery_error
from bot.retelling import trouble
from core.model import Target
from tests.messages import OTHERS

CHAT = Target("telegram", "-1001")
ME: Any = GetMe()


def slack(error: str = "", status: int = 200) -> str:
    answer: Any = SimpleNamespace(status_code=status, data={"ok": False, "error": error}, headers={})
    error_class: Any = SlackApiError
    return str(from_answer(error_class("refused", answer), "slack:C1"))


def telegram(error: Exception) -> str:
    return str(delivery_error(error, CHAT, "1:token"))


@pytest.mark.parametrize(
    ("reason", "template"),
    [
        (telegram(TelegramForbiddenError(ME, "Forbidden: bot was blocked by the user")), told.GONE),
        (telegram(TelegramBadRequest(ME, "Bad Request: not enough rights to send text messages")), told.GONE),
        (telegram(TelegramBadRequest(ME, "Bad Request: can't parse entities")), told.REFUSED),
        (telegram(TelegramServerError(ME, "Internal Server Error")), told.AWAY),
        (telegram(TelegramNetworkError(ME, "broken pipe")), told.UNSURE),
        *((slack(name), told.GONE) for name in _GONE),
        (slack("invalid_blocks"), told.REFUSED),
        (slack("ratelimited", 429), told.WAIT),
        (slack("service_unavailable", 503), told.AWAY),
        (slack("internal_error", 500), told.UNSURE),
        (f"{GONE}.", told.REMOVED),
    ],
)
def test_a_refusal_is_told_by_its_kind(reason: str, template: str) -> None:
    for lang in OTHERS:
        assert trouble(reason, texts_in(lang)) == texts_in(lang).say(template) != template
    assert trouble(reason, texts_in("en")) == reason.rstrip(".")


def test_what_is_not_known_stays() -> None:
    assert trouble("HTTP 418", texts_in("uk")) == "HTTP 418"
