"""No window of time ever holds more messages than its rate."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import PACES, Pace, Pacer, Rate, Window, Windows, is_group
from core.model import Target
from tests.fake_chat import NOON

CHAT, GROUP = Target("telegram", "7"), Target("telegram", "-7")


@given(st.lists(st.floats(0, 3), min_size=1, max_size=80), st.integers(1, 5), st.floats(0.5, 10))
def test_a_window_never_holds_more_than_its_count(pauses: list[float], count: int, seconds: float) -> None:
    window = Window(Rate(count, seconds))
    now, spent = NOON, list[datetime]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        at = window.next_at(now)
        assert at >= now
        window.spend(at)
        now = at
        spent.append(at)
    assert_apart(spent, count, seconds)


@given(st.integers(1, 1000), st.integers(1, 3600))
def test_what_keeps_evenly_apart_keeps_the_rate(count: int, seconds: int) -> None:
    apart = Rate(count, seconds).apart
    assert timedelta(seconds=seconds) <= count * apart < timedelta(seconds=seconds) + count * timedelta(microseconds=1)


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(0, 1)), max_size=150))
def test_a_chat_gets_no_more_than_it_bears(tries: list[tuple[int, float]]) -> None:
    pacer, now, went = Pacer(), NOON, list[tuple[datetime, Target]]()
    for chat, pause in tries:
        now += timedelta(seconds=pause)
        target = Target("telegram", str(chat))
        at = pacer.take(now, target)
        if at == now:
            went.append((now, target))
        else:
            assert pacer.next_at(now, target) == at
    for target in {target for _, target in went}:
        mine = [at for at, to in went if to == target]
        assert_apart(mine, 1, 1)
        if is_group(target):
            assert_apart(mine, 20, 60)


def assert_apart(times: list[datetime], count: int, seconds: float) -> None:
    assert all(b - a >= timedelta(seconds=seconds) for a, b in zip(times, times[count:], strict=False))


def test_threads_share_the_pace_of_their_chat() -> None:
    pacer = Pacer()
    assert pacer.take(NOON, Target("telegram", "-7", "1")) == NOON
    assert pacer.take(NOON, Target("telegram", "-7", "2")) == NOON + timedelta(seconds=1)


def test_holds() -> None:
    pacer, later = Pacer(), NOON + timedelta(seconds=90)
    pacer.hold_chat(Target("slack", "C1"), later)
    pacer.hold_chat(Target("slack", "C1"), NOON)  # a shorter hold does not undo a longer one
    assert pacer.next_at(NOON, Target("slack", "C1", "5")) == later
    assert pacer.next_at(NOON, Target("slack", "C2")) == NOON
    pacer.hold_platform("slack", later)
    assert pacer.next_at(NOON, Target("slack", "C2")) == later
    assert pacer.held_until("slack", NOON) == later
    assert pacer.held_until("telegram", NOON) == NOON


def test_unknown_platforms_are_treated_with_care_and_the_terminal_is_not() -> None:
    pacer = Pacer()
    assert pacer.take(NOON, Target("matrix", "!r")) == NOON
    assert pacer.take(NOON, Target("matrix", "!r")) > NOON
    assert {pacer.take(NOON, Target("console", "x")) for _ in range(50)} == {NOON}


def test_groups_are_told_from_private_chats() -> None:
    assert is_group(GROUP)
    assert is_group(Target("telegram", "@channel"))
    assert not is_group(CHAT)
    assert not is_group(Target("slack", "-7"))
    assert PACES["telegram"] == Pace(Rate(1, 1), Rate(20, 60), Rate(30, 1))


def test_idle_windows_are_forgotten_and_busy_ones_kept() -> None:
    windows, rate = Windows(), Rate(1, 1)
    for number in range(10_000):
        windows.get(number, rate, NOON).spend(NOON + timedelta(seconds=number % 2 * 60))
    later = NOON + timedelta(seconds=30)
    windows.get("new", rate, later)
    assert windows.get(1, rate, later).next_at(later) > later
    assert windows.get(2, rate, later).next_at(later) == later
