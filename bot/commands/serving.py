"""About the bot itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import texts
from bot.command import Command, Context, command
from bot.groups import grouped
from bot.render import topic_names
from bot.retelling import trouble
from bot.watch_texts import NO_TOPIC
from core.message import Button, Line, LineKind, Message, line
from core.model import Role, Status
from core.replicas import AT_WORK, Replica

SILENT_FOR = timedelta(hours=1)  # as long as a process that ended without a word is named
MOST_PROCESSES = 10


@command(examples=("status",))
async def status(ctx: Context) -> Message:
    """Whether all is well: feeds read, stories found, what this chat gets.

    Operators also see failing feeds, alerts that wait, and the processes at work.
    """
    counts = await ctx.store.get_status()
    say, mine = ctx.say, ctx.mine
    lines = [
        _feeds(ctx, counts),
        say.line(texts.STATUS_STORIES, hits=counts.hits, stories=counts.stories, alerts=counts.alerts_sent),
    ]
    subscribe = ctx.typed("subscribe")
    if mine is None:
        lines.append(say.line(texts.STATUS_SELF_NONE, subscribe=subscribe))
    elif mine.paused_reason:
        lines.append(say.line(texts.STATUS_SELF_PAUSED, reason=trouble(mine.paused_reason, say), subscribe=subscribe))
    else:
        lines.append(say.line(texts.STATUS_SELF, topics=topic_names(mine.topics, ctx.topics) or say.say(NO_TOPIC)))
    if ctx.role >= Role.OPERATOR:
        lines += _for_operators(ctx, counts)
        lines += await _processes(ctx)
    return Message(tuple(lines))


@command(examples=("help", "help latest"))
async def help_(ctx: Context, command: str = "") -> Message:
    """What you can ask; with a command, how it is used."""
    if command:
        return _of_one(ctx, ctx.commands.get(command.removeprefix("/"), ctx.say, ctx.request.prefix))
    say = ctx.say
    lines = [say.line(texts.HELP_INTRO)]
    for heading, members in grouped(one for one in ctx.commands if one.role <= ctx.role):
        lines.append(line(say.translate(heading), kind=LineKind.TITLE))
        # Without parameters: the list has to fit into one message in every language.
        lines += [
            say.line(
                texts.HELP_LINE,
                kind=LineKind.BULLET,
                usage=ctx.typed(one.name),
                summary=say.translate(one.summary),
            )
            for one in members
        ]
    lines.append(say.line(texts.HELP_OUTRO, kind=LineKind.SMALL, help=ctx.typed("help latest")))
    first = Button(say.say(texts.LATEST_BUTTON), command="latest")
    return Message(tuple(lines), ((first, Button(say.say(texts.TOPICS_BUTTON), command="topics")),))


def _of_one(ctx: Context, one: Command) -> Message:
    say = ctx.say
    lines: list[Line] = [
        say.line(texts.HELP_LINE, usage=ctx.typed(one.usage_in(say)), summary=say.translate(one.summary)),
        *(line(say.translate(paragraph)) for paragraph in one.details),
        *(say.line(texts.HELP_EXAMPLE, kind=LineKind.BULLET, example=ctx.typed(example)) for example in one.examples),
    ]
    if one.aliases:
        lines.append(say.line(texts.HELP_ALIASES, names=", ".join(ctx.typed(name) for name in one.aliases)))
    if one.role > Role.VIEWER:
        lines.append(say.line(texts.HELP_ROLE[one.role], kind=LineKind.SMALL))
    return Message(tuple(lines))


def _feeds(ctx: Context, counts: Status) -> Line:
    if counts.last_poll_at is None:
        return ctx.say.line(texts.STATUS_FEEDS_NEVER, n=counts.feeds)
    return ctx.say.line(texts.STATUS_FEEDS, n=counts.feeds, age=ctx.say.age(counts.last_poll_at, ctx.now))


def _for_operators(ctx: Context, counts: Status) -> list[Line]:
    say = ctx.say
    lines = [
        say.line(texts.STATUS_FAILING, n=counts.feeds_failing),
        say.line(texts.STATUS_ENTRIES, n=counts.entries),
        say.line(texts.STATUS_CHATS, n=counts.subscriptions),
        say.line(texts.STATUS_OUTBOX, waiting=counts.outbox_waiting, dead=counts.outbox_dead),
    ]
    if counts.last_ok_at is not None:
        lines.insert(1, say.line(texts.STATUS_LAST_OK, age=say.age(counts.last_ok_at, ctx.now)))
    if counts.oldest_waiting_at is not None:
        lines.append(say.line(texts.STATUS_OLDEST, age=say.age(counts.oldest_waiting_at, ctx.now)))
    return lines


async def _processes(ctx: Context) -> list[Line]:
    """Who is at work on this database, and who has ended in the last hour without saying so."""
    say = ctx.say
    found = await ctx.store.list_replicas(ctx.now - SILENT_FOR)
    leading = {lease.owner for lease in await ctx.store.list_leases(ctx.now) if lease.name.startswith("telegram:")}
    lines = []
    for one in found:
        named = {"name": one.name, "version": one.version}
        if _is_silent(one, ctx.now):
            age = say.age(one.seen_at or ctx.now, ctx.now)
            lines.append(say.line(texts.STATUS_PROCESS_SILENT, kind=LineKind.BULLET, age=age, **named))
            continue
        text = texts.STATUS_PROCESS_LEADS if one.owner in leading else texts.STATUS_PROCESS
        age = say.age(one.started_at, ctx.now)
        lines.append(say.line(text, kind=LineKind.BULLET, roles=", ".join(one.roles), age=age, **named))
    count = sum(not _is_silent(one, ctx.now) for one in found)
    return [say.line(texts.STATUS_PROCESSES, n=count), *lines[:MOST_PROCESSES]] if lines else []


def _is_silent(one: Replica, now: datetime) -> bool:
    return one.seen_at is not None and now - one.seen_at > AT_WORK
