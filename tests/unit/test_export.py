"""/export: what is kept, as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import exporting
from bot.tables import Cell, story_row, write
from core.files import Attachment
from core.message import Message
from core.model import Facts
from storage.store import Store
from tests.contract.store_steps import stored_titles
from tests.fake_chat import make_story
from tests.fake_clock import FakeClock
from tests.unit.test_commands import NASTY, Chat, commands_of


@pytest.fixture
async def chat(sqlite_url: str) -> AsyncIterator[Chat]:
    clock = FakeClock(datetime(2026, 3, 19, 12, tzinfo=UTC))
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield Chat(store, clock)
    await store.close()


async def stored(chat: Chat, *titles: str) -> None:
    await stored_titles(chat.store, chat.clock.now(), *titles)


def file_of(message: Message) -> Attachment:
    assert message.file is not None
    return message.file


def read_csv(file: Attachment) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))


async def test_stories_come_as_csv_with_their_facts(chat: Chat) -> None:
    await chat.news.report("Long ago")
    chat.clock.advance(timedelta(days=40).total_seconds())
    first = await chat.news.report("=HYPERLINK(1)")
    await chat.news.report("Fourteen freed, says the state", story=first, owner="state media")
    await chat.news.report("Sanctions eased", topic="sanctions")
    answer = await chat.ask("export")
    assert answer.private
    assert answer.text == "Stories of the last 30 days: 2 rows, in the file."
    assert commands_of(answer) == ["export jsonl stories 30"]
    file = file_of(answer)
    assert (file.name, file.media_type, file.alt) == ("minsk-watch-stories-2026-04-28.csv", "text/csv", answer.text)
    newest, freed = read_csv(file)
    assert newest["topics"] == "sanctions"
    assert freed["headline"] == "'=HYPERLINK(1)"
    assert (freed["released"], freed["at_least"], freed["reports"]) == ("14", "no", "2")
    assert freed["sources"] == "Wire 2; Wire 3"
    assert freed["opened_at"] == "2026-04-28T12:00:00Z"
    assert len(read_csv(file_of(await chat.ask("export stories 60")))) == 3


def test_every_fact_that_alerts_show_has_its_column() -> None:
    facts = Facts(
        people=("Freed One",), refused=("Stays Two",), held=("Held Three",), named=("Named Four", "Named Five")
    )
    (row,) = csv.DictReader(io.StringIO(write([story_row(make_story(facts=facts))], "csv").decode("utf-8-sig")))
    assert (row["people"], row["refused"], row["held"]) == ("Freed One", "Stays Two", "Held Three")
    assert row["named"] == "Named Four; Named Five"
    shown = {field.name for field in fields(Facts)} - {"evidence", "counts", "told_by"}  # those say how it is known
    assert shown <= row.keys()


async def test_json_lines_keep_kinds_and_words(chat: Chat) -> None:
    story = await chat.news.report("=Вызвалі 14")
    answer = await chat.ask("export jsonl 7")
    (row,) = map(json.loads, file_of(answer).body.decode().splitlines())
    assert (row["story"], row["headline"], row["released"]) == (story.id, "=Вызвалі 14", 14)
    assert row["topics"] == ["prisoner-release"]
    assert commands_of(answer) == ["export csv stories 7"]


async def test_entries_and_searches_say_what_became_of_each(chat: Chat) -> None:
    await stored(chat, "Potash \x00 and\nrain", "Belavia flies")
    await chat.news.report("Potash freed")
    rows = read_csv(file_of(await chat.ask("export entries 2")))
    assert [row["outcome"] for row in rows] == ["alert", "no_match", "no_match"]
    assert rows[0]["story"] == "1"
    assert rows[-1]["link"] == "https://wire.example/1"
    found = await chat.ask("export search POTASH")
    assert [row["title"] for row in read_csv(file_of(found))] == ["Potash freed", "Potash � and rain"]
    assert found.lines[0].text == "Reports with POTASH: 2 rows, in the file."
    assert await chat.ask("export potash") == await chat.ask("export csv search potash")
    assert (await chat.ask("export football")).text == "Reports with football: nothing to export."
    assert (await chat.ask("export football")).file is None


async def test_what_cannot_be_is_said(chat: Chat) -> None:
    assert "from 1 to 365" in (await chat.ask("export 0")).text
    assert "from 1 to 365" in (await chat.ask("export 99999")).text
    assert "Which words?" in (await chat.ask("export search")).text
    assert "Which words?" in (await chat.ask("export search ***")).text
    assert (await chat.ask("export")).text == "Stories of the last 30 days: nothing to export."
    await chat.news.report("Freed")
    long = await chat.ask(f"export search {' '.join(['freed'] * 12)}")
    assert long.file is not None
    assert long.buttons == (), "a button that could not hold its command is left out"


async def test_too_much_is_cut_and_said(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    await stored(chat, "one", "two", "three")
    answer = await chat.ask("export entries")
    assert [row["title"] for row in read_csv(file_of(answer))] == ["three", "two"]
    assert "Only the newest 2 are in it" in answer.text


async def test_what_only_a_watchlist_found_names_no_story_to_others(chat: Chat) -> None:
    story = await chat.news.report("Freed")
    assert [row["story"] for row in read_csv(file_of(await chat.ask("export entries")))] == [str(story.id)]


CELLS = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3).map(tuple)


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), min_size=1, max_size=5))
def test_any_cells_are_read_back_and_none_is_a_formula(rows: Sequence[dict[str, Cell]]) -> None:
    lines = write(rows, "jsonl").decode().split("\n")
    assert len(lines) == len(rows) + 1
    assert [set(json.loads(line)) for line in lines[:-1]] == [{"a", "b"}] * len(rows)
    text = write(rows, "csv").decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len(table) == len(rows) + 1
    for read, row in zip(table[1:], rows, strict=True):
        for cell, value in zip(read, (row[name] for name in table[0]), strict=True):
            assert not cell.startswith(("=", "@", "\t", "\r")), "no formula"
            assert isinstance(value, int) or not cell.startswith(("+", "-"))


def test_a_nasty_story_is_a_row_like_any_other() -> None:
    story = make_story(facts=Facts(released=3, people=(*NASTY[:3], "=1+1"), at_least=True))
    (row,) = csv.DictReader(io.StringIO(write([story_row(story)], "csv").decode("utf-8-sig"), newline=""))
    assert row["people"] == "; ".join((*NASTY[:3], "=1+1"))
