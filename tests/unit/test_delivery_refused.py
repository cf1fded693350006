"""What delivery does when a platform refuses, asks to wait, moves a chat, or cannot be reached."""

from __future__ import annotations

import asyncio
import gettext
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from bot import texts
from bot.delivery import DEAD_AFTER, PLAIN_AFTER, DeliveryOptions
from bot.speech import Texts
from core.errors import (
    BadCredentials,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    TargetGone,
    TargetMoved,
    Unreachable,
)
from core.model import Target
from tests.delivering import ANNA, BORYS, TEAM, Desk


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


async def test_after_an_outage_alerts_come_in_full_and_none_is_given_up(desk: Desk) -> None:
    await desk.subscribe(ANNA)
    await desk.news.report("one")
    desk.telegram.fail(*[Unreachable("no network")] * (DEAD_AFTER + 1), KeyError("bug"))
    for _ in range(DEAD_AFTER + 3):
        await desk.deliverer.deliver_due()
        desk.clock.advance(3600)
    assert desk.titles(ANNA) == ["one"]
    assert desk.telegram.calls[-1].message.buttons


class Slip(gettext.NullTranslations):
    """Translations in which some sentences ask for what nobody gives."""

    def __init__(self, *wrong: str) -> None:
        super().__init__()
        self._wrong = wrong

    def gettext(self, message: str) -> str:
        return "{nobody} knows" if message in self._wrong else message


@pytest.mark.parametrize("wrong", [texts.CHANGED_OFFICIAL, texts.CHANGED, texts.REPORTED_FREED, texts.DIGEST_TITLE])
async def test_a_sentence_that_cannot_be_said_stops_no_chat(desk: Desk, wrong: str) -> None:
    slip = Texts("be", Slip(wrong))
    deliverer = desk.another(say=slip)
    await desk.subscribe(ANNA)
    story = await desk.news.report("one")
    await deliverer.deliver_due()
    await desk.news.report("the state says so", story=story, owner="state media")
    await desk.news.report("two")
    for _ in range(DEAD_AFTER + 2):
        await deliverer.deliver_due()
        desk.clock.advance(3600)
    shown = [call.message for call in desk.telegram.calls if call.shown]
    assert "two" in [span.text for message in shown for line in message.lines for span in line.spans]
    assert not (await desk.store.get_status()).outbox_waiting


class Faulty(Mapping[str, str]):
    """Titles of topics, of which one cannot be read."""

    def __getitem__(self, name: str) -> str:
        return name if name != "us-diplomacy" else name[1_000]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


async def test_an_alert_that_cannot_be_made_becomes_a_dead_letter_and_the_next_one_comes(desk: Desk) -> None:
    deliverer = desk.another(topics=Faulty())
    await desk.store.subscribe(ANNA, ["prisoner-release", "us-diplomacy"], desk.clock.now())
    await desk.news.report("one", topic="us-diplomacy")
    await desk.news.report("two")
    for _ in range(DEAD_AFTER + 2):
        await deliverer.deliver_due()
        desk.clock.advance(3600)
    assert desk.titles(ANNA) == ["two"]
    assert (await desk.store.get_status()).outbox_dead == 1
    assert [dead["reason"] for dead in desk.events("alert_dead")] == [
        "IndexError while the message was made; see the log."
    ]
