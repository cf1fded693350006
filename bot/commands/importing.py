"""`watch import`: a list of people onto a chat's watchlist, from a file or from pasted lines, after a question."""

from __future__ import annotations

import asyncio
import re

from bot import proposing
from bot import watch_texts as told
from bot.command import Context
from bot.feed_texts import FILE_GONE
from bot.given import read_given
from core.errors import CommandError
from core.message import Button, LineKind, Message, Span, Style, foreign
from core.watch import MOST_WATCHES, WatchSpec
from matching.people import Roster
from matching.rosterfile import ListError, read_people, read_rows

MOST_SHOWN = 12
MOST_LEFT_OUT = 3

_HEAD = re.compile(r"\s*\S+\s+import\b[ \t]*", re.IGNORECASE)


async def import_people(ctx: Context, roster: Roster, words: str) -> Message:
    """The answer to `watch import`, with what it would add, or to `watch import yes MARK`, when it is done."""
    if words.startswith("yes "):
        mark = words.removeprefix("yes ").strip()
        body = await proposing.body_of(ctx, mark, FILE_GONE)
        specs, _ = await _read(body, roster)
        await _check_room(ctx, specs)
        added = await ctx.store.watch(ctx.request.target, specs, ctx.now)
        await proposing.used(ctx, mark)
        return Message((ctx.say.line(told.IMPORTED, n=added),))
    pasted = _HEAD.sub("", ctx.request.line, count=1).strip()
    body = pasted.encode() if pasted else await read_given(ctx, "watch import")
    specs, left_out = await _read(body, roster)
    fresh = await _check_room(ctx, specs)
    lines = [ctx.say.line(told.IMPORT_FOUND, n=len(fresh)) if fresh else ctx.say.line(told.IMPORT_NONE)]
    for spec in fresh[:MOST_SHOWN]:
        spelled = ", ".join(foreign(word, 40) for word in roster.spellings(spec)[:4])
        name = Span(foreign(spec.label, 100), Style.BOLD)
        lines.append(ctx.say.line(told.IMPORT_LINE, kind=LineKind.BULLET, name=name, spellings=spelled))
    if len(fresh) > MOST_SHOWN:
        lines.append(ctx.say.line(told.WATCHING_MORE, kind=LineKind.SMALL, n=len(fresh) - MOST_SHOWN))
    if left_out:
        lines.append(
            ctx.say.line(
                told.IMPORT_LEFT_OUT, n=len(left_out), lines="; ".join(map(ctx.say.tell, left_out[:MOST_LEFT_OUT]))
            )
        )
    if not fresh:
        return Message(tuple(lines), unchanged=True)
    line = f"watch import yes {await proposing.keep(ctx, body)}"
    ask = ctx.say.line(told.RULE_ASK, kind=LineKind.SMALL, line=Span(ctx.typed(line), Style.CODE))
    button = Button(ctx.say.say(told.IMPORT_BUTTON, n=len(fresh)), command=line)
    return Message((*lines, ask), ((button,),), unchanged=True)


async def _read(body: bytes, roster: Roster) -> tuple[list[WatchSpec], list[str]]:
    """Names take long to look up: not on the loop."""
    try:
        return await asyncio.to_thread(lambda: read_people(read_rows(body), roster))
    except ListError as error:
        raise CommandError(error.words) from None


async def _check_room(ctx: Context, specs: list[WatchSpec]) -> list[WatchSpec]:
    """Those that the chat does not watch yet. Raises CommandError when there is no room for them."""
    there = {item.spec.key for item in await ctx.store.watches(ctx.request.target)}
    fresh = [spec for spec in specs if spec.key not in there]
    if len(there) + len(fresh) > MOST_WATCHES:
        raise CommandError(ctx.say.say(told.FULL, most=MOST_WATCHES))
    return fresh
