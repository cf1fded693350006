"""The Telegram platform under test, opened against the local Bot API server, and receiving if wanted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.platforms.context import PlatformContext
from bot.platforms.telegram import Telegram
from core.inquiry import Inquire
from core.message import Button, Line, LineKind, Message, Span, Style, line
from core.model import Role, Target
from core.observing import unobserved
from core.ports import MenuEntry, Observer
from core.settings import ChatSettings, Settings, SubscriptionSettings, TelegramSettings
from tests.echo import Echo, SeenEvents
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE
from tests.telegram_chats import Chat
from tests.telegram_server import TelegramServer

MENU = (
    MenuEntry("latest", "The last stories", translations={"be": "Апошнія гісторыі", "lt": "Paskutinės istorijos"}),
    MenuEntry("subscribe", "Get alerts in this chat", Role.EDITOR, translations={"be": "Апавяшчэнні ў гэтым чаце"}),
)
SECRET = "a-secret-of-the-webhook"
HARSH = "RU «<b>&*_~`[x](y)»"


@dataclass
class Told:
    """A KnownChats that keeps what it is told."""

    retired: list[tuple[Target, str]] = field(default_factory=list)
    moved: list[tuple[Target, Target]] = field(default_factory=list)

    async def retire_target(self, target: Target, reason: str) -> None:
        self.retired.append((target, reason))

    async def move_target(self, old: Target, new: Target) -> None:
        self.moved.append((old, new))


@dataclass
class Bench:
    """Everything around one platform: its clock, its handler, its memory, and the task that receives."""

    platform: Telegram
    clock: FakeClock
    echo: Echo
    seen: SeenEvents
    told: Told
    task: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Cancel receiving and close; fails if that never ends."""
        async with asyncio.timeout(PATIENCE):
            if self.task is not None:
                self.task.cancel()
                await asyncio.gather(self.task, return_exceptions=True)
            await self.platform.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let others work until a condition holds that no event tells of."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - sleep(0) waits for nothing but the others' turn
                await asyncio.sleep(0)


def settings(server: TelegramServer, **changes: Any) -> TelegramSettings:
    return replace(TelegramSettings(token=server.token, api_base=server.url), **changes)


def make(
    telegram: TelegramSettings,
    *,
    targets: Sequence[str] = (),
    seen: SeenEvents | None = None,
    lang: str = "en",
    inquire: Inquire | None = None,
    observe: Observer = unobserved,
    clock: FakeClock | None = None,
) -> Bench:
    """A platform that is not open yet, configured with chats from the start.

    `clock` is the delivery's where there is one: both must agree on when a chat may be written to again.
    """
    clock, known, told = clock or FakeClock(), seen or SeenEvents(), Told()
    subscriptions = tuple(SubscriptionSettings(target=one) for one in targets)
    configured = Settings(telegram=telegram, subscriptions=subscriptions, chat=ChatSettings(language=lang))
    log = logging.getLogger("tests.telegram")
    context = PlatformContext(configured, clock, known, log, told, inquire=inquire, observe=observe)
    return Bench(Telegram(context), clock, Echo(), known, told)


@asynccontextmanager
async def opened(server: TelegramServer, **changes: Any) -> AsyncIterator[Bench]:
    """Opened for sending, not receiving."""
    bench = make(settings(server, **changes))
    await bench.platform.open()
    try:
        yield bench
    finally:
        await bench.stop()


@asynccontextmanager
async def receiving(
    server: TelegramServer,
    *,
    targets: Sequence[str] = (),
    seen: SeenEvents | None = None,
    lang: str = "en",
    inquire: Inquire | None = None,
    observe: Observer = unobserved,
    menu: Sequence[MenuEntry] = MENU,
    clock: FakeClock | None = None,
    **changes: Any,
) -> AsyncIterator[Bench]:
    """Opened, and receiving with an Echo."""
    given = settings(server, **changes)
    bench = make(given, targets=targets, seen=seen, lang=lang, inquire=inquire, observe=observe, clock=clock)
    await bench.platform.open()
    bench.task = asyncio.create_task(bench.platform.run(bench.echo, menu))
    try:
        yield bench
    finally:
        await bench.stop()


def target(chat: Chat, thread: int = 0) -> Target:
    return Target("telegram", str(chat.id), str(thread) if thread else "")


def alert(title: str = "Fourteen released", at: datetime | None = None) -> Message:
    """A message with everything that an alert may hold."""
    return Message(
        (
            line("Prisoner releases · 2 sources · #12", kind=LineKind.SMALL),
            Line(
                (Span(title, Style.BOLD, "https://news.example/a?b=1&c=2"), Span(" (Russian)", Style.ITALIC)),
                LineKind.TITLE,
            ),
            line("Reported freed: 14", kind=LineKind.BULLET),
            Line((Span("Agency", url="https://news.example/"), Span(", "), Span("19 Mar", at=at)), LineKind.QUOTE),
            Line((Span("Paper"), Span(" 19 Mar", at=at)), LineKind.QUOTE),
            Line((Span("Matched: "), Span("released 14", Style.CODE)), LineKind.SMALL),
        ),
        ((Button("Why?", command="why 12"), Button("Agency ↗", url="https://news.example/a")),),
        tag="story:12",
    )
