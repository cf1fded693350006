"""/merge and /split, over a real store, and what chats are shown of it."""

from __future__ import annotations

import pytest

from bot import render
from core.model import Level, Target
from tests.fake_chat import TOPICS, make_member, make_story
from tests.unit.test_commands import Chat, chat, commands_of

__all__ = ["chat"]
OPERATOR = "1"


async def test_operators_merge_and_are_told_how_to_take_it_back(chat: Chat) -> None:
    one = await chat.news.report("Ten freed in Minsk")
    two = await chat.news.report("Minsk lets ten go")
    answer = await chat.ask(f"merge {one.id} {two.id}", actor=OPERATOR)
    assert answer.lines[0].text == f"#{two.id} is now part of #{one.id}, which has 2 reports."
    assert answer.lines[1].text == "No chat was shown them, so none is told."
    undo = answer.lines[2].text.removeprefix("To take it back: /").removeprefix("To take it back: ")
    assert undo == f"split {one.id} {two.members[0].entry_id}"
    assert "Ten freed in Minsk" in (await chat.ask(f"story {two.id}")).text  # the old number still leads there
    back = await chat.ask(undo, actor=OPERATOR)
    assert back.lines[0].text.startswith(f"1 report of #{one.id} is now a story of its own: #")
    assert "Minsk lets ten go" not in (await chat.ask(f"story {one.id}")).text


async def test_split_lists_reports_with_their_numbers(chat: Chat) -> None:
    story = await chat.news.report("Ten freed in Minsk")
    story = await chat.news.report("Two visas refused", story=story)
    listed = await chat.ask(f"split {story.id}", actor=OPERATOR)
    assert [line.text.split()[0] for line in listed.lines[1:-1]] == [str(one.entry_id) for one in story.members]
    assert f"split {story.id} {story.members[-1].entry_id}" in listed.lines[-1].text


@pytest.mark.parametrize("line", ["merge {0} {0}", "split {0} 999", "split {0} {1}", "split {0} x", "merge {0} 999"])
async def test_what_makes_no_sense_is_said_and_changes_nothing(chat: Chat, line: str) -> None:
    story = await chat.news.report("Ten freed in Minsk")
    before = await chat.store.find_story(story.id)
    answer = await chat.ask(line.format(story.id, story.members[0].entry_id), actor=OPERATOR)
    assert "report" in answer.text or "itself" in answer.text or "no story" in answer.text
    assert await chat.store.find_story(story.id) == before


async def test_only_operators_may(chat: Chat) -> None:
    one, two = await chat.news.report("Ten freed in Minsk"), await chat.news.report("Minsk lets ten go")
    for line in (f"merge {one.id} {two.id}", f"split {one.id} 1"):
        await chat.ask(line)
    assert len(await chat.store.latest_stories(9)) == 2


async def test_a_correction_stands_in_the_audit_log_of_the_chat(chat: Chat) -> None:
    await chat.ask("subscribe")
    one, two = await chat.news.report("Ten freed in Minsk"), await chat.news.report("Minsk lets ten go")
    await chat.ask(f"merge {one.id} {two.id}", actor=OPERATOR)
    (change, *_) = await chat.store.changes(Target("telegram", "7"), 5)
    assert change.line == f"merge {one.id} {two.id}"


def test_a_message_whose_story_went_into_another_says_so() -> None:
    story = make_story(make_member("Ten freed"), id=13, merged_into=12, level=Level.ALERT)
    assert render.alert(story, TOPICS).lines[0].text == "This story is now part of #12:"
    assert render.plain_alert(story, TOPICS).lines[0].text == "This story is now part of #12:"
    assert commands_of(render.alert(story, TOPICS))
