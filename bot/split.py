"""Fit messages to a platform's limits: an answer is split into several, an alert is cut to one. Pure.

Breaks stand between lines, else between words, else between characters that belong together as little as possible.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from core.message import Line, LineKind, Message, Span, Style

ELLIPSIS = "…"

# What an alert can do without, first to go first; the title is only shortened.
_DISPENSABLE = (LineKind.SMALL, LineKind.BULLET, LineKind.QUOTE, LineKind.TEXT)


def utf16(text: str) -> int:
    """Length in UTF-16 units, the measure of Telegram's entities (https://core.telegram.org/bots/api#messageentity)."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def escaped(text: str) -> int:
    """Length after `&`, `<` and `>` are escaped as Slack asks (https://api.slack.com/reference/surfaces/formatting)."""
    return len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one message holds.

    `characters` in all by the measure `size`, where every line costs `line_cost` more (its break and decoration) and
    every link `link_cost` plus its address when `count_links` is set; at most `lines` lines.
    """

    characters: int
    size: Callable[[str], int] = utf16
    line_cost: int = 1
    lines: int = 1000
    count_links: bool = False
    link_cost: int = 3

    def of_span(self, span: Span) -> int:
        link = self.size(span.url) + self.link_cost if self.count_links and span.url else 0
        return self.size(span.text) + link

    def of_line(self, line: Line) -> int:
        return self.line_cost + sum(self.of_span(span) for span in line.spans)

    def hold(self, lines: Iterable[Line]) -> bool:
        sizes = [self.of_line(line) for line in lines]
        return len(sizes) <= self.lines and sum(sizes) <= self.characters


def split(message: Message, limits: Limits) -> tuple[Message, ...]:
    """The same words in as few messages as need be, in order; the buttons and the file go with the last one."""
    pages: list[list[Line]] = [[]]
    for line in message.lines:
        for piece in split_line(line, limits, limits.characters):
            if pages[-1] and not limits.hold([*pages[-1], piece]):
                pages.append([])
            pages[-1].append(piece)
    parts = [replace(message, lines=tuple(page), buttons=(), file=None) for page in pages]
    parts[-1] = replace(parts[-1], buttons=message.buttons, file=message.file)
    return tuple(parts)


def cut(message: Message, limits: Limits) -> Message:
    """One message that fits: small print goes first, then details from the end; the title is kept, shortened at worst.

    A line with an ellipsis stands where something was left out.
    """
    if limits.hold(message.lines):
        return message
    mark = Line((Span(ELLIPSIS),), LineKind.SMALL)
    lines = list(message.lines)
    for kind in _DISPENSABLE:
        for index in range(len(lines) - 1, -1, -1):
            if limits.hold([*lines, mark]):
                return replace(message, lines=(*lines, mark))
            if lines[index].kind is kind:
                del lines[index]
    return replace(message, lines=tuple(_shorten(lines, limits)))


def _shorten(lines: list[Line], limits: Limits) -> list[Line]:
    """As many lines as fit whole, then the beginning of the next one, with an ellipsis."""
    kept: list[Line] = []
    room = limits.characters
    for line in lines[: limits.lines]:
        if limits.of_line(line) <= room:
            kept.append(line)
            room -= limits.of_line(line)
            continue
        first = next(split_line(line, limits, room - limits.size(ELLIPSIS)), None)
        if first is not None and room > limits.line_cost + limits.size(ELLIPSIS):
            kept.append(Line((*first.spans, Span(ELLIPSIS)), line.kind))
        break
    return kept


def split_line(line: Line, limits: Limits, room: int) -> Iterator[Line]:
    """Break one line into lines of the same kind, each within `room`."""
    if limits.of_line(line) <= room:
        yield line
        return
    spans: list[Span] = []
    left = room - limits.line_cost
    for span in line.spans:
        for piece in _split_span(span, limits, left, room - limits.line_cost):
            cost = limits.of_span(piece)
            if cost > left and spans:
                yield Line(tuple(spans), line.kind)
                spans, left = [], room - limits.line_cost
                piece = replace(piece, text=piece.text.lstrip())
                cost = limits.of_span(piece)
            if piece.text:
                spans.append(piece)
                left -= cost
    if spans:
        yield Line(tuple(spans), line.kind)


def _split_span(span: Span, limits: Limits, left: int, room: int) -> Iterator[Span]:
    """Pieces of a span: the first fits `left` if a word does, the others `room`. A moment stays whole."""
    if limits.of_span(span) <= left or (span.at is not None and limits.of_span(span) <= room):
        yield span
        return
    extra = limits.of_span(replace(span, text=""))
    if extra > room // 2:  # the address alone would fill the line: the words go without it
        span, extra = replace(span, url=""), 0
    text = span.text
    at = _break_before(text, limits.size, left - extra, whole_words=True)
    while text:
        if at:
            yield replace(span, text=text[:at])
            text = text[at:]
        if limits.size(text) <= room - extra:
            at = len(text)
        else:
            at = _break_before(text, limits.size, room - extra, whole_words=False)


def _break_before(text: str, size: Callable[[str], int], room: int, *, whole_words: bool) -> int:
    """The index of the best break that leaves at most `room` before it; 0 when there is none between words."""
    fits = _fitting(text, size, room)
    if fits == len(text):
        return fits
    space = max(text.rfind(" ", 0, fits + 1), text.rfind("\n", 0, fits + 1))
    if space > 0 and text[:space].strip():
        return space
    if whole_words:
        return 0
    at = fits
    while at > 1 and fits - at < 32 and _joined(text, at):
        at -= 1
    return max(1, fits if _joined(text, at) else at)


def _fitting(text: str, size: Callable[[str], int], room: int) -> int:
    """How many characters of the text measure at most `room`."""
    used = 0
    for index, character in enumerate(text):
        used += size(character)
        if used > room:
            return index
    return len(text)


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after `at` are seen as one: accents, emoji sequences, flags."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after).startswith("M") or after == "\u200d" or before == "\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if _is_flag_letter(after) and _is_flag_letter(before):
        run = at
        while run and _is_flag_letter(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1
    return False


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def unformatted(message: Message) -> Message:
    """The words alone, addresses spelled out after them, no buttons and no file: for a platform that refused more."""
    lines = []
    for line in message.lines:
        words = "".join(f"{span.text} ({span.url})" if span.url else span.text for span in line.spans)
        lines.append(Line((Span(words, Style.PLAIN),), LineKind.TEXT))
    return replace(message, lines=tuple(lines), buttons=(), file=None)
