"""Feeds from a chat: the commands over the real desk, fetcher and store, against a local server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.parts import commands_for
from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.tools import Tools
from core.files import MOST_GIVEN, GivenFile
from core.message import Message
from core.model import Actor, FeedSpec, Role, Target
from core.ports import Request
from core.settings import AccessSettings, Settings
from feeds.opml import read_opml
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock
from tests.feed_server import reply
from tests.flow.test_feed_desk import NEWS, PAGE, Office, office
from tests.unit.test_commands import commands_of

__all__ = ["office"]  # the fixture

HERE = Target("telegram", "-100")


class Room:
    """A group, with an operator ("1"), an editor and a viewer."""

    def __init__(self, office: Office, clock: FakeClock, *, editors_may: bool = False) -> None:
        self.office = office
        self.clock = clock
        access = AccessSettings(operators=("telegram:1",), editors_may_change_feeds=editors_may)
        self._dispatcher = Dispatcher(
            commands_for(Settings(access=access)),
            office.store,
            TITLES,
            clock,
            operators=access.operators,
            tools=Tools(feeds=office.desk),
        )

    async def ask(
        self, line: str, *, actor: str = "1", role: Role = Role.VIEWER, file: GivenFile | None = None
    ) -> Message:
        self.clock.advance(5)
        answer = await self._dispatcher(Request(Actor("telegram", actor), HERE, line, role, file=file))
        assert answer is not None
        return answer

    async def feeds(self) -> list[str]:
        return [feed.name for feed in await self.office.desk.list()]


@pytest.fixture
def room(office: Office, clock: FakeClock) -> Room:
    return Room(office, clock)


def given(body: bytes, size: int | None = None) -> GivenFile:
    async def read() -> bytes:
        return body

    return GivenFile("list.opml", len(body) if size is None else size, read)


async def test_a_feed_is_looked_at_asked_about_and_read(room: Room) -> None:
    page = room.office.server.on("/", reply(PAGE % b"/feed", headers=[("Content-Type", "text/html")]))
    asked = await room.ask(f"feed add {page}")
    lines = [line.text for line in asked.lines]
    assert lines[0].startswith("News: 3 entries")
    assert "Weather in Minsk" in lines
    assert "Two released (would have matched: Prisoner releases)" in lines
    assert "2 of the last 3 would have matched." in lines
    assert await room.feeds() == [], "nothing is changed before it was asked"
    (confirm,) = commands_of(asked)
    assert confirm == f"feed add yes {room.office.server.url('/feed')}"
    added = await room.ask(confirm)
    assert added.text.startswith("News is read from now on.")
    assert await room.feeds() == ["News"]
    known = await room.ask(f"feed add {page}")
    assert "It is read already." in known.text
    assert commands_of(known) == []
    assert "is polled already" in (await room.ask(confirm)).text


async def test_a_long_address_goes_by_its_mark(room: Room) -> None:
    address = room.office.server.on(f"/feed-{'x' * 60}", reply(NEWS))
    (confirm,) = commands_of(await room.ask(f"feed add {address}"))
    assert confirm.startswith("feed add yes #")
    await room.ask(confirm)
    assert [feed.url for feed in await room.office.desk.list()] == [address]
    assert "asked more than a day ago" in (await room.ask("feed add yes #0000000000")).text


async def test_feeds_are_paused_resumed_and_removed_after_a_question(room: Room) -> None:
    await room.ask(f"feed add yes {room.office.server.url('/feed')}")
    number = (await room.office.desk.list())[0].id
    paused = await room.ask("feed pause news")
    assert "News is paused" in paused.text
    assert commands_of(paused) == [f"feed resume {number}", f"feed remove {number}"]
    assert f"{number}. News: paused" in (await room.ask("feeds")).text
    assert "read again" in (await room.ask(f"feed resume {number}")).text
    asked = await room.ask(f"feed remove {number}")
    assert "Read News no more?" in asked.text
    assert await room.feeds() == ["News"]
    assert "News is read no more" in (await room.ask(commands_of(asked)[0])).text
    assert await room.feeds() == []
    assert "There is no feed" in (await room.ask(f"feed remove {number}")).text
    assert (await room.ask("feeds")).text == "No feed is read here."


async def test_what_stands_in_the_configuration_stays(room: Room) -> None:
    spec = FeedSpec("Configured", room.office.server.url("/feed"))
    await room.office.store.sync_feeds([spec], room.clock.now())
    (confirm,) = commands_of(await room.ask("feed remove configured"))
    assert "stands in the configuration" in (await room.ask(confirm)).text
    assert await room.feeds() == ["Configured"]


@pytest.mark.parametrize(
    "line", ["feed add http://127.0.0.1:1/feed", "feed add yes http://10.0.0.1/", "feed add nonsense"]
)
async def test_private_networks_and_nonsense_are_refused(room: Room, line: str) -> None:
    answer = await room.ask(line)
    assert answer.failed
    assert await room.feeds() == []


@pytest.mark.parametrize(
    "line", ["feed add", "feed remove", "feed pause", "feed resume", "feed import", "feed", "feed x"]
)
async def test_what_is_missing_is_asked_for(room: Room, line: str) -> None:
    answer = await room.ask(line)
    assert answer.failed
    assert "/feed" in answer.text


async def test_only_operators_change_feeds_unless_the_configuration_lets_editors(
    room: Room, office: Office, clock: FakeClock
) -> None:
    line = f"feed add yes {office.server.url('/feed')}"
    for role in (Role.VIEWER, Role.EDITOR, Role.ADMIN):
        assert "Only the operators" in (await room.ask(line, actor="2", role=role)).text
    open_room = Room(office, clock, editors_may=True)
    assert "Only those who manage" in (await open_room.ask(line, actor="2")).text
    assert "is read from now on" in (await open_room.ask(line, actor="2", role=Role.EDITOR)).text


async def test_viewers_see_names_and_conditions_but_no_address(room: Room) -> None:
    await room.ask(f"feed add yes {room.office.server.url('/feed')}")
    await room.ask("feed pause news")
    seen = await room.ask("feeds", actor="2")
    assert "News: paused" in seen.text
    assert room.office.server.url("/feed") not in seen.text
    assert seen.buttons == ()
    managed = await room.ask("feeds")
    assert room.office.server.url("/feed") in managed.text
    assert managed.buttons
    assert "No feed is called like" in (await room.ask("feeds nothing", actor="2")).text


async def test_questions_are_no_changes_for_the_audit_log(room: Room) -> None:
    await room.office.store.subscribe(HERE, ["sanctions"], room.clock.now())
    await room.ask(f"feed add {room.office.server.url('/feed')}")
    await room.ask("feed export")
    assert await room.office.store.changes(HERE, 5) == ()
    await room.ask(f"feed add yes {room.office.server.url('/feed')}")
    assert [change.line.split()[:3] for change in await room.office.store.changes(HERE, 5)] == [["feed", "add", "yes"]]


async def test_the_list_goes_out_and_comes_back_whole(room: Room) -> None:
    await room.ask(f"feed add yes {room.office.server.url('/feed')}")
    out = await room.ask("feed export")
    assert out.text == "1 feed, in the file."
    assert out.file is not None
    assert out.file.name.endswith(".opml")
    (outline,) = read_opml(out.file.body)
    assert (outline.name, outline.url, outline.lang) == ("News", room.office.server.url("/feed"), "be")
    await room.ask("feed remove yes news")
    asked = await room.ask("feed import", file=given(out.file.body))
    assert "1 feed of the list is new." in asked.text
    assert "News" in asked.text
    assert await room.feeds() == []
    added = await room.ask(commands_of(asked)[0])
    assert added.text == "1 feed is read from now on."
    assert await room.feeds() == ["News"]
    again = await room.ask("feed import", file=given(out.file.body))
    assert "Nothing in the list is new." in again.text
    assert "1 is read already." in again.text
    assert "asked more than a day ago" in (await room.ask("feed import yes #00")).text


async def test_lists_that_are_none_or_partly_unusable_are_told_apart(room: Room) -> None:
    assert "Which file?" in (await room.ask("feed import")).text
    assert "no sound XML" in (await room.ask("feed import", file=given(b"<opml"))).text
    assert "document type" in (await room.ask("feed import", file=given(b"<!DOCTYPE a><opml/>"))).text
    assert "larger than" in (await room.ask("feed import", file=given(b"", MOST_GIVEN + 1))).text
    outlines = b'<outline xmlUrl="javascript:1"/><outline xmlUrl="https://a.example/f" kind="nokind"/>'
    mixed = b"<opml><body>" + outlines + b"</body></opml>"
    assert "2 have no usable address" in (await room.ask("feed import", file=given(mixed))).text


async def test_owners_and_implied_concepts_outlive_a_restart(room: Room) -> None:
    body = (
        b'<opml xmlns:mw="urn:minsk-watch:feed"><body><outline text="A" xmlUrl="https://a.example/f"'
        b' mw:owner="independent" mw:implies="belarus"/></body></opml>'
    )
    asked = await room.ask("feed import", file=given(body))
    await room.ask(commands_of(asked)[0])
    await room.office.desk.refresh()  # type: ignore[attr-defined]
    (record,) = await room.office.store.list_feeds()
    assert (record.spec.owner, record.spec.implies) == ("independent", ("belarus",))


async def test_without_a_desk_it_is_said(office: Office, clock: FakeClock) -> None:
    dispatcher = Dispatcher(load_commands(), office.store, TITLES, clock, operators=["telegram:1"])
    answer = await dispatcher(Request(Actor("telegram", "1"), HERE, "feeds"))
    assert answer is not None
    assert "not switched on" in answer.text


def test_another_role_changes_that_command_alone() -> None:
    commands = load_commands().with_role("feed", Role.EDITOR)
    found: Any = commands.find("feed")
    assert found == replace(load_commands().get("feed", None), role=Role.EDITOR)  # type: ignore[arg-type]
    assert [one for one in commands if one.name != "feed"] == [one for one in load_commands() if one.name != "feed"]


@pytest.mark.parametrize(
    ("typed", "muted"),
    [("Nasha  Niva", "nasha niva"), ("niva", "nasha niva"), ("Radio Svaboda", "radio svaboda")],
)
async def test_a_source_is_muted_by_its_name_or_a_part_of_it(room: Room, typed: str, muted: str) -> None:
    await _reading(room)
    assert (await room.ask(f"mute source {typed}", role=Role.ADMIN)).text == f"Muted: {muted}"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Radio", "No source here is called “radio”.\nDid you mean Radio Racyja, Radio Svaboda? /feeds lists them."),
        ("Nasa Niva", "No source here is called “nasa niva”.\nDid you mean Nasha Niva? /feeds lists them."),
        ("Qqq", "No source here is called “qqq”.\n/feeds lists them."),
    ],
)
async def test_a_source_that_is_not_read_is_not_muted(room: Room, typed: str, told: str) -> None:
    await _reading(room)
    assert (await room.ask(f"mute source {typed}", role=Role.ADMIN)).text == told
    assert "Muted: none" in (await room.ask("settings")).text


async def test_a_source_that_told_a_story_is_muted_though_its_feed_is_gone(room: Room, clock: FakeClock) -> None:
    await _reading(room)
    await Newsroom(room.office.store, clock).report("freed")
    assert (await room.ask("mute source Wire 1", role=Role.ADMIN)).text == "Muted: wire 1"


async def _reading(room: Room) -> None:
    """The chat gets alerts, and three feeds are read."""
    names = ("Nasha Niva", "Radio Svaboda", "Radio Racyja")
    specs = [FeedSpec(name, f"https://{number}.example/feed") for number, name in enumerate(names)]
    await room.office.store.sync_feeds(specs, room.clock.now())
    await room.ask("subscribe", role=Role.ADMIN)
