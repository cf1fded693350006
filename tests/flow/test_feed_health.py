"""What polls teach about a feed: where it has moved, how it is, and how often it is worth a look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.model import Outcome
from feeds.schedule import JITTER
from tests.feed_server import ONE, conditional, feed_xml, redirect, reply
from tests.polling import Polling, polling

HOUR = 3600.0


async def polled(it: Polling, url: str, times: int, *, every: float = HOUR, **spec: Any) -> None:
    for _ in range(times):
        await it.poll(url, **spec)
        it.clock.advance(every)


def told(it: Polling) -> list[tuple[str, str]]:
    return [(fields["was"], fields["condition"]) for fields in it.events.named("feed_state")]


def asked(it: Polling) -> list[str]:
    return [seen.target for seen in it.server.seen]


@pytest.mark.parametrize("status", ["301 Moved Permanently", "308 Permanent Redirect"])
async def test_a_new_address_is_adopted_when_three_hours_have_shown_it(status: str) -> None:
    async with polling() as it:
        url = it.server.on("/feed", redirect("/new", status))
        it.server.on("/new", conditional(ONE, '"1"'))
        await polled(it, url, 3)
        assert it.state(url).history.address == it.server.url("/new")
        assert it.events.named("feed_moved") == [{"feed": "News", "url": url, "moved_to": it.server.url("/new")}]
        assert told(it) == [("healthy", "moved")]
        it.server.seen.clear()
        assert (await it.poll(url)).outcome is Outcome.NOT_MODIFIED, "validators go along"
        assert asked(it) == ["/new"]
        assert len(it.events.named("feed_moved")) == len(it.store.entries) == 1


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
async def test_a_temporary_redirect_is_never_adopted(status: str) -> None:
    async with polling() as it:
        url = it.server.on("/feed", redirect("/new", status))
        it.server.on("/new", reply())
        await polled(it, url, 5)
        assert it.state(url).history.address == it.state(url).history.moved_to == ""


async def test_sights_within_an_hour_count_once_and_a_direct_answer_ends_the_count() -> None:
    async with polling() as it:
        moved = redirect("/new", "301 Moved Permanently")
        url = it.server.on("/feed", *[moved] * 6, reply(), moved)
        it.server.on("/new", reply())
        it.clock.advance(-(it.clock.now().timestamp() % HOUR))
        await polled(it, url, 6, every=60)
        assert it.state(url).history.moved_seen == 1
        await polled(it, url, 1)
        assert it.state(url).history.moved_seen == 0
        await polled(it, url, 2)
        assert (it.state(url).history.moved_seen, it.state(url).history.address) == (2, "")


async def test_an_adopted_address_that_fails_leads_back_to_the_one_configured() -> None:
    async with polling() as it:
        moved = redirect("/new", "301 Moved Permanently")
        url = it.server.on("/feed", moved, moved, moved, redirect("/newer", "301 Moved Permanently"))
        it.server.on("/new", reply(), reply(), reply(), reply(b"", "404 Not Found"))
        it.server.on("/newer", reply(feed_xml("Second", "Minister visits Minsk")))
        await polled(it, url, 3)
        result = await it.poll(url)
        assert (result.outcome, result.new) == (Outcome.OK, 1), "what was known stays known"
        it.clock.advance(HOUR)
        await polled(it, url, 2)
        assert it.state(url).history.address == it.server.url("/newer")


async def test_a_feed_that_moved_back_is_read_where_it_is_configured() -> None:
    """The new address has died and the old one answers itself: three hours show it, as they showed the move."""
    async with polling() as it:
        moved = redirect("/new", "301 Moved Permanently")
        url = it.server.on("/feed", moved, moved, moved, reply())
        it.server.on("/new", reply(), reply(), reply(), reply(b"", "404 Not Found"))
        for _ in range(3):
            await it.poll(url)
            it.clock.advance(3600)
        assert it.state(url).history.address == it.server.url("/new")
        for _ in range(3):
            result = await it.poll(url)
            assert not result.outcome.failed
            it.clock.advance(3600)
        history = it.state(url).history
        assert (history.address, history.moved_to, history.condition) == ("", "", "healthy")
        asked = len(it.server.requests("/new"))
        await it.poll(url)
        assert len(it.server.requests("/new")) == asked
        assert [event["moved_to"] for event in it.events.named("feed_moved")] == [it.server.url("/new")]


async def test_a_redirecting_mirror_moves_nothing() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(b"", "500 Oops"))
        mirror = it.server.on("/mirror", redirect("/other", "301 Moved Permanently"))
        it.server.on("/other", reply())
        await polled(it, url, 4, mirrors=(mirror,))
        assert it.state(url).history.moved_to == it.state(url).history.address == ""


async def test_each_change_of_condition_is_told_once() -> None:
    async with polling() as it:
        bad, gone = reply(b"", "403 Forbidden"), reply(b"", "410 Gone")
        url = it.server.on("/feed", reply(), *[bad] * 5, reply(), gone, gone, reply())
        await polled(it, url, 10)
        assert told(it) == [
            ("healthy", "blocked"),
            ("blocked", "healthy"),
            ("healthy", "gone"),
            ("gone", "healthy"),
        ]
        reason = it.events.named("feed_state")[0]["reason"]
        assert "answered 403 " in reason
        assert "Failing since 2026-" in reason
        assert [event["failing"] for event in it.events.named("feed_state")] == [True, False, True, False]


async def test_a_feed_whose_entries_vanish_is_no_feed_any_more() -> None:
    async with polling() as it:
        empty = conditional(feed_xml(), '"0"')
        url = it.server.on("/feed", reply(), empty)
        await polled(it, url, 2)
        assert told(it) == []
        await polled(it, url, 4)
        assert told(it) == [("healthy", "not a feed")]
        never = it.server.on("/empty", reply(feed_xml()))
        await polled(it, never, 5)
        assert it.state(never).history.condition == "healthy", "one that never had entries may be new"


async def test_silence_beyond_its_own_rhythm_is_told() -> None:
    async with polling() as it:
        titles = [f"Item {number}" for number in range(6)]
        bodies = [reply(feed_xml(*titles[: count + 1])) for count in range(6)]
        url = it.server.on("/feed", *bodies)
        await polled(it, url, 6, every=12 * HOUR)
        assert told(it) == []
        await polled(it, url, 6, every=12 * HOUR)
        assert told(it) == [("healthy", "quiet")]
        assert "never silent for more than 12 hours" in it.events.named("feed_state")[0]["reason"]
        it.server.on("/feed", reply(feed_xml("News at last")))
        await polled(it, url, 1)
        assert told(it)[1:] == [("quiet", "healthy")]


async def test_the_interval_follows_the_feed_until_a_story_breaks() -> None:
    async with polling() as it:
        options = {"interval": timedelta(minutes=5), "max_interval": timedelta(hours=1)}
        sleepy = it.server.on("/sleepy", reply(headers=[("Cache-Control", "max-age=900")]))
        await polled(it, sleepy, 1, every=48 * HOUR, **options)
        await it.poll(sleepy)
        state = it.state(sleepy)
        wait = state.next_poll_at - it.clock.now()
        assert timedelta(hours=1) <= wait <= timedelta(hours=1) * (1 + JITTER)
        assert state.earliest_poll_at is not None
        assert state.earliest_poll_at - it.clock.now() <= timedelta(minutes=15) * (1 + JITTER)
        busy = it.server.on("/busy", reply(), reply(feed_xml("Ten released")))
        await polled(it, busy, 2, every=1, **options)
        await it.poller.tick()
        assert it.state(sleepy).next_poll_at == state.earliest_poll_at, "sooner, and not sooner than its server allows"
        await it.poll(sleepy)
        assert it.state(sleepy).next_poll_at == it.state(sleepy).earliest_poll_at
        it.clock.advance(3 * HOUR)
        await it.poll(sleepy)
        assert it.state(sleepy).next_poll_at - it.clock.now() >= timedelta(hours=1)
