"""Operators put stories right: two that are one, and one that is two."""

from __future__ import annotations

from bot import correcting_texts as told
from bot import render
from bot.command import Context, Rest, command
from bot.commands.reading import get_story
from core.correcting import Corrected
from core.errors import BadCorrection, CommandError
from core.message import Line, LineKind, Message, Span, Style
from core.model import Member, Role, Story
from matching.stories import StoryBook

MOST_LISTED = 60
_LONGEST_NUMBER = 18  # digits


@command(role=Role.OPERATOR, examples=("merge 12 13",))
async def merge(ctx: Context, story: int, other: int) -> Message:
    """Make one story of two that tell of the same event; the second becomes part of the first.

    Every chat follows: a chat that was shown one of them has its message edited to the whole story; where both were
    shown, the second message says where it went. Facts are voted anew over all reports.
    """
    kept, gone = await get_story(ctx, story), await get_story(ctx, other)
    reports = [str(member.entry_id) for member in gone.members]
    try:
        done = await ctx.store.merge_stories(kept.id, gone.id, StoryBook().summarise, ctx.now)
    except BadCorrection as error:
        raise CommandError(error.words) from error
    first = ctx.say.line(told.MERGED, other=f"#{gone.id}", story=f"#{kept.id}", n=len(done.story.members))
    undo = f"split {kept.id} {' '.join(reports)}"
    return Message((first, _chats(ctx, done), ctx.say.line(told.UNDO, kind=LineKind.SMALL, command=_code(ctx, undo))))


@command(role=Role.OPERATOR, examples=("split 12", "split 12 345 346"))
async def split(ctx: Context, story: int, reports: Rest = "") -> Message:
    """Make some reports of a story a story of their own; without their numbers it lists them.

    The new story goes to the chats that want it as a new one, and what was shown of the old is edited to what remains.
    """
    found = await get_story(ctx, story)
    if not reports:
        return _listed(ctx, found)
    try:
        done = await ctx.store.split_story(found.id, _numbers(ctx, reports), StoryBook().summarise, ctx.now)
    except BadCorrection as error:
        raise CommandError(error.words) from error
    other = f"#{done.other.id}"
    first = ctx.say.line(told.SPLIT, n=len(done.other.members), story=f"#{found.id}", other=other)
    undo = f"merge {found.id} {done.other.id}"
    return Message((first, _chats(ctx, done), ctx.say.line(told.UNDO, kind=LineKind.SMALL, command=_code(ctx, undo))))


def _listed(ctx: Context, story: Story) -> Message:
    lines = [ctx.say.line(told.SPLIT_LIST, kind=LineKind.TITLE, n=f"#{story.id}")]
    lines += [_report(ctx, member) for member in story.members[:MOST_LISTED]]
    how = _code(ctx, f"split {story.id} {story.members[-1].entry_id}")
    return Message((*lines, ctx.say.line(told.SPLIT_HOW, kind=LineKind.SMALL, command=how)), unchanged=True)


def _report(ctx: Context, member: Member) -> Line:
    told_so = render.report(member, ctx.say)
    return Line((Span(f"{member.entry_id} ", Style.CODE), *told_so.spans), told_so.kind)


def _numbers(ctx: Context, typed: str) -> list[int]:
    words = typed.replace(",", " ").split()
    for word in words:
        if not (word.isdecimal() and len(word) <= _LONGEST_NUMBER):
            raise CommandError(ctx.say.say(told.SPLIT_NUMBERS, word=word[:30]))
    return [int(word) for word in words]


def _chats(ctx: Context, done: Corrected) -> Line:
    return ctx.say.line(told.CHATS, n=done.chats) if done.chats else ctx.say.line(told.CHATS_NONE)


def _code(ctx: Context, line: str) -> Span:
    return Span(ctx.typed(line), Style.CODE)
