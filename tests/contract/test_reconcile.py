"""What is stored is held against itself: nothing to find in what the store wrote, and every contradiction found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, text

from app import cli
from bot import texts
from core.model import Analysis, Entry, Level, NewEntry
from feeds import auditing
from storage.columns import UtcTime
from storage.reconcile import CHECKS, OUTCOMES
from storage.store import Store
from tests.contract.store_steps import CHAT, TEAM, TOPICS, added_story, claimed_feed, ended, joined_story, shown
from tests.fake_clock import FakeClock

LATER = timedelta(days=3)

BREAKAGES = {
    "UPDATE entries SET outcome = ''": "no recorded outcome",
    "DELETE FROM members": "in no story",
    "DELETE FROM outbox": "not in the outbox",
    "UPDATE outbox SET wanted = 99": "more than their story",
    "UPDATE outbox SET sent = 0": "never sent",
    "UPDATE outbox SET target_id = target_id + 1000": "another chat",
    "DELETE FROM members WHERE 1 = 1": "have no report",
    "UPDATE feeds SET lease_until = :later": "feeds are leased",
    "UPDATE targets SET blocked_until = :later": "chats are leased",
    "INSERT INTO platform_limits (name, blocked_until) VALUES ('telegram', :later)": "platforms are held",
    "INSERT INTO leases (name, owner, lease_until) VALUES ('x', 'a', :later)": "rights of one process",
}


async def fill(store: Store, clock: FakeClock) -> None:
    for target in (CHAT, TEAM):
        await store.subscribe(target, TOPICS, clock.now())
    clock.advance(1)
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    clock.advance(1)
    await added_story(store, clock.now(), number=2)
    assert story.revision == 1


async def test_what_the_store_writes_is_sound(store: Store, clock: FakeClock) -> None:
    assert await store.reconcile(clock.now()) == ()
    await fill(store, clock)
    assert await store.reconcile(clock.now()) == ()


async def test_every_way_that_an_entry_can_end_is_known(store: Store, clock: FakeClock) -> None:
    assert set(texts.OUTCOMES) <= OUTCOMES
    feed = await claimed_feed(store, clock.now())
    new = [
        NewEntry(Entry(outcome, outcome, ""), Analysis(), outcome, "because")
        for outcome in sorted(OUTCOMES - {Level.ALERT.value})
    ]
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, new, clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now()))
    assert await store.reconcile(clock.now()) == ()


async def test_the_right_to_audit_is_taken_for_a_day(store: Store, clock: FakeClock) -> None:
    assert await store.take_lease(auditing.DAY, "us", clock.now(), ttl=auditing.EVERY)
    assert await store.reconcile(clock.now()) == ()


async def test_a_chat_that_came_later_is_due_nothing(store: Store, clock: FakeClock) -> None:
    story, _ = await added_story(store, clock.now())
    clock.advance(1)
    await store.subscribe(CHAT, TOPICS, clock.now())
    assert await store.reconcile(clock.now()) == ()
    await joined_story(store, story, clock.now(), number=2)
    assert await store.reconcile(clock.now()) == ()


@pytest.mark.parametrize(("statement", "words"), BREAKAGES.items())
async def test_every_contradiction_is_found(store: Store, clock: FakeClock, statement: str, words: str) -> None:
    await fill(store, clock)
    async with store._database.write() as connection:
        later = {"later": clock.now() + LATER} if ":later" in statement else {}
        query = text(statement)
        if later:
            query = query.bindparams(bindparam("later", type_=UtcTime()))
        await connection.execute(query, later)
    findings = await store.reconcile(clock.now())
    assert any(words in finding.sentence for finding in findings), findings
    for finding in findings:
        assert finding.sentence.startswith(f"{finding.rows} ")
        assert 1 <= len(finding.ids) <= 3


def test_every_check_is_tried() -> None:
    assert len(BREAKAGES) == len(CHECKS)


def test_a_database_that_is_not_there_is_not_called_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[storage]\nurl = "sqlite+aiosqlite:///{tmp_path}/wrong.db"\n', encoding="utf-8")
    assert cli.main(["--config", str(config), "reconcile"]) == 1
    assert "There is no database" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]
