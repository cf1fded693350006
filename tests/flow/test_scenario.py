"""One table of scenes, played on every platform over the wire: real aiogram, real slack-bolt, and the terminal.

Every command of the registry stands in it, and every button that an answer shows is pressed.
"""

from __future__ import annotations

import asyncio
import io
import queue
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.platforms.console import ConsolePlatform, Look
from bot.tools import Tools
from core.message import Message
from core.ports import Request
from feeds.desk import Desk
from matching.people import Roster
from storage.store import Store
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock
from tests.fakes import FakeMatcher
from tests.flow.test_feed_desk import specify
from tests.patience import PATIENCE
from tests.slack_bot import receiving as slack_receiving
from tests.slack_server import SlackServer
from tests.slack_server_blocks import buttons
from tests.telegram_bot import receiving
from tests.telegram_server import TelegramServer
from tests.unit.test_watch_commands import lexicon

# (what is typed, a part of what is then shown), in order. "{story}" and "{other}" are the numbers of two stories, and
# "{report}" is that of a report of the other.
SCENES: tuple[tuple[str, str], ...] = (
    ("start", "Choose what this chat should get"),
    ("help", "What you can ask"),
    ("help latest", "The last stories"),
    ("topics", "Sanctions"),
    ("subscribe", "now gets alerts on"),
    ("settings", "Quiet hours"),
    ("home", "Prisoner releases"),
    ("latest 3", "Fourteen freed"),
    ("story {story}", "All reports"),
    ("search freed", "Fourteen freed"),
    ("timeline", "Fourteen freed"),
    ("stats 7", "Stories of the last 7 days"),
    ("export", "2 rows, in the file"),
    ("why {story}", "Why story {story} was sent"),
    ("why https://wire.example/1", "The way of this report"),
    ("status", "This chat gets"),
    ("when daily 9:00", "every day at"),
    ("quiet 22:00 07:00", "Quiet from 22:00 to 07:00"),
    ("snooze 8h", "No alerts until"),
    ("timezone Europe/Vilnius", "Vilnius"),
    ("confirmed 2", "2 independent sources"),
    ("languages be ru", "Belarusian"),
    ("kinds independent", "independent"),
    ("mute {story}", "Muted"),
    ("unmute {story}", "No longer muted"),
    ("discreet on", "no word of what they are about"),
    ("language en", "English"),
    ("useful {story}", "Thank you"),
    ("notuseful {story}", "Thank you"),
    ("duplicate {story}", "Thank you"),
    ("noise", "What readers said of alerts"),
    ("watch Ales Bialiatski", "now watches"),
    ("watch minsk AND potash", "nothing would have matched"),
    ("watching", "Bialiatski"),
    ("unwatch Ales Bialiatski", "No longer watched"),
    ("audit", "The last"),
    ("feeds", "1 feed is read here"),
    ("feed pause 1", "is paused"),
    ("feed resume 1", "is read again"),
    ("feed export", "1 feed, in the file"),
    ("feed remove yes 1", "stands in the configuration"),
    ("merge {story} 99", "There is no story 99"),
    ("merge {story} {other}", "#{other} is now part of #{story}, which has 2 reports"),
    ("split {story}", "Reports of #{story}"),
    ("split {story} {report}", "is now a story of its own"),
    ("frobnicate", "There is no command"),
    ("latest 99", "from 1 to 10"),
    ("forget", "Forgotten"),
    ("stop", "nothing is kept"),
)
_ALWAYS_WRONG = ("through no fault of yours", "There is no command")
_ENDING = ("stop", "forget", "unsubscribe")  # buttons that would end the scene too early


async def prepared(news: Newsroom, *titles: str) -> list[tuple[str, str]]:
    """The scenes, with the numbers of two stories that were written for them."""
    first, second = titles or ("Fourteen freed", "Ten let go")
    other, story = await news.report(second), await news.report(first)
    numbers = {"story": story.id, "other": other.id, "report": other.members[0].entry_id}
    return [(line.format(**numbers), expected.format(**numbers)) for line, expected in SCENES]


class Stage(Protocol):
    """One platform with one chat."""

    async def types(self, line: str) -> tuple[str, list[str]]:
        """What is shown for a line typed, and the labels of the buttons under it."""
        ...

    async def presses(self, label: str) -> str:
        """What a press on a button of the last message shows."""
        ...


@dataclass
class Troupe:
    """Commands and store behind the platform; `lines` are the commands of the buttons last shown."""

    store: Store
    clock: FakeClock
    dispatch: Dispatcher
    asked: list[str] = field(default_factory=list)
    answered: Message | None = None

    async def __call__(self, request: Request) -> Message | None:
        self.clock.advance(5)  # within the rate of commands
        self.asked.append(request.line)
        self.answered = await self.dispatch(request)
        return self.answered


@asynccontextmanager
async def on_telegram(troupe: Troupe) -> AsyncIterator[Stage]:
    async with TelegramServer() as server, receiving(server) as bench:
        chat = server.chats.private(7)

        async def answer(request: Request) -> Message | None:
            return await troupe(request)

        bench.echo.answer = answer

        class Telegram:
            async def types(self, line: str) -> tuple[str, list[str]]:
                before = len(server.messages(chat))
                server.user_says(chat, f"/{line}")
                await server.sent(chat, before + 1)
                await server.drained()
                fresh = server.messages(chat)[before:]
                shown = "\n".join(one.get("text") or one.get("caption", "") for one in fresh)
                rows = fresh[-1].get("reply_markup", {}).get("inline_keyboard", [])
                return shown, [key["text"] for row in rows for key in row]

            async def presses(self, label: str) -> str:
                before, last = (
                    len(server.messages(chat)),
                    next(one for one in reversed(server.messages(chat)) if label in str(one.get("reply_markup"))),
                )
                press = await server.pressed(server.press(chat, last, label))
                await server.drained()
                fresh = server.messages(chat)[before:]
                return press.get("text") or "\n".join(one.get("text") or one.get("caption", "") for one in fresh)

        yield Telegram()


@asynccontextmanager
async def on_slack(troupe: Troupe) -> AsyncIterator[Stage]:
    async with SlackServer() as server, slack_receiving(server, troupe):

        class Slack:
            async def types(self, line: str) -> tuple[str, list[str]]:
                before = len(server.by_bot("DU1"))
                await server.user_says("U1", "DU1", line)
                last = await server.posted("DU1", before + 1)
                return self.since(before), list(buttons(last.blocks))

            async def presses(self, label: str) -> str:
                before = len(server.by_bot("DU1"))
                await server.press("U1", server.by_bot("DU1")[-1], label)
                await server.posted("DU1", before + 1)
                return self.since(before)

            def since(self, before: int) -> str:
                return "\n".join(one.shown for one in server.by_bot("DU1")[before:])

        yield Slack()


@asynccontextmanager
async def on_a_terminal(troupe: Troupe) -> AsyncIterator[Stage]:
    out = io.StringIO()
    typed: Any = _Lines()
    console = ConsolePlatform(out, troupe.clock, Look(width=200, commands=True), typed=typed)
    running = asyncio.create_task(console.run(troupe, ()))

    class Terminal:
        async def types(self, line: str) -> tuple[str, list[str]]:
            before = out.tell()
            typed.put(line)
            async with asyncio.timeout(PATIENCE):
                while "\n\n" not in out.getvalue()[before:]:  # noqa: ASYNC110 - waits for its turn, by no clock
                    await asyncio.sleep(0.001)
            rows = troupe.answered.buttons if troupe.answered else ()
            return out.getvalue()[before:], [key.label for row in rows for key in row if key.command]

        async def presses(self, label: str) -> str:
            assert troupe.answered is not None
            line = next(key.command for row in troupe.answered.buttons for key in row if key.label == label)
            return (await self.types(line))[0]

    try:
        yield Terminal()
    finally:
        typed.put("")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class _Lines:
    """What is typed, line by line, until an empty one."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self.put = self._lines.put

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines.get, "")


STAGES = {"telegram": on_telegram, "slack": on_slack, "console": on_a_terminal}


@pytest.fixture
async def troupe(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Troupe]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    operators = ("telegram:7", "slack:U1", "console:keyboard")
    nothing: Any = None  # nothing is fetched here
    desk = Desk(store, nothing, nothing, FakeMatcher(), clock, specify)
    tools = Tools(roster=Roster(lexicon()), feeds=desk)
    yield Troupe(store, clock, Dispatcher(load_commands(), store, TITLES, clock, operators=operators, tools=tools))
    await store.close()


@pytest.mark.parametrize("platform", sorted(STAGES))
async def test_every_command_is_answered_alike(platform: str, troupe: Troupe) -> None:
    scenes = await prepared(Newsroom(troupe.store, troupe.clock))
    async with STAGES[platform](troupe) as stage:
        for typed, expected in scenes:
            shown, _ = await stage.types(typed)
            shown = " ".join(shown.split())
            assert expected in shown, (typed, shown)
            if typed != "frobnicate":
                assert not [words for words in _ALWAYS_WRONG if words in shown], (typed, shown)
    assert troupe.asked == [typed for typed, _ in scenes]


@pytest.mark.parametrize("platform", sorted(STAGES))
async def test_every_button_does_what_its_line_says(platform: str, troupe: Troupe) -> None:
    story = await Newsroom(troupe.store, troupe.clock).report("Fourteen freed")
    pressed = 0
    async with STAGES[platform](troupe) as stage:
        for line in (
            "start",
            "settings",
            "when",
            "quiet 22 7",
            "snooze",
            f"story {story.id}",
            f"mute {story.id}",
            "home",
        ):
            _, labels = await stage.types(line)
            assert troupe.answered is not None
            commands = {key.label: key.command for row in troupe.answered.buttons for key in row}
            for label in dict.fromkeys(labels):
                _, there = await stage.types(line)
                if label not in there or commands.get(label, "").split(" ")[0] in ("", *_ENDING):
                    continue
                shown = await stage.presses(label)
                assert troupe.asked[-1] == commands[label]
                assert not [words for words in _ALWAYS_WRONG if words in shown], (line, label, shown)
                assert shown.strip(), (line, label)
                pressed += 1
    assert pressed > 25


def test_the_table_holds_every_command() -> None:
    played = {line.split(" ")[0] for line, _ in SCENES}
    assert {one.name for one in load_commands()} <= played
