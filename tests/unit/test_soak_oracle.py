"""The oracle of `make soak` finds what must not be, and the time that it lives by skips only what nobody waits for."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.soak.diary import Diary, look_of
from tests.soak.life import lives
from tests.soak.news import START, plan
from tests.soak.oracle import Known, Verdict, judge, spans
from tests.soak.shared_time import Leading, SharedTime, loop_of

NOON = datetime(2025, 12, 12, 12, tzinfo=UTC)
CONTROL, OTHER = "telegram:1", "telegram:2"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


class Told:
    """A diary that is written by hand."""

    def __init__(self) -> None:
        self.diary = Diary(lambda: NOON)
        self._number = 0

    def alert(self, chat: str, story: int, minutes: float = 0, text: str = "Freed", **more: Any) -> str:
        self._number += 1
        return self.edit(chat, str(self._number), story, minutes, text, new=True, **more)

    def edit(
        self, chat: str, ref: str, story: int, minutes: float, text: str, *, new: bool = False, pid: int = 7,
        lost: bool = False,
    ) -> str:  # fmt: skip
        look = look_of(at(minutes), text, [f"why {story}"] if story else [], pid, lost=lost)
        self.diary.write(chat, ref, look, new=new)
        return ref

    def judged(self, **known: Any) -> Verdict:
        return judge(self.diary, Known(equals=[(CONTROL, OTHER)], **known))


@pytest.fixture
def told() -> Told:
    one = Told()
    one.alert(CONTROL, 1)
    one.alert(OTHER, 1, 1)
    return one


def test_a_sound_run_has_no_fault(told: Told) -> None:
    verdict = told.judged()
    assert (verdict.faults, verdict.stories, verdict.letters) == ([], 1, 2)


def test_what_never_came_is_lost(told: Told) -> None:
    told.alert(CONTROL, 2, 5)
    assert told.judged().faults == ["lost: story 2, told to telegram:1 at 12 12:05, never came to telegram:2"]
    assert told.judged(away=spans([(OTHER, at(0), at(60))])).faults == []


def test_a_story_that_was_merged_came_as_the_other_one(told: Told) -> None:
    ref = told.alert(CONTROL, 2, 5)
    told.edit(CONTROL, ref, 2, 9, "This story is now part of #1:\nFreed")
    assert told.judged().faults == []


def test_what_came_twice_needs_a_reason(told: Told) -> None:
    told.alert(OTHER, 1, 9, pid=8)
    assert told.judged().faults == ["twice: story 1 again in telegram:2 at 12 12:09, after 12 12:01, for no reason"]
    assert told.judged(ends=[(7, at(2))]).faults == []
    assert told.judged(ends=[(8, at(2))]).faults != []
    assert told.judged(ends=[(7, at(0.5))]).faults != [], "it ended before"


def test_a_lost_answer_is_a_reason() -> None:
    told = Told()
    told.alert(CONTROL, 1)
    told.alert(OTHER, 1, 1, lost=True)
    told.alert(OTHER, 1, 2)
    verdict = told.judged()
    assert verdict.faults == []
    assert verdict.repeats == {"the answer was lost": 1}


def test_an_edit_that_did_not_come_is_stale(told: Told) -> None:
    told.edit(CONTROL, "1", 1, 9, "Freed: 14")
    assert told.judged().faults == ["stale: story 1 in telegram:2, 12 12:01, not as in telegram:1, 12 12:09"]
    told.edit(OTHER, "2", 1, 10, "Freed: 14")
    assert told.judged().faults == []


def test_a_message_that_was_overwritten_is_found(told: Told) -> None:
    told.alert(CONTROL, 2, 2)
    told.alert(OTHER, 2, 2)
    told.edit(OTHER, "2", 2, 3, "Freed")
    assert told.judged().faults == ["overwritten: a message in telegram:2 of 12 12:01 told of stories {1, 2}"]


def test_a_story_that_another_took_over_in_the_control_is_that_one(told: Told) -> None:
    told.edit(CONTROL, "1", 2, 3, "Freed")
    told.edit(OTHER, "2", 2, 3, "Freed")
    assert told.judged().faults == []


def test_an_alert_in_plain_words_is_one(told: Told) -> None:
    told.alert(CONTROL, 2, 2, text="Prisoner releases · 1 source · #2\nFreed\nMatched: freed")
    told.edit(OTHER, "p", 0, 3, "Prisoner releases · 1 source · #2\nFreed", new=True)
    assert told.judged().faults == []


def test_a_message_whose_answer_was_lost_cannot_be_edited() -> None:
    told = Told()
    told.alert(CONTROL, 1)
    told.alert(OTHER, 1, 1, lost=True)
    told.edit(CONTROL, "1", 1, 9, "Freed: 14")
    assert told.judged().faults == []


def test_what_was_not_wanted_is_found(told: Told) -> None:
    told.edit(OTHER, "answer", 0, 20, "No alerts for a while.", new=True)
    told.alert(CONTROL, 3, 30)
    told.alert(OTHER, 3, 30)
    for chat, ref in ((CONTROL, "1"), (OTHER, "2")):
        told.edit(chat, ref, 1, 31, "Freed: 14")
    faults = told.judged(silent=spans([(OTHER, at(19), at(60))])).faults
    assert faults == ["unwanted: alert in telegram:2 at 12 12:30, asked not to"]


def test_what_was_on_its_way_when_its_process_ended_may_come_again(told: Told) -> None:
    told.alert(OTHER, 1, 9, pid=8)
    assert told.judged(ends=[(7, at(1) - timedelta(seconds=1))]).faults == []
    assert told.judged(ends=[(7, at(1) - timedelta(seconds=3))]).faults != []


def test_a_story_that_is_part_of_another_by_steps_may_end_with_either(told: Told) -> None:
    for chat, ref, head in ((CONTROL, "1", 2), (OTHER, "2", 3)):
        told.edit(chat, ref, 1, 9, f"This story is now part of #{head}:\nFreed")
    assert not [fault for fault in told.judged().faults if fault.startswith("stale")]
    told.edit(OTHER, "2", 1, 10, "Freed by whom")
    assert [fault for fault in told.judged().faults if fault.startswith("stale")]


def test_edits_that_change_nothing_are_counted(told: Told) -> None:
    told.edit(OTHER, "2", 1, 6, "Freed")
    assert (told.judged().faults, told.judged().idle) == ([], 1)
    assert told.judged(ends=[(7, at(2))]).idle == 0
    assert told.judged(frozen=[(7, at(2), at(20))]).idle == 0


def test_untrue_notices_secrets_and_tracebacks_are_found(told: Told) -> None:
    told.edit("telegram:9", "n", 0, 90, "No feed has been read for 40 minutes: check", new=True)
    told.edit("telegram:9", "m", 0, 95, "The feed Wire cannot be read: no", new=True)
    log = "x\nTraceback (most recent call last):\n  File\nKeyError: 1\n at token-abcdefgh"
    known: dict[str, Any] = {"operator": "telegram:9", "logs": [log], "secrets": ["token-abcdefgh"]}
    assert len(told.judged(**known, answered=[at(70)]).faults) == 4
    true = told.judged(**known, answered=[at(10)], troubled={"Wire": [(at(80), at(94))]})
    assert [fault[:12] for fault in true.faults] == ["a log holds ", "a log holds "]


def test_the_plan_of_the_news_is_the_same_for_a_seed() -> None:
    changes = plan(2, 3)
    assert changes == plan(2, 3) != plan(2, 4)
    assert {change.what for change in changes} >= {"new", "title", "address"}


def test_news_does_not_run_out() -> None:
    days = Counter((change.at - START).days for change in plan(60, 3) if change.what == "new")
    assert min(days[day] for day in range(60)) > 0.6 * median(days.values())


def test_processes_are_left_alone_for_days_and_killed_on_others() -> None:
    ends = Counter((one.at - START).days for one in lives(24, 3, ()) if one.what.startswith(("kill", "terminate")))
    assert all(ends[day] == 0 for day in (*range(6, 12), *range(18, 24)))
    assert all(ends[day] > 0 for day in (*range(6), *range(12, 18)))


def test_time_skips_what_all_wait_for_and_nothing_that_somebody_works_on(tmp_path: Path) -> None:
    shared = SharedTime(tmp_path)
    leading = Leading(shared, list)
    busy = os.getpid()

    async def hours() -> float:
        began = shared.seconds()
        await asyncio.sleep(7_200)
        return shared.seconds() - began

    async def while_one_works() -> bool:
        shared.expect(busy)
        waiting = asyncio.create_task(asyncio.sleep(7_200))
        before = shared.ahead
        await asyncio.to_thread(time.sleep, 0)
        await asyncio.sleep(0.01)
        stood = shared.ahead - before < 7_000
        shared.forget(busy)
        await waiting
        return stood

    with asyncio.Runner(loop_factory=lambda: loop_of(shared, leading)) as runner:
        assert 7_200 <= runner.run(hours()) < 7_300
        assert runner.run(while_one_works())
