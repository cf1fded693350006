"""When a chat is told of a story: now, later, in a digest, or never, by its own options. Pure: no clock, no waiting.

Times of day are those of the chat's zone. A time that a change to summer time leaves out counts as the same span after
the last midnight, and one that comes twice as its first: every day has exactly one `daily_at`
(https://docs.python.org/3/library/datetime.html#datetime.datetime.fold).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot import texts
from bot.render import OFFICIAL
from core.model import Facts, Member, Story
from core.options import Mode, Options, Quiet

MAJOR_RELEASE = 10
# Things given in return that are sanctions lifted; the embassy is not.
LIFTED = ("sanctions", "potash", "belavia", "banks", "aircraft")

_DAY = timedelta(days=1)


class Form(StrEnum):
    ALERT = "alert"
    DIGEST = "digest"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Timing:
    """In which form, from when on (`at` may lie in the past), and why."""

    form: Form
    at: datetime
    reason: str = ""


def zone_of(options: Options) -> tzinfo:
    """The chat's zone; UTC for none, and for one that this machine does not know."""
    try:
        return ZoneInfo(options.zone) if options.zone else UTC
    except (OSError, ValueError, KeyError):
        return UTC


def decide(story: Story, options: Options, now: datetime, since: datetime) -> Timing:
    """`since` is when the story came up for this chat: it belongs to the first digest after that."""
    reason = refusal(story, options)
    if reason:
        return Timing(Form.NEVER, now, reason)
    form, at, reason = Form.ALERT, now, ""
    if options.mode is not Mode.INSTANT:
        form, at, reason = Form.DIGEST, next_digest(options, since), texts.KEPT_FOR_DIGEST
    if options.snoozed_until is not None and options.snoozed_until > max(at, now):
        at, reason = options.snoozed_until, texts.KEPT_SNOOZED
    woken = quiet_until(options, max(at, now))
    if woken is not None and not _breaks_through(form, at, story, options, now):
        at, reason = woken, texts.KEPT_QUIET
    return Timing(form, at, reason)


def is_major(facts: Facts) -> bool:
    """A release of MAJOR_RELEASE people or more, or sanctions lifted."""
    return (facts.released or 0) >= MAJOR_RELEASE or not set(LIFTED).isdisjoint(facts.in_return)


def _breaks_through(form: Form, at: datetime, story: Story, options: Options, now: datetime) -> bool:
    strict = options.quiet is None or options.quiet.strict
    return form is Form.ALERT and at <= now and not strict and is_major(story.facts)


# --- what -----------------------------------------------------------------------------------------------------------


def refusal(story: Story, options: Options) -> str:
    """Why the chat is not told, in words; "" when it is."""
    if story.id in options.muted_stories:
        return texts.KEPT_MUTED
    counted = [member for member in story.members if counts(member, options)]
    if not counted:
        return texts.KEPT_NO_REPORT
    if confirmations(counted) < options.confirmed:
        return texts.KEPT_UNCONFIRMED
    return ""


def counts(member: Member, options: Options) -> bool:
    """Whether a report counts here. One whose language or kind of source is not known is never left out for that."""
    language = member.lang.replace("_", "-").partition("-")[0].lower()
    return not (
        member.source.casefold() in options.muted_sources
        or (options.languages and language and language not in options.languages)
        or (options.kinds and member.owner and member.owner not in options.kinds)
        or any(speaks_of(member, term) for term in options.muted_terms)
    )


def speaks_of(member: Member, term: str) -> bool:
    """Whether a report is about a muted term: a concept that it was found by, or words of its headline."""
    if any(found.weight > 0 and term in (found.concept.casefold(), found.topic) for found in member.analysis.evidence):
        return True
    words = " ".join("".join(c if c.isalnum() else " " for c in member.title.casefold()).split())
    return f" {term} " in f" {words} "


def confirmations(members: list[Member]) -> int:
    """How many sources tell it independently of one another.

    State media repeat one another and the government, so together they are one.
    """
    names = {"" if member.owner in OFFICIAL else member.source.casefold() for member in members}
    return len(names)


def counted(story: Story, options: Options) -> Story:
    """The story as this chat sees it: its counting reports alone, or all when none counts any more."""
    members = tuple(member for member in story.members if counts(member, options))
    return story if not members or members == story.members else replace(story, members=members)


# --- when -----------------------------------------------------------------------------------------------------------


def next_digest(options: Options, since: datetime) -> datetime:
    """The first moment after `since` for which the chat wants a digest."""
    zone = zone_of(options)
    if options.mode is Mode.HOURLY:
        return _next_hour(since, zone)
    first = since.astimezone(zone).date() - _DAY
    return next(at for at in _on_days(options.daily_at, first, zone) if at > since)


def quiet_until(options: Options, at: datetime) -> datetime | None:
    """The end of the quiet hours that `at` falls into; None when it falls into none."""
    if options.quiet is None or options.quiet.start == options.quiet.end:
        return None
    end: datetime | None = None
    for start, stop in _quiet_hours(options.quiet, at, zone_of(options)):
        if start <= (end or at) < stop:
            end = stop
    return end


def at_next(clock_time: time, options: Options, now: datetime) -> datetime:
    """The next moment after now at which the chat's clocks show the time."""
    return next_digest(replace(options, mode=Mode.DAILY, daily_at=clock_time), now)


def _quiet_hours(quiet: Quiet, at: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours of the days around `at`, in order."""
    today = at.astimezone(zone).date()
    spans_midnight = quiet.end < quiet.start
    for days in range(-2, 4):
        day = today + days * _DAY
        yield _moment(quiet.start, day, zone), _moment(quiet.end, day + _DAY if spans_midnight else day, zone)


def _on_days(clock_time: time, first: date, zone: tzinfo) -> Iterator[datetime]:
    for days in range(5):
        yield _moment(clock_time, first + days * _DAY, zone)


def _moment(clock_time: time, day: date, zone: tzinfo) -> datetime:
    """When the clocks of the zone show this time on this day, for the first time."""
    return datetime.combine(day, clock_time.replace(fold=0), zone).astimezone(UTC)


def _next_hour(since: datetime, zone: tzinfo) -> datetime:
    """The next full hour by the zone's clocks, whose distance from UTC need not be whole hours."""
    offset = since.astimezone(zone).utcoffset() or timedelta()
    local = since + offset
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return since + timedelta(hours=1) - past
