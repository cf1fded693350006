"""When alerts come: at once or together, quiet hours, snooze, the chat's clock."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Literal

from bot import texts, wishes, zones
from bot.command import Context, Rest, command
from bot.timing import MAJOR_RELEASE, at_next
from core.errors import CommandError
from core.message import LineKind, Message, foreign
from core.model import Role
from core.options import Mode, Options, Quiet

_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_SPAN = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)[a-z]*")
_UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST_SNOOZE = timedelta(days=90)


@command(role=Role.EDITOR, examples=("when daily 9:00", "when hourly", "when instant"), private=False)
async def when(ctx: Context, mode: Literal["instant", "hourly", "daily", ""] = "", at: str = "") -> Message:
    """Get alerts at once, or together every hour or every day.

    The time is that of the chat's own clock, see timezone. More than five alerts within ten minutes always come as one
    summary, and so does what gathered while the bot or the platform was away.
    """
    options = (await wishes.subscription(ctx)).options
    if mode:
        daily_at = _clock(ctx, at) if at else options.daily_at
        options = await wishes.change(ctx, mode=Mode(mode), daily_at=daily_at)
    told = wishes.answer(
        ctx, texts.SETTING_WHEN, wishes.modes(ctx, options), changed=mode, value=wishes.when(options, ctx.say)
    )
    return _with_hint(ctx, told, options) if options.mode is Mode.DAILY else told


@command(role=Role.EDITOR, examples=("quiet 22:00 07:00", "quiet 22 7 strict", "quiet off"), private=False)
async def quiet(ctx: Context, hours: Rest = "") -> Message:
    """No messages between two times of the chat's own clock; what comes up is kept for after.

    Major news comes through all the same: a release of ten people or more, or sanctions lifted. With `strict` nothing
    does.
    """
    options = (await wishes.subscription(ctx)).options
    words = hours.casefold().replace("-", " ").replace("–", " ").split()
    if words == ["off"]:
        options = await wishes.change(ctx, quiet=None)
    elif words:
        strict = words[-1] == "strict"
        times = words[:-1] if strict else words
        if len(times) != 2 or _clock(ctx, times[0]) == _clock(ctx, times[1]):
            raise CommandError(ctx.say.say(texts.QUIET_WHICH), ctx.say.say(texts.QUIET_HINT, quiet=ctx.typed("quiet")))
        chosen = Quiet(_clock(ctx, times[0]), _clock(ctx, times[1]), strict)
        options = await wishes.change(ctx, quiet=chosen)
    choices = wishes.buttons(ctx, (texts.NIGHT_BUTTON, "quiet 22:00 07:00"), (texts.QUIET_OFF_BUTTON, "quiet off"))
    if options.quiet is None:
        return wishes.answer(ctx, texts.QUIET_NONE, choices, changed=words)
    template = texts.QUIET_SET_STRICT if options.quiet.strict else texts.QUIET_SET
    start, end = ctx.say.clock(options.quiet.start), ctx.say.clock(options.quiet.end)
    zone = zones.shown(options.zone)
    told = wishes.answer(ctx, template, choices, changed=words, start=start, end=end, zone=zone, most=MAJOR_RELEASE)
    return _with_hint(ctx, told, options)


@command(role=Role.EDITOR, examples=("snooze 8h", "snooze 3d", "snooze 18:30", "snooze off"), private=False)
async def snooze(ctx: Context, until: Rest = "") -> Message:
    """No alerts for a while; they come afterwards.

    A number with m, h, d or w, or a time of the chat's own clock; `off` ends it.
    """
    options = (await wishes.subscription(ctx)).options
    text = until.casefold().strip()
    if text == "off":
        options = await wishes.change(ctx, snoozed_until=None)
    elif text:
        options = await wishes.change(ctx, snoozed_until=_snooze_end(ctx, text, options))
    choices = wishes.buttons(
        ctx,
        (texts.SNOOZE_HOURS_BUTTON, "snooze 8h"),
        (texts.SNOOZE_DAY_BUTTON, "snooze 1d"),
        (texts.WAKE_BUTTON, "snooze off"),
    )
    if options.snoozed_until is None or options.snoozed_until <= ctx.now:
        return wishes.answer(ctx, texts.SNOOZED_NOT, choices, changed=text)
    shown = wishes.local(options.snoozed_until, options, ctx.say)
    return wishes.answer(ctx, texts.SNOOZED, choices, changed=text, until=shown)


@command(role=Role.EDITOR, examples=("timezone Europe/Vilnius", "timezone Warsaw"), private=False)
async def timezone(ctx: Context, name: Rest = "") -> Message:
    """The clock that digests and quiet hours go by.

    A name such as Europe/Vilnius, a city that has one, in any language of this bot, or a distance such as UTC+3.
    """
    options = (await wishes.subscription(ctx)).options
    if name.strip():
        options = await wishes.change(ctx, zone=_zone(ctx, name.strip()))
    zone, now = zones.shown(options.zone), wishes.local(ctx.now, options, ctx.say)
    told = wishes.answer(ctx, texts.ZONE_SET, changed=name, zone=zone, now=now)
    if not name.strip():
        return wishes.with_example(ctx, told, "timezone Europe/Vilnius")
    if zone == options.zone or not options.zone:
        return told
    city = ctx.typed("timezone Europe/Vilnius")
    fixed = ctx.say.line(texts.ZONE_FIXED, kind=LineKind.SMALL, zone=zone, timezone=city)
    return replace(told, lines=(*told.lines, fixed))


def _with_hint(ctx: Context, told: Message, options: Options) -> Message:
    return replace(told, lines=(*told.lines, *wishes.zone_hint(ctx, options)))


def _clock(ctx: Context, word: str) -> time:
    at = _read_clock(word)
    if at is None:
        raise CommandError(ctx.say.say(texts.NOT_A_TIME, word=foreign(word, 40)), ctx.say.say(texts.NOT_A_TIME_HINT))
    return at


def _read_clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    return time(hour, minute) if hour <= 23 and minute <= 59 else None


def _snooze_end(ctx: Context, text: str, options: Options) -> datetime:
    span = _SPAN.fullmatch(text)
    hint = ctx.say.say(texts.SNOOZE_HINT, snooze=ctx.typed("snooze"))
    if span is None:
        at = _read_clock(text.removeprefix("until").strip())
        if at is None:
            raise CommandError(ctx.say.say(texts.SNOOZE_NOT, word=foreign(text, 40)), hint)
        return at_next(at, options, ctx.now)
    length = int(span[1]) * _UNITS[span[2]]
    if not timedelta(0) < length <= LONGEST_SNOOZE:
        told = texts.SNOOZE_TOO_LONG if length else texts.SNOOZE_NOTHING
        raise CommandError(ctx.say.say(told, n=LONGEST_SNOOZE.days), hint)
    return ctx.now + length


def _zone(ctx: Context, name: str) -> str:
    """The zone that was meant. Raises CommandError with those that may be."""
    found = zones.find(name, ctx.now, ctx.say.lang)
    if found.zone is not None:
        return found.zone
    hint = ctx.say.say(texts.NEAREST, near=", ".join(found.near)) if found.near else ctx.say.say(texts.NO_ZONE_HINT)
    raise CommandError(ctx.say.say(texts.NO_ZONE, name=foreign(name, 60)), hint)
