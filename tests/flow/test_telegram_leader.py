"""Several programs with one Telegram token and one database: one asks for updates, and each update is handled once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.platforms.holding import Holding
from bot.platforms.telegram_api import Api
from bot.platforms.telegram_polling import Polling
from core.leadership import TTL, Leadership
from storage.store import Store
from tests.contract.test_leadership import StillClock
from tests.fakes import Events
from tests.telegram_chats import Chat, Refusal
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault

KINDS = ["message"]


class Replica:
    """What of a process receives Telegram's updates."""

    def __init__(self, name: str, server: TelegramServer, store: Store, clock: StillClock) -> None:
        self.api = Api((server.token,), server.url, Holding(clock))
        self.lead = Leadership(store, clock, "telegram:1", owner=name)
        self.took: list[str] = []
        self.events = Events()
        self.frozen = asyncio.Event()
        self.frozen.set()
        log = logging.getLogger("tests.telegram")
        self._polling = Polling(self.api, KINDS, clock, log, self._take, self.events, self.lead)
        self._task: asyncio.Task[None] | None = None

    async def _take(self, update: dict[str, Any]) -> None:
        await self.frozen.wait()
        self.took.append(update["message"]["text"])

    async def start(self) -> None:
        await self.api.open()
        self._task = asyncio.create_task(self._polling.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.api.close()


@pytest.fixture
def still() -> StillClock:
    return StillClock()


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
async def pair(server: TelegramServer, store: Store, still: StillClock) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas: the first leads, the second is at hand."""
    first, second = Replica("a", server, store, still), Replica("b", server, store, still)
    await first.start()
    await server.polled()
    await second.start()
    yield first, second
    await first.stop()
    await second.stop()


def asked(server: TelegramServer) -> int:
    return sum(call.method == "getupdates" for call in server.calls)


async def handled(server: TelegramServer, chat: Chat, text: str) -> None:
    server.user_says(chat, text)
    await server.drained()


async def test_only_the_leader_asks(server: TelegramServer, pair: tuple[Replica, Replica]) -> None:
    first, second = pair
    chat = server.chats.private()
    for text in ("/one", "/two"):
        await handled(server, chat, text)
    assert (first.took, second.took) == (["/one", "/two"], [])


async def test_an_orderly_stop_hands_over_at_once(server: TelegramServer, pair: tuple[Replica, Replica]) -> None:
    first, second = pair
    chat = server.chats.private()
    await handled(server, chat, "/one")
    await first.stop()
    assert await second.lead.renew()
    await handled(server, chat, "/two")
    assert (first.took, second.took) == (["/one"], ["/two"])


async def test_a_frozen_leader_handles_nothing_when_it_goes_on(
    server: TelegramServer, pair: tuple[Replica, Replica], still: StillClock
) -> None:
    """It stands still in the middle of a batch; what it had not handled, the other does."""
    first, second = pair
    first.frozen.clear()
    chat = server.chats.private()
    server.user_says(chat, "/one")
    server.user_says(chat, "/two")
    await asyncio.sleep(0.05)
    still.advance(TTL.total_seconds())
    assert await second.lead.renew()
    await server.drained()
    assert second.took == ["/one", "/two"]
    first.frozen.set()
    assert not await first.lead.renew()
    await handled(server, chat, "/three")
    assert second.took == ["/one", "/two", "/three"]
    assert "/two" not in first.took
    assert "/three" not in first.took


async def test_who_takes_over_goes_on_behind_what_was_handled(
    server: TelegramServer, pair: tuple[Replica, Replica], still: StillClock, store: Store
) -> None:
    """Killed after handling and before confirming: Telegram still has the update, the lease knows better."""
    first, second = pair
    chat = server.chats.private()
    await handled(server, chat, "/one")
    server.user_says(chat, "/two")
    await server.drained()
    lease = await store.take_lease("telegram:1", "a", still.now(), ttl=TTL)
    assert lease is not None
    number = int(lease.value.partition(" ")[0])
    await first.stop()
    before = asked(server)
    await second.lead.renew()
    await server.polled()
    call = [call for call in server.calls if call.method == "getupdates"][before]
    assert int(call.params["offset"]) == number


async def test_an_old_offset_hides_nothing(server: TelegramServer, store: Store, still: StillClock) -> None:
    """Telegram may number updates anew after a week without any."""
    lease = await store.take_lease("telegram:1", "gone", still.now(), ttl=TTL)
    assert lease is not None
    await store.keep_value(lease, f"999999999 {still.now().isoformat()}")
    still.advance(2 * 86400)
    replica = Replica("a", server, store, still)
    await replica.start()
    await handled(server, server.chats.private(), "/one")
    assert replica.took == ["/one"]
    await replica.stop()


async def test_a_stranger_with_our_token_is_told_of_and_forgotten(
    server: TelegramServer, store: Store, clock: StillClock
) -> None:
    taken = Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs")
    server.fail("getUpdates", *[Fault(refusal=taken)] * 3)
    replica = Replica("a", server, store, clock)
    replica.lead.keep = lambda: asyncio.sleep(0)  # type: ignore[method-assign]
    await replica.lead.renew()
    await replica.start()
    await handled(server, server.chats.private(), "/one")
    told = [event for event, _ in replica.events.seen if event.startswith("token_")]
    assert told == ["token_shared", "token_alone"]
    assert "terminated by other" in replica.events.named("token_shared")[0]["reason"]
    await replica.stop()
