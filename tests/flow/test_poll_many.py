"""Many feeds at once: none holds up another, hosts are asked one thing at a time, troubles are told once."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from core.errors import LeaseLost
from core.model import Feed, FeedSpec, Outcome, PollRecord
from feeds.gathering import Traffic
from feeds.recording import Recorder
from feeds.rounds import OWN_HOST_WAITS
from tests.feed_server import ONE, Route, Seen, conditional, feed_xml, reply, reset, stall
from tests.polling import document, polling, until


async def test_a_slow_feed_delays_no_other() -> None:
    async with polling(concurrency=3, lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        slow = FeedSpec("Slow", it.server.on("/slow", stall(b"")))
        await it.store.sync_feeds([slow], it.clock.now())
        assert await it.poller.tick() == ()
        await until(lambda: bool(it.server.seen))
        it.server.on("/fast", reply())
        fast = FeedSpec("Fast", f"http://fast.example:{it.server.port}/fast")
        same = FeedSpec("Same host", it.server.on("/same", reply()))
        await it.store.sync_feeds([slow, fast, same], it.clock.now())
        await it.poller.tick()
        await until(lambda: it.poller.running == 1)
        assert [result.name for result in await it.poller.tick()] == ["Fast"]
        await it.poller.drain(0)
        assert it.poller.running == 0
        assert [record.outcome for record in it.store.records] == [Outcome.OK]


async def test_a_feed_that_hangs_keeps_the_operators_own_host_from_no_other() -> None:
    async with polling(concurrency=3) as it:
        slow = FeedSpec("Slow", it.server.on("/slow", stall(b"")))
        await it.store.sync_feeds([slow], it.clock.now())
        await it.poller.tick()
        await until(lambda: bool(it.server.seen))
        others = [FeedSpec(f"F{number}", it.server.on(f"/{number}", reply())) for number in range(3)]
        await it.store.sync_feeds([slow, *others], it.clock.now())
        await it.poller.tick()
        assert it.poller.running == 1
        it.clock.advance(OWN_HOST_WAITS)
        await it.poller.tick()
        await until(lambda: len(it.store.records) == 3 and it.poller.running == 1)
        await it.poller.drain(0)


async def test_a_feed_that_hangs_keeps_a_public_host_as_long_as_it_is_asked() -> None:
    async with polling(concurrency=3, lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        it.server.on("/slow", stall(b""))
        slow, other = (FeedSpec(path, f"http://news.example:{it.server.port}/{path}") for path in ("slow", "other"))
        await it.store.sync_feeds([slow, other], it.clock.now())
        await it.poller.tick()
        await until(lambda: bool(it.server.seen))
        it.clock.advance(60)
        await it.poller.tick()
        assert it.poller.running == 1
        await it.poller.drain(0)


async def test_polling_once_waits_for_no_feed_that_hangs_on_the_operators_own_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("feeds.rounds.OWN_HOST_WAITS", 0.01)
    others_asked = asyncio.Event()

    async def late(request: Seen, writer: asyncio.StreamWriter) -> None:
        await others_asked.wait()
        await reply()(request, writer)

    async def last(request: Seen, writer: asyncio.StreamWriter) -> None:
        others_asked.set()
        await reply()(request, writer)

    async with polling() as it:
        routes = {"/a": late, "/b": late, "/c": late, "/d": last}
        specs = [FeedSpec(path, it.server.on(path, route)) for path, route in routes.items()]
        await it.store.sync_feeds(specs, it.clock.now())
        assert [result.outcome for result in await it.poller.poll_once()] == [Outcome.OK] * 4


async def test_what_is_due_on_one_host_is_polled_one_after_the_other_without_waiting_for_ticks() -> None:
    async with polling() as it:
        specs = [FeedSpec(f"F{number}", it.server.on(f"/{number}", reply())) for number in range(4)]
        await it.store.sync_feeds(specs, it.clock.now())
        await it.poller.tick()
        assert it.poller.running == 1
        await until(lambda: len(it.store.records) == 4)
        await it.poller.drain(1)
        assert len(it.events.named("poll")) == 4


async def test_a_claim_that_is_under_way_when_the_program_stops_starts_nothing_any_more() -> None:
    async with polling() as it:
        specs = [FeedSpec(f"F{number}", it.server.on(f"/{number}", reply())) for number in range(2)]
        await it.store.sync_feeds(specs, it.clock.now())
        await it.poller.tick()
        claim, claimed, answer = it.store.claim_due_feeds, asyncio.Event(), asyncio.Event()

        async def slow(now: datetime, **wanted: Any) -> tuple[Feed, ...]:
            feeds = await claim(now, **wanted)
            claimed.set()
            await answer.wait()
            return feeds

        it.store.claim_due_feeds = slow  # type: ignore[method-assign]
        await claimed.wait()
        await it.poller.drain(0)
        answer.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert it.poller.running == 0
        assert [record.outcome for record in it.store.records] == [Outcome.OK]


async def test_who_claims_at_the_same_time_fills_a_place_once() -> None:
    async with polling(concurrency=1, lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        it.server.on("/feed", stall(b""))
        specs = [FeedSpec(name, f"http://{name}.example:{it.server.port}/feed") for name in ("brest", "hrodna")]
        await it.store.sync_feeds(specs, it.clock.now())
        claim = it.store.claim_due_feeds

        async def slow(now: datetime, **wanted: Any) -> tuple[Feed, ...]:
            await asyncio.sleep(0)
            return await claim(now, **wanted)

        it.store.claim_due_feeds = slow  # type: ignore[method-assign]
        await asyncio.gather(it.poller.tick(), it.poller.tick())
        assert it.poller.running == 1
        await it.poller.drain(0)


async def test_trouble_is_told_once_and_its_end_too() -> None:
    async with polling() as it:
        bad = reply(b"", "500 Oops")
        url = it.server.on("/feed", bad, bad, bad, bad, reply(), reply(b"", "410 Gone"), reply())
        told = []
        for _ in range(7):
            await it.poll(url)
            told.append((len(it.events.named("feed_failing")), len(it.events.named("feed_recovered"))))
        assert told == [(0, 0), (0, 0), (1, 0), (1, 0), (1, 1), (2, 1), (2, 2)]
        assert "answered 500 " in it.events.named("feed_failing")[0]["reason"]


async def test_concurrency_is_bounded_and_a_host_is_asked_one_thing_at_a_time() -> None:
    async with polling(concurrency=2) as it:
        active, most = 0, 0
        gate = asyncio.Event()

        async def counting(request: Seen, writer: asyncio.StreamWriter) -> None:
            nonlocal active, most
            active += 1
            most = max(most, active)
            if len(it.server.seen) >= 2:
                gate.set()
            await asyncio.sleep(0)
            active -= 1
            await reply()(request, writer)

        specs = [FeedSpec(f"F{number}", it.server.on(f"/{number}", counting)) for number in range(6)]
        await it.store.sync_feeds(specs, it.clock.now())
        assert len(await it.poller.poll_once()) == 6
        assert most == 1
        assert all(not until for until in it.store.leases.values())


async def test_nothing_is_polled_before_it_is_due() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply())
        await it.store.sync_feeds([FeedSpec("News", url)], it.clock.now())
        assert len(await it.poller.poll_once()) == 1
        assert await it.poller.poll_once() == ()
        it.clock.advance(299)
        assert await it.poller.poll_once() == ()
        it.clock.advance(60)
        assert len(await it.poller.poll_once()) == 1


async def test_draining_lets_running_polls_end_and_starts_none() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply())
        await it.store.sync_feeds([FeedSpec("News", url)], it.clock.now())
        await it.poller.tick()
        await it.poller.drain(5)
        assert [record.outcome for record in it.store.records] == [Outcome.OK]
        it.clock.advance(86400)
        assert len(await it.poller.tick()) == 1
        assert it.poller.running == 0


async def test_a_mirror_is_read_when_the_feed_fails_and_its_entries_are_known() -> None:
    def one(host: str, *paths: str) -> bytes:
        return document(
            *(f"<item><title>{path} released</title><link>http://{host}/{path}</link></item>" for path in paths)
        )

    async with polling() as it, polling() as far:
        mirror = far.server.on("/mirror", reply(one(far.server.endpoint, "b", "a")))
        async with polling(allow=(far.server.endpoint, it.server.endpoint)) as own:
            url = it.server.on(
                "/feed", reply(one(it.server.endpoint, "a"), headers=[("ETag", '"1"')]), reply(b"", "403 No")
            )
            assert (await own.poll(url, mirrors=("http://127.0.0.1:1/dead", mirror))).new == 1
            result = await own.poll(url)
            assert (result.outcome, result.new, result.alerts) == (Outcome.OK, 1, 1)
            assert own.state(url).etag is None
            assert "if-none-match" not in far.server.seen[0].headers


@pytest.mark.parametrize(
    "instead",
    [reply(b"<!doctype html><title>The site is blocked</title>"), reply(b""), reply(b"<rss><channel>" + b"<b>" * 5000)],
)
async def test_a_mirror_is_read_when_something_else_comes_in_place_of_the_feed(instead: Route) -> None:
    async with polling() as it, polling() as far:
        page = far.server.on("/page", reply(b"<!doctype html><title>Another page</title>"))
        mirror = far.server.on("/mirror", reply(feed_xml("Minister visits Minsk", "Fresh"), headers=[("ETag", '"2"')]))
        async with polling(allow=(far.server.endpoint, it.server.endpoint)) as own:
            url = it.server.on("/feed", reply(headers=[("ETag", '"1"')]), instead)
            assert (await own.poll(url, mirrors=(page, mirror))).new == 1
            result = await own.poll(url)
            assert (result.outcome, result.new) == (Outcome.OK, 1), result.error
            assert own.state(url).failures == 0
            assert (await own.poll(url)).outcome is Outcome.NOT_MODIFIED
            assert own.state(url).etag is None, "what the mirror's host gave is not for the feed's own"


async def test_when_the_mirrors_bring_no_feed_either_the_feed_itself_is_told_of() -> None:
    async with polling() as it:
        page = it.server.on("/page", reply(b"<!doctype html><title>Another page</title>"))
        url = it.server.on("/feed", reply(b"<!doctype html><title>The site is blocked</title>"))
        result = await it.poll(url, mirrors=("http://127.0.0.1:1/dead", page))
        assert result.outcome is Outcome.NOT_A_FEED
        assert "The site is blocked" in result.error


async def test_an_outage_of_ours_counts_against_no_feed() -> None:
    async with polling(lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        broken = [reset()] * 2
        urls = [
            it.server.on(f"/{number}", reply(), *broken, *broken, reply()).replace("127.0.0.1", f"site{number}.example")
            for number in range(12)
        ]
        await it.store.sync_feeds([FeedSpec(url, url) for url in urls], it.clock.now())
        await it.poller.poll_once(force=True)
        for _ in range(2):
            it.clock.advance(3600)
            results = await it.poller.poll_once(force=True)
            assert {result.outcome for result in results} == {Outcome.NETWORK}
        failures = [it.state(url).failures for url in urls]
        assert [it.state(url).history.failing_since is None for url in urls] == [not count for count in failures]
        assert max(failures) <= 2
        assert sum(failures) < 12
        assert len(it.events.named("outage_began")) == 1
        it.clock.advance(3600)
        await it.poller.poll_once(force=True)
        assert len(it.events.named("outage_ended")) == 1
        assert not it.events.named("feed_failing")


async def test_records_written_together_fail_alone() -> None:
    async with polling() as it:
        urls = [it.server.on(f"/{number}", conditional(ONE, '"1"')) for number in range(3)]
        await it.store.sync_feeds([FeedSpec(url, url) for url in urls], it.clock.now())
        await it.poller.poll_once(force=True)
        feeds = await it.store.claim_due_feeds(it.clock.now(), limit=9, per_host=9, force=True)
        recorder = Recorder(it.store, Traffic())
        record = PollRecord(Outcome.NOT_MODIFIED, feeds[0].state, it.clock.now())
        stale = replace(feeds[1], epoch=feeds[1].epoch - 1)
        writing = [asyncio.ensure_future(recorder.record(feed, record)) for feed in (feeds[0], stale, feeds[2])]
        await recorder.finish()
        results = await asyncio.gather(*writing, return_exceptions=True)
        assert [type(result) for result in results] == [int, LeaseLost, int]


async def test_an_own_host_is_asked_many_things_at_a_time_and_keeps_no_other_when_all_of_it_hangs() -> None:
    """Half of the places at once; what hangs gives its place and its lane away, but not without end."""
    async with polling(concurrency=4, lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        hanging = [FeedSpec(f"H{n}", it.server.on(f"/h{n}", stall(b"")), lanes=2) for n in range(20)]
        await it.store.sync_feeds(hanging, it.clock.now())
        running = []
        for _ in range(6):
            await it.poller.tick()
            running.append(it.poller.running)
            it.clock.advance(OWN_HOST_WAITS)
        assert running == [2, 4, 6, 6, 6, 6]
        it.server.on("/ok", reply())
        others = [FeedSpec(f"O{n}", f"http://o{n}.example:{it.server.port}/ok") for n in range(9)]
        await it.store.sync_feeds([*hanging, *others], it.clock.now())
        await it.poller.tick()
        await until(lambda: len(it.store.records) == 9 and it.poller.running == 6)
        await it.poller.drain(0)


async def test_polling_once_asks_an_own_host_many_things_at_a_time() -> None:
    asked, at_once = 0, asyncio.Event()

    async def third(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            at_once.set()
        await at_once.wait()
        await reply()(request, writer)

    async with polling() as it:
        specs = [FeedSpec(f"F{n}", it.server.on(f"/{n}", third), lanes=3) for n in range(6)]
        await it.store.sync_feeds(specs, it.clock.now())
        assert [result.outcome for result in await it.poller.poll_once()] == [Outcome.OK] * 6
