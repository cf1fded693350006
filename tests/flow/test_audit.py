"""The missed-item audit: a query beside the feeds, and one report of what only it brought."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import StoreError
from core.model import Analysis, Feed, FeedSpec, Level, NewEntry
from feeds.auditing import Audit
from feeds.placing import Placed, Placing
from feeds.sifting import audit_verdict
from matching.matcher import load_matcher
from matching.packfile import PACKS
from matching.stories import StoryBook
from storage.store import Store
from tests.contract.store_steps import ended, entry
from tests.fake_clock import FakeClock
from tests.fakes import Events, FakeStories
from tests.feed_server import feed_xml, reply
from tests.polling import polling

OWN = FeedSpec("Own", "https://own.example/feed")
QUERY = FeedSpec("Query", "https://query.example/feed", audit=True)
FREED = "Belarus frees 52 political prisoners after talks with US envoy Coale in Minsk"
FREED_TOO = "52 political prisoners freed in Belarus after US talks, Lukashenko's office says"
PARDONED = "Lukashenko pardons 25 convicts on Unity Day"
PARDONED_TOO = "25 convicts pardoned in Belarus by Lukashenko on Unity Day"


async def test_an_audit_feed_alerts_nobody_and_asks_for_no_page() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(feed_xml("Weather")), reply(feed_xml("Two released", "Prisoner news")))
        await it.poll(url, audit=True)
        result = await it.poll(url, audit=True)
        assert (result.new, result.alerts) == (2, 0)
        assert it.store.outcomes["Two released"] == "audit"
        assert (it.store.stories, it.store.looks) == ({}, {})


async def brought(store: Store, clock: FakeClock, feed: Feed, *titles: str, first: int = 1) -> None:
    """Entries of the query's feed, matched by the real pack."""
    matcher = load_matcher([PACKS])
    found = []
    for number, title in enumerate(titles, first):
        analysis = matcher.analyse(title, "", lang="en")
        found.append(NewEntry(entry(number, title=title, summary=""), analysis, *audit_verdict(analysis)))
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, found, clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now(), after=timedelta(0)))


async def both(store: Store, clock: FakeClock) -> dict[str, Feed]:
    await store.sync_feeds([OWN, QUERY], clock.now())
    return {feed.spec.name: feed for feed in await store.claim_due_feeds(clock.now(), limit=5, force=True)}


async def test_what_no_feed_brought_is_reported_once_by_story(store: Store, clock: FakeClock) -> None:
    feeds = await both(store, clock)
    await brought(store, clock, feeds["Query"], FREED, PARDONED, PARDONED_TOO, "Rain in Minsk")
    events = Events()
    audit = Audit(store, StoryBook(), clock, events)
    assert await audit.look() == ()  # our feeds may still bring it
    clock.advance(7 * 3600)
    missed = await audit.look()
    assert [one.title for one in missed] == [FREED, PARDONED]
    assert [len(one.others) for one in missed] == [0, 1]
    assert events.named("audit") == [{"missed": missed, "judged": 3}]
    clock.advance(86401)
    assert await audit.look() == ()
    assert await Audit(store, StoryBook(), clock, events).look() == ()  # also after a restart
    trace = await store.find_entry(entry(1).url)
    assert trace is not None
    assert (trace.outcome, trace.reason) == ("missed", "No other feed brought it.")


async def test_what_a_feed_brought_is_not_missed_by_link_or_by_story(store: Store, clock: FakeClock) -> None:
    feeds = await both(store, clock)
    analysis = load_matcher([PACKS]).analyse(FREED_TOO, "", lang="en")
    own = NewEntry(entry(50, title=FREED_TOO, summary=""), analysis, "alert")
    same_page = NewEntry(entry(2, identity="other"), Analysis(), "no_match")
    async with store.transaction() as transaction:
        ids = await transaction.add_entries(feeds["Own"], [own, same_page], clock.now())
        await transaction.open_stories(clock.now() - timedelta(days=2))
        placed = [Placed(ids[0] or 0, own, clock.now())]
        await Placing(transaction, StoryBook(), OWN, clock.now(), timedelta(0)).hits(placed)
    await brought(store, clock, feeds["Query"], FREED, PARDONED)
    clock.advance(7 * 3600)
    assert await Audit(store, StoryBook(), clock, Events()).look() == ()
    for number in (1, 2):
        trace = await store.find_entry(entry(number).url)
        assert trace is not None
    assert await store.list_audited(clock.now() - timedelta(days=1), clock.now(), 9) == ()


@pytest.mark.parametrize("level", [Level.NONE, Level.HALF, Level.DIGEST, Level.ALERT])
def test_only_what_is_relevant_is_judged(level: Level) -> None:
    outcome, reason = audit_verdict(Analysis(level, ("sanctions",)))
    assert (outcome == "audit") == (level in (Level.DIGEST, Level.ALERT))
    assert reason


async def test_several_processes_audit_once_a_day_in_all(
    store: Store, database_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = await both(store, clock)
    await brought(store, clock, feeds["Query"], FREED)
    clock.advance(7 * 3600)
    other = Store(database_url, clock=clock)
    await other.open()
    try:
        one, two = (Audit(each, StoryBook(), clock, Events()) for each in (store, other))

        async def fail(*_: object) -> None:
            raise StoreError("The database is away.")

        with monkeypatch.context() as away:
            away.setattr(store, "judge_audited", fail)
            with pytest.raises(StoreError):
                await one.look()
        assert [missed.title for missed in await two.look()] == [FREED]  # what failed cost no day
        (feed,) = await store.claim_due_feeds(clock.now(), limit=1, urls=[QUERY.url], force=True)
        await brought(store, clock, feed, PARDONED, first=20)
        clock.advance(8 * 3600)
        assert await one.look() == await two.look() == ()
        assert await Audit(store, StoryBook(), clock, Events()).look() == ()  # nor after a restart
        clock.advance(8 * 3600 + 60)
        clock.advance(8 * 3600)
        assert [missed.title for missed in await one.look()] == [PARDONED]
        assert await two.look() == ()
    finally:
        await other.close()


async def test_nothing_waits_nothing_is_said(sqlite_url: str, clock: FakeClock) -> None:
    opened = Store(sqlite_url, clock=clock)
    await opened.open()
    events = Events()
    assert await Audit(opened, FakeStories(), clock, events).look() == ()
    assert events.seen == []
    await opened.close()
