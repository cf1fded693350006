"""What chats wish, kept from the report to the message: on both databases, with chats in memory and a clock of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from bot.agenda import BURST
from bot.delivery import Deliverer
from bot.digest import MOST
from core import failpoints
from core.errors import MessageMissing, MessageRejected, OutcomeUnknown, Unreachable
from core.message import Message
from core.model import Entry, Facts, Level, Member, NewEntry, Outcome, PollRecord, Story, StorySummary, Target
from core.options import Mode, Options, Quiet
from storage.store import Store
from tests.contract.store_steps import claimed_feed, counts
from tests.fake_chat import TITLES, Call, FakeChat, make_member
from tests.fake_clock import FakeClock

CHAT, OTHER = Target("telegram", "7"), Target("slack", "C1")
EDIT_AFTER = timedelta(seconds=60)
NOTHING = Facts()
TOPIC_WORDS = ("prison", "freed", "release", "belarus", "minsk", "sanction", "diplomacy", "lukashenka", "example")


class Desk:
    """A store, chats, and reports with facts of the test's choice."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.chat, self.slack = FakeChat(clock), FakeChat(clock, "slack")
        self.deliverer = self.another()
        self._number = 0

    def another(self) -> Deliverer:
        return Deliverer(self.store, {"telegram": self.chat, "slack": self.slack}, self.clock, titles=TITLES)

    async def wish(self, options: Options, target: Target = CHAT) -> None:
        await self.store.subscribe(target, ["prisoner-release"], self.clock.now())
        await self.store.set_options(target, options, self.clock.now())

    async def report(
        self, title: str, *, story: Story | None = None, facts: Facts = NOTHING, **changes: object
    ) -> Story:
        """A report of a new story or of one there is, whose voted facts are then `facts`."""
        now = self.clock.now()
        self._number += 1
        feed = await claimed_feed(self.store, now)
        entry = Entry(f"e{self._number}", title, f"https://n.example/{self._number}", f"n.example/{self._number}")
        member: Member = make_member(title, f"Paper {self._number}", url=entry.url, at=now)
        member = replace(member, **changes)  # type: ignore[arg-type]
        summary = StorySummary(Level.ALERT, ("prisoner-release",), facts)
        async with self.store.transaction() as transaction:
            await transaction.open_stories(now - timedelta(days=2))
            new = NewEntry(entry, member.analysis, "alert", "in a story")
            (entry_id,) = await transaction.add_entries(feed, [new], now)
            assert entry_id is not None
            member = replace(member, entry_id=entry_id)
            if story is None:
                kept = await transaction.add_story(member, summary, now)
            else:
                kept = await transaction.join_story(story.id, member, summary, now)
            await transaction.queue_story(kept, now, edit_after=EDIT_AFTER)
            state = replace(feed.state, next_poll_at=now)
            await transaction.finish_poll(feed, PollRecord(Outcome.OK, state, now, entries=1, new=1, hits=1))
        return kept

    async def until(self, text: str) -> list[Call]:
        """Go on to that time (UTC), delivering whenever something is due; the calls made on the way."""
        end, before = datetime.fromisoformat(text).replace(tzinfo=UTC), len(self.chat.calls)
        while self.clock.now() < end:
            due = await self.store.next_delivery_at() or end
            due = max(due, self.clock.now() + timedelta(seconds=1))
            self.clock.advance((min(due, end) - self.clock.now()).total_seconds())
            await self.deliverer.deliver_due()
        return self.chat.calls[before:]

    async def deliver(self) -> list[Call]:
        before = len(self.chat.calls)
        await self.deliverer.deliver_due()
        return self.chat.calls[before:]


@pytest.fixture
async def desk(store: Store, clock: FakeClock) -> Desk:
    return Desk(store, clock)


def numbers(call: Call) -> list[str]:
    return [button.label for row in call.message.buttons for button in row]


async def test_a_daily_digest_tells_the_day_once_and_at_its_time(desk: Desk) -> None:
    await desk.wish(Options(Mode.DAILY, time(18), "Europe/Vilnius"))
    for title in ("one", "two", "three"):
        await desk.report(title)
        assert await desk.deliver() == []
    assert await desk.until("2026-03-19T15:59") == []
    (call,) = await desk.until("2026-03-19T16:00")
    assert [call.op, call.message.lines[0].text] == ["send", "3 stories"]
    assert numbers(call) == ["#1", "#2", "#3"]
    assert await desk.until("2026-03-20T15:59") == []
    status = await desk.store.get_status()
    assert (status.outbox_waiting, status.alerts_sent) == (0, 3)


async def test_a_digest_keeps_its_hour_when_the_clocks_change(desk: Desk) -> None:
    await desk.wish(Options(Mode.DAILY, time(9), "Europe/Vilnius"))
    for day, hour in ((27, 7), (28, 7), (29, 6), (30, 6)):
        await desk.until(f"2026-03-{day}T03:00")
        await desk.report("one")
        await desk.report("two")
        (call,) = await desk.until(f"2026-03-{day}T09:00")
        assert call.at == datetime(2026, 3, day, hour, tzinfo=UTC)


async def test_quiet_hours_keep_what_is_small_and_let_through_what_is_major(desk: Desk) -> None:
    await desk.until("2026-03-19T21:00")
    await desk.wish(Options(zone="Europe/Vilnius", quiet=Quiet(time(22), time(7))))
    await desk.report("small", facts=Facts(released=1))
    assert await desk.deliver() == []
    await desk.report("large", facts=Facts(released=52))
    (call,) = await desk.deliver()
    assert "large" in call.message.text
    assert await desk.until("2026-03-20T04:59") == []
    (call,) = await desk.until("2026-03-20T05:00")
    assert "small" in call.message.text


async def test_put_off_counts_as_no_fault(desk: Desk) -> None:
    await desk.wish(Options(snoozed_until=desk.clock.now() + timedelta(hours=8)))
    await desk.report("one")
    await desk.deliver()
    status = await desk.store.get_status()
    assert (status.outbox_waiting, status.oldest_waiting_at) == (1, None)
    assert await desk.store.next_delivery_at() == desk.clock.now() + timedelta(hours=8)


async def test_waking_brings_what_was_kept_at_once(desk: Desk) -> None:
    await desk.wish(Options(snoozed_until=desk.clock.now() + timedelta(hours=8)))
    await desk.report("one")
    assert await desk.deliver() == []
    await desk.wish(Options())
    assert len(await desk.deliver()) == 1


async def test_a_story_comes_when_it_is_confirmed(desk: Desk) -> None:
    await desk.wish(Options(confirmed=2))
    story = await desk.report("says the state", owner="state media")
    assert await desk.deliver() == []
    assert (await desk.store.get_status()).outbox_waiting == 0
    story = await desk.report("says the government", story=story, owner="government")
    assert await desk.deliver() == []
    await desk.report("says a paper", story=story)
    (call,) = await desk.deliver()
    assert "3 sources" in call.message.text


async def test_muted_sources_and_languages_are_not_seen(desk: Desk) -> None:
    await desk.wish(Options(muted_sources=("paper 1",), languages=("en",)))
    story = await desk.report("muted")
    await desk.report("in Polish", story=story, lang="pl")
    assert await desk.deliver() == []
    await desk.report("readable", story=story)
    (call,) = await desk.deliver()
    assert "1 source" in call.message.text
    assert "muted" not in call.message.text
    assert "readable" in call.message.text


async def test_unmuting_brings_the_last_day_and_nothing_older(desk: Desk) -> None:
    muted = Options(muted_sources=("paper 1", "paper 2"))
    await desk.wish(muted)
    await desk.report("old")
    await desk.until("2026-03-20T11:00")
    await desk.report("new")
    assert await desk.until("2026-03-20T12:30") == []
    await desk.wish(Options())
    (call,) = await desk.deliver()
    assert "new" in call.message.text


async def test_a_burst_becomes_one_summary_then_waits_but_for_major_news(desk: Desk) -> None:
    await desk.wish(Options())
    for number in range(BURST.count + 3):
        await desk.report(f"story {number}")
    (call,) = await desk.deliver()
    assert call.message.lines[0].text == f"Much at once: {BURST.count + 3} stories"
    for number in range(BURST.count - 1):
        await desk.report(f"later {number}")
        desk.clock.advance(2)
        assert len(await desk.deliver()) == 1
    await desk.report("too many")
    assert await desk.deliver() == []
    await desk.report("large", facts=Facts(released=52))
    (call,) = await desk.deliver()
    assert "large" in call.message.text
    shown = await desk.until("2026-03-19T13:00")
    assert [call.message.lines[1].text for call in shown] == ["too many (English)"]


async def test_after_an_outage_the_backlog_comes_in_few_messages_and_nothing_is_dropped(desk: Desk) -> None:
    await desk.wish(Options())
    for number in range(2 * MOST + 5):
        await desk.report(f"story {number}")
    desk.chat.fail(*[Unreachable("no route")] * 2)
    calls = [call for call in await desk.until("2026-03-19T12:30") if call.shown]
    assert len(calls) <= 4
    assert sorted(number for call in calls for number in numbers(call)) == sorted(
        f"#{number}" for number in range(1, 2 * MOST + 6)
    )


async def test_a_digest_that_is_killed_before_its_mark_comes_again_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.wish(Options(Mode.HOURLY))
    await desk.report("one")
    await desk.report("two")
    desk.clock.advance(3600)

    dying = desk.another()
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "hook", _raise_once(patched))
        await dying.deliver_due()
    desk.clock.advance(600)
    calls = [call for call in desk.chat.calls if call.shown] + await desk.deliver()
    assert [numbers(call) for call in calls] == [["#1", "#2"], ["#1", "#2"]]
    assert (await desk.store.get_status()).outbox_waiting == 0


def _raise_once(patched: pytest.MonkeyPatch) -> Callable[[str], None]:
    def hook(step: str) -> None:
        if step == "delivery.shown":
            patched.setattr(failpoints, "hook", None)
            raise RuntimeError("killed here")

    return hook


async def test_a_digest_that_is_refused_comes_in_plain_words_then_story_by_story(desk: Desk) -> None:
    await desk.wish(Options(Mode.HOURLY))
    await desk.report("one")
    await desk.report("two")
    desk.chat.fail(MessageRejected("blocks"), MessageRejected("words"))
    calls = await desk.until("2026-03-19T13:01")
    assert [call.message.lines[0].text[:9] for call in calls] == ["2 stories", "2 stories", "Prisoner ", "Prisoner "]
    assert (await desk.store.get_status()).outbox_waiting == 0


# --- living alerts --------------------------------------------------------------------------------------------------


async def test_from_one_to_twelve_sources_one_message_and_one_edit_a_window(desk: Desk) -> None:
    await desk.wish(Options())
    story = await desk.report("freed", facts=Facts(released=14))
    await desk.deliver()
    for number in range(11):
        lang = ("be", "ru", "pl", "lt")[number % 4]
        story = await desk.report(f"report {number}", story=story, facts=Facts(released=14), lang=lang)
        desk.clock.advance(20)
        await desk.deliver()
    await desk.until("2026-03-19T12:10")
    ops = [call.op for call in desk.chat.calls]
    assert ops == ["send", *["edit"] * (len(ops) - 1)]
    assert {call.reference for call in desk.chat.calls} == {"m1"}
    edits = [call.at for call in desk.chat.calls[1:]]
    assert all(later - earlier >= EDIT_AFTER for earlier, later in pairwise(edits))
    assert "12 sources" in desk.chat.calls[-1].message.text


async def test_what_is_material_is_told_in_a_reply_once(desk: Desk) -> None:
    await desk.wish(Options())
    story = await desk.report("freed", facts=Facts(released=14))
    await desk.deliver()
    facts = Facts(released=16, people=("Ales Bialiatski",), in_return=("potash",))
    await desk.report("BelTA confirms", story=story, facts=facts, owner="state media")
    reply, edit = await desk.until("2026-03-19T12:02")
    assert (reply.op, reply.reply_to, edit.op, edit.reference) == ("reply", "m1", "edit", "m1")
    assert [line.text for line in reply.message.lines] == [
        "Update on story #1",
        "Reported freed: 16 (before: 14)",
        "Named now: Ales Bialiatski",
        "In return, new: relief for potash",
        "First official confirmation: Paper 2",
    ]
    await desk.report("once more", story=story, facts=facts)
    assert [call.op for call in await desk.until("2026-03-19T12:05")] == ["edit"]


async def test_a_death_between_reply_and_edit_repeats_no_reply(desk: Desk) -> None:
    await desk.wish(Options())
    story = await desk.report("freed", facts=Facts(released=14))
    await desk.deliver()
    await desk.report("more", story=story, facts=Facts(released=16))
    desk.clock.advance(60)
    desk.chat.faults[""].clear()
    calls: list[Call] = []
    original = desk.chat.edit

    async def lost(target: Target, message_ref: str, message: Message) -> None:
        await original(target, message_ref, message)
        raise OutcomeUnknown("the line went dead")

    desk.chat.edit = lost  # type: ignore[method-assign]
    calls += await desk.deliver()
    desk.chat.edit = original  # type: ignore[method-assign]
    calls += await desk.until("2026-03-19T12:05")
    assert [call.op for call in calls] == ["reply", "edit", "edit"]


async def test_a_reply_whose_alert_was_deleted_becomes_a_new_alert(desk: Desk) -> None:
    await desk.wish(Options())
    story = await desk.report("freed", facts=Facts(released=14))
    await desk.deliver()
    await desk.report("more", story=story, facts=Facts(released=16))
    desk.chat.fail(MessageMissing("deleted"))
    calls = [call for call in await desk.until("2026-03-19T12:05") if call.shown]
    assert [call.op for call in calls] == ["send"]
    assert "Reported freed: 16" in calls[0].message.text


async def test_in_quiet_hours_edits_go_on_and_replies_wait(desk: Desk) -> None:
    await desk.wish(Options(quiet=Quiet(time(13), time(15))))
    story = await desk.report("freed", facts=Facts(released=3))
    await desk.deliver()
    await desk.until("2026-03-19T13:00")
    story = await desk.report("same", story=story, facts=Facts(released=3))
    assert [call.op for call in await desk.until("2026-03-19T13:02")] == ["edit"]
    await desk.report("more", story=story, facts=Facts(released=5))
    assert await desk.until("2026-03-19T14:59") == []
    assert [call.op for call in await desk.until("2026-03-19T15:00")] == ["reply", "edit"]


async def test_a_story_of_a_digest_returns_in_the_next_one_only_for_news(desk: Desk) -> None:
    await desk.wish(Options(Mode.HOURLY))
    first = await desk.report("first", facts=Facts(released=3))
    second = await desk.report("second", facts=Facts(released=4))
    assert len(await desk.until("2026-03-19T13:00")) == 1
    await desk.report("again", story=first, facts=Facts(released=3))
    assert await desk.until("2026-03-19T14:30") == []
    await desk.report("more", story=second, facts=Facts(released=6))
    await desk.report("third", facts=Facts(released=1))
    (call,) = await desk.until("2026-03-19T15:00")
    assert numbers(call) == ["#2", "#3"]
    assert "new: Reported freed: 6 (before: 4)" in call.message.text


# --- discretion -----------------------------------------------------------------------------------------------------


async def test_a_discreet_chat_shows_no_word_of_the_topic(desk: Desk) -> None:
    await desk.wish(Options(discreet=True))
    story = await desk.report("Prisoners freed in Minsk", facts=Facts(released=14))
    await desk.deliver()
    await desk.report("Sanctions lifted", story=story, facts=Facts(released=52, in_return=("potash",)))
    await desk.until("2026-03-19T12:05")
    for number in range(BURST.count + 1):
        await desk.report(f"Belarus releases {number}")
    await desk.deliver()
    ops = [call.op for call in desk.chat.calls]
    assert ops == ["send", "reply", "edit", "send"]
    for call in desk.chat.calls:
        shown = f"{call.message.text} {call.message.tag} {call.message.buttons}".casefold()
        assert not [word for word in TOPIC_WORDS if word in shown]
    assert [button.command for button in desk.chat.calls[0].message.buttons[0]] == [f"story {story.id}"]


async def test_wishes_of_one_chat_change_nothing_for_another(desk: Desk, database_url: str) -> None:
    await desk.wish(Options(Mode.DAILY))
    await desk.wish(Options(), OTHER)
    await desk.report("one")
    await desk.deliverer.deliver_due()
    assert (len(desk.chat.calls), len(desk.slack.calls)) == (0, 1)
    await desk.store.unsubscribe(CHAT)
    assert (await counts(database_url))["subscriptions"] == 1
