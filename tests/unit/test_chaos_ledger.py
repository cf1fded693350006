"""The ledger of `make chaos` finds what must not be: a run that is sound because nobody looked proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.chaos.ledger import ANSWER_LOST, ENDED, LEASE_OVER, Account, Evidence, Judge, Row, Shown, account
from tests.chaos.witness import Claim, Event, Note, Release, heard

CHAT = "slack:C1"
ONE, OTHER = 11, 12


def row(story: int = 1, chat: str = CHAT, *, sent: int = 1, dead: str | None = None) -> Row:
    return Row(story, chat, story, 1, sent, dead)


def shown(at: float, story: int = 1, pid: int = ONE) -> Shown:
    return Shown(at, CHAT, story, pid)


def noted(at: float, written: bool | None = True, kind: str = "shown", pid: int = ONE) -> Note:
    return Note(pid, at, CHAT, 1, 1, kind, written)


def claim(pid: int, epoch: int, began: float, lease: float = 8.0) -> Claim:
    return Claim(pid, began, CHAT, epoch, began, began + lease)


def judged(
    messages: Sequence[Shown], events: Sequence[Event], rows: Sequence[Row] = (row(),), **evidence: Any
) -> Account:
    return account("slack", rows, Evidence(messages, events, **evidence))


def test_a_sound_run_has_no_faults() -> None:
    found = judged([shown(1.0)], [claim(ONE, 1, 0.5), noted(1.1), Release(ONE, 1.2, CHAT, 1)])
    assert (found.due, found.sent, found.unnoted, found.faults) == (1, 1, 0, [])


@pytest.mark.parametrize(
    ("rows", "messages", "fault"),
    [
        ([row()], [], "never came"),
        ([row(sent=0)], [shown(1.0)], "still waits"),
        ([row(dead="refused")], [shown(1.0)], "given up: refused"),
        ([row(1), row(2)], [shown(2.0, 1), shown(1.0, 2)], "story 2 before 1"),
        ([row(chat="telegram:5"), row(2)], [shown(1.0)], "story 2 in slack:C1 never came"),
    ],
)
def test_what_is_lost_or_out_of_order_is_found(rows: list[Row], messages: list[Shown], fault: str) -> None:
    assert fault in "; ".join(judged(messages, [noted(one.at + 0.1) for one in messages], rows).faults)


def test_what_came_too_early_is_found_at_its_platform_alone() -> None:
    early = ["chat.postMessage to slack:C1, 0.40 s before its rest was over", "sendmessage to telegram:5, 0.10 s ..."]
    assert len(judged([shown(1.0)], [noted(1.1)], early=early).faults) == 1


@pytest.mark.parametrize(
    ("events", "evidence", "why"),
    [
        ([noted(1.1, kind="later")], {}, ANSWER_LOST),
        ([], {"ended": {ONE: 1.2}}, ENDED),
        ([claim(ONE, 1, 0.5), noted(9.0, False), claim(OTHER, 2, 8.6)], {}, LEASE_OVER),
        (
            [claim(ONE, 1, 0.5), noted(12.0, False), claim(OTHER, 2, 8.6)],
            {"frozen": {ONE: [(1.05, 11.9)]}},
            f"{LEASE_OVER}, its process stood still",
        ),
        ([noted(1.1)], {}, ""),  # shown and noted, and yet again
        ([noted(1.1)], {"ended": {ONE: 1.2}}, ""),
        ([], {}, ""),  # never noted by a process that lived on
        ([claim(ONE, 1, 0.5), noted(1.2, False), claim(OTHER, 2, 1.1)], {}, ""),  # taken while the lease ran
    ],
)
def test_a_repeat_is_explained_by_what_the_processes_wrote_down(
    events: list[Event], evidence: dict[str, Any], why: str
) -> None:
    found = judged([shown(1.0), shown(9.5, pid=OTHER)], [*events, noted(9.6, pid=OTHER)], **evidence)
    (repeat,) = found.repeats
    assert repeat.why == why
    assert bool(found.faults) == (not why)


def test_a_process_that_wakes_up_late_explains_what_it_sends_then() -> None:
    events: list[Event] = [claim(ONE, 1, 0.5), claim(OTHER, 2, 8.6), noted(9.1, pid=OTHER), noted(11.2, False)]
    found = judged([shown(9.0, pid=OTHER), shown(11.1)], events, frozen={ONE: [(0.9, 11.0)]})
    assert [one.why for one in found.repeats] == [f"{LEASE_OVER}, its process stood still"]
    assert found.faults == []


def test_more_repeats_than_messages_that_were_not_noted_are_a_fault() -> None:
    events = [noted(1.1, kind="later"), noted(2.1, pid=OTHER), noted(3.1, pid=OTHER)]
    found = judged([shown(1.0), shown(2.0, pid=OTHER), shown(3.0, pid=OTHER)], events)
    assert any("only 1 messages" in fault for fault in found.faults)


def test_a_lease_taken_too_soon_or_twice_is_found() -> None:
    early = [claim(ONE, 1, 0.0), claim(OTHER, 2, 5.0)]
    assert len([*Judge(Evidence(events=early)).stolen()]) == 1
    let_go: list[Event] = [*early, Release(ONE, 4.9, CHAT, 1)]
    assert [*Judge(Evidence(events=let_go)).stolen()] == []
    assert len([*Judge(Evidence(events=[claim(ONE, 1, 0.0), claim(OTHER, 1, 9.0)])).stolen()]) == 1


def test_a_line_that_a_kill_cut_off_is_passed_over() -> None:
    whole = 'CHAOS ["Release", [11, 1.2, "slack:C1", 1]]\nready\n'
    assert heard(whole + 'CHAOS ["Note", [11, 1.') == [Release(ONE, 1.2, CHAT, 1)]
