"""What is set for a chat, seen at once; discretion; and being forgotten."""

from __future__ import annotations

from typing import Literal

from bot import texts, wishes
from bot.command import Context, Sure, command
from bot.render import topic_names
from core.message import Button, Line, LineKind, Message
from core.model import Role
from core.options import Options


@command(examples=("settings",), aliases=("options",))
async def settings(ctx: Context) -> Message:
    """All that is set for this chat, with buttons to change it."""
    mine = await wishes.subscription(ctx)
    options = mine.options
    lines = [ctx.say.line(texts.STATUS_SELF, topics=topic_names(mine.topics, ctx.topics))]
    lines += wishes.described(options, ctx.say, ctx.now)
    rows = (
        *wishes.controls(ctx, options),
        (
            Button(ctx.say.say(texts.TOPICS_BUTTON), command="topics"),
            Button(ctx.say.say(texts.STOP_BUTTON), command="stop"),
        ),
    )
    return Message(tuple(lines), rows)


@command(role=Role.EDITOR, examples=("discreet on", "discreet off"), private=False)
async def discreet(ctx: Context, switch: Literal["on", "off", ""] = "") -> Message:
    """Messages without a word of what they are about; a tap on their button shows the story.

    For telephones that others may look at. Answers to commands are as always.
    """
    options = (await wishes.subscription(ctx)).options
    if switch:
        options = await wishes.change(ctx, discreet=switch == "on")
    told = texts.DISCREET_IS_ON if options.discreet else texts.DISCREET_IS_OFF
    return wishes.answer(ctx, told, wishes.buttons(ctx, wishes.discretion(options)), changed=switch)


@command(role=Role.EDITOR, examples=("forget",), private=False)
async def forget(ctx: Context, sure: Sure = False) -> Message:
    """Erase at once all that is kept about this chat, and end its alerts.

    Where several read along, you are asked first.
    """
    mine = await ctx.store.find_subscription(ctx.request.target)
    if mine is not None and not sure and not ctx.request.private:
        return wishes.ask(ctx, texts.FORGET_ASK, texts.FORGET_BUTTON, "forget yes")
    if not await ctx.store.unsubscribe(ctx.request.target):
        return Message((ctx.say.line(texts.UNSUBSCRIBED_NOTHING),), unchanged=True)
    say = ctx.say
    lines: list[Line] = [say.line(texts.FORGOTTEN), say.line(texts.FORGOTTEN_ADDRESS, kind=LineKind.BULLET)]
    if mine is not None:
        topics = topic_names(mine.topics, ctx.topics)
        lines.append(say.line(texts.FORGOTTEN_TOPICS, kind=LineKind.BULLET, topics=topics))
        if mine.options != Options():
            lines.append(say.line(texts.FORGOTTEN_SETTINGS, kind=LineKind.BULLET))
    lines.append(say.line(texts.FORGOTTEN_ALERTS, kind=LineKind.BULLET))
    if mine is not None and mine.source == "config":
        lines.append(say.line(texts.UNSUBSCRIBED_CONFIGURED, kind=LineKind.SMALL))
    return Message(tuple(lines))
