"""The audit log: the newest first, each chat its own, gone with the chat."""

from __future__ import annotations

from core.audit import Change
from core.model import Role
from storage import audit
from storage.store import Store
from tests.contract.store_steps import CHAT, TEAM, TOPICS, counts
from tests.fake_clock import FakeClock


async def test_changes_are_kept_newest_first_and_by_chat(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    await store.record_change(CHAT, Role.ADMIN, "subscribe\x00 sanctions", clock.now())
    first_at = clock.now()
    clock.advance(60)
    await store.record_change(CHAT, Role.OPERATOR, "x" * 999, clock.now())
    assert await store.changes(CHAT, 9) == (
        Change(clock.now(), Role.OPERATOR, "x" * 200),
        Change(first_at, Role.ADMIN, "subscribe\ufffd sanctions"),
    )
    assert len(await store.changes(CHAT, 1)) == 1
    assert await store.changes(TEAM, 9) == ()


async def test_of_an_unknown_chat_nothing_is_kept(store: Store, database_url: str, clock: FakeClock) -> None:
    await store.record_change(CHAT, Role.ADMIN, "stop", clock.now())
    assert await counts(database_url) == {}
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.record_change(CHAT, Role.ADMIN, "subscribe", clock.now())
    await store.unsubscribe(CHAT)
    assert await counts(database_url) == {}


async def test_the_oldest_go_when_there_are_many(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    for number in range(audit.KEEP + 3):
        await store.record_change(CHAT, Role.ADMIN, str(number), clock.now())
    kept = await store.changes(CHAT, 10_000)
    assert (len(kept), kept[-1].line) == (audit.KEEP, "3")
