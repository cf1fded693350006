"""Lines as elements of rich text, whose strings are shown as they are. Pure.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block#element-types
"""

from __future__ import annotations

import re
from typing import Any

from bot.links import clean_link
from core.message import Line, LineKind, Span, Style

Block = dict[str, Any]

SECTION = "rich_text_section"

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_STYLES = {Style.BOLD: {"bold": True}, Style.ITALIC: {"italic": True}, Style.CODE: {"code": True}}


def legible(text: str) -> str:
    """Without control characters and lone surrogates, which Slack refuses."""
    return _CONTROL.sub(" ", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def append(parts: list[Block], part: Block) -> None:
    """Join texts of one style, so that a message has few elements."""
    last = parts[-1] if parts else {}
    if last.get("type") == part["type"] == "text" and last.get("style") == part.get("style"):
        parts[-1] = {**last, "text": last["text"] + part["text"]}
    else:
        parts.append(part)


def spans(line: Line) -> list[Block]:
    """The elements of one line; none for a line without text."""
    parts: list[Block] = []
    bold = line.kind is LineKind.TITLE
    for span in line.spans:
        if span.text:
            append(parts, _element(span, bold=bold))
    return parts


def _element(span: Span, *, bold: bool) -> Block:
    """One run of text."""
    url = clean_link(span.url)
    if span.at is not None:
        element: Block = {
            "type": "date",
            "timestamp": int(span.at.timestamp()),
            "format": "{date_short_pretty} {time}",
            "fallback": span.text,
        }
        if url:
            element["url"] = url
        return element
    element = {"type": "link", "url": url, "text": span.text} if url else {"type": "text", "text": span.text}
    style = {**_STYLES.get(span.style, {}), **({"bold": True} if bold and span.style is Style.PLAIN else {})}
    return {**element, "style": style} if style else element
