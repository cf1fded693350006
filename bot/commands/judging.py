"""What readers say of alerts. Counted by story, term and source; who said it is not kept."""

from __future__ import annotations

from bot import render, texts
from bot.command import Context, command
from bot.commands.reading import get_story
from core.errors import CommandError
from core.message import Line, LineKind, Message, Table, foreign, line
from core.model import Story
from core.options import Feedback, Verdict

MOST_LISTED = 8
LONGEST_NAME = 60


@command(examples=("useful 12", "useful"))
async def useful(ctx: Context, story: int = 0) -> Message:
    """Say that an alert was worth it, under it or by its number."""
    return await _judge(ctx, story, Verdict.USEFUL)


@command(examples=("notuseful 12", "notuseful"))
async def notuseful(ctx: Context, story: int = 0) -> Message:
    """Say that an alert was not worth it, under it or by its number."""
    return await _judge(ctx, story, Verdict.NOT_USEFUL)


@command(examples=("duplicate 12", "duplicate"))
async def duplicate(ctx: Context, story: int = 0) -> Message:
    """Say that an alert told what another had told before."""
    return await _judge(ctx, story, Verdict.DUPLICATE)


@command(examples=("noise",))
async def noise(ctx: Context) -> Message:
    """Which terms and sources earn their place, by what readers said of their alerts."""
    lines: list[Line] = []
    said: list[Line] = []
    rows = []
    for kind, heading, column in (
        ("term", texts.NOISE_TERMS, texts.NOISE_TERM),
        ("source", texts.NOISE_SOURCES, texts.NOISE_SOURCE),
    ):
        found = await ctx.store.list_feedback(kind, limit=MOST_LISTED)
        part = [ctx.say.line(heading, kind=LineKind.TITLE)] if found else []
        part += [_line(ctx, kind, one) for one in found]
        rows += [_row(ctx, ctx.say.say(column), kind, one) for one in found]
        lines, said = [*lines, *part], [*said, *part]
    if not lines:
        return Message((ctx.say.line(texts.NOISE_NONE),))
    head = (
        texts.NOISE_KIND, texts.NOISE_NAME, texts.NOISE_SHARE,
        texts.USEFUL_BUTTON, texts.NOT_USEFUL_BUTTON, texts.DUPLICATE_BUTTON,
    )  # fmt: skip
    intro = ctx.say.line(texts.NOISE_INTRO)
    return Message(
        (intro, *lines), table=Table(tuple(map(ctx.say.say, head)), tuple(rows), tuple(said), frozenset({2, 3, 4, 5}))
    )


def _line(ctx: Context, kind: str, one: Feedback) -> Line:
    return ctx.say.line(
        texts.NOISE_LINE,
        kind=LineKind.BULLET,
        name=_name(ctx, kind, one),
        share=ctx.say.percent(_share(one)),
        useful=one.counts.get(Verdict.USEFUL, 0),
        not_useful=one.counts.get(Verdict.NOT_USEFUL, 0),
        duplicate=one.counts.get(Verdict.DUPLICATE, 0),
    )


def _row(ctx: Context, column: str, kind: str, one: Feedback) -> tuple[Line, ...]:
    counts = (ctx.say.number(one.counts.get(verdict, 0)) for verdict in Verdict)
    return tuple(line(cell) for cell in (column, _name(ctx, kind, one), ctx.say.number(_share(one)), *counts))


def _name(ctx: Context, kind: str, one: Feedback) -> str:
    return render.concept_name(one.name, ctx.say) if kind == "term" else foreign(one.name, LONGEST_NAME)


async def _judge(ctx: Context, number: int, verdict: Verdict) -> Message:
    story = await get_story(ctx, number) if number else await _replied_to(ctx)
    await ctx.store.add_feedback(_names(story), verdict)
    return Message((ctx.say.line(texts.THANKS),))


async def _replied_to(ctx: Context) -> Story:
    reference = ctx.request.message_ref
    found = await ctx.store.find_story_of_message(ctx.request.target, reference) if reference else None
    if found is None:
        raise CommandError(ctx.say.say(texts.JUDGE_WHICH))
    return found


def _names(story: Story) -> tuple[tuple[str, str], ...]:
    """The story, the terms by which its leading report was found, and that report's source."""
    member = render.lead(story)
    terms = dict.fromkeys(found.concept for found in member.analysis.evidence if found.weight > 0)
    return (
        ("story", str(story.id)),
        *(("term", foreign(term, LONGEST_NAME)) for term in terms),
        ("source", foreign(member.source, LONGEST_NAME)),
    )


def _share(one: Feedback) -> int:
    return 100 * one.counts.get(Verdict.USEFUL, 0) // sum(one.counts.values())
