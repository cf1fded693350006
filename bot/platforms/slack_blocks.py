"""Messages as Slack shows them: Block Kit blocks and the text that stands in for them in notifications. Pure.

Running text goes into rich_text, whose strings are shown as they are: no mention, link or `*_~` markup can form in a
headline. Small print goes into plain_text, where exactly `&`, `<` and `>` are escaped, as in the text.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block ,
https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.links import clean_link
from bot.platforms.slack_table import table_block
from bot.platforms.slack_text import SECTION, Block, append, legible, spans
from bot.split import ELLIPSIS, Limits, cut, escaped, split, unformatted
from core.message import Button, Line, LineKind, Message, Span, Table

MAX_BLOCKS = 50
MAX_ROW = 25
MAX_HEADER = 150
MAX_SMALL = 3000
MAX_LABEL = 75
MAX_OPTIONS = 5
# Undocumented: messages are refused above about 13,200 characters of blocks, their JSON included
# (https://github.com/slackapi/bolt-js/issues/2509). The rest is left to the buttons.
MAX_JSON = 12_500
MAX_CONTENT_JSON = 9_000
# Above about 4,000 characters Slack splits a text (https://api.slack.com/changelog/2018-04-truncating-really-long-messages).
WORDS = Limits(characters=3_800, size=escaped)
ANSWER = Limits(characters=3_800, size=escaped, line_cost=2, count_links=True)

ACTION = "minsk"
EVENT_TYPE = "minsk_watch_story"

_LIST = "rich_text_list"
_QUOTE = "rich_text_quote"
_PLACES = {LineKind.BULLET: _LIST, LineKind.QUOTE: _QUOTE}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What Slack takes: `text` escaped, never empty, and `blocks` within every limit.

    `plain` is for a Slack that refuses the blocks: the addresses are spelled out.
    """

    text: str
    blocks: tuple[Block, ...]
    plain: str
    metadata: Block | None = None

    @property
    def fields(self) -> Block:
        """The arguments of an API call."""
        return {"text": self.text, "blocks": list(self.blocks), **self._more}

    @property
    def plain_fields(self) -> Block:
        """The same without blocks; those of a message that is edited go."""
        return {"text": self.plain, "blocks": [], **self._more}

    @property
    def _more(self) -> Block:
        return {"metadata": self.metadata} if self.metadata else {}


def escape(text: str) -> str:
    """Escape what Slack asks for in text objects, and nothing else."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def render(message: Message) -> Rendered:
    """One message; what does not fit is cut, the title last."""
    return _render(cut(_clean(message), WORDS))


def render_all(message: Message) -> tuple[Rendered, ...]:
    """An answer in as many messages as its words need, links and all; a page in one message if it fits."""
    if message.table is not None and (shown := _with_table(message, message.table)):
        return (shown,)
    if message.parts and ANSWER.hold(message.lines):
        blocks = blocks_of_page(message)
        if len(blocks) <= MAX_BLOCKS and _size(blocks) <= MAX_JSON:
            return (_rendered(_clean(message), blocks),)
    return tuple(_render(part) for part in split(_clean(message), ANSWER))


def _with_table(message: Message, table: Table) -> Rendered | None:
    """One message that says by a table what its lines say; None when the words, or the table, need more than one."""
    whole = _clean(message)
    rest = _clean(replace(message, lines=tuple(line for line in message.lines if line not in table.said)))
    drawn = table_block(table)
    if drawn is None or not ANSWER.hold(whole.lines):
        return None
    blocks = [*_fitting(rest.lines), drawn]
    if _size(blocks) > MAX_CONTENT_JSON:
        return None
    rows = _actions(message.buttons, MAX_JSON - _size(blocks), ACTION)
    return _rendered(whole, [*blocks, *rows][:MAX_BLOCKS])


def blocks_of(message: Message, prefix: str = ACTION) -> list[Block]:
    """The blocks of one message, cut to what a message holds. `prefix` begins every action_id."""
    return _blocks(cut(_clean(message), WORDS), prefix)


def blocks_of_page(message: Message, *, lines_between: bool = False) -> list[Block]:
    """Every part with its own buttons, one part under the other; one that says nothing is left out."""
    parts = [part for part in message.parts if part.lines or part.buttons] or [message]
    blocks: list[Block] = []
    for number, part in enumerate(parts, 1):
        blocks += [{"type": "divider"}] if blocks and lines_between else []
        blocks += blocks_of(part, f"{ACTION}-{number}")
    return blocks


def _render(message: Message) -> Rendered:
    return _rendered(message, _blocks(message, ACTION))


def _blocks(message: Message, prefix: str) -> list[Block]:
    blocks = _fitting(message.lines)
    rows = _actions(message.buttons, MAX_JSON - _size(blocks), prefix)
    return blocks + rows[: MAX_BLOCKS - len(blocks)]


def _rendered(message: Message, blocks: Sequence[Block]) -> Rendered:
    plain, *more = split(unformatted(message), WORDS)
    short = _text(plain) + (f"\n{ELLIPSIS}" if more else "")
    return Rendered(_text(message), tuple(blocks), short, _metadata(message))


def _metadata(message: Message) -> Block | None:
    """Which story a message shows, for other programs in the workspace; nothing about people.

    https://docs.slack.dev/messaging/message-metadata
    """
    kind, _, number = message.tag.partition(":")
    if kind != "story" or not number.isdecimal():
        return None
    return {"event_type": EVENT_TYPE, "event_payload": {"story": int(number), "revision": message.revision}}


def _fitting(lines: Sequence[Line]) -> list[Block]:
    """All the words; where addresses are too long in all, the longest go, and where styles are too many, all styles."""
    blocks = _content(lines)
    for url in sorted({span.url for line in lines for span in line.spans}, key=len, reverse=True):
        if _size(blocks) <= MAX_CONTENT_JSON:
            break
        lines = [
            replace(line, spans=tuple(replace(span, url="") if span.url == url else span for span in line.spans))
            for line in lines
        ]
        blocks = _content(lines)
    if len(blocks) > MAX_BLOCKS or _size(blocks) > MAX_CONTENT_JSON:
        blocks = _content([Line((Span(line.text),)) for line in lines])
    return blocks


def _clean(message: Message) -> Message:
    """Without control characters and lone surrogates, which Slack refuses, and without lines that say nothing."""
    lines = (
        replace(line, spans=tuple(replace(span, text=legible(span.text)) for span in line.spans))
        for line in message.lines
    )
    return replace(message, lines=tuple(line for line in lines if line.text.strip()) or (Line((Span(ELLIPSIS),)),))


def _text(message: Message) -> str:
    return escape(message.text).strip()


def _size(blocks: Sequence[Block]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def _content(lines: Iterable[Line]) -> list[Block]:
    return [block for place, group in groupby(lines, _place) for block in _block(place, list(group))]


def _place(line: Line) -> str:
    """Which block a line belongs to."""
    simple = not any(clean_link(span.url) or span.at for span in line.spans)
    if simple and line.kind is LineKind.SMALL:
        return "context"
    if simple and line.kind is LineKind.TITLE and escaped(line.text) <= MAX_HEADER:
        return "header"
    return "rich_text"


def _block(place: str, lines: Sequence[Line]) -> Iterator[Block]:
    if place == "context":
        for part in _joined(lines):
            yield {"type": "context", "elements": [_plain(part)]}
    elif place == "header":
        for line in lines:
            yield {"type": "header", "text": _plain(escape(line.text))}
    else:
        elements = [element for kind, group in groupby(lines, _part) for element in _elements(kind, list(group))]
        yield {"type": "rich_text", "elements": elements}


def _plain(escaped_text: str) -> Block:
    return {"type": "plain_text", "text": escaped_text, "emoji": False}


def _joined(lines: Iterable[Line]) -> Iterator[str]:
    """Escaped lines joined to texts that fit a text object."""
    text = ""
    for line in lines:
        for piece in _pieces(escape(line.text), MAX_SMALL):
            if text and len(text) + 1 + len(piece) > MAX_SMALL:
                yield text
                text = ""
            text = f"{text}\n{piece}" if text else piece
    if text.strip():
        yield text


def _pieces(text: str, most: int) -> Iterator[str]:
    """Cut an escaped text without cutting an entity."""
    while len(text) > most:
        entity = text.rfind("&", most - 4, most)
        at = entity if entity >= 0 and ";" not in text[entity:most] else most
        yield text[:at]
        text = text[at:]
    yield text


def _part(line: Line) -> str:
    return _PLACES.get(line.kind, SECTION)


def _elements(kind: str, lines: Sequence[Line]) -> Iterator[Block]:
    if kind == _LIST:
        sections = [{"type": SECTION, "elements": spans(line)} for line in lines]
        yield {"type": _LIST, "style": "bullet", "elements": sections}
        return
    parts: list[Block] = []
    for line in lines:
        if parts:
            append(parts, {"type": "text", "text": "\n"})
        for part in spans(line):
            append(parts, part)
    yield {"type": kind, "elements": parts}


def _actions(rows: Sequence[Sequence[Button]], room: int, prefix: str) -> list[Block]:
    """A row of buttons is an actions block; those above `room` characters of JSON are left out, later ones first.

    Minor buttons go into a menu at the end of the first row.
    """
    menu = _menu([button for row in rows for button in row if button.minor and button.command], f"{prefix}-menu")
    room -= _size(menu) + 40 if menu else 0
    blocks: list[Block] = []
    for number, row in enumerate(rows, 1):
        elements: list[Block] = []
        for place, button in enumerate(row[:MAX_ROW], 1):
            element = None if button.minor and button.command else _button(button, f"{prefix}-{number}-{place}")
            room -= _size([element]) + 40 if element else 0
            if element and room >= 0:
                elements.append(element)
        if elements:
            blocks.append({"type": "actions", "elements": elements})
    if blocks and len(blocks[0]["elements"]) + len(menu) <= MAX_ROW:
        blocks[0]["elements"] += menu
    elif menu:
        blocks.insert(0, {"type": "actions", "elements": menu[:MAX_ROW]})
    return blocks


def _menu(buttons: Sequence[Button], action_id: str) -> list[Block]:
    """As many menus as the buttons need, 5 in each.

    https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
    """
    options = [
        {"text": _plain(label), "value": button.command} for button in buttons if (label := _label(button.label))
    ]
    return [
        {"type": "overflow", "action_id": f"{action_id}-{at}", "options": options[at : at + MAX_OPTIONS]}
        for at in range(0, len(options), MAX_OPTIONS)
    ]


def _button(button: Button, action_id: str) -> Block | None:
    """The button's `value` is its command line; None when it has no use or no label."""
    url, label = clean_link(button.url), _label(button.label)
    if not label or not (button.command or url):
        return None
    use = {"value": button.command} if button.command else {"url": url}
    return {"type": "button", "action_id": action_id, "text": _plain(label), **use}


def _label(text: str) -> str:
    """An escaped label that fits."""
    text = legible(text).strip()
    if escaped(text) <= MAX_LABEL:
        return escape(text)
    while escaped(text) >= MAX_LABEL:
        text = text[:-1]
    return escape(text.rstrip()) + ELLIPSIS
