"""About the bot itself."""

from __future__ import annotations

from bot import texts
from bot.command import Command, Context, command
from bot.render import topic_names
from bot.retelling import trouble
from bot.watch_texts import NO_TOPIC
from core.message import Button, Line, LineKind, Message, line
from core.model import Role, Status


@command(examples=("status",))
async def status(ctx: Context) -> Message:
    """Whether all is well: feeds read, stories found, what this chat gets.

    Operators also see failing feeds and alerts that wait.
    """
    counts = await ctx.store.get_status()
    mine = await ctx.store.find_subscription(ctx.request.target)
    say = ctx.say
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
    return Message(tuple(lines))


@command(examples=("help", "help latest"))
async def help_(ctx: Context, command: str = "") -> Message:
    """What you can ask; with a command, how it is used."""
    if command:
        return _of_one(ctx, ctx.commands.get(command.removeprefix("/"), ctx.say, ctx.request.prefix))
    lines = [ctx.say.line(texts.HELP_INTRO)]
    lines += [
        ctx.say.line(
            texts.HELP_LINE,
            kind=LineKind.BULLET,
            usage=ctx.typed(one.usage_in(ctx.say)),
            summary=ctx.say.translate(one.summary),
        )
        for one in ctx.commands
        if one.role <= ctx.role
    ]
    lines.append(ctx.say.line(texts.HELP_OUTRO, kind=LineKind.SMALL, help=ctx.typed("help latest")))
    first = Button(ctx.say.say(texts.LATEST_BUTTON), command="latest")
    return Message(tuple(lines), ((first, Button(ctx.say.say(texts.TOPICS_BUTTON), command="topics")),))


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
