"""What needs a hand is said once, in plain words, in the log and to the operators."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.attention import database_folder
from core.audits import Missed
from core.errors import StoreError, TargetGone, Unreachable
from core.model import FeedState, Status
from tests.attending import Desk, failing


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
    await hours(desk, 1)
    desk.fails(1)
    await desk.attention.look()
    assert len(desk.told) == 2


async def hours(desk: Desk, number: int) -> None:
    """Let time go by, with a look each minute."""
    for _ in range(60 * number):
        desk.clock.advance(60)
        desk.status = replace(desk.status, last_ok_at=desk.clock.now())
        await desk.attention.look()


async def test_feeds_that_fail_one_after_the_other_are_gathered() -> None:
    desk = Desk(("telegram:600",))
    for number in range(1, 31):
        desk.fails(*range(number))
        desk.clock.advance(60)
        await desk.attention.look()
    (message,) = desk.told
    assert message.count("cannot be read") == 1, "the first is told at once"
    await hours(desk, 1)
    assert len(desk.told) == 2
    assert "and 19 more" in desk.told[1]
    desk.fails(*range(31))
    desk.used = 0.96
    await desk.attention.look()
    assert len(desk.told) == 3, "what cannot wait is told at once, and feeds with it"
    assert "The disk" in desk.told[2]
    assert "The feed Feed 30 " in desk.told[2]


async def test_a_failing_feed_that_turns_out_to_be_gone_is_told_again() -> None:
    desk = Desk(("telegram:600",))
    desk.fails(1, why="500 Oops.")
    await desk.attention.look()
    await hours(desk, 2)
    (record,) = desk.store.feeds
    state = replace(record.state, last_outcome="error:gone", last_error="410 Gone.")
    desk.store.feeds = (replace(record, state=state),)
    await hours(desk, 2)
    assert [message.count("410 Gone.") for message in desk.told] == [0, 1]
    assert desk.attention.details()["needs a hand"] == "gone:1"
    desk.fails()
    await desk.attention.look()
    assert "needs a hand" not in desk.attention.details()


async def test_each_report_of_the_audit_is_told_however_soon_it_follows() -> None:
    desk = Desk(("telegram:600",))
    for day in range(3):
        desk.attention(
            "audit", missed=(Missed(f"Story {day}", f"https://b.example/{day}", (), desk.clock.now()),), judged=1
        )
        await hours(desk, 24)
    assert [message.count("Story") for message in desk.told] == [1, 1, 1]
    assert "add a feed of that site" in desk.told[0]


async def test_what_becomes_of_a_feed_on_one_day_is_told_each_time_it_is_something_else() -> None:
    desk = Desk(("telegram:600",))
    told = {"feed": "News", "url": "https://a.example/", "failing": False}
    for condition in ("quiet", "not a feed", "quiet"):
        desk.attention("feed_state", **told, was="healthy", condition=condition, reason=f"It is {condition}.")
        await hours(desk, 2)
    assert ["It is quiet." in message for message in desk.told] == [True, False]
    assert ["It is not a feed." in message for message in desk.told] == [False, True]


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


async def test_a_platform_that_does_not_answer_is_told_until_it_does() -> None:
    desk = Desk()
    desk.attention("platform_silent", platform="slack", reason="no network")
    await desk.attention.look()
    assert "Slack has not answered for long: alerts wait for it" in desk.told[0]
    assert desk.attention.details()["needs a hand"] == "platform:1"
    desk.attention("platform_answers", platform="slack")
    await desk.attention.look()
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
    assert any("waiting for 16 minutes (40 in all)" in text for text in warnings)
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


async def test_feeds_that_wait_for_their_hour_are_no_silence() -> None:
    desk = Desk()
    broken = failing(1, 9, desk.clock.now())
    hourly = replace(broken, id=2, state=FeedState(next_poll_at=desk.clock.now() + timedelta(hours=1)))
    desk.store.feeds = (broken, hourly)
    desk.clock.advance(59 * 60)
    await desk.attention.look()
    assert not any("No feed has been read" in text for text in desk.attention.present)
    for minutes in (4, 3):  # now it is overdue
        desk.clock.advance(minutes * 60)
        await desk.attention.look()
    assert any("No feed has been read for 66 minutes" in text for text in desk.attention.present)


@pytest.mark.parametrize("asleep", [timedelta(minutes=31), timedelta(hours=9)])
async def test_a_clock_that_jumped_ahead_is_no_silence_but_what_follows_is(asleep: timedelta) -> None:
    desk = Desk()
    desk.store.feeds = (failing(1, 0, desk.clock.now()),)
    desk.status = replace(desk.status, outbox_waiting=1, oldest_waiting_at=desk.clock.now())
    await desk.attention.look()
    desk.clock.advance(asleep.total_seconds())
    await desk.attention.look()
    desk.store.fault = StoreError("The connection was lost.")  # as it is after a sleep
    with pytest.raises(StoreError):
        await desk.attention.look()
    desk.store.fault = None
    assert (desk.attention.present, desk.told) == ((), [])
    for _ in range(31):
        desk.clock.advance(60)
        await desk.attention.look()
    told = "\n".join(desk.attention.present)
    assert "No feed has been read for 31 minutes" in told
    assert "waiting for 16 minutes" in told


async def test_a_database_that_is_away_after_a_sleep_is_told_after_five_minutes() -> None:
    desk = Desk(("telegram:600",))
    await desk.attention.look()
    desk.store.fault = StoreError("The connection was lost.")
    desk.clock.advance(3600)
    for told in (0, 0, 0, 0, 0, 1):
        with pytest.raises(StoreError):
            await desk.attention.look()
        assert len(desk.told) == told
        desk.clock.advance(60)


async def test_an_operator_who_is_not_reached_is_told_later() -> None:
    desk = Desk(("telegram:600",))
    desk.chat.fail(Unreachable("no network"))
    desk.fails(1)
    await desk.attention.look()
    assert desk.told == []
    await desk.attention.look()
    assert len(desk.told) == 1


async def test_the_log_says_once_that_an_operator_is_told_later_and_then_that_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "minskwatch")
    desk = Desk(("telegram:600",))
    desk.fails(1)
    for reason in ("no network", "asked to wait 60 s", "no network"):
        desk.chat.fail(Unreachable(reason))
        await desk.attention.look()
    await desk.attention.look()
    assert len(desk.told) == 1
    desk.clock.advance(3600)  # feeds are gathered for so long
    desk.fails(1, 2)
    await desk.attention.look()
    assert len(desk.told) == 2
    desk.clock.advance(3600)
    for error in (TimeoutError(), Unreachable("after it was over")):
        desk.fails(1, 2, 3)
        desk.chat.fail(error)
        await desk.attention.look()
        desk.fails(1, 2)
        await desk.attention.look()
    assert [record.getMessage() for record in caplog.records if "operator" in record.getMessage()] == [
        "operator 1 of access.operators (telegram) is told later: no network",
        "operator 1 of access.operators (telegram) has been told now",
        "operator 1 of access.operators (telegram) is told later: no answer within 30 s.",
        "operator 1 of access.operators (telegram) is told later: after it was over",
    ]


async def test_an_operator_who_never_wrote_to_the_bot_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(("telegram:600",))
    desk.chat.fail(TargetGone("chat not found"))
    desk.fails(1)
    await desk.attention.look()
    desk.fails(1, 2)
    await desk.attention.look()
    assert desk.told == []
    assert [record.getMessage() for record in caplog.records if "operator" in record.getMessage()] == [
        "operator 1 of access.operators (telegram) cannot be told, write to the bot first: chat not found"
    ]


async def test_details_for_the_health_check() -> None:
    desk = Desk()
    assert desk.attention.details() == {"parser deaths": 0}
    desk.status = Status(feeds=2, last_ok_at=desk.clock.now(), oldest_waiting_at=desk.clock.now())
    await desk.attention.look()
    desk.attention("parser_died")
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


async def test_a_page_in_the_place_of_a_feed_is_told_once() -> None:
    """That it cannot be read says it."""
    desk = Desk(("telegram:600",))
    reason = "This is not a feed: a web page came instead."
    desk.fails(1, why=reason)
    (feed,) = desk.store.feeds
    told = {"feed": feed.spec.name, "url": feed.spec.url, "was": "healthy", "condition": "not a feed"}
    desk.attention("feed_state", **told, reason=reason, failing=True)
    await desk.attention.look()
    (message,) = desk.told
    assert message.count("This is not a feed") == 1


async def test_what_happened_to_feeds_is_told_in_one_message_and_once_a_day() -> None:
    desk = Desk(("telegram:600",))
    told = {"feed": "News", "url": "https://a.example/"}
    missed = tuple(
        Missed(f"Story {number}", f"https://b.example/{number}", (), desk.clock.now()) for number in range(7)
    )
    for _ in range(2):
        desk.attention("feed_reissued", **told, entries=20, known=20)
        desk.attention("feed_moved", **told, moved_to="https://c.example/")
        desk.attention(
            "feed_state", **told, was="healthy", condition="quiet", reason="Nothing new since yesterday.", failing=False
        )
        desk.attention("feed_state", **told, was="quiet", condition="healthy", reason="All is well.", failing=False)
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
    await desk.attention.look()
    desk.attention("feed_reissued", **told, entries=20, known=20)
    await desk.attention.look()
    assert len(desk.told) == 2
    assert "The feed News published 20 entries anew" in desk.told[1]


async def test_an_outage_of_ours_is_told_and_its_end_takes_it_back() -> None:
    desk = Desk()
    desk.attention("outage_began", feed="News")
    assert desk.attention.details()["needs a hand"] == "network:1"
    desk.attention("outage_ended", feed="News")
    assert desk.attention.present == ()
