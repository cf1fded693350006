"""Delivery against a real SQLite store: order, pace, every error of a platform, slow chats, orderly stop."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.delivery import DeliveryOptions
from core import failpoints
from core.errors import (
    StoreError,
)
from tests.delivering import ANNA, BORYS, GROUP, TEAM, Desk


async def test_alerts_go_to_every_chat_in_order_once(desk: Desk) -> None:
    await desk.subscribe(ANNA, TEAM)
    for title in ("one", "two", "three"):
        await desk.news.report(title)
    assert await desk.deliverer.deliver_due() == 6
    assert desk.titles(ANNA) == desk.titles(TEAM) == ["one", "two", "three"]
    assert await desk.deliverer.tick() == 0
    assert [event["platform"] for event in desk.events("alert")].count("slack") == 3


async def test_a_further_source_edits_the_alert(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    story = await desk.news.report("freed")
    await desk.deliverer.tick()
    await desk.news.report("freed, says another", story=story)
    assert await desk.deliverer.deliver_due() == 1
    first, second = desk.telegram.calls
    assert (second.op, second.reference) == ("edit", first.reference)
    assert "2 sources" in second.message.text
    assert desk.events("alert")[-1]["edited"] is True


async def test_steps_are_reached_in_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    await desk.subscribe(ANNA)
    await desk.news.report("freed")
    monkeypatch.setattr(failpoints, "hook", steps.append)
    await desk.deliverer.tick()
    assert steps == ["delivery.claimed", "delivery.rendered", "delivery.shown", "delivery.marked"]


async def test_a_slow_chat_delays_no_other(desk: Desk) -> None:
    await desk.subscribe(ANNA, BORYS, TEAM)
    await desk.news.report("one")
    release = desk.telegram.hold("101")
    ticks = [asyncio.create_task(desk.deliverer.tick())]
    await asyncio.gather(desk.telegram.until_shown(1), desk.slack.until_shown(1))
    await desk.news.report("two")
    desk.clock.advance(5)
    ticks.append(asyncio.create_task(desk.deliverer.tick()))
    await asyncio.gather(desk.telegram.until_shown(2), desk.slack.until_shown(2))
    assert desk.titles(BORYS) == desk.titles(TEAM) == ["one", "two"]
    assert desk.titles(ANNA) == []
    release.set()
    await asyncio.gather(*ticks)
    await desk.deliverer.deliver_due()
    assert desk.titles(ANNA) == ["one", "two"]


async def test_a_tick_leaves_slow_chats_behind(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    release = desk.telegram.hold("101")
    deliverer = desk.another(DeliveryOptions(patience=0.01))
    assert await deliverer.tick() == 0
    assert deliverer.busy
    release.set()
    assert await deliverer.deliver_due() == 1
    assert not deliverer.busy


async def test_a_call_without_answer_is_ended_and_its_outcome_unknown(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    release = desk.telegram.hold("101")
    deliverer = desk.another(DeliveryOptions(send_within=timedelta(milliseconds=10)))
    assert await deliverer.deliver_due() == 0
    release.set()
    desk.clock.advance(60)
    assert await deliverer.deliver_due() == 1


async def test_a_lost_lane_stops_and_the_other_owner_shows_the_rest_once(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    await desk.news.report("two")
    release = desk.telegram.hold("101")
    first = asyncio.create_task(desk.deliverer.deliver_due())
    await desk.telegram.until_waiting(1)
    desk.clock.advance(181)  # the lease has ended
    second = asyncio.create_task(desk.another().deliver_due())
    await desk.telegram.until_waiting(2)
    release.set()
    await asyncio.gather(first, second)
    assert sorted(desk.titles(ANNA)) == ["one", "one", "two"]


async def test_drain_finishes_what_is_being_shown_and_begins_nothing(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    await desk.news.report("two")
    release = desk.telegram.hold("101")
    deliverer = desk.another(DeliveryOptions(patience=0.01))
    await deliverer.tick()
    await desk.telegram.until_waiting(1)
    draining = asyncio.create_task(deliverer.drain(5))
    await asyncio.sleep(0)
    release.set()
    await draining
    await deliverer.tick()
    assert desk.titles(ANNA) == ["one"]
    assert await desk.another().deliver_due() == 1
    assert desk.titles(ANNA) == ["one", "two"]


async def test_drain_gives_up_after_its_deadline_and_nothing_is_lost(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    desk.telegram.hold("101")
    deliverer = desk.another(DeliveryOptions(patience=0.01))
    await deliverer.tick()
    await desk.telegram.until_waiting(1)
    await deliverer.drain(0.01)
    assert not deliverer.busy
    desk.telegram.held.clear()
    assert await desk.another().deliver_due() == 1


async def test_pace_of_chat_and_group_is_kept(desk: Desk) -> None:
    await desk.subscribe(ANNA, GROUP)
    for number in range(24):
        await desk.news.report(f"story {number}")
    for _ in range(50):
        await desk.deliverer.deliver_due()
        desk.clock.advance(2)
    for target, most, seconds in ((ANNA, 1, 1), (GROUP, 1, 1), (GROUP, 20, 60)):
        times = [call.at for call in desk.telegram.calls if call.target == target]
        assert len(times) == 24
        assert all(b - a >= timedelta(seconds=seconds) for a, b in zip(times, times[most:], strict=False))


async def test_a_failing_store_stops_one_lane_for_a_while_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")

    async def broken(*_: object) -> bool:
        raise StoreError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "mark_sent", broken)
        await desk.deliverer.deliver_due()
    desk.clock.advance(10)
    assert await desk.deliverer.deliver_due() == 1
    assert desk.titles(ANNA) == ["one", "one"]


async def test_a_story_that_is_gone_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import NotFound

    await desk.subscribe(ANNA)
    await desk.news.report("one")

    async def missing(story_id: int) -> None:
        raise NotFound(f"There is no story {story_id}.")

    monkeypatch.setattr(desk.store, "get_story", missing)
    assert await desk.deliverer.deliver_due() == 0
    assert (await desk.store.get_status()).outbox_dead == 1
