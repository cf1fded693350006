"""Taking along what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from bot import file_texts as told
from bot.command import Context, Rest, command
from bot.commands.searching import read_terms
from bot.past import stories_since
from bot.tables import MEDIA_TYPES, Row, entry_row, story_row, write
from core.errors import CommandError
from core.files import Attachment
from core.message import MAX_COMMAND_BYTES, Button, LineKind, Message, foreign

MOST_ROWS = 20_000
DAYS, LONGEST_DAYS = 30, 365
_AT_ONCE = 50  # rows between two turns of the loop

_KINDS = {"stories": "stories", "entries": "entries", "reports": "entries", "search": "search"}


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for: `kind` is stories, entries or search."""

    format: str = "csv"
    kind: str = "stories"
    days: int = DAYS
    words: str = ""

    def line(self, format_: str) -> str:
        """The same in another format."""
        return f"export {format_} {f'search {self.words}' if self.kind == 'search' else f'{self.kind} {self.days}'}"


@command(examples=("export", "export jsonl 90", "export entries csv 7", "export search belavia lukash*"))
async def export(ctx: Context, what: Rest = "") -> Message:
    """Stories with their facts as a file: csv (for spreadsheets) or jsonl, of the last 30 days or as many as you say.

    With `entries`, all that was read, with what became of it; with `search` and words, the reports that hold them.
    """
    wish = _read(ctx, what.split())
    rows: list[Row] = []
    cut = False
    async for row in _rows(ctx, wish):
        if len(rows) == MOST_ROWS:
            cut = True
            break
        rows.append(row)
        if len(rows) % _AT_ONCE == 0:
            await asyncio.sleep(0)
    title = _title(ctx, wish)
    if not rows:
        return Message((ctx.say.line(told.EXPORT_NONE, what=title),))
    body = await asyncio.to_thread(write, rows, wish.format)
    name = f"minsk-watch-{wish.kind}-{ctx.now:%Y-%m-%d}.{wish.format}"
    lines = [ctx.say.line(told.EXPORT, what=title, n=len(rows))]
    if cut:
        lines.append(ctx.say.line(told.EXPORT_CUT, kind=LineKind.SMALL, n=MOST_ROWS))
    other = next(kind for kind in MEDIA_TYPES if kind != wish.format)
    button = Button(ctx.say.say(told.EXPORT_BUTTON, format=other.upper()), command=_short(wish.line(other)))
    file = Attachment(name, MEDIA_TYPES[wish.format], body, lines[0].text)
    return Message(tuple(lines), ((button,),) if button.command else (), file=file)


def _read(ctx: Context, words: list[str]) -> _Wish:
    """The wish in words: format, kind and days in any order; anything after `search` is searched for."""
    wish = {}
    while words:
        typed = words.pop(0)
        word = typed.casefold()
        if word in MEDIA_TYPES:
            wish["format"] = word
        elif word in _KINDS:
            wish["kind"] = _KINDS[word]
        elif word.isdecimal() and len(word) < 6 and wish.get("kind") != "search":
            wish["days"] = word
        else:
            wish |= {"kind": "search", "words": " ".join((typed, *words))}
            break
    days = int(wish.get("days", DAYS))
    if not 1 <= days <= LONGEST_DAYS:
        raise CommandError(ctx.say.say(told.EXPORT_DAYS, most=LONGEST_DAYS))
    found = _Wish(wish.get("format", "csv"), wish.get("kind", "stories"), days, wish.get("words", ""))
    if found.kind == "search" and not found.words:
        raise CommandError(ctx.say.say(told.EXPORT_WORDS, export=ctx.typed("export search potash")))
    return found


async def _rows(ctx: Context, wish: _Wish) -> AsyncIterator[Row]:
    since = ctx.now - timedelta(days=wish.days)
    if wish.kind == "stories":
        async for story in stories_since(ctx.store, since, MOST_ROWS + 1):
            yield story_row(story)
    elif wish.kind == "entries":
        async for stored in ctx.store.entries_since(since, MOST_ROWS + 1):
            yield entry_row(stored)
    else:
        for stored in await ctx.store.search_entries(read_terms(ctx, wish.words), MOST_ROWS + 1):
            yield entry_row(stored)


def _title(ctx: Context, wish: _Wish) -> str:
    if wish.kind == "search":
        return ctx.say.say(told.EXPORT_SEARCH, words=foreign(wish.words, 100))
    return ctx.say.say(told.EXPORT_STORIES if wish.kind == "stories" else told.EXPORT_ENTRIES, n=wish.days)


def _short(line: str) -> str:
    return line if len(line.encode()) <= MAX_COMMAND_BYTES else ""
