"""What the status page asks: stories by page, marks for the chart, deliveries by state."""

from __future__ import annotations

from datetime import timedelta

from core.model import Facts, Level, OutboxItem
from core.overview import DeliveryRow, DeliveryState, OverviewStore
from storage.store import Store
from tests.contract.store_steps import CHAT, OTHER, TOPICS, added_story, lanes, shown
from tests.fake_clock import FakeClock


async def test_the_store_answers_the_protocol(store: Store) -> None:
    overview: OverviewStore = store
    assert await overview.list_marks(FakeClock().now(), 10) == ()
    assert [await overview.list_deliveries(state, 10) for state in DeliveryState] == [(), (), ()]


async def test_stories_come_page_by_page_without_gap_or_repeat(store: Store, clock: FakeClock) -> None:
    """Also where several were opened at the same moment, and whatever their order of arrival."""
    at = [clock.now() - timedelta(hours=hours) for hours in (0, 3, 3, 1, 3)]
    for number, moment in enumerate(at, start=1):
        await added_story(store, clock.now(), number=number, at=moment)
    everything = [story.id for story in await store.latest_stories(10)]
    paged: list[int] = []
    while found := await store.latest_stories(2, before=paged[-1] if paged else None):
        paged += [story.id for story in found]
    assert paged == everything
    assert len(set(paged)) == 5
    assert await store.latest_stories(2, before=12345) == ()


async def test_marks_are_stories_worth_telling(store: Store, clock: FakeClock) -> None:
    first, _ = await added_story(store, clock.now(), number=1, at=clock.now() - timedelta(days=3))
    second, _ = await added_story(store, clock.now(), number=2, level=Level.DIGEST)
    await added_story(store, clock.now(), number=3, level=Level.NONE)
    await added_story(store, clock.now(), number=4, at=clock.now() - timedelta(days=30))
    marks = await store.list_marks(clock.now() - timedelta(days=10), 10)
    assert [mark.id for mark in marks] == [first.id, second.id]
    assert marks[0].topics == TOPICS
    assert marks[0].facts == Facts()
    assert marks[0].opened_at == first.opened_at
    assert [mark.id for mark in await store.list_marks(clock.now() - timedelta(days=10), 1)] == [second.id]


async def test_deliveries_by_state_with_the_reason(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now(), number=1)
    (waiting,) = await store.list_deliveries(DeliveryState.WAITING, 10)
    assert waiting == DeliveryRow(waiting.id, "telegram", story.id, 1, 0, 0, clock.now(), clock.now(), None, "")
    (lane,) = await lanes(store, clock.now())
    item: OutboxItem = lane.items[0]
    later = clock.now() + timedelta(minutes=1)
    await store.mark_later(lane, item, later, "Flood control.")
    (waiting,) = await store.list_deliveries(DeliveryState.WAITING, 10)
    assert (waiting.reason, waiting.attempts, waiting.not_before) == ("Flood control.", 1, later)
    await store.mark_dead(lane, item, "The text is refused.")
    await store.release_lane(lane)
    assert await store.list_deliveries(DeliveryState.WAITING, 10) == ()
    (dead,) = await store.list_deliveries(DeliveryState.DEAD, 10)
    assert dead.reason == "The text is refused."
    await store.subscribe(OTHER, TOPICS, clock.now())
    await added_story(store, clock.now(), number=2)
    await shown(store, clock.now())
    sent = await store.list_deliveries(DeliveryState.SHOWN, 10)
    assert [row.platform for row in sent] == ["telegram", "telegram"]
    assert all(row.sent_at == clock.now() and row.sent == 1 for row in sent)
    assert len(await store.list_deliveries(DeliveryState.SHOWN, 1)) == 1


async def test_what_a_chat_put_off_says_why(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now(), number=1)
    (lane,) = await lanes(store, clock.now())
    await store.mark_deferred(lane, lane.items, clock.now() + timedelta(hours=8), "quiet hours")
    (waiting,) = await store.list_deliveries(DeliveryState.WAITING, 10)
    assert waiting.reason == "quiet hours"
