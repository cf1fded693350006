"""Counts: how much there is on each day, how many were freed when, and who tells first; as a picture too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from bot import search_texts as told
from bot.backtest import bars
from bot.command import Between, Context, command
from bot.leads import Lead, leads
from bot.past import stories_since
from bot.stats_picture import Figures, Wording, stats_svg
from core.chart import Point, points
from core.files import Attachment
from core.message import Line, LineKind, Message, Span, Style, Table, foreign, line

MOST_STORIES = 2_000
MOST_SOURCES = 8
MOST_MARKS = 1_000
_MONTHS = 12
_BACK = timedelta(days=550)


@command(examples=("stats", "stats 60"))
async def stats(ctx: Context, days: Annotated[int, Between(7, 60)] = 30) -> Message:
    """Stories per day and topic, releases against diplomatic events, and which sources tell first: a picture and words.

    A source's times are those at which its feed was found to hold the report. People freed are counted by the events
    known beforehand, then by the stories found here.
    """
    begin = ctx.now.date() - timedelta(days=days - 1)
    counted = [one for one in await ctx.store.count_days(ctx.now - timedelta(days=days)) if one.day >= begin]
    lines = [ctx.say.line(told.STATS_TITLE, kind=LineKind.TITLE, n=days)]
    if not counted:
        lines.append(ctx.say.line(told.STATS_NONE))
    per_topic = {
        name: _columns(Counter({(one.day - begin).days: one.stories for one in counted if one.topic == name}), days)
        for name in ctx.topics
    }
    most = max((max(columns) for columns in per_topic.values()), default=0)
    for name, columns in per_topic.items():
        if any(columns):
            chart = Span(bars(columns, most), Style.CODE)
            title = foreign(ctx.topics[name], 80)
            lines.append(ctx.say.line(told.STATS_TOPIC, bars=chart, title=title, count=sum(columns)))
    if counted:
        lines.append(ctx.say.line(told.STATS_SCALE, kind=LineKind.SMALL, most=most))
    sources = leads([story async for story in stories_since(ctx.store, ctx.now - timedelta(days=days), MOST_STORIES)])
    said = {lead.source: _said(ctx, lead) for lead in sources[:MOST_SOURCES]}
    lines += _freed(ctx)
    ranking = [
        ctx.say.line(told.STATS_SOURCE, kind=LineKind.BULLET, source=foreign(name, 60), said=words)
        for name, words in said.items()
    ]
    lines += [ctx.say.line(told.STATS_SOURCES, n=days), *ranking] if said else []
    titles = {foreign(ctx.topics[name], 80): columns for name, columns in per_topic.items() if any(columns)}
    figures = Figures(begin, titles, await _events(ctx), ctx.now.date(), sources[:MOST_SOURCES])
    table = _table(ctx, sources[:MOST_SOURCES], ranking) if said else None
    return Message(tuple(lines), file=await _picture(ctx, figures, said, days), table=table)


def _table(ctx: Context, sources: Sequence[Lead], said: Sequence[Line]) -> Table:
    """The sources, and who is first."""
    head = (told.COLUMN_SOURCE, told.COLUMN_STORIES, told.COLUMN_FIRST, told.COLUMN_BEHIND)
    rows = []
    for lead in sources:
        behind = ctx.say.age(ctx.now - lead.behind, ctx.now) if lead.behind is not None else ""
        counts = (ctx.say.number(lead.stories), ctx.say.number(lead.first) if lead.first else "", behind)
        rows.append(tuple(line(cell) for cell in (foreign(lead.source, 60), *counts)))
    return Table(tuple(map(ctx.say.say, head)), tuple(rows), tuple(said), frozenset({1, 2}))


def _freed(ctx: Context) -> list[Line]:
    """People freed per month, by the events that are known beforehand."""
    this_month = ctx.now.year * 12 + ctx.now.month
    months: Counter[int] = Counter()
    for event in ctx.tools.timeline:
        months[event.day.year * 12 + event.day.month - this_month + _MONTHS - 1] += event.released
    columns = _columns(months, _MONTHS)
    if not any(columns):
        return []
    chart = Span(bars(columns), Style.CODE)
    return [
        ctx.say.line(told.STATS_FREED, bars=chart, months=_MONTHS, count=sum(columns)),
        ctx.say.line(told.STATS_MONTHS, kind=LineKind.SMALL, most=max(columns)),
    ]


def _columns(counts: Counter[int], width: int) -> list[int]:
    return [counts[at] for at in range(width)]


def at_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _said(ctx: Context, lead: Lead) -> str:
    """How many stories a source told, in how many it was first, and how far behind otherwise."""
    said = ctx.say.say(told.STATS_TOLD, n=lead.stories)
    if lead.first:
        said += ctx.say.say(told.STATS_FIRST, n=lead.first)
    if lead.behind is not None:
        said += ctx.say.say(told.STATS_BEHIND, age=ctx.say.age(ctx.now - lead.behind, ctx.now))
    return said


async def _events(ctx: Context) -> tuple[Point, ...]:
    """What is known beforehand, then what was found here since the last of it, so that nobody is counted twice."""
    known = [event for event in ctx.tools.timeline if ctx.now - _BACK <= at_midnight(event.day) <= ctx.now]
    since = at_midnight(known[-1].day) + timedelta(days=1) if known else ctx.now - _BACK
    marks = await ctx.store.list_marks(since, MOST_MARKS)
    return points([mark for mark in marks if mark.opened_at >= since], known)


async def _picture(ctx: Context, figures: Figures, said: Mapping[str, str], days: int) -> Attachment | None:
    """The picture; None when there is nothing to draw, or when it could not be drawn: the words say it all."""
    say = ctx.say
    words = Wording(
        days=say.say(told.STATS_TITLE, n=days),
        events=say.say(told.STATS_EVENTS),
        sources=say.say(told.STATS_SOURCES, n=days),
        bands=(say.say(told.STATS_TALKS), say.say(told.STATS_SANCTIONS)),
        source=said,
        day=say.day_and_month,
        month=say.short_month,
    )
    svg = stats_svg(figures, words)
    drawn = await ctx.tools.draw(svg) if svg and ctx.tools.draw is not None else None
    if drawn is None:
        return None
    return Attachment("minsk-watch-stats.png", "image/png", drawn, say.say(told.STATS_ALT, n=days))
