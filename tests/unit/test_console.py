"""A terminal as a chat: how alerts look, what colour needs, commands typed."""

from __future__ import annotations

import asyncio
import io
import logging
from datetime import UTC, datetime
from typing import cast

import pytest

from bot import render
from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.platforms.console import ConsolePlatform, Look, create, display_width, look_of
from bot.platforms.context import PlatformContext
from core.errors import Unreachable
from core.message import Button, LineKind, Message, Span, Style, line
from core.model import Facts, Target
from core.ports import ChatStore, Request, UpdateStore
from core.settings import Settings
from tests.fake_chat import TITLES, TOPICS, make_member, make_story
from tests.fake_clock import FakeClock

CHAT = Target("console", "terminal")
PLAIN = Look(width=60, zone=UTC)


def test_moments_are_told_in_the_language_of_the_message() -> None:
    screen = Screen()
    platform = ConsolePlatform(screen, FakeClock(), PLAIN)
    at = Span("ignored", at=datetime(2026, 4, 28, 12, tzinfo=UTC))
    asyncio.run(platform.send(CHAT, Message((line(at),), lang="ru")))
    asyncio.run(platform.send(CHAT, Message((line(at),))))
    assert "28 апр. 2026\u202fг. 12:00 UTC" in screen.getvalue()
    assert "28 Apr 2026 12:00 UTC" in screen.getvalue()


class Screen(io.StringIO):
    """A stream that says whether it is a terminal, and in which encoding."""

    def __init__(self, tty: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self._tty = tty
        self._encoding = encoding

    def isatty(self) -> bool:
        return self._tty

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


async def shown(message: Message, look: Look = PLAIN, encoding: str = "utf-8") -> str:
    screen = Screen(encoding=encoding)
    await ConsolePlatform(screen, FakeClock(), look).send(CHAT, message)
    return screen.getvalue()


async def test_an_alert_looks_like_one() -> None:
    story = make_story(
        make_member("Вызвалілі 14 палітвязняў", lang="be"), facts=Facts(released=14, destination="Lithuania")
    )
    assert await shown(render.alert(story, TOPICS)) == (
        "── 12:00 terminal ──────────────────────────────────────────\n"
        "Prisoner releases · 1 source · #12\n"
        "Вызвалілі 14 палітвязняў (Belarusian)\n"
        "  https://nasha-niva.example/1\n"
        "• Reported freed: 14\n"
        "• Taken to: Lithuania\n"
        "> Nasha Niva (independent), 19 Mar 2026 12:00 UTC\n"
        "Matched: “freed”, “prisoners”\n"
        "[Why?]\n"
        "[Useful] [Not useful] [Duplicate] [Mute]\n"
        "\n"
    )


async def test_an_edit_shows_what_is_new() -> None:
    screen = Screen()
    console = ConsolePlatform(screen, FakeClock(), PLAIN)
    reference = await console.send(CHAT, render.alert(make_story(), TOPICS))
    screen.truncate(0)
    screen.seek(0)
    second = make_member(source="BelTA", owner="state media")
    await console.edit(CHAT, reference, render.alert(make_story(make_member(), second), TOPICS))
    told = screen.getvalue()
    assert "terminal, edited" in told
    assert "2 sources" in told
    assert "BelTA" in told
    assert "Fourteen prisoners freed" in told
    assert "Reported freed" not in told


@pytest.mark.parametrize(
    ("tty", "environ", "colour"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colour_only_where_it_is_welcome(tty: bool, environ: dict[str, str], colour: bool) -> None:
    assert look_of(Screen(tty), {}, environ).colour is colour


def test_options_of_the_configuration() -> None:
    look = look_of(Screen(), {"width": 44, "links": True, "commands": True}, {})
    assert (look.width, look.links, look.commands) == (44, True, True)
    assert look_of(Screen(), {"width": 3}, {}).width == 20


async def test_colour_and_clickable_links() -> None:
    message = Message((line(Span("News", Style.BOLD, "https://example.org/a"), kind=LineKind.TEXT),))
    told = await shown(message, Look(width=60, colour=True, links=True, zone=UTC))
    assert "\x1b]8;;https://example.org/a\x1b\\\x1b[1mNews\x1b[0m\x1b]8;;\x1b\\\n" in told
    assert "\x1b" not in await shown(message)


async def test_foreign_text_cannot_command_the_terminal() -> None:
    message = Message(
        (line("a\x1b[2Jb\x07c\x9b1m", Span("x", url="https://e.org/\x1b]0;")),), ((Button("B\x1b", command="x"),),)
    )
    told = await shown(message, Look(width=60, zone=UTC, commands=True))
    assert not {"\x1b", "\x07", "\x9b"} & set(told)


@pytest.mark.parametrize("text", ["слова " * 40, "字" * 90, "e\u0301" * 200, "unbreakable" * 20, "👩‍👩‍👧 " * 30])
@pytest.mark.parametrize("kind", list(LineKind))
async def test_rows_keep_to_the_width(text: str, kind: LineKind) -> None:
    told = await shown(Message((line(text, kind=kind),)))
    assert max(map(display_width, told.split("\n"))) <= 60
    body = told.partition("\n")[2].removeprefix("• ").removeprefix("> ")
    assert "".join(body.split()) == "".join(text.split())


def test_width_of_text() -> None:
    assert [display_width(text) for text in ("abc", "Мінск", "字", "e\u0301", "\u200d")] == [3, 5, 2, 1, 0]


async def test_letters_that_the_terminal_lacks_are_replaced() -> None:
    assert "?" in await shown(Message((line("Вызвалілі"),)), encoding="ascii")


async def test_a_closed_terminal_is_unreachable() -> None:
    screen = Screen()
    screen.close()
    with pytest.raises(Unreachable):
        await ConsolePlatform(screen, FakeClock(), PLAIN).send(CHAT, Message((line("x"),)))


class NoChats:
    """A store in which no chat is subscribed."""

    async def find_subscription(self, target: Target) -> None:
        return None


async def test_commands_typed_are_answered() -> None:
    clock, screen = FakeClock(), Screen()
    dispatcher = Dispatcher(load_commands(), cast(ChatStore, NoChats()), TITLES, clock)
    answered = asyncio.Event()

    async def handle(request: Request) -> Message | None:
        answer = await dispatcher(request)
        if request.line == "help latest":
            answered.set()
        return answer

    look = Look(width=70, commands=True, zone=UTC)
    console = ConsolePlatform(screen, clock, look, typed=io.StringIO("/help\n\nnonsense\nhelp latest\n"))
    running = asyncio.create_task(console.run(handle, dispatcher.menu()))
    await answered.wait()
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    told = screen.getvalue()
    assert "Get alerts\n• start: " in told
    assert "• subscribe: Get alerts in this chat" in told
    assert "[Latest: latest] [Topics: topics]" in told
    assert "There is no command “nonsense”." in told
    assert "Example: latest 10 sanctions" in told


async def test_it_is_made_from_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(platforms={"console": {"width": 40, "chat": "desk"}})
    context = PlatformContext(settings, FakeClock(), cast(UpdateStore, None), logging.getLogger("test"))
    console = create(context)
    assert await console.open() == "this terminal"
    await console.send(Target("console", "desk"), Message((line("hello"),)))
    await console.close()
    head = capsys.readouterr().out.split("\n")[0]
    assert "desk" in head
    assert len(head) == 40
