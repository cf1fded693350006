"""What needs a hand is said once, in plain words, in the log and to the operators."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.attention import UPGRADE_TAKES, Attention, database_folder
from app.telling import LEASE_TTL
from core.audits import Missed
from core.errors import StoreError, TargetGone, Unreachable
from core.health import FeedRecord
from core.model import FeedSpec, FeedState, Status, Target
from core.replicas import Replica
from storage.schema import REVISION
from tests.fake_chat import FakeChat
from tests.fake_clock import FakeClock
from tests.fake_notices import FakeNotices

OPERATOR = Target("telegram", "600")


class Desk:
    """Processes over one store, a disk and a chat, all of which the test sets; `attention` is the first of them."""

    def __init__(self, operators: tuple[str, ...] = ("telegram:600", "slack:U1")) -> None:
        self.clock = FakeClock()
        self.chat = FakeChat(self.clock)
        self.store = FakeNotices()
        self.status = Status(feeds=2, last_ok_at=self.clock.now())
        self.used = 0.5
        self.operators = operators
        self.started = 0
        self.attention = self.start()

    def start(self, version: str = "1.0.0", *, revision: str = REVISION, chats: bool = True) -> Attention:
        self.started += 1
        me = Replica(f"host:{self.started}:ab", version, revision, (), self.clock.now())
        platforms = {"telegram": self.chat} if chats else {}
        folder = Path("/data")
        return Attention(self.clock, self.store, platforms, self.operators, folder, me, lambda _: self.used)

    @property
    def status(self) -> Status:
        return self.store.status

    @status.setter
    def status(self, status: Status) -> None:
        self.store.status = status

    def fails(self, *numbers: int, failures: int = 9) -> None:
        """These feeds cannot be read, and all others can."""
        self.store.feeds = tuple(_failing(number, failures, self.clock.now()) for number in numbers)
        self.status = replace(self.status, feeds_failing=len(numbers))

    @property
    def told(self) -> list[str]:
        return ["\n".join(str(one) for one in _texts(call.message)) for call in self.chat.calls if call.shown]


def _failing(number: int, failures: int, now: datetime) -> FeedRecord:
    spec = FeedSpec(f"Feed {number}", f"https://a.example/{number}")
    state = FeedState(next_poll_at=now, failures=failures, last_outcome="timeout", last_error="410 Gone.")
    return FeedRecord(number, spec, state)


def _texts(message: object) -> list[str]:
    return [span.text for line in getattr(message, "lines", ()) for span in line.spans]


async def test_a_failing_feed_is_told_once_and_again_after_it_was_well() -> None:
    desk = Desk()
    desk.fails(1, failures=1)
    await desk.attention.look()
    assert desk.told == []
    desk.fails(1)
    await desk.attention.look()
    await desk.attention.look()
    (message,) = desk.told
    assert "The feed Feed 1 cannot be read: 410 Gone." in message
    assert desk.attention.details()["needs a hand"] == "feed:1"
    desk.fails()
    await desk.attention.look()
    assert "needs a hand" not in desk.attention.details()
    desk.fails(1)
    await desk.attention.look()
    assert len(desk.told) == 2


async def test_a_feed_that_is_paused_or_removed_needs_no_hand() -> None:
    desk = Desk()
    desk.fails(1, 2)
    await desk.attention.look()
    assert desk.attention.details()["needs a hand"] == "feed:2"
    desk.store.feeds = (replace(desk.store.feeds[0], paused_at=desk.clock.now()),)
    await desk.attention.look()
    assert "needs a hand" not in desk.attention.details()


async def test_many_at_once_are_one_message() -> None:
    desk = Desk()
    desk.fails(*range(25))
    await desk.attention.look()
    (message,) = desk.told
    assert "Feed 9 " in message
    assert "Feed 10 " not in message
    assert "and 15 more" in message


async def test_a_refused_token_is_over_when_something_is_shown() -> None:
    desk = Desk()
    desk.attention("credentials_refused", platform="slack", reason="invalid_auth; correct slack.bot_token.")
    await desk.attention.look()
    assert "slack refuses the token: invalid_auth" in desk.told[0]
    desk.attention("alert", platform="slack", story=1, edited=False)
    assert desk.attention.present == ()


async def test_a_backlog_a_silence_and_a_full_disk_are_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    caplog.set_level(logging.INFO, "minskwatch")
    desk.clock.advance(31 * 60)
    desk.status = Status(
        feeds=2,
        last_ok_at=desk.status.last_ok_at,
        outbox_waiting=40,
        oldest_waiting_at=desk.clock.now() - timedelta(minutes=16),
    )
    desk.used = 0.96
    for _ in range(3):
        await desk.attention.look()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 3
    assert any("waiting for 16 minutes (40 wait)" in text for text in warnings)
    assert any("No feed has been read for 31 minutes" in text for text in warnings)
    assert any("The disk of /data is 96% full" in text for text in warnings)
    desk.used = 0.94  # sways about the limit: neither over nor new
    await desk.attention.look()
    assert len(desk.attention.present) == 3
    desk.used, desk.status = 0.5, Status(feeds=2, last_ok_at=desk.clock.now())
    await desk.attention.look()
    assert not desk.attention.present
    assert len(desk.told) == 1


async def test_nobody_is_told_of_silence_without_feeds_or_just_after_the_start() -> None:
    desk = Desk()
    desk.clock.advance(3600)
    desk.status = Status(feeds=0)
    await desk.attention.look()
    assert desk.attention.present == ()
    late = desk.start()
    desk.status = Status(feeds=2, last_ok_at=desk.clock.now() - timedelta(days=2))
    await late.look()
    assert not late.present


async def test_an_operator_who_is_not_reached_is_told_later() -> None:
    desk = Desk(("telegram:600",))
    desk.chat.fail(Unreachable("no network"))
    desk.fails(1)
    await desk.attention.look()
    assert desk.told == []
    await desk.attention.look()
    assert len(desk.told) == 1


async def test_an_operator_who_never_wrote_to_the_bot_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(("telegram:600",))
    desk.chat.fail(TargetGone("chat not found"))
    desk.fails(1)
    await desk.attention.look()
    desk.fails(1, 2)
    await desk.attention.look()
    assert desk.told == []
    assert [record.getMessage() for record in caplog.records if "operator" in record.getMessage()] == [
        f"operator {OPERATOR} cannot be told, write to the bot first: chat not found"
    ]


async def test_details_for_the_health_check() -> None:
    desk = Desk()
    assert desk.attention.details() == {"parser deaths": 0}
    desk.status = Status(feeds=2, last_ok_at=desk.clock.now(), oldest_waiting_at=desk.clock.now())
    await desk.attention.look()
    desk.attention("parser_died", feed="https://a.example/1")
    desk.clock.advance(90)
    assert desk.attention.details() == {
        "parser deaths": 1,
        "seconds since last successful poll": 90,
        "seconds that the oldest alert waits": 90,
    }


def test_folder_of_a_database() -> None:
    assert database_folder("sqlite+aiosqlite:///data/minskwatch.db") == Path("data")
    assert database_folder("sqlite+aiosqlite:////data/minskwatch.db") == Path("/data")
    assert database_folder("postgresql+asyncpg://u@h/d") is None


def test_the_disk_is_really_asked(tmp_path: Path) -> None:
    from app.attention import _disk_used

    assert 0 <= _disk_used(tmp_path) <= 1


async def test_what_happened_to_feeds_is_told_in_one_message_and_once_a_day() -> None:
    desk = Desk(("telegram:600",))
    told = {"feed": "News", "url": "https://a.example/"}
    missed = tuple(
        Missed(f"Story {number}", f"https://b.example/{number}", (), desk.clock.now()) for number in range(7)
    )
    for _ in range(2):
        desk.attention("feed_reissued", **told, entries=20, known=20)
        desk.attention("feed_moved", **told, moved_to="https://c.example/")
        desk.attention("feed_state", **told, was="healthy", condition="quiet", reason="Nothing new since yesterday.")
        desk.attention("feed_state", **told, was="quiet", condition="healthy", reason="All is well.")
        desk.attention("audit", missed=missed, judged=9)
        await desk.attention.look()
    (message,) = desk.told
    assert "The feed News published 20 entries anew" in message
    assert "moved to https://c.example/" in message
    assert "The feed News: Nothing new since yesterday." in message
    assert "7 relevant stories came from the audit's query and from no feed: “Story 0” https://b.example/0" in message
    assert "and 2 more" in message
    assert "All is well" not in message
    desk.clock.advance(86400)
    desk.attention("feed_reissued", **told, entries=20, known=20)
    await desk.attention.look()
    assert len(desk.told) == 2


async def test_an_outage_of_ours_is_told_and_its_end_takes_it_back() -> None:
    desk = Desk()
    desk.attention("outage_began", feed="News")
    assert desk.attention.details()["needs a hand"] == "network:1"
    desk.attention("outage_ended", feed="News")
    assert desk.attention.present == ()


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
