"""The feeds that are read: how they are, and, for those who may, adding, pausing and removing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot import feed_texts as told
from bot import proposing
from bot.command import Context, Rest, command
from bot.given import read_given
from bot.links import clean_link
from bot.render import topic_names
from bot.watch_texts import NOT_HERE, PROPOSAL_GONE
from core.errors import CommandError
from core.feedadmin import FeedDesk, FoundFeed, ManagedFeed, Sample
from core.files import Attachment
from core.health import Condition
from core.message import Button, Line, LineKind, Message, Span, Style, Table, foreign, line
from core.model import Level, Role

MOST_LISTED = 40
MOST_CHOICES = 4
MOST_SAMPLES = 5
OPML_TYPE = "text/x-opml"

Action = Literal["add", "remove", "pause", "resume", "export", "import"]


@command(examples=("feeds", "feeds zerkalo"))
async def feeds(ctx: Context, words: Rest = "") -> Message:
    """The feeds that are read here and how they are, those in trouble first.

    Who may change them also sees addresses, reasons and buttons. With words, only feeds that have them in their names.
    """
    listed = await _desk(ctx).list()
    wanted = [feed for feed in listed if words.casefold().strip() in feed.name.casefold()]
    if not wanted:
        none = ctx.say.line(told.FEEDS_NONE_SUCH, name=foreign(words, 60)) if listed else ctx.say.line(told.FEEDS_NONE)
        return Message((none,))
    manages = _manages(ctx)
    lines = [ctx.say.line(told.FEEDS, n=sum(feed.health.condition is not Condition.PAUSED for feed in listed))]
    bad = sum(feed.health.condition.bad for feed in listed)
    lines += [ctx.say.line(told.FEEDS_BAD, n=bad)] if bad else []
    said = [line for feed in wanted[:MOST_LISTED] for line in _listed(ctx, feed, in_full=manages)]
    lines += said
    if len(wanted) > MOST_LISTED:
        narrow = ctx.typed("feeds belta")
        more = ctx.say.line(told.FEEDS_MORE, kind=LineKind.SMALL, n=len(wanted) - MOST_LISTED, narrow=narrow)
        lines.append(more)
    touched = [feed for feed in wanted if feed.health.condition.bad or feed.health.condition is Condition.PAUSED]
    chosen = wanted if len(wanted) <= MOST_CHOICES else touched[:MOST_CHOICES]
    keys = tuple(_keys(ctx, feed) for feed in chosen) if manages else ()
    return Message(tuple(lines), keys, table=_table(ctx, wanted[:MOST_LISTED], said, in_full=manages))


def _table(ctx: Context, listed: Sequence[ManagedFeed], said: Sequence[Line], *, in_full: bool) -> Table:
    head: tuple[str, ...] = (told.COLUMN_NUMBER, told.COLUMN_FEED, told.COLUMN_STATE)
    rows = []
    for one in listed:
        condition = ctx.say.say(told.CONDITIONS[one.health.condition])
        name = Span(foreign(one.name, 60), url=clean_link(one.url) if in_full else "")
        cells = [line(str(one.id)), line(name), line(condition)]
        if in_full:
            healthy = one.health.condition is Condition.HEALTHY
            reason = "" if healthy else foreign(ctx.say.tell(one.health.reason), 300)
            cells += [line(reason), line(ctx.say.number(one.entries)), line(ctx.say.number(one.hits))]
        rows.append(tuple(cells))
    head += (told.COLUMN_REASON, told.COLUMN_ENTRIES, told.COLUMN_HITS) if in_full else ()
    return Table(tuple(map(ctx.say.say, head)), tuple(rows), tuple(said), frozenset({0, 4, 5}))


@command(
    role=Role.OPERATOR,
    examples=("feed add https://example.org/news", "feed remove 12", "feed pause 12", "feed resume 12", "feed export"),
)
async def feed(ctx: Context, action: Action, which: Rest = "") -> Message:
    """Change what is read: add, remove, pause or resume a feed, or take the whole list along and bring one, as OPML.

    The address may be that of a page: its feed is found, with a look at what stands in it and what of that would have
    matched, and then you are asked. A feed is named by its number or its name, see feeds.

    By the configuration (access.editors_may_change_feeds), those who manage a chat may do this too.
    """
    sure = which.split()[:1] == ["yes"]
    rest = which.strip().removeprefix("yes").strip() if sure else which.strip()
    match action:
        case "add" if not rest:
            hint = ctx.say.say(told.FEED_ADDRESS_HINT, add=ctx.typed("feed add https://example.org/news"))
            raise CommandError(ctx.say.say(told.FEED_ADDRESS), hint)
        case "add":
            return await (_added(ctx, rest) if sure else _looked_at(ctx, rest))
        case "remove":
            return await (_removed(ctx, rest) if sure else _ask_to_remove(ctx, rest))
        case "import":
            return await (_imported(ctx, rest) if sure else _ask_to_import(ctx))
        case "export":
            return await _exported(ctx)
        case _:
            return await _switched(ctx, action, rest)


async def _looked_at(ctx: Context, address: str) -> Message:
    """What is behind an address, before anything is changed."""
    found = (await _desk(ctx).find(address))[:MOST_CHOICES]
    lines: list[Line] = []
    for one in found:
        lines += _found(ctx, one)
    fresh = [one for one in found if not one.known]
    buttons = tuple([(await _add_button(ctx, one),) for one in fresh])
    if fresh:
        ask = Span(ctx.typed(f"feed add yes {fresh[0].url}"), Style.CODE)
        lines.append(ctx.say.line(told.FEED_ASK, kind=LineKind.SMALL, line=ask))
    return Message(tuple(lines), buttons, unchanged=True)


def _found(ctx: Context, one: FoundFeed) -> list[Line]:
    name = Span(foreign(one.title, 100) or one.url, Style.BOLD, clean_link(one.url))
    if one.newest_at is None:
        lines = [ctx.say.line(told.FEED_FOUND_UNDATED, name=name, total=one.total)]
    else:
        at = Span(ctx.say.moment(one.newest_at), at=one.newest_at)
        lines = [ctx.say.line(told.FEED_FOUND, name=name, total=one.total, at=at)]
    lines += [_sample(ctx, sample) for sample in one.samples[:MOST_SAMPLES]]
    if one.samples:
        lines.append(ctx.say.line(told.FEED_MATCHED, n=len(one.matching), of=len(one.samples)))
    if one.known:
        lines.append(ctx.say.line(told.FEED_KNOWN))
    return lines


def _sample(ctx: Context, sample: Sample) -> Line:
    title = Span(foreign(sample.title, 200), url=clean_link(sample.url))
    if sample.level not in (Level.ALERT, Level.DIGEST):
        return ctx.say.line(told.FEED_SAMPLE, kind=LineKind.BULLET, title=title)
    topics = topic_names(sample.topics, ctx.topics)
    return ctx.say.line(told.FEED_SAMPLE_MATCHED, kind=LineKind.BULLET, title=title, topics=topics)


async def _add_button(ctx: Context, one: FoundFeed) -> Button:
    line = await proposing.line_of(ctx, "feed add yes", one.url)
    return Button(ctx.say.say(told.FEED_ADD_BUTTON, name=foreign(one.title or one.url, 40)), command=line)


async def _added(ctx: Context, address: str) -> Message:
    added = await _desk(ctx).add(await proposing.words_of(ctx, address, PROPOSAL_GONE))
    await proposing.used(ctx, address)
    lines = [ctx.say.line(told.FEED_ADDED, name=_bold(added)), *_listed(ctx, added, in_full=True)]
    return Message(tuple(lines), (_keys(ctx, added),))


async def _ask_to_remove(ctx: Context, which: str) -> Message:
    one = await _one(ctx, which)
    line = f"feed remove yes {one.id}"
    buttons = ((Button(ctx.say.say(told.FEED_REMOVE_BUTTON, name=foreign(one.name, 40)), command=line),),)
    ask = ctx.say.line(told.FEED_ASK, kind=LineKind.SMALL, line=Span(ctx.typed(line), Style.CODE))
    return Message((ctx.say.line(told.FEED_REMOVE_ASK, name=_bold(one)), ask), buttons, unchanged=True)


async def _removed(ctx: Context, which: str) -> Message:
    removed = await _desk(ctx).remove(_which(ctx, which))
    return Message((ctx.say.line(told.FEED_REMOVED, name=_bold(removed)),))


async def _switched(ctx: Context, action: str, which: str) -> Message:
    desk = _desk(ctx)
    if action == "pause":
        one = await desk.pause(_which(ctx, which))
        line = Span(ctx.typed(f"feed resume {one.id}"), Style.CODE)
        return Message((ctx.say.line(told.FEED_PAUSED, name=_bold(one), line=line),), (_keys(ctx, one),))
    one = await desk.resume(_which(ctx, which))
    return Message((ctx.say.line(told.FEED_RESUMED, name=_bold(one)),), (_keys(ctx, one),))


async def _exported(ctx: Context) -> Message:
    desk = _desk(ctx)
    words = ctx.say.line(told.FEED_LIST, n=len(await desk.list()))
    name = f"minsk-watch-feeds-{ctx.now:%Y-%m-%d}.opml"
    return Message((words,), unchanged=True, file=Attachment(name, OPML_TYPE, await desk.write_list(), words.text))


async def _ask_to_import(ctx: Context) -> Message:
    """What a list would add, before anything is changed."""
    body = await read_given(ctx, "feed import")
    found = await _desk(ctx).read_list(body)
    say = ctx.say
    lines = [say.line(told.FEED_LIST_ASK, n=len(found.new)) if found.new else say.line(told.FEED_LIST_NONE)]
    lines += [say.line(told.FEED_SAMPLE, kind=LineKind.BULLET, title=foreign(name, 100)) for name in found.new[:10]]
    if found.known:
        lines.append(say.line(told.FEED_LIST_KNOWN, n=found.known))
    if found.unusable:
        bad = foreign(", ".join(found.unusable[:3]), 200)
        lines.append(say.line(told.FEED_LIST_BAD, n=len(found.unusable), addresses=bad))
    if not found.new:
        return Message(tuple(lines), unchanged=True)
    line = f"feed import yes {await proposing.keep(ctx, body)}"
    lines.append(say.line(told.FEED_ASK, kind=LineKind.SMALL, line=Span(ctx.typed(line), Style.CODE)))
    return Message(
        tuple(lines), ((Button(say.say(told.FEED_LIST_BUTTON, n=len(found.new)), command=line),),), unchanged=True
    )


async def _imported(ctx: Context, mark: str) -> Message:
    added = await _desk(ctx).add_list(await proposing.body_of(ctx, mark, told.FILE_GONE))
    await proposing.used(ctx, mark)
    return Message((ctx.say.line(told.FEED_LIST_ADDED, n=added),))


def _listed(ctx: Context, feed: ManagedFeed, *, in_full: bool) -> list[Line]:
    say, name = ctx.say, Span(foreign(feed.name, 60), Style.BOLD)
    condition = say.say(told.CONDITIONS[feed.health.condition])
    lines = [say.line(told.FEED_LINE, kind=LineKind.BULLET, n=str(feed.id), name=name, condition=condition)]
    if in_full and feed.health.condition is not Condition.HEALTHY:
        lines.append(say.line(told.FEED_REASON, kind=LineKind.SMALL, reason=foreign(say.tell(feed.health.reason), 300)))
        address = foreign(feed.url, 200)
        counts = say.line(
            told.FEED_COUNTS, kind=LineKind.SMALL, address=address, entries=feed.entries, hits=feed.hits
        )  # fmt: skip
        lines.append(counts)
    return lines


def _keys(ctx: Context, feed: ManagedFeed) -> tuple[Button, ...]:
    name = foreign(feed.name, 24)
    switch, label = ("pause", told.FEED_PAUSE_BUTTON)
    if feed.health.condition is Condition.PAUSED:
        switch, label = ("resume", told.FEED_RESUME_BUTTON)
    return (
        Button(ctx.say.say(label, name=name), command=f"feed {switch} {feed.id}"),
        Button(ctx.say.say(told.FEED_REMOVE_BUTTON, name=name), command=f"feed remove {feed.id}"),
    )


async def _one(ctx: Context, which: str) -> ManagedFeed:
    """The feed that is meant, with nothing changed."""
    return await _desk(ctx).get(_which(ctx, which))


def _which(ctx: Context, which: str) -> str:
    if not which:
        hint = ctx.say.say(told.FEED_WHAT_HINT, feeds=ctx.typed("feeds"))
        raise CommandError(ctx.say.say(told.FEED_WHAT), hint)
    return which


def _desk(ctx: Context) -> FeedDesk:
    if ctx.tools.feeds is None:
        raise CommandError(ctx.say.say(NOT_HERE))
    return ctx.tools.feeds


def _manages(ctx: Context) -> bool:
    needed = ctx.commands.find("feed")
    return needed is not None and ctx.role >= needed.role


def _bold(feed: ManagedFeed) -> Sequence[Span]:
    return (Span(foreign(feed.name, 100), Style.BOLD),)
