"""Delivery against a real SQLite store: order, pace, every error of a platform, slow chats, orderly stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery import DEAD_AFTER, PLAIN_AFTER, Deliverer, DeliveryOptions
from bot.pacing import Rate
from core import failpoints
from core.errors import (
    BadCredentials,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    StoreError,
    TargetGone,
    TargetMoved,
    Unreachable,
)
from core.model import Target
from storage.store import Store
from tests.fake_chat import TOPICS, FakeChat, Newsroom
from tests.fake_clock import FakeClock

ANNA, BORYS = Target("telegram", "101"), Target("telegram", "102")
GROUP = Target("telegram", "-100500")
TEAM = Target("slack", "C1")
UNBOUNDED = Rate(1_000, 1)


class Desk:
    """A store, two platforms and a deliverer, with what the observer was told."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.telegram, self.slack = FakeChat(clock), FakeChat(clock, "slack")
        self.news = Newsroom(store, clock)
        self.deliverer = self.another()

    def another(self, options: DeliveryOptions | None = None) -> Deliverer:
        platforms = {"telegram": self.telegram, "slack": self.slack}
        chosen = options or DeliveryOptions(burst=UNBOUNDED)
        return Deliverer(self.store, platforms, self.clock, chosen, self._observe, topics=TOPICS)

    def _observe(self, event: str, /, **fields: Any) -> None:
        self.told.append((event, fields))

    def events(self, name: str) -> list[dict[str, Any]]:
        return [fields for event, fields in self.told if event == name]

    async def subscribe(self, *targets: Target) -> None:
        for target in targets:
            await self.store.subscribe(target, ["prisoner-release"], self.clock.now())

    def titles(self, target: Target) -> list[str]:
        """Headlines that a chat was shown by sends, in order."""
        calls = (self.telegram if target.platform == "telegram" else self.slack).calls
        return [call.message.lines[1].spans[0].text for call in calls if call.shown and call.target == target]


@pytest.fixture
async def desk(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Desk]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield Desk(store, clock)
    await store.close()


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


async def test_nothing_goes_to_a_chat_before_retry_after_and_others_go_on(desk: Desk) -> None:
    topic = Target("telegram", "101", "7")
    await desk.subscribe(ANNA, topic, BORYS)
    await desk.news.report("one")
    await desk.news.report("two")
    desk.telegram.fail(RetryLater("slow down", 30), chat="101")
    start = desk.clock.now()
    await desk.deliverer.deliver_due()
    refused_at = desk.telegram.calls[0].at
    assert desk.titles(BORYS) == ["one", "two"]
    assert desk.titles(ANNA) == desk.titles(topic) == []
    desk.clock.advance(30 - (desk.clock.now() - start).total_seconds())
    await desk.deliverer.deliver_due()
    desk.clock.advance(10)
    await desk.deliverer.deliver_due()
    assert desk.titles(ANNA) == desk.titles(topic) == ["one", "two"]
    late = [call.at for call in desk.telegram.calls if call.shown and call.target.chat == "101"]
    assert min(late) >= refused_at + timedelta(seconds=30)


async def test_a_restart_still_obeys_retry_after(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    desk.telegram.fail(RetryLater("slow down", 30))
    await desk.deliverer.tick()
    fresh = desk.another()
    desk.clock.advance(29)
    assert await fresh.tick() == 0
    desk.clock.advance(1)
    assert await fresh.tick() == 1


async def test_a_platform_that_asks_for_rest_gets_it_and_the_other_goes_on(desk: Desk) -> None:
    await desk.subscribe(ANNA, BORYS, TEAM)
    await desk.news.report("one")
    desk.telegram.fail(RetryLater("flood", 20, scope="platform"))
    await desk.deliverer.deliver_due()
    assert desk.titles(TEAM) == ["one"]
    shown = len(desk.telegram.calls)
    desk.clock.advance(19)
    await desk.deliverer.deliver_due()
    assert len(desk.telegram.calls) == shown
    desk.clock.advance(1)
    await desk.deliverer.deliver_due()
    assert desk.titles(ANNA) == desk.titles(BORYS) == ["one"]
    assert desk.events("platform_rests")[0]["platform"] == "telegram"


async def test_another_process_heeds_the_rest_that_a_platform_asked_for(desk: Desk) -> None:
    """Also in the middle of a chat: the second process is at work on one when the first is refused in another."""
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    await desk.news.report("two")
    release = desk.telegram.hold("101")
    second = asyncio.create_task(desk.another().deliver_due())
    await desk.telegram.until_waiting(1)
    await desk.subscribe(BORYS)
    await desk.news.report("three")
    desk.telegram.fail(RetryLater("flood", 20, scope="platform"), chat="102")
    await desk.deliverer.deliver_due()
    refused_at = desk.telegram.calls[-1].at
    release.set()
    await second
    assert desk.titles(ANNA) == ["one"], "what was under way when the other was refused"
    desk.clock.advance(21)
    await desk.another().deliver_due()
    assert desk.titles(ANNA) == ["one", "two", "three"]
    assert desk.titles(BORYS) == ["three"]
    late = [call.at for call in desk.telegram.calls if call.shown][1:]
    assert min(late) >= refused_at + timedelta(seconds=20)


async def test_a_chat_that_moved_gets_its_alerts_at_the_new_address(desk: Desk) -> None:
    old, new = Target("telegram", "-55"), Target("telegram", "-10055")
    await desk.subscribe(old)
    await desk.news.report("one")
    desk.telegram.fail(TargetMoved("upgraded", new), chat="-55")
    await desk.deliverer.deliver_due()
    assert desk.titles(new) == ["one"]
    assert await desk.store.find_subscription(old) is None


async def test_a_move_to_the_same_address_is_tried_again_later(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    desk.telegram.fail(TargetMoved("nowhere", ANNA))
    assert await desk.deliverer.deliver_due() == 0
    desk.clock.advance(10)
    assert await desk.deliverer.deliver_due() == 1


async def test_a_chat_that_is_gone_is_paused_and_told_of(desk: Desk) -> None:
    await desk.subscribe(ANNA, BORYS)
    await desk.news.report("one")
    desk.telegram.fail(TargetGone("the bot was blocked"), chat="101")
    await desk.deliverer.deliver_due()
    await desk.news.report("two")
    await desk.deliverer.deliver_due()
    paused = await desk.store.find_subscription(ANNA)
    assert paused is not None
    assert paused.paused_reason == "the bot was blocked"
    assert desk.events("chat_gone") == [{"platform": "telegram", "reason": "the bot was blocked"}]
    assert desk.titles(ANNA) == []
    assert desk.titles(BORYS) == ["one", "two"]


async def test_a_message_that_vanished_is_sent_anew(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    story = await desk.news.report("one")
    await desk.deliverer.tick()
    await desk.news.report("again", story=story)
    desk.telegram.fail(MessageMissing("not found"))
    assert await desk.deliverer.deliver_due() == 1
    assert [call.op for call in desk.telegram.calls] == ["send", "edit", "send"]
    await desk.news.report("once more", story=story)
    await desk.deliverer.deliver_due()
    assert desk.telegram.calls[-1].reference == desk.telegram.calls[-2].reference


async def test_a_refused_text_is_tried_in_plain_words_then_given_up_and_the_next_goes(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("refused once")
    await desk.news.report("refused twice")
    await desk.news.report("fine")
    desk.telegram.fail(MessageRejected("can't parse"))
    await desk.deliverer.deliver_due()
    plain = desk.telegram.calls[1].message
    assert plain.buttons == ()
    assert "refused once" in plain.text
    await desk.news.report("hopeless")
    desk.telegram.fail(MessageRejected("can't parse"), MessageRejected("still not"))
    await desk.news.report("last")
    await desk.deliverer.deliver_due()
    assert desk.titles(ANNA)[-1] == "last"
    assert (await desk.store.get_status()).outbox_dead == 1
    assert [event["reason"] for event in desk.events("alert_dead")] == ["still not"]


@pytest.mark.parametrize(("policy", "copies"), [("retry", 2), ("skip", 1)])
async def test_a_lost_connection_follows_the_policy(desk: Desk, policy: str, copies: int) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    deliverer = desk.another(DeliveryOptions(on_unknown=policy))
    desk.telegram.fail(OutcomeUnknown("connection lost"), shown=True)
    await deliverer.deliver_due()
    desk.clock.advance(3600)
    await deliverer.deliver_due()
    assert desk.titles(ANNA) == ["one"] * copies


async def test_an_edit_whose_outcome_is_unknown_is_repeated_under_either_policy(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    story = await desk.news.report("one")
    deliverer = desk.another(DeliveryOptions(on_unknown="skip"))
    await deliverer.deliver_due()
    await desk.news.report("two", story=story)
    desk.telegram.fail(OutcomeUnknown("connection lost"))
    await deliverer.deliver_due()
    desk.clock.advance(60)
    assert await deliverer.deliver_due() == 1
    assert [call.op for call in desk.telegram.calls] == ["send", "edit", "edit"]


async def test_an_unreachable_platform_delays_but_keeps_the_order(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    await desk.news.report("two")
    desk.telegram.fail(Unreachable("no route"), Unreachable("no route"))
    for _ in range(8):
        await desk.deliverer.deliver_due()
        desk.clock.advance(10)
    assert desk.titles(ANNA) == ["one", "two"]


async def test_a_platform_rests_when_several_chats_cannot_be_reached(desk: Desk) -> None:
    many = [Target("telegram", str(number)) for number in range(1, 16)]
    await desk.subscribe(*many, TEAM)
    await desk.news.report("one")
    desk.telegram.fail(*[Unreachable("no route")] * 15)
    await desk.deliverer.deliver_due()
    assert len(desk.events("platform_rests")) == 1
    assert desk.titles(TEAM) == ["one"]
    for _ in range(30):
        desk.clock.advance(60)
        await desk.deliverer.deliver_due()
    assert all(desk.titles(target) == ["one"] for target in many)


async def test_refused_credentials_are_told_once_until_they_work_again(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    bad = BadCredentials("The token is refused.", "Put the right one into telegram.token.")
    desk.telegram.fail(bad, bad)
    for _ in range(3):
        await desk.deliverer.deliver_due()
        desk.clock.advance(600)
    assert desk.titles(ANNA) == ["one"]
    assert len(desk.events("credentials_refused")) == 1
    await desk.news.report("two")
    desk.telegram.fail(bad)
    await desk.deliverer.deliver_due()
    assert len(desk.events("credentials_refused")) == 2


async def test_a_platform_that_breaks_its_promise_gets_plain_words_then_a_dead_letter(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("poison")
    await desk.news.report("fine")
    desk.telegram.fail(*[KeyError("bug")] * (DEAD_AFTER + 1))
    for _ in range(DEAD_AFTER + 2):
        await desk.deliverer.deliver_due()
        desk.clock.advance(3600)
    attempts = [call for call in desk.telegram.calls if "poison" in call.message.text]
    assert [bool(call.message.buttons) for call in attempts].index(False) == PLAIN_AFTER
    assert desk.titles(ANNA) == ["fine"]
    assert (await desk.store.get_status()).outbox_dead == 1


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
