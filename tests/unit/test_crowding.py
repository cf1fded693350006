"""Operators learn that a host has more feeds than politeness leaves time for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.crowded import crowded
from core.health import FeedRecord
from core.model import FeedSpec, FeedState
from feeds.crowding import ANSWER, Crowd, crowds
from tests.attending import Desk

PAUSE = timedelta(seconds=1)
FIVE = timedelta(minutes=5)


def of(host: str, count: int, interval: timedelta = FIVE, lanes: int = 1) -> list[FeedSpec]:
    return [FeedSpec(f"{host} {n}", f"https://{host}/s/{n}", interval=interval, lanes=lanes) for n in range(count)]


def test_two_hundred_feeds_of_a_host_fit_into_five_minutes_and_201_do_not() -> None:
    assert crowds([*of("t.me", 200), *of("news.example", 30)], PAUSE) == ()
    assert crowds([*of("t.me", 201), *of("news.example", 30)], PAUSE) == (
        Crowd("t.me", 201, timedelta(minutes=5, seconds=1.5)),
    )


def test_longer_intervals_a_shorter_pause_and_own_hosts_leave_time() -> None:
    assert crowds(of("t.me", 400, timedelta(minutes=10)), PAUSE) == ()
    assert crowds(of("t.me", 400), timedelta(seconds=0.2)) == ()
    assert crowds(of("rsshub:1200", 900, lanes=10), PAUSE) == ()
    assert crowds([replace(one, enabled=False) for one in of("t.me", 900)], PAUSE) == ()


def test_what_a_service_asks_for_counts() -> None:
    assert crowds(of("api.gdeltproject.org", 60), PAUSE)
    assert crowds(of("api.gdeltproject.org", 54), PAUSE) == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 900)), max_size=60), st.integers(0, 30))
def test_a_host_is_crowded_when_its_turns_take_longer_than_all_intervals_allow(
    feeds: list[tuple[str, int]], pause: int
) -> None:
    specs = [
        FeedSpec(f"{n}", f"https://{host}.example/{n}", interval=timedelta(seconds=seconds))
        for n, (host, seconds) in enumerate(feeds)
    ]
    turn = timedelta(seconds=pause) + ANSWER
    share = {host: sum(turn.total_seconds() / every for of_, every in feeds if of_ == host) for host, _ in feeds}
    found = {crowd.host for crowd in crowds(specs, timedelta(seconds=pause))}
    assert {f"{host}.example" for host, part in share.items() if part > 1.001} <= found
    assert found <= {f"{host}.example" for host, part in share.items() if part > 0.999}


def test_it_is_said_with_the_time_that_a_round_takes() -> None:
    said = str(crowded(Crowd("t.me", 400, timedelta(minutes=10))))
    assert said.startswith("t.me has more feeds than can be asked for as often as wanted: 400, one after the other")
    assert "takes 10 min" in said


async def test_operators_are_told_once_and_it_is_over_when_feeds_are_gone_or_the_configuration_is_read() -> None:
    desk = Desk()

    async def look(specs: list[FeedSpec]) -> None:
        desk.store.feeds = tuple(FeedRecord(n, one, FeedState(desk.clock.now())) for n, one in enumerate(specs))
        desk.status = replace(desk.status, feeds=len(specs))
        await desk.attention.look()

    await look(of("t.me", 900))
    await look(of("t.me", 901))
    (message,) = desk.told
    assert "t.me has more feeds" in message
    assert desk.attention.details()["needs a hand"] == "host:1"
    await look(of("t.me", 100))
    assert "needs a hand" not in desk.attention.details()
    await look(of("t.me", 902))
    assert len(desk.told) == 2
    desk.attention("config_read")
    await look(of("t.me", 902, timedelta(hours=1)))
    assert "needs a hand" not in desk.attention.details()
