"""Inline mode: `@bot words` in any chat finds stories, and the one chosen is posted there by who asked.

https://core.telegram.org/bots/api#answerinlinequery. Of who asked for what, nothing is kept; Telegram's choice of not
telling which result was chosen (/setinlinefeedback) is left as it is.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from aiogram.methods import AnswerInlineQuery
from aiogram.types import InlineQuery, InlineQueryResultArticle, InlineQueryResultsButton, InputTextMessageContent

from bot.platforms.telegram_api import NO_PREVIEW, Api
from bot.platforms.telegram_render import LIMITS, render
from bot.platforms.telegram_updates import NAME
from bot.split import cut
from core.errors import DeliveryError
from core.inquiry import Finding, Findings, Inquire, Inquiry
from core.message import Message
from core.model import Actor

CACHE_SECONDS = 30  # news grow old; the same words typed again within it cost nothing
MOST_TITLE = 120
MOST_NOTE = 64
NOTE_LEADS_TO = "help"  # a note is a button, which has to lead somewhere: to /start in the chat with the bot


async def answer(query: InlineQuery, api: Api, inquire: Inquire | None, log: logging.Logger) -> None:
    """Offer what was found. Personal, because it is in the asker's language; a note is not cached."""
    who = query.from_user
    asked = Inquiry(Actor(NAME, str(who.id), who.language_code or ""), query.query, query.offset)
    findings = await inquire(asked) if inquire is not None else Findings()
    button = None
    if findings.note:
        button = InlineQueryResultsButton(text=_short(findings.note, MOST_NOTE), start_parameter=NOTE_LEADS_TO)
    method = AnswerInlineQuery(
        inline_query_id=query.id,
        results=[article(one) for one in findings.found],
        cache_time=0 if button else CACHE_SECONDS,
        is_personal=True,
        next_offset=findings.next,
        button=button,
    )
    try:
        await api.call(method)
    except DeliveryError as error:  # most often: answered after the asker had typed on
        log.info("An inline query could not be answered", extra={"reason": str(error)})


def article(found: Finding) -> InlineQueryResultArticle:
    """An alert to be posted. Without buttons that are commands: there is no chat of ours that they could be for."""
    shown = render(cut(_without_commands(found.message), LIMITS))
    return InlineQueryResultArticle(
        id=found.key,
        title=_short(found.title, MOST_TITLE),
        description=_short(found.about, MOST_TITLE),
        input_message_content=InputTextMessageContent(
            message_text=shown.text, entities=shown.entities, link_preview_options=NO_PREVIEW
        ),
        reply_markup=shown.keyboard,
    )


def _without_commands(message: Message) -> Message:
    rows = (tuple(button for button in row if not button.command) for row in message.buttons)
    return replace(message, buttons=tuple(row for row in rows if row))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
