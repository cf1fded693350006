"""The platform-neutral message: a tree of text, never concatenated markup.

A platform renders the tree and escapes in one place. `Button.command` is a command line as a person would type it, so
buttons need no second registry; it must fit Telegram's 64 bytes of callback data
(https://core.telegram.org/bots/api#inlinekeyboardbutton).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.files import Attachment

MAX_COMMAND_BYTES = 64

# Bidirectional controls and invisible characters that foreign text could use to disguise itself, tags and fillers too.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffc"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# More marks on one letter than any language sets: they climb over the lines above.
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_MARKS}{{4}}){_MARKS}+")


def foreign(text: str, limit: int = 300) -> str:
    """Make a text from outside safe to show: controls, bidi and invisible characters and heaps of marks out, blanks
    joined, cut.

    Zero-width joiners inside emoji are lost with the rest; the words stay. Lone surrogates become U+FFFD.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _STACKED.sub(r"\1", _HIDDEN.sub("", text))
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


class Style(StrEnum):
    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style, optionally a link (http or https only) or a moment shown in the reader's zone."""

    text: str
    style: Style = Style.PLAIN
    url: str = ""
    at: datetime | None = None


class LineKind(StrEnum):
    TITLE = "title"
    TEXT = "text"
    QUOTE = "quote"
    SMALL = "small"
    BULLET = "bullet"


@dataclass(frozen=True, slots=True)
class Line:
    spans: tuple[Span, ...]
    kind: LineKind = LineKind.TEXT

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Button:
    """A label and the command line it stands for, or a URL to open. Raises ValueError above 64 bytes of command.

    A `minor` one may stand in a menu where the platform has menus.
    """

    label: str
    command: str = ""
    url: str = ""
    minor: bool = False

    def __post_init__(self) -> None:
        if len(self.command.encode()) > MAX_COMMAND_BYTES:
            raise ValueError(f"button command over {MAX_COMMAND_BYTES} bytes: {self.command!r}")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a head, for platforms with tables; `said` are the lines of the message that say the same.

    `figures` are the columns of numbers, counted from 0.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    said: tuple[Line, ...]
    figures: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """Lines, then rows of buttons. `silent` asks for no sound, `private` for an answer to the asker alone.

    `failed` says that the command was not carried out, and why. `parts` are the same lines and buttons as a page in
    parts, each with its own buttons, for platforms with pages. `tag` and `revision` name the story that is shown.

    A `file` comes along where the platform can show it; the lines must say enough without. `unchanged` marks an answer
    of a command that changes things, when it changed nothing: it asks first, or only shows what is set. `lang` is the
    language that it is in, for the words that a platform adds. A `table` says some of the lines again.
    """

    lines: tuple[Line, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    private: bool = False
    tag: str = field(default="")
    revision: int = 0
    failed: bool = False
    parts: tuple[Message, ...] = ()
    file: Attachment | None = None
    unchanged: bool = False
    lang: str = "en"
    table: Table | None = None

    @property
    def text(self) -> str:
        """The words alone, a line each: the fallback for notifications and logs."""
        return "\n".join(line.text for line in self.lines)


def line(*parts: str | Span, kind: LineKind = LineKind.TEXT) -> Line:
    """Build a line from strings and spans."""
    return Line(tuple(Span(part) if isinstance(part, str) else part for part in parts), kind)


def plain(*texts: str) -> Message:
    """A message of plain lines."""
    return Message(tuple(line(text) for text in texts))


def page(*parts: Message) -> Message:
    """Messages one under the other; a platform without pages shows all their lines, then all their buttons."""
    lines = tuple(line for part in parts for line in part.lines)
    return Message(lines, tuple(row for part in parts for row in part.buttons), parts=parts)
