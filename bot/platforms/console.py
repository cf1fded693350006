"""A terminal as a chat: alerts look as they would in one, and commands can be typed.

Settings, all optional, in [platforms.console]: `commands` (true: lines typed are commands), `links` (true: clickable by
OSC 8 instead of addresses written out), `width` (columns), `chat` (name of the one chat; "terminal"), `files` (folder
for files that come with answers; one for temporary files). A line that ends in ` < PATH` gives a command that file.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from itertools import count, groupby
from pathlib import Path
from typing import Any, TextIO

from bot.languages import spoken
from bot.platforms.context import PlatformContext
from bot.texts import FILE_LOST, FILE_SAVED, Texts
from core.errors import MessageRejected, Unreachable
from core.files import MOST_GIVEN, GivenFile
from core.message import Button, Line, LineKind, Message, Span, Style, line
from core.model import Actor, Role, Target
from core.ports import Clock, CommandHandler, MenuEntry, Request, Route

_REMEMBERED = 1000
_WIDEST, _NARROWEST = 100, 20
_RESET, _BOLD, _DIM, _ITALIC, _CYAN = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[3m", "\x1b[36m"
_STYLES = {Style.PLAIN: "", Style.BOLD: _BOLD, Style.ITALIC: _ITALIC, Style.CODE: _CYAN}
_BEFORE = {LineKind.BULLET: "• ", LineKind.QUOTE: "> "}


@dataclass(frozen=True, slots=True)
class Look:
    """How a terminal shows things. `zone` None is the zone of the machine."""

    width: int = 80
    colour: bool = False
    links: bool = False
    commands: bool = False
    zone: tzinfo | None = None


def look_of(out: TextIO, options: Mapping[str, Any], environ: Mapping[str, str]) -> Look:
    """Colour only on a terminal that is not dumb and without NO_COLOR (https://no-color.org)."""
    tty = out.isatty()
    width = int(options.get("width", 0)) or min(_WIDEST, shutil.get_terminal_size().columns if tty else 80)
    return Look(
        width=max(_NARROWEST, width),
        colour=tty and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb",
        links=bool(options.get("links", False)),
        commands=bool(options.get("commands", False)),
    )


def create(context: PlatformContext) -> ConsolePlatform:
    options = context.settings.platforms.get("console", {})
    look = look_of(sys.stdout, options, os.environ)
    files = Path(options["files"]) if options.get("files") else None
    return ConsolePlatform(sys.stdout, context.clock, look, chat=str(options.get("chat", "terminal")), files=files)


class ConsolePlatform:
    """Shows messages on `out`; an edit shows what is new. With `look.commands`, lines of `typed` are commands."""

    name = "console"
    routes: Sequence[Route] = ()

    def __init__(
        self,
        out: TextIO,
        clock: Clock,
        look: Look = Look(),
        *,
        chat: str = "terminal",
        typed: TextIO | None = None,
        files: Path | None = None,
    ) -> None:
        self._out = out
        self._clock = clock
        self._look = look
        self._target = Target(self.name, chat)
        self._typed = typed or sys.stdin
        self._files = files
        self._references = count(1)
        self._saved = count(1)
        self._shown: dict[str, Message] = {}

    async def open(self) -> str:
        return "this terminal"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        """Answer the lines typed until cancelled; after the last one, only wait."""
        lines: asyncio.Queue[str] = asyncio.Queue()
        if self._look.commands:
            loop = asyncio.get_running_loop()
            # A thread of its own, as a reader that waits in an executor would hold up the end of the program.
            threading.Thread(target=self._read, args=(loop, lines), daemon=True).start()
        while True:
            typed = (await lines.get()).strip().removeprefix("/")
            if typed:
                answer = await handle(self._request(typed))
                if answer is not None:
                    self._write(self._frame(self._with_file(answer), answer.buttons, self._target.chat, answer.lang))

    def _request(self, typed: str) -> Request:
        actor = Actor(self.name, "keyboard")
        typed, sign, path = typed.partition(" < ")
        file = _given(Path(path.strip()).expanduser()) if sign else None
        return Request(actor, self._target, typed, role=Role.ADMIN, private=True, prefix="", file=file)

    def _with_file(self, message: Message) -> tuple[Line, ...]:
        """The lines, and one that says where the file lies now or why it does not."""
        if message.file is None:
            return message.lines
        say = spoken(message.lang)
        try:
            self._files = self._files or Path(tempfile.mkdtemp(prefix="minsk-watch-"))
            self._files.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._files / f"{next(self._saved)}-{message.file.name}"
            path.write_bytes(message.file.body)
        except OSError as error:
            told = say.say(FILE_LOST, name=message.file.name, reason=error.strerror or type(error).__name__)
        else:
            told = say.say(FILE_SAVED, path=str(path))
        return (*message.lines, line(told, kind=LineKind.SMALL))

    def _read(self, loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str]) -> None:
        for typed in self._typed:
            if loop.is_closed():
                return
            loop.call_soon_threadsafe(lines.put_nowait, typed)

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        reference = str(next(self._references))
        label = f"{target.chat}, reply" if reply_to else target.chat
        self._write(self._frame(self._with_file(message), message.buttons, label, message.lang))
        self._remember(reference, message)
        return reference

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        before = self._shown.get(message_ref)
        known = frozenset(line.text for line in before.lines) if before else frozenset()
        fresh = [line for line in message.lines if line.text not in known or line.kind is LineKind.TITLE]
        self._write(self._frame(fresh, (), f"{target.chat}, edited", message.lang))
        self._remember(message_ref, message)

    async def close(self) -> None:
        self._shown.clear()

    def _remember(self, reference: str, message: Message) -> None:
        self._shown[reference] = message
        if len(self._shown) > _REMEMBERED:
            del self._shown[next(iter(self._shown))]

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "utf-8"
        try:
            self._out.write(text.encode(encoding, "replace").decode(encoding))
            self._out.flush()
        except (OSError, ValueError) as error:
            raise Unreachable(f"The terminal cannot be written to ({error}).") from error

    def _frame(self, lines: Sequence[Line], buttons: Sequence[Sequence[Button]], label: str, lang: str) -> str:
        now = self._clock.now().astimezone(self._look.zone)
        head = f"── {now:%H:%M} {_printable(label)} "
        rows = [self._paint(head + "─" * max(0, self._look.width - display_width(head)), _DIM)]
        told: set[str] = set()
        for one in lines:
            rows += self._rows(one, spoken(lang))
            rows += self._addresses(one, told)
        rows += [row for row in map(self._button_row, buttons) if row]
        return "\n".join(rows) + "\n\n"

    def _rows(self, line: Line, say: Texts) -> Iterator[str]:
        before = _BEFORE.get(line.kind, "")
        dim = _DIM if line.kind is LineKind.SMALL else _BOLD if line.kind is LineKind.TITLE else ""
        width = self._look.width - display_width(before)
        for number, words in enumerate(wrap(line.spans, width, partial(self._text, say))):
            yield (before if number == 0 else " " * len(before)) + self._join(words, dim)

    def _text(self, say: Texts, span: Span) -> str:
        if span.at is not None:
            here = span.at.astimezone(self._look.zone)
            return say.at_home(here.tzinfo or UTC).moment(here)
        return _printable(span.text)

    def _join(self, row: Sequence[tuple[str, Span]], around: str) -> str:
        out = []
        for span, run in groupby(row, key=lambda cell: cell[1]):
            text = self._paint("".join(character for character, _ in run), around + _STYLES[span.style])
            if self._look.links and span.url:
                text = f"\x1b]8;;{_printable(span.url)}\x1b\\{text}\x1b]8;;\x1b\\"
            out.append(text)
        return "".join(out).rstrip()

    def _addresses(self, line: Line, told: set[str]) -> Iterator[str]:
        """Addresses of the links in a line, once each, on rows of their own so that they can be copied."""
        for span in line.spans:
            if span.url and span.url not in told and not self._look.links:
                told.add(span.url)
                yield self._paint(f"  {_printable(span.url)}", _DIM)

    def _button_row(self, row: Sequence[Button]) -> str:
        shown = []
        for button in row:
            label = _printable(button.label)
            if button.command and self._look.commands:
                shown.append(f"[{label}: {_printable(button.command)}]")
            elif button.command:
                shown.append(f"[{label}]")
        return self._paint(" ".join(shown), _CYAN)

    def _paint(self, text: str, codes: str) -> str:
        return f"{codes}{text}{_RESET}" if self._look.colour and codes and text else text


def _given(path: Path) -> GivenFile:
    """The file that a line of the terminal names."""

    async def read() -> bytes:
        try:
            with path.open("rb") as file:
                body = file.read(MOST_GIVEN + 1)
        except OSError as error:
            raise MessageRejected(f"{path} cannot be read ({error.strerror}); check the path.") from None
        if len(body) > MOST_GIVEN:
            raise MessageRejected(f"The file is larger than {MOST_GIVEN // 1024:,} kB.")
        return body

    return GivenFile(path.name, 0, read)


def display_width(text: str) -> int:
    """Columns that a terminal gives a text: none to marks, two to wide characters."""
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def wrap(spans: Sequence[Span], width: int, text_of: Callable[[Span], str]) -> Iterator[list[tuple[str, Span]]]:
    """Spans as rows of (character, span), broken between words; a word wider than a row is broken within."""
    row: list[tuple[str, Span]] = []
    used = 0
    for word in _words([(c, span) for span in spans for c in text_of(span)]):
        wide = display_width("".join(c for c, _ in word))
        if row and used + wide > width and not word[0][0].isspace():
            yield row
            row, used = [], 0
        for cell in word:
            columns = display_width(cell[0])
            if used + columns > width and not cell[0].isspace():
                yield row
                row, used = [], 0
            row.append(cell)
            used += columns
    yield row


def _words(cells: Sequence[tuple[str, Span]]) -> Iterator[list[tuple[str, Span]]]:
    for _, run in groupby(cells, key=lambda cell: cell[0].isspace()):
        yield list(run)


def _printable(text: str) -> str:
    """Without control characters, which could command the terminal."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
