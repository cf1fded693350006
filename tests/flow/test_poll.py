"""One feed, once: what becomes of its entries, what is written, and what survives a failure in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core import failpoints
from core.errors import StoreError
from core.model import Action, Analysis, FeedSpec, Outcome
from tests.feed_server import Seen, feed_xml, reply
from tests.polling import document, polling

UNDATED = "<item><title>Undated released</title></item>"


def dated(title: str, day: int, hour: int = 12) -> str:
    return f"<item><title>{title}</title><link>/{title}</link><pubDate>{day} Mar 2026 {hour}:00:00 GMT</pubDate></item>"


async def test_the_first_poll_is_silent_and_the_second_alerts_on_what_is_new() -> None:
    async with polling() as it:
        url = it.server.on(
            "/feed", reply(feed_xml("Ten released")), reply(feed_xml("Two released", "Rain", "Ten released"))
        )
        first = await it.poll(url)
        assert (first.outcome, first.entries, first.new, first.hits, first.alerts) == (Outcome.OK, 1, 1, 0, 0)
        second = await it.poll(url)
        assert (second.entries, second.new, second.hits, second.stories, second.alerts) == (3, 2, 1, 1, 1)
        assert it.store.outcomes == {"Ten released": "baseline", "Two released": "alert", "Rain": "no_match"}
        assert all(item.reason for item in it.store.entries.values())


async def test_a_first_poll_that_looks_back_alerts_within_its_window() -> None:
    async with polling(backfill=timedelta(hours=24)) as it:
        body = document(
            dated("Future released", 25), dated("Fresh released", 19, 1), dated("Old released", 17), UNDATED
        )
        result = await it.poll(it.server.on("/feed", reply(body)))
        assert (result.stories, result.alerts) == (2, 2)
        assert it.store.outcomes == {
            "Fresh released": "alert",
            "Future released": "alert",
            "Old released": "old",
            "Undated released": "old",
        }
        members = [story.members[0] for story in it.store.stories.values()]
        assert [member.title for member in members] == ["Fresh released", "Future released"]
        assert members[0].at == members[0].published_at
        assert members[1].at == it.clock.now()


async def test_entries_are_placed_in_the_order_of_their_dates() -> None:
    async with polling() as it:
        later = document(dated("C released", 19), dated("A released", 17), dated("B released", 18))
        url = it.server.on("/feed", reply(document()), reply(later))
        assert (await it.poll(url)).outcome is Outcome.EMPTY
        await it.poll(url)
        assert [story.members[0].title[0] for story in it.store.stories.values()] == ["A", "B", "C"]


async def test_undated_entries_are_placed_from_the_end_of_the_document() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(document()), reply(feed_xml("B released", "A released")))
        await it.poll(url)
        await it.poll(url)
        assert [story.members[0].title[0] for story in it.store.stories.values()] == ["A", "B"]


async def test_levels_end_where_they_belong() -> None:
    async with polling() as it:
        url = it.server.on(
            "/feed",
            reply(document()),
            reply(feed_xml("Story digestible", "Other prisoner", "This ignorable released")),
            reply(feed_xml("Story released", "Story prisoner")),
            reply(feed_xml("Story released: reaction")),
        )
        await it.poll(url)
        assert (await it.poll(url)).alerts == 0
        assert it.store.outcomes == {
            "Story digestible": "digest",
            "Other prisoner": "half",
            "This ignorable released": "ignored",
        }
        assert it.store.queued == []
        third = await it.poll(url)
        assert (third.hits, third.stories, third.alerts) == (1, 0, 1)
        assert it.store.outcomes["Story prisoner"] == "half"
        assert (await it.poll(url)).alerts == 0
        assert [edits_only for _, _, edits_only in it.store.queued] == [False, True]
        story = it.store.stories[1]
        assert [member.update for member in story.members] == [False, False, False, True]
        assert [member.title for member in story.members][1] == "Story prisoner"


async def test_a_half_match_alone_keeps_the_reason_why_no_story_took_it_and_later_ones_may_join() -> None:
    async with polling() as it:
        url = it.server.on(
            "/feed",
            reply(document()),
            reply(feed_xml("Weather", "Story prisoner, ignorable")),
            reply(feed_xml("Story released")),
            reply(feed_xml("Story prisoner, told again")),
        )
        await it.poll(url)
        alone = await it.poll(url)
        assert (alone.new, alone.hits, alone.stories) == (2, 0, 0)
        assert {item.entry.title: (item.outcome, item.reason) for item in it.store.entries.values()} == {
            "Weather": ("no_match", "No topic was found in it."),
            "Story prisoner, ignorable": ("half", "It is ignorable."),
        }
        await it.poll(url)
        assert (await it.poll(url)).stories == 0
        assert [member.title for member in it.store.stories[1].members] == [
            "Story released",
            "Story prisoner, told again",
        ]
        assert it.store.outcomes["Story prisoner, told again"] == "half"


async def test_known_entries_stay_known_through_churn() -> None:
    def item(title: str, guid: str, link: str) -> str:
        return f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid><link>{link}</link></item>"

    async with polling() as it:
        url = it.server.on(
            "/feed",
            reply(document(item("A released", "1", "http://news.example/a"), item("B released", "2", "/b"))),
            reply(document(item("B released", "2", "/b"), item("A released", "1", "http://news.example/a"))),
            reply(document(item("A released", "new", "https://news.example/a/?utm_source=x"))),
            reply(document(item("A released, edited", "1", "/moved"))),
            reply(document()),
            reply(document(item("A released", "1", "/a"))),
        )
        results = [await it.poll(url) for _ in range(6)]
        assert [result.new for result in results] == [2, 0, 0, 0, 0, 0]
        assert [result.outcome for result in results][4] is Outcome.EMPTY


async def test_repeated_entries_are_counted_and_stored_once() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(document()), reply(feed_xml("One released", "One released", "Two")))
        await it.poll(url)
        result = await it.poll(url)
        assert (result.entries, result.new, result.alerts) == (3, 2, 1)


async def test_a_site_that_was_rebuilt_raises_no_flood() -> None:
    async with polling() as it:
        titles = [f"N{number} released" for number in range(12)]
        old = document(*(dated(title, 18) for title in titles))
        new = old.replace(b"<link>/", b"<link>/articles/").replace(
            b"</channel>", dated("Really released", 19, 13).encode() + b"</channel>"
        )
        url = it.server.on("/feed", reply(old), reply(new))
        await it.poll(url)
        it.clock.advance(3600)
        result = await it.poll(url)
        assert (result.new, result.alerts) == (13, 1)
        assert it.store.outcomes["Really released"] == "alert"
        assert it.events.named("feed_reissued") == [{"feed": "News", "url": url, "entries": 13, "known": 12}]


async def test_too_many_entries_are_cut_to_the_newest_and_told() -> None:
    async with polling(max_entries=10) as it:
        body = feed_xml(*(f"Item {number}" for number in range(25)))
        result = await it.poll(it.server.on("/feed", reply(body)))
        assert (result.entries, result.new) == (25, 10)
        assert "Item 0" in it.store.outcomes
        assert it.events.named("entries_dropped") == [{"feed": "News", "limit": 10}]


async def test_what_the_feed_implies_and_its_language_reach_the_matcher() -> None:
    async with polling() as it:
        told: list[dict[str, Any]] = []
        real = it.matcher.analyse

        def analyse(title: str, body: str = "", **fields: Any) -> Any:
            told.append(fields)
            return real(title, body)

        it.matcher.analyse = analyse  # type: ignore[method-assign]
        url = it.server.on("/feed", reply(document()), reply())
        for _ in range(2):
            await it.poll(url, lang="be", implies=("belarus",))
        assert told == [{"lang": "be", "implies": ("belarus",), "when": it.clock.now()}]


async def test_the_site_of_an_entry_implies_what_the_packs_say() -> None:
    async with polling() as it:
        told: list[tuple[str, ...]] = []
        real = it.matcher.analyse

        def analyse(title: str, body: str = "", *, implies: Sequence[str] = (), **fields: Any) -> Analysis:
            told.append(tuple(implies))
            return real(title, body)

        it.matcher.analyse = analyse  # type: ignore[method-assign]
        news = "".join(f"<item><title>{n}</title><link>https://{n}.example/1</link></item>" for n in ("minsk", "paris"))
        url = it.server.on("/feed", reply(document()), reply(document(news)))
        await it.poll(url, implies=("us", "belarus"))
        await it.poll(url)
        assert told == [("us", "belarus"), ("us", "belarus")], "and says nothing twice"
        it.specs[0] = replace(it.specs[0], implies=())
        other = it.server.on("/minsk/feed", reply(document()), reply(document("<item><title>Two</title></item>")))
        await it.poll(other)
        await it.poll(other)
        assert told[-1] == ("belarus",), "an entry without a link is of the feed's own site"


@pytest.mark.parametrize("step", ["poll.fetched", "poll.parsed", "poll.matched", "poll.stored"])
async def test_an_end_between_two_steps_loses_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def hook(reached: str) -> None:
        if reached == step:
            raise Killed

    async with polling() as it:
        url = it.server.on("/feed", reply(document()), reply(feed_xml("One released")))
        await it.poll(url)
        before = it.state(url)
        monkeypatch.setattr(failpoints, "hook", hook)
        with pytest.raises(Killed):
            await it.poll(url)
        assert it.state(url) == before
        assert (it.store.entries, it.store.stories, it.store.queued) == ({}, {}, [])
        monkeypatch.setattr(failpoints, "hook", None)
        it.clock.advance(3600)
        assert (await it.poll(url)).alerts == 1


async def test_every_step_is_reached_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    monkeypatch.setattr(failpoints, "hook", reached.append)
    async with polling() as it:
        await it.poll(it.server.on("/feed", reply()))
    assert reached == [step for step in failpoints.STEPS if step.startswith("poll.")]


async def test_a_lost_lease_ends_the_poll_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply())
        await it.store.sync_feeds([FeedSpec("News", url)], it.clock.now())

        async def steal(request: Seen, writer: asyncio.StreamWriter) -> None:
            it.clock.advance(7200)
            assert await it.store.claim_due_feeds(it.clock.now(), limit=1)
            await reply()(request, writer)

        it.server.on("/feed", steal)
        assert await it.poller.poll_once() == ()
        assert it.store.entries == {}
        assert it.events.named("poll_lost")


async def test_a_fault_inside_the_program_costs_its_feed_one_poll(caplog: pytest.LogCaptureFixture) -> None:
    async with polling() as it:

        def place(*_: object) -> Action:
            raise ZeroDivisionError

        it.poller._pipeline._judging.stories.place = place  # type: ignore[method-assign,assignment]
        url = it.server.on("/feed", reply(document()), reply(feed_xml("One released")))
        await it.poll(url)
        result = await it.poll(url)
        assert result.outcome is Outcome.PARSE
        assert "ZeroDivisionError" in result.error
        assert (it.store.entries, it.state(url).failures) == ({}, 1)
        assert "failed inside the program" in caplog.text


async def test_a_store_that_fails_is_told_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with polling() as it:

        def broken() -> Any:
            raise StoreError("The database is full; make room.")

        url = it.server.on("/feed", reply())
        monkeypatch.setattr(it.store, "transaction", broken)
        result = await it.poll(url)
        assert result.outcome.failed
        assert it.store.records == []
