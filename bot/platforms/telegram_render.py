"""Messages as Telegram shows them: text with entities (never markup), and an inline keyboard. Pure.

Rules of nesting: https://core.telegram.org/bots/api#formatting-options. Code holds nothing and stands in nothing but a
quotation, quotations are not nested, links and moments do not hold one another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlsplit

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from aiogram.utils.formatting import BlockQuote, Bold, Code, DateTime, ExpandableBlockQuote, Italic, Text, TextLink

from bot.split import ELLIPSIS, Limits, utf16
from core.message import Button, Line, LineKind, Message, Span, Style

BULLET = "• "
# 4,096 characters after entities are parsed (https://core.telegram.org/bots/api#sendmessage). Whether an emoji counts
# as one or as two is not said; counted in UTF-16 units a text is within both. A line costs its break and its bullet.
LIMITS = Limits(characters=4096, size=utf16, line_cost=1 + len(BULLET))
CAPTION = replace(LIMITS, characters=1024)  # with a file (https://core.telegram.org/bots/api#senddocument)
POPUP = 200  # https://core.telegram.org/bots/api#answercallbackquery
MOST_IN_ROW = 8
MOST_ROWS = 12
MOST_LABEL = 60
OPEN_QUOTE_LINES = 6  # longer quotations are shown folded

_MOMENT = "Dt"  # long date, short time (https://core.telegram.org/bots/api#date-time-entity-formatting)


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    entities: list[MessageEntity]
    keyboard: InlineKeyboardMarkup | None


def render(message: Message) -> Rendered:
    """The message as it is sent; it must have been cut or split to LIMITS before."""
    text, entities = _tree([_clean_line(line) for line in message.lines]).render()
    return Rendered(text, entities, _keyboard(message.buttons))


def popup(message: Message) -> tuple[str, bool]:
    """The words for the pop-up that answers a press, and whether they are all there."""
    text = _clean(message.text).strip()
    if utf16(text) <= POPUP:
        return text, True
    while utf16(text) > POPUP - len(ELLIPSIS):
        text = text[:-1]
    return text.rstrip() + ELLIPSIS, False


def _tree(lines: Sequence[Line]) -> Text:
    blocks: list[Text] = []
    for quoted, group in groupby(lines, lambda line: line.kind is LineKind.QUOTE):
        if quoted:
            blocks.append(_quotation(list(group)))
        else:
            blocks.extend(_line(line) for line in group)
    return Text(*_joined(blocks))


def _quotation(lines: Sequence[Line]) -> Text:
    kind = BlockQuote if len(lines) <= OPEN_QUOTE_LINES else ExpandableBlockQuote
    shown = [_line(line) for line in lines if line.text.strip()]
    return kind(*_joined(shown)) if shown else Text()


def _joined(blocks: Iterable[Text]) -> Iterator[Text | str]:
    for number, block in enumerate(blocks):
        if number:
            yield "\n"
        yield block


def _line(line: Line) -> Text:
    if line.kind is LineKind.TITLE:
        return Text(*_wrapped(line.spans, Style.BOLD))
    if line.kind is LineKind.SMALL:
        return Text(*_wrapped(line.spans, Style.ITALIC))
    nodes = [_styled(_span(span), span.style, span.text) for span in line.spans]
    return Text(BULLET, *nodes) if line.kind is LineKind.BULLET else Text(*nodes)


def _wrapped(spans: Sequence[Span], style: Style) -> Iterator[Text | str]:
    """The spans under one style, code left outside of it, and the style not repeated inside."""
    for is_code, run in groupby(spans, lambda span: span.style is Style.CODE):
        body = list(run)
        if is_code:
            yield from map(_span, body)
        else:
            inner = [
                _span(span) if span.style is style else _styled(_span(span), span.style, span.text) for span in body
            ]
            yield _styled(Text(*inner), style, "".join(span.text for span in body))


def _styled(node: Text | str, style: Style, text: str) -> Text | str:
    """The node in bold or italic, unless its text is blank: such an entity would be dropped, or refused."""
    if not text.strip() or style not in (Style.BOLD, Style.ITALIC):
        return node
    return Bold(node) if style is Style.BOLD else Italic(node)


def _span(span: Span) -> Text | str:
    """The text with what it leads to; bold and italic come around it."""
    text = span.text
    if not text.strip():
        return text
    if span.url and _is_web(span.url):
        return TextLink(text, url=_clean(span.url))
    if span.at is not None:
        return DateTime(text, unix_time=span.at, date_time_format=_MOMENT)
    return Code(text) if span.style is Style.CODE else text


def _keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    shown = [[key for button in row if (key := _key(button))][:MOST_IN_ROW] for row in rows[:MOST_ROWS]]
    shown = [row for row in shown if row]
    return InlineKeyboardMarkup(inline_keyboard=shown) if shown else None


def _key(button: Button) -> InlineKeyboardButton | None:
    """The button, or None for one that Telegram would refuse, and the whole message with it."""
    label = _clean(button.label).strip()[:MOST_LABEL]
    if label and button.command:
        return InlineKeyboardButton(text=label, callback_data=button.command)
    if label and _is_web(button.url) and "." in (urlsplit(button.url).hostname or ""):
        return InlineKeyboardButton(text=label, url=button.url)
    return None


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _clean_line(line: Line) -> Line:
    return replace(line, spans=tuple(replace(span, text=_clean(span.text)) for span in line.spans))


def _clean(text: str) -> str:
    """Without lone surrogates, which cannot be sent, and with control characters as blanks, as Telegram makes them.

    The length in UTF-16 units stays the same.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(" " if unicodedata.category(c) == "Cc" and c != "\n" else c for c in text)
