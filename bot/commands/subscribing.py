"""Beginning, changing and ending a chat's alerts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot import access, texts, wishes
from bot.command import Context, Sure, Topics, command, read_topics
from bot.commands.watching import watch_linked
from bot.languages import INTERFACE
from bot.render import topic_names
from bot.retelling import trouble
from bot.watch_texts import NO_TOPIC
from core.errors import CommandError
from core.message import MAX_COMMAND_BYTES, Button, Line, LineKind, Message, foreign
from core.model import Role, Subscription

Buttons = tuple[tuple[Button, ...], ...]


@command(examples=("start",), private=False)
async def start(ctx: Context, choice: str = "") -> Message:
    """Begin here: what this bot does, and what to get.

    A link that ends in `?start=prisoner-release` (or another topic, or `all`) subscribes at once; one that ends
    in `?start=watch-bialiatski` watches that person.
    """
    linked = await watch_linked(ctx, choice)
    if linked is not None:
        return linked
    wanted = _choice(choice, ctx)
    if wanted:
        access.require(ctx.role, Role.EDITOR, ctx.say)
        return await _add(ctx, wanted)
    hello = await _resumed(ctx) or await greeting(ctx)
    if not choice:
        return hello
    unknown = ctx.say.line(texts.LINK_UNKNOWN, choice=foreign(choice, 64))
    return replace(hello, lines=(unknown, *hello.lines))


async def _resumed(ctx: Context) -> Message | None:
    """A paused chat that greets us lets us in again: a bot that was blocked, or one that took over from another."""
    mine = await ctx.store.find_subscription(ctx.request.target)
    if mine is None or not mine.paused_reason or ctx.role < Role.EDITOR:
        return None
    await ctx.store.subscribe(ctx.request.target, mine.topics, ctx.now, source=mine.source)
    resumed = ctx.say.line(texts.SUBSCRIBED_RESUMED, reason=trouble(mine.paused_reason, ctx.say))
    hello = await greeting(ctx)
    return replace(hello, lines=(resumed, *hello.lines))


async def greeting(ctx: Context) -> Message:
    """What this bot does, what the chat gets, and what it may choose, its language included."""
    mine = await ctx.store.find_subscription(ctx.request.target)
    say = ctx.say
    now_line = (
        say.line(texts.GREETING_AGAIN, topics=topic_names(mine.topics, ctx.topics) or say.say(NO_TOPIC))
        if mine
        else say.line(texts.GREETING_NEW)
    )
    privacy = say.line(texts.GREETING_PRIVACY, kind=LineKind.SMALL, stop=ctx.typed("stop"))
    last = (now_line, privacy) if mine else (privacy, now_line)  # a question stands above its buttons
    return Message((say.line(texts.GREETING), *last), (*_choices(ctx, mine), *languages(ctx)))


def languages(ctx: Context) -> Buttons:
    """A button for each other language, called as its speakers call it."""
    others = [Button(name, command=f"language {code}") for code, name in INTERFACE.items() if code != ctx.say.lang]
    return tuple(others[:3]), tuple(others[3:])


@command(role=Role.EDITOR, examples=("subscribe", "subscribe prisoner-release sanctions"), private=False)
async def subscribe(ctx: Context, topics: Topics = ()) -> Message:
    """Get alerts in this chat, on all topics or on those named.

    Topics named are added to those that the chat gets already.
    """
    return await _add(ctx, topics or tuple(ctx.topics))


@command(role=Role.EDITOR, examples=("stop", "stop sanctions"), aliases=("unsubscribe",), private=False)
async def stop(ctx: Context, sure: Sure = False, topics: Topics = ()) -> Message:
    """End the alerts here and erase what is kept about this chat.

    With topics, only those end. Where several read along, you are asked first.
    """
    mine = await ctx.store.find_subscription(ctx.request.target)
    kept = mine is not None and (set(mine.topics) - set(topics) or await ctx.store.watches(ctx.request.target))
    if topics and mine is not None and kept:
        return await _remove(ctx, mine, topics)
    say = ctx.say
    if mine is not None and not sure and not ctx.request.private:
        return wishes.ask(ctx, texts.STOP_ASK, texts.STOP_BUTTON, "stop yes")
    lines: list[Line] = []
    if await ctx.store.unsubscribe(ctx.request.target):
        lines.append(say.line(texts.UNSUBSCRIBED))
        if mine is not None and mine.source == "config":
            lines.append(say.line(texts.UNSUBSCRIBED_CONFIGURED, kind=LineKind.SMALL))
    else:
        lines.append(say.line(texts.UNSUBSCRIBED_NOTHING))
    return Message(tuple(lines))


@command(examples=("topics",))
async def topics(ctx: Context) -> Message:
    """The topics there are, and which of them this chat gets."""
    mine = await ctx.store.find_subscription(ctx.request.target)
    lines = [ctx.say.line(texts.TOPICS_INTRO)]
    for name, title in ctx.topics.items():
        template = texts.TOPIC_ON if mine and name in mine.topics else texts.TOPIC_OFF
        lines.append(ctx.say.line(template, kind=LineKind.BULLET, title=title, name=name))
    return Message(tuple(lines), _choices(ctx, mine))


def _choice(payload: str, ctx: Context) -> tuple[str, ...]:
    """The topics that a deep link names; a payload that means nothing here only greets."""
    try:
        return read_topics([payload], ctx)
    except CommandError:
        return ()


async def _add(ctx: Context, wanted: tuple[str, ...]) -> Message:
    target = ctx.request.target
    before = await ctx.store.find_subscription(target)
    had = before.topics if before else ()
    after = await ctx.store.subscribe(target, _in_order((*had, *wanted), ctx), ctx.now)
    unchanged = before is not None and set(after.topics) == set(had)
    template = texts.SUBSCRIBED_ALREADY if unchanged else texts.SUBSCRIBED
    lines = [ctx.say.line(template, topics=topic_names(after.topics, ctx.topics))]
    if before is not None and before.paused_reason:
        lines = [
            ctx.say.line(texts.SUBSCRIBED, topics=topic_names(after.topics, ctx.topics)),
            ctx.say.line(texts.SUBSCRIBED_RESUMED, reason=trouble(before.paused_reason, ctx.say)),
        ]
    hint = ctx.say.line(texts.STOP_HINT, kind=LineKind.SMALL, latest=ctx.typed("latest"), stop=ctx.typed("stop"))
    return Message((*lines, hint), _choices(ctx, after))


async def _remove(ctx: Context, mine: Subscription, unwanted: tuple[str, ...]) -> Message:
    gone = [name for name in mine.topics if name in unwanted]
    kept = [name for name in mine.topics if name not in unwanted]
    titles = topic_names(kept, ctx.topics) or ctx.say.say(NO_TOPIC)
    if not gone:
        line = ctx.say.line(texts.UNSUBSCRIBED_NONE_OF, gone=topic_names(unwanted, ctx.topics), topics=titles)
        return Message((line,))
    after = await ctx.store.subscribe(ctx.request.target, kept, ctx.now)
    line = ctx.say.line(texts.UNSUBSCRIBED_PARTLY, gone=topic_names(gone, ctx.topics), topics=titles)
    return Message((line,), _choices(ctx, after))


def _in_order(names: Iterable[str], ctx: Context) -> tuple[str, ...]:
    """Each once, in the order of the packs; names that no pack knows any more are dropped."""
    wanted = set(names)
    return tuple(name for name in ctx.topics if name in wanted)


def _choices(ctx: Context, mine: Subscription | None) -> Buttons:
    """One tap for everything, one for each topic that the chat does not get, and one to stop or see more."""
    missing = [name for name in ctx.topics if mine is None or name not in mine.topics]
    rows: list[tuple[Button, ...]] = []
    if missing:
        rows.append((Button(ctx.say.say(texts.EVERYTHING_BUTTON), command="subscribe"),))
    for name in missing if len(ctx.topics) > 1 else ():
        line = f"subscribe {name}"
        if len(line.encode()) <= MAX_COMMAND_BYTES:
            label = ctx.topics[name] if mine is None else ctx.say.say(texts.ADD_BUTTON, topic=ctx.topics[name])
            rows.append((Button(label, command=line),))
    last = [Button(ctx.say.say(texts.LATEST_BUTTON), command="latest")]
    if mine is not None:
        last.append(Button(ctx.say.say(texts.STOP_BUTTON), command="stop"))
    rows.append(tuple(last))
    return tuple(rows)
