"""When a chat is told: quiet hours, digests and snoozes over changes of the clocks in several zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts, timing
from bot.timing import Form
from core import codec
from core.model import Analysis, Facts, Level, Member, Story
from core.options import Mode, Options, Quiet
from tests.fake_chat import NOON, found, make_member, make_story

# Summer time in March and November, half an hour of it, none, offsets of 45 minutes, and a skipped day.
ZONES = (
    "",
    "Europe/Vilnius",
    "America/New_York",
    "Australia/Lord_Howe",
    "Europe/Minsk",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
SMALL = make_story(facts=Facts(released=1))
MAJOR = make_story(facts=Facts(released=52))

zones = st.sampled_from(ZONES)
clock_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
moments = st.one_of(
    st.datetimes(datetime(2011, 12, 25), datetime(2012, 1, 5)),
    st.datetimes(datetime(2026, 3, 5), datetime(2026, 4, 8)),
    st.datetimes(datetime(2026, 9, 20), datetime(2026, 11, 5)),
).map(lambda at: at.replace(tzinfo=UTC))
wishes = st.builds(
    Options,
    mode=st.sampled_from(Mode),
    daily_at=clock_times,
    zone=zones,
    quiet=st.none() | st.builds(Quiet, clock_times, clock_times, st.booleans()),
    snoozed_until=st.none() | moments,
)


@given(
    options=wishes,
    now=moments,
    waited=st.timedeltas(timedelta(0), timedelta(days=3)),
    story=st.sampled_from((SMALL, MAJOR)),
)
def test_what_is_put_off_is_shown_when_its_time_has_come(
    options: Options, now: datetime, waited: timedelta, story: Story
) -> None:
    since = now - waited
    for _ in range(6):
        told = timing.decide(story, options, now, since)
        assert told.form is (Form.ALERT if options.mode is Mode.INSTANT else Form.DIGEST)
        if told.at <= now:
            return
        assert told.reason
        now = told.at
    pytest.fail(f"never shown, put off until {now}")


@given(options=wishes, now=moments)
def test_nothing_small_is_shown_in_quiet_hours_or_while_snoozed(options: Options, now: datetime) -> None:
    told = timing.decide(SMALL, options, now, now)
    if told.at <= now:
        assert timing.quiet_until(options, now) is None
        assert options.snoozed_until is None or options.snoozed_until <= now
    else:
        assert timing.quiet_until(options, told.at) is None


@given(zone=zones, at=clock_times, start=moments)
def test_every_day_has_one_digest(zone: str, at: time, start: datetime) -> None:
    options = Options(Mode.DAILY, at, zone)
    slots = [start]
    for _ in range(8):
        slots.append(timing.next_digest(options, slots[-1]))
    days = [slot.astimezone(timing.zone_of(options)).date() for slot in slots[1:]]
    assert len(set(days)) == len(days)
    gaps = [later - earlier for earlier, later in pairwise(slots[1:])]
    assert all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps)
    shown = [slot.astimezone(timing.zone_of(options)).time() for slot in slots[1:]]
    assert sum(clock == at for clock in shown) >= len(shown) - 1, "but for the day whose clocks leave it out"


@given(zone=zones, start=moments)
def test_an_hourly_digest_comes_at_the_full_hour_of_the_zone(zone: str, start: datetime) -> None:
    options = Options(Mode.HOURLY, zone=zone)
    at = timing.next_digest(options, start)
    assert timedelta(0) < at - start <= timedelta(hours=1)
    if at.astimezone(timing.zone_of(options)).utcoffset() == start.astimezone(timing.zone_of(options)).utcoffset():
        local = at.astimezone(timing.zone_of(options))
        assert (local.minute, local.second, local.microsecond) == (0, 0, 0)


NIGHT = Options(zone="Europe/Vilnius", quiet=Quiet(time(22), time(7)))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T21:00", "2026-03-29T04:00"),  # the night in which the clocks go forward: 8 hours long
        ("2026-10-24T20:00", "2026-10-25T05:00"),  # and back: 10 hours long
        ("2026-07-01T19:00", "2026-07-02T04:00"),
        ("2026-07-02T03:59", "2026-07-02T04:00"),
        ("2026-07-02T04:00", None),
        ("2026-07-01T18:59", None),
    ],
)
def test_quiet_hours_end_by_the_clocks_of_the_zone(now: str, until: str | None) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None
    assert timing.quiet_until(NIGHT, at) == expected


def test_major_news_comes_through_quiet_hours_unless_they_are_strict() -> None:
    night = datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert timing.decide(SMALL, NIGHT, night, night).at > night
    assert timing.decide(MAJOR, NIGHT, night, night).at == night
    strict = replace(NIGHT, quiet=Quiet(time(22), time(7), strict=True))
    assert timing.decide(MAJOR, strict, night, night).reason == texts.KEPT_QUIET
    snoozed = replace(NIGHT, snoozed_until=night + timedelta(days=1))
    assert timing.decide(MAJOR, snoozed, night, night).at > night


@pytest.mark.parametrize(
    ("facts", "major"),
    [
        (Facts(), False),
        (Facts(released=9), False),
        (Facts(released=10), True),
        (Facts(in_return=("potash",)), True),
        (Facts(in_return=("embassy",)), False),
    ],
)
def test_what_is_major(facts: Facts, major: bool) -> None:
    assert timing.is_major(facts) is major


STATE = make_member(source="BelTA", owner="state media", lang="ru", title="Вызвалены людзі")
SECOND_STATE = make_member(source="SB", owner="government", lang="ru", title="Помилованы")
FREE = make_member(source="Nasha Niva", owner="independent", lang="be", title="Football star freed")
UNKNOWN = make_member(source="Blog", owner="", lang="", title="Freed!")


@pytest.mark.parametrize(
    ("members", "options", "reason"),
    [
        ((FREE,), Options(), ""),
        ((FREE,), Options(confirmed=2), texts.KEPT_UNCONFIRMED),
        ((FREE, FREE), Options(confirmed=2), texts.KEPT_UNCONFIRMED),
        ((STATE, SECOND_STATE), Options(confirmed=2), texts.KEPT_UNCONFIRMED),
        ((STATE, FREE), Options(confirmed=2), ""),
        ((STATE,), Options(languages=("be", "en")), texts.KEPT_NO_REPORT),
        ((STATE, FREE), Options(languages=("be", "en")), ""),
        ((UNKNOWN,), Options(languages=("be",), kinds=("wire",)), ""),
        ((FREE,), Options(kinds=("wire", "independent")), ""),
        ((STATE,), Options(kinds=("wire", "independent")), texts.KEPT_NO_REPORT),
        ((STATE,), Options(muted_sources=("belta",)), texts.KEPT_NO_REPORT),
        ((FREE,), Options(muted_terms=("football",)), texts.KEPT_NO_REPORT),
        ((FREE,), Options(muted_terms=("foot",)), ""),
        ((FREE,), Options(muted_terms=("release",)), texts.KEPT_NO_REPORT),
        ((FREE, STATE), Options(muted_terms=("football",)), ""),
        ((FREE,), Options(muted_stories=(12,)), texts.KEPT_MUTED),
        ((FREE,), Options(muted_stories=(13,)), ""),
    ],
)
def test_what_a_chat_does_not_want(members: tuple[Member, ...], options: Options, reason: str) -> None:
    quiet_state = Analysis(Level.ALERT, evidence=(found("freed", concept="mercy"),))
    shown = [replace(one, analysis=quiet_state) if one is STATE else one for one in members]
    story = make_story(*shown)
    assert timing.refusal(story, options) == reason
    told = timing.decide(story, options, NOON, NOON)
    assert (told.form is Form.NEVER) is bool(reason)


def test_a_chat_sees_the_reports_that_count() -> None:
    story = make_story(STATE, FREE)
    assert timing.counted(story, Options(languages=("be",))).members == (FREE,)
    assert timing.counted(story, Options()) is story
    assert timing.counted(story, Options(languages=("de",))) is story


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "Europe", "\x00"])
def test_an_unknown_zone_counts_as_utc(zone: str) -> None:
    assert timing.zone_of(Options(zone=zone)) is UTC


@given(options=wishes)
def test_options_survive_being_stored(options: Options) -> None:
    assert codec.load(Options, codec.dump(options)) == options
