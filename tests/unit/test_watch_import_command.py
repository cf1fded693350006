"""`watch import` in a chat: a file or pasted lines, shown, asked about, then watched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import GivenFile
from core.model import Role
from matching.people import Roster
from matching.rosterfile import MOST_ROWS, ListError, read_people, read_rows
from storage.store import Store
from tests.fake_clock import FakeClock
from tests.unit.test_commands import CHAT, commands_of
from tests.unit.test_watch_commands import WatchingChat, lexicon

LIST = "name;be;ru;note\nAles Bialiatski;;;known\n;Марына Золатава;Марина Золотова;\nWolf Rubinchyk;;;new\n;;;nobody\n"


def given_file(body: bytes) -> GivenFile:
    async def read() -> bytes:
        return body

    return GivenFile("roster.csv", len(body), read)


@pytest.fixture
async def chat(sqlite_url: str, clock: FakeClock) -> AsyncIterator[WatchingChat]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield WatchingChat(store, clock)
    await store.close()


async def test_a_file_is_shown_asked_about_and_watched(chat: WatchingChat) -> None:
    asked = await chat.ask("watch import", file=given_file(LIST.encode("utf-8-sig")))
    assert asked.lines[0].text == "3 people of the list are new here:"
    assert any(line.text.startswith("Wolf Rubinchyk: ") for line in asked.lines), asked.text
    assert "Left out: line 5 names nobody." in asked.text
    assert await chat.watched() == [], "nothing before it was asked"
    assert await chat.store.changes(CHAT, 5) == ()
    (confirm,) = commands_of(asked)
    assert confirm.startswith("watch import yes #")
    assert (await chat.ask(confirm)).text == "3 people more are watched here."
    assert len(await chat.watched()) == 3
    again = await chat.ask("watch import", file=given_file(LIST.encode()))
    assert again.lines[0].text == "Nobody on the list is new here."
    assert again.buttons == ()


async def test_lines_can_be_pasted(chat: WatchingChat) -> None:
    asked = await chat.ask("watch import\nAles Bialiatski\nМарына Золатава, журналістка\n")
    assert "2 people of the list are new here:" in asked.text
    await chat.ask(commands_of(asked)[0])
    assert len(await chat.watched()) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"name\n" + b"Ales Novak\n" * (MOST_ROWS + 1), "Divide the list"),
        (b"PK\x03\x04" + bytes(100), "is a spreadsheet; save it as CSV"),
        ("Białoruś, więźniowie".encode("cp1250"), "not UTF-8"),
        (bytes(range(256)), "not UTF-8"),
        (b'"' + b"x" * 200_000, "no sound CSV"),
    ],
)
async def test_lists_that_cannot_be_read_say_why(chat: WatchingChat, body: bytes, said: str) -> None:
    answer = await chat.ask("watch import", file=given_file(body))
    assert answer.failed
    assert said in answer.text


@pytest.mark.parametrize(
    "body",
    [
        "ФИО;Дата\r\nАлесь Беляцкий;2021\r\nМария Колесникова;2020\r\n".encode("cp1251"),
        "name\tru\nAles Bialiatski\tАлесь Беляцкий\nMaria Kalesnikava\t\n".encode("utf-16"),
        "\ufeffname;note\nAles Bialiatski;x\n;\nАлесь Бяляцкі;the same\nMaria Kalesnikava;\n".encode(),
    ],
    ids=["windows-1251", "utf-16", "semicolons, a mark, one twice"],
)
async def test_lists_as_spreadsheets_save_them_are_read(chat: WatchingChat, body: bytes) -> None:
    answer = await chat.ask("watch import", file=given_file(body))
    assert "2 people of the list are new here" in answer.text
    assert "ФИО" not in answer.text
    await chat.ask(commands_of(answer)[0])
    assert await chat.watched() == ["Ales Bialiatski", "Maria Kalesnikava"]
    assert (await chat.ask("watch import", file=given_file(body))).text.startswith("Nobody on the list is new here.")


async def test_lines_that_can_be_no_name_are_left_out(chat: WatchingChat) -> None:
    body = "name\n=cmd|calc\n+375 29 123\n@handle\n🙂\nAles Bialiatski\n"
    answer = await chat.ask("watch import", file=given_file(body.encode()))
    assert "1 person of the list is new here" in answer.text
    assert "Left out, 4 lines: line 2 names nobody; line 3 names nobody" in answer.text
    assert "Nobody on the list" in (await chat.ask("watch import", file=given_file(b""))).text


async def test_without_a_list_it_is_said_how(chat: WatchingChat) -> None:
    answer = await chat.ask("watch import")
    assert "Which file?" in answer.text
    assert "/watch import" in answer.text
    assert "asked more than a day ago" in (await chat.ask("watch import yes #0")).text
    viewer = await chat.ask("watch import", private=False, role=Role.VIEWER)
    assert "Only those who manage" in viewer.text


ROSTER = Roster(lexicon())


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_list_or_an_error(body: bytes) -> None:
    try:
        rows = read_rows(body)
    except ListError:
        return
    specs, left_out = read_people(rows, ROSTER)
    assert len(specs) + len(left_out) <= len(rows)
    assert all(spec.label.strip() for spec in specs)
