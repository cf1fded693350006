"""What operators are told when several processes run, one is started again, or the database is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.attention import UPGRADE_TAKES, Attention
from app.telling import LEASE_TTL
from core.errors import StoreError
from tests.attending import Desk

# --- several processes, and one that is started again ---------------------------------------------------------------


async def test_several_processes_tell_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    processes = [desk.attention, desk.start(), desk.start()]
    desk.fails(1)
    desk.used = 0.96
    for one in processes:
        one("outage_began", feed="News")
    for _ in range(3):
        for one in processes:
            await one.look()
        desk.clock.advance(60)
    assert "\n".join(desk.told).count("Feed 1") == 1
    assert "\n".join(desk.told).count("the fault is ours") == 1
    assert [record.getMessage() for record in caplog.records].count(
        "needs a hand: The feed Feed 1 cannot be read: 410 Gone."
    ) == 1
    assert len(processes[2].present) == 3
    processes[1]("outage_ended", feed="News")
    for one in (*processes, *processes):
        await one.look()
    assert [len(one.present) for one in processes] == [2, 2, 2]


async def test_a_restart_does_not_tell_again() -> None:
    desk = Desk()
    desk.fails(1)
    desk.used = 0.96
    desk.status = replace(desk.status, oldest_waiting_at=desk.clock.now() - timedelta(minutes=16))
    desk.clock.advance(31 * 60)
    desk.attention("credentials_refused", platform="telegram", reason="401")
    desk.attention("outage_began", feed="News")
    desk.attention("feed_moved", feed="News", url="https://a.example/", moved_to="https://c.example/")
    await desk.attention.look()
    assert len(desk.told) == 1
    await desk.attention.leave()
    again = desk.start()
    again("credentials_refused", platform="telegram", reason="401")
    again("feed_moved", feed="News", url="https://a.example/", moved_to="https://c.example/")
    for _ in range(40):  # longer than the silence takes
        desk.clock.advance(60)
        await again.look()
    assert len(desk.told) == 1
    assert {key[0] for key in desk.store.notices} == {
        "feed", "disk", "backlog", "silence", "token", "network", "feed_moved",
    }  # fmt: skip


async def test_what_only_a_process_that_is_gone_knew_is_over_after_an_hour() -> None:
    desk = Desk()
    desk.attention("outage_began", feed="News")
    await desk.attention.look()
    again = desk.start()
    for _ in range(59):
        desk.clock.advance(60)
        await again.look()
    assert "the fault is ours" in again.present[0]
    desk.clock.advance(60)
    desk.status = replace(desk.status, last_ok_at=desk.clock.now())
    await again.look()
    assert again.present == ()


async def test_who_polls_notices_and_who_has_chats_tells() -> None:
    desk = Desk()
    poller = desk.start(chats=False)
    poller("feed_moved", feed="News", url="https://a.example/", moved_to="https://c.example/")
    poller("outage_began", feed="News")
    await poller.look()
    assert desk.told == []
    await desk.attention.look()
    (message,) = desk.told
    assert "moved to https://c.example/" in message
    assert "the fault is ours" in message


async def test_another_process_tells_when_the_one_that_told_is_gone() -> None:
    desk = Desk()
    other = desk.start()
    await desk.attention.look()
    desk.fails(1)
    await other.look()
    assert desk.told == []
    desk.clock.advance(LEASE_TTL.total_seconds())
    await other.look()
    assert len(desk.told) == 1
    await other.leave()
    desk.fails(1, 2)
    await desk.attention.look()
    assert len(desk.told) == 2
    assert "Feed 1 " not in desk.told[1]


async def test_an_operator_who_is_new_is_told_what_there_is_and_nobody_is_stored() -> None:
    desk = Desk(("telegram:600",))
    desk.fails(1)
    await desk.attention.look()
    desk.attention.change(["telegram:600", "telegram:601"])
    await desk.attention.look()
    await desk.attention.look()
    assert [str(call.target) for call in desk.chat.calls] == ["telegram:600", "telegram:601"]
    assert not any("60" in mark and len(mark) < 16 for one in desk.store.notices.values() for mark in one.told)


async def test_another_reason_of_the_configuration_is_told_and_the_first_is_over() -> None:
    desk = Desk()
    for reason in ("no feed", "no feed", "no token"):
        desk.attention("config_refused", reason=reason)
        await desk.attention.look()
    assert len(desk.told) == 2
    assert desk.attention.present == ("The configuration stays as it was: no token",)
    await desk.start().look()  # whoever starts has read a good one
    assert not any(kind == "configuration" for kind, _ in desk.store.notices)


async def test_a_token_that_is_accepted_at_the_start_is_refused_no_more() -> None:
    desk = Desk()
    desk.attention("credentials_refused", platform="telegram", reason="401")
    await desk.attention.look()
    again = desk.start()
    again("token_accepted", platform="telegram")
    await again.look()
    assert again.present == ()


async def test_what_is_noticed_while_the_process_ends_is_not_lost() -> None:
    desk = Desk()
    desk.attention("feed_moved", feed="News", url="https://a.example/", moved_to="https://c.example/")
    await desk.attention.leave()
    assert desk.store.replicas == {}
    await desk.start().look()
    assert "moved to https://c.example/" in desk.told[0]


# --- the database ---------------------------------------------------------------------------------------------------


async def test_a_database_that_is_away_is_told_by_who_told_last(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(("telegram:600",))
    other = desk.start()
    await desk.attention.look()
    await other.look()
    desk.store.fault = StoreError("Database /data/minskwatch.db: the disk is full: free some space.")
    desk.attention("outage_began", feed="News")
    for _ in range(8):
        desk.clock.advance(60)
        for one in (desk.attention, other):
            with pytest.raises(StoreError):
                await one.look()
    (message,) = desk.told
    assert "For 5 minutes nothing can be read from or written to the database" in message
    assert "the disk is full: free some space" in message
    assert desk.attention.details()["needs a hand"] == "network:1 database:1"
    desk.store.fault = None
    await desk.attention.look()
    assert len(desk.told) == 2
    assert "the fault is ours" in desk.told[1]  # noticed meanwhile
    assert "database" not in str(desk.attention.details())


# --- upgrades -------------------------------------------------------------------------------------------------------


async def looks(desk: Desk, *processes: Attention, minutes: float) -> None:
    for _ in range(int(minutes)):
        for one in processes:
            await one.look()
        desk.clock.advance(60)


async def test_an_upgrade_left_half_done_is_told_and_one_under_way_is_not() -> None:
    desk = Desk()
    await looks(desk, desk.attention, minutes=1)
    new = desk.start("1.10.0")
    minutes = UPGRADE_TAKES.total_seconds() / 60
    await looks(desk, desk.attention, new, minutes=minutes)
    assert desk.told == []
    await looks(desk, desk.attention, new, minutes=minutes)
    (message,) = desk.told
    assert "1 process still runs release 1.0.0 (host:1), but others run release 1.10.0" in message
    await desk.attention.leave()
    await looks(desk, new, minutes=1)
    assert new.present == ()


async def test_tables_that_a_newer_release_has_changed_are_told() -> None:
    desk = Desk()
    desk.store.revision = "9999"
    await looks(desk, desk.attention, minutes=12)
    (message,) = desk.told
    assert "a newer release has changed the tables since (schema 9999)" in message


async def test_processes_of_one_release_need_no_upgrade() -> None:
    desk = Desk()
    others = [desk.start() for _ in range(3)]
    await looks(desk, desk.attention, *others, minutes=15)
    assert desk.told == []


async def test_an_alert_that_is_given_up_is_told_once_a_day() -> None:
    desk = Desk()
    for story in range(3):
        desk.attention("alert_dead", platform="telegram", story=story, reason="message is too long.")
        await desk.attention.look()
    (message,) = desk.told
    assert "telegram refuses an alert for good, so that a chat lacks it: message is too long." in message
