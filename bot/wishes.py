"""A chat's options as its readers see and change them. Shared by the commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot import texts, zones
from bot.command import Context
from bot.languages import INTERFACE
from bot.render import concept_name
from bot.texts import Texts
from bot.timing import zone_of
from core.errors import CommandError
from core.message import Button, Line, LineKind, Message, Span, Style, foreign
from core.model import Subscription
from core.options import Mode, Options

Buttons = tuple[tuple[Button, ...], ...]


async def subscription(ctx: Context) -> Subscription:
    """The chat's subscription; CommandError, with what to do, when it has none."""
    mine = await ctx.store.find_subscription(ctx.request.target)
    if mine is None:
        hint = ctx.say.say(texts.NO_SUBSCRIPTION_HINT, subscribe=ctx.typed("subscribe"))
        raise CommandError(ctx.say.say(texts.NO_SUBSCRIPTION), hint)
    return mine


async def change(ctx: Context, **values: Any) -> Options:
    """Set some options; all of them as they are then."""
    mine = await subscription(ctx)
    options = replace(mine.options, **values)
    await ctx.store.set_options(ctx.request.target, options, ctx.now)
    return options


def buttons(ctx: Context, *choices: tuple[str, str]) -> Buttons:
    """One row: (label, command line) each."""
    return (tuple(Button(ctx.say.say(label), command=line) for label, line in choices),)


def modes(ctx: Context, options: Options) -> Buttons:
    """One row: how alerts may come; what is set now is marked."""
    daily = f"when daily {options.daily_at:%H:%M}"
    choices = (
        (Mode.INSTANT, texts.INSTANT_BUTTON, "when instant"),
        (Mode.HOURLY, texts.HOURLY_BUTTON, "when hourly"),
        (Mode.DAILY, texts.DAILY_BUTTON, daily),
    )
    return (tuple(Button(marked(ctx.say.say(label), mode is options.mode), line) for mode, label, line in choices),)


def discretion(options: Options) -> tuple[str, str]:
    """The button that turns discretion over: its label and its command."""
    return (
        (texts.DISCREET_OFF_BUTTON, "discreet off") if options.discreet else (texts.DISCREET_ON_BUTTON, "discreet on")
    )


def controls(ctx: Context, options: Options) -> Buttons:
    """Rows of buttons for what is set most often."""
    return (
        *modes(ctx, options),
        *buttons(ctx, (texts.QUIET_BUTTON, "quiet"), (texts.SNOOZE_BUTTON, "snooze"), (texts.MUTED_BUTTON, "mute")),
        *buttons(ctx, (texts.CONFIRMED_BUTTON, "confirmed"), (texts.LANGUAGE_BUTTON, "language"), discretion(options)),
    )


def marked(label: str, chosen: bool) -> str:
    """A label that shows whether it is what is set now."""
    return f"✓ {label}" if chosen else label


def answer(
    ctx: Context, template: texts.Template, choices: Buttons = (), *, changed: object = True, **values: texts.Value
) -> Message:
    """One sentence, with buttons; nothing `changed` when what is set was only shown."""
    return Message((ctx.say.line(template, LineKind.TEXT, **values),), choices, unchanged=not changed)


def zone_hint(ctx: Context, options: Options) -> tuple[Line, ...]:
    """How to set the chat's clock, to who gave a time without having one."""
    if options.zone:
        return ()
    return (ctx.say.line(texts.ZONE_HINT, kind=LineKind.SMALL, timezone=ctx.typed("timezone Europe/Vilnius")),)


def with_example(ctx: Context, told: Message, example: str) -> Message:
    """What is set, and how it is set otherwise."""
    how = ctx.say.line(texts.SETTING_HOW, kind=LineKind.SMALL, example=ctx.typed(example))
    return replace(told, lines=(*told.lines, how))


def ask(ctx: Context, question: texts.Template, label: texts.Template, line: str) -> Message:
    """A question before something is done that cannot be undone; the button, or the line typed, does it."""
    typed = ctx.say.line(texts.ASK_HOW, kind=LineKind.SMALL, line=Span(ctx.typed(line), Style.CODE))
    button = Button(ctx.say.say(label), command=line)
    return Message((ctx.say.line(question), typed), ((button,),), unchanged=True)


def local(at: datetime, options: Options, say: Texts) -> str:
    """A moment by the chat's own clocks."""
    return say.at_home(zone_of(options)).near_moment(at)


def when(options: Options, say: Texts) -> str:
    """How alerts come, in words."""
    if options.mode is Mode.DAILY:
        return say.say(texts.WHEN_DAILY, at=say.clock(options.daily_at), zone=zones.shown(options.zone))
    return say.say(texts.WHEN_HOURLY if options.mode is Mode.HOURLY else texts.WHEN_INSTANT)


def described(options: Options, say: Texts, now: datetime) -> Iterator[Line]:
    """Every option, a line each; those that are not in use are said to be off."""
    quiet = options.quiet
    off = say.say(texts.SETTING_NONE)
    hours = f"{say.clock(quiet.start)}-{say.clock(quiet.end)}" if quiet else off
    if quiet:
        hours = say.say(texts.QUIET_STRICT if quiet.strict else texts.QUIET_BUT_MAJOR, hours=hours)
    snoozed = options.snoozed_until
    languages = ", ".join(map(say.language, options.languages))
    muted = [f"#{story_id}" for story_id in options.muted_stories]
    muted += [say.quoted(foreign(name, 60)) for name in options.muted_sources]
    muted += [say.quoted(concept_name(term, say)) for term in options.muted_terms]
    everything = say.say(texts.SETTING_ALL)
    for template, value in (
        (texts.SETTING_WHEN, when(options, say)),
        (texts.SETTING_ZONE, zones.shown(options.zone)),
        (texts.SETTING_QUIET, hours),
        (texts.SETTING_SNOOZE, local(snoozed, options, say) if snoozed and snoozed > now else off),
        (texts.SETTING_CONFIRMED, str(options.confirmed)),
        (texts.SETTING_LANGUAGES, languages or everything),
        (texts.SETTING_KINDS, ", ".join(say.say(texts.OWNERS.get(kind, kind)) for kind in options.kinds) or everything),
        (texts.SETTING_MUTED, ", ".join(muted) or off),
        (texts.SETTING_DISCREET, say.say(texts.SETTING_ON if options.discreet else texts.SETTING_OFF)),
        (texts.SETTING_LANGUAGE, INTERFACE.get(options.language) or say.say(texts.SETTING_AUTOMATIC)),
    ):
        yield say.line(template, kind=LineKind.BULLET, value=value)
