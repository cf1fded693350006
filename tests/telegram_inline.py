"""Inline mode of the local Bot API server: https://core.telegram.org/bots/api#answerinlinequery."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from tests.telegram_chats import Json, Params, Refusal, checked_content

MOST_RESULTS = 50
MOST_OFFSET = 64


@dataclass
class Typed:
    """A query; `answer` holds the parameters of answerInlineQuery once it came."""

    id: str
    answer: Json | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class InlineMode:
    """Queries by id."""

    def __init__(self) -> None:
        self.queries: dict[str, Typed] = {}

    def typed(self) -> Typed:
        query = Typed(str(6_000_000 + len(self.queries)))
        self.queries[query.id] = query
        return query

    def answer(self, params: Params) -> bool:
        query = self.queries.get(str(params.get("inline_query_id")))
        if query is None or query.answer is not None:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        results = params.get("results")
        if not isinstance(results, list) or len(results) > MOST_RESULTS:
            raise Refusal(400, "Bad Request: RESULTS_TOO_MUCH")
        ids = [str(one.get("id", "")) for one in results]
        if len(set(ids)) < len(ids):
            raise Refusal(400, "Bad Request: RESULT_ID_DUPLICATE")
        if any(not 1 <= len(number.encode()) <= 64 for number in ids):
            raise Refusal(400, "Bad Request: RESULT_ID_INVALID")
        for one in results:
            self._check(one)
        if len(str(params.get("next_offset", "")).encode()) > MOST_OFFSET:
            raise Refusal(400, "Bad Request: NEXT_OFFSET_INVALID")
        button = params.get("button")
        if button is not None and not (
            str(button.get("text", "")).strip()
            and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(button.get("start_parameter", "")))
        ):
            raise Refusal(400, "Bad Request: START_PARAM_INVALID")
        query.answer = {key: value for key, value in params.items() if key != "inline_query_id"}
        query.answered.set()
        return True

    def _check(self, one: Json) -> None:
        """An article: https://core.telegram.org/bots/api#inlinequeryresultarticle"""
        if one.get("type") != "article" or not str(one.get("title", "")).strip():
            raise Refusal(400, "Bad Request: article title is empty")
        content = one.get("input_message_content") or {}
        checked_content(
            {
                "text": content.get("message_text", ""),
                "entities": content.get("entities"),
                "reply_markup": one.get("reply_markup"),
            }
        )
