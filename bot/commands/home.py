"""All about a chat on one page: what Slack shows as App Home, and every platform as an answer."""

from __future__ import annotations

from dataclasses import replace

from bot import home_texts, texts, wishes
from bot.command import Context, command
from bot.commands.reading import latest
from bot.commands.subscribing import languages, start
from bot.commands.watching import watching
from core.message import MAX_COMMAND_BYTES, Button, LineKind, Message, page
from core.model import Subscription

_IN_ROW = 2
_LATEST = 3


@command(examples=("home",))
async def home(ctx: Context) -> Message:
    """All about this chat on one page: topics, when alerts come, watchlist, last stories, with buttons.

    In Slack it is also the Home tab of the bot, for the private chat with it.
    """
    mine = await ctx.store.find_subscription(ctx.request.target)
    greeting = await start.function(ctx)
    watched = await watching.function(ctx)
    watch = Button(ctx.say.say(home_texts.HOME_WATCH_BUTTON), command="watch")
    parts = [Message(greeting.lines, languages(ctx)), _topics(ctx, mine)]
    if mine is not None:
        parts.append(_when(ctx, mine))
    parts.append(_titled(ctx, home_texts.HOME_WATCHED, replace(watched, buttons=(*watched.buttons, (watch,)))))
    parts.append(_titled(ctx, home_texts.HOME_LATEST, await latest.function(ctx, _LATEST)))
    if not ctx.request.private:
        return page(*parts)
    subscribe, own = ctx.typed("subscribe"), ctx.typed("home")
    elsewhere = ctx.say.line(home_texts.HOME_ELSEWHERE, kind=LineKind.SMALL, subscribe=subscribe, home=own)
    return page(*parts, Message((elsewhere,)))


def _titled(ctx: Context, title: str, message: Message) -> Message:
    return replace(message, lines=(ctx.say.line(title, kind=LineKind.TITLE), *message.lines))


def _topics(ctx: Context, mine: Subscription | None) -> Message:
    """A switch for each topic; those whose name is too long for a button are switched by typing."""
    had = mine.topics if mine else ()
    switches = []
    for name, title in ctx.topics.items():
        line = f"stop {name}" if name in had else f"subscribe {name}"
        if len(line.encode()) <= MAX_COMMAND_BYTES:
            switches.append(Button(wishes.marked(title, name in had), command=line))
    rows = [tuple(switches[at : at + _IN_ROW]) for at in range(0, len(switches), _IN_ROW)]
    if len(had) < len(ctx.topics):
        rows.append((Button(ctx.say.say(texts.EVERYTHING_BUTTON), command="subscribe"),))
    hint = ctx.say.line(home_texts.HOME_TAP, kind=LineKind.SMALL)
    return _titled(ctx, home_texts.HOME_TOPICS, Message((hint,), tuple(rows)))


def _when(ctx: Context, mine: Subscription) -> Message:
    lines = tuple(wishes.described(mine.options, ctx.say, ctx.now))
    stop = Button(ctx.say.say(texts.STOP_BUTTON), command="stop")
    return _titled(ctx, home_texts.HOME_WHEN, Message(lines, (*wishes.controls(ctx, mine.options), (stop,))))
