"""A bench for delivery: a real store, fake chats on two platforms, and a newsroom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.delivery import Deliverer, DeliveryOptions
from bot.languages import TopicTitles
from bot.pacing import Rate
from bot.speech import ENGLISH, Texts
from core.model import Target
from storage.store import Store
from tests.fake_chat import TOPICS, FakeChat, Newsroom
from tests.fake_clock import FakeClock

ANNA, BORYS = Target("telegram", "101"), Target("telegram", "102")
GROUP = Target("telegram", "-100500")
TEAM = Target("slack", "C1")
UNBOUNDED = Rate(1_000, 1)


class Desk:
    """A store, two platforms and a deliverer, with what the observer was told."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.telegram, self.slack = FakeChat(clock), FakeChat(clock, "slack")
        self.news = Newsroom(store, clock)
        self.deliverer = self.another()

    def another(
        self, options: DeliveryOptions | None = None, say: Texts = ENGLISH, topics: Mapping[str, str] = TOPICS
    ) -> Deliverer:
        platforms = {"telegram": self.telegram, "slack": self.slack}
        chosen = options or DeliveryOptions(burst=UNBOUNDED)
        return Deliverer(self.store, platforms, self.clock, chosen, self._observe, titles=TopicTitles(topics), say=say)

    def _observe(self, event: str, /, **fields: Any) -> None:
        self.told.append((event, fields))

    def events(self, name: str) -> list[dict[str, Any]]:
        return [fields for event, fields in self.told if event == name]

    async def subscribe(self, *targets: Target) -> None:
        for target in targets:
            await self.store.subscribe(target, ["prisoner-release"], self.clock.now())

    def titles(self, target: Target) -> list[str]:
        """Headlines that a chat was shown by sends, in order."""
        calls = (self.telegram if target.platform == "telegram" else self.slack).calls
        return [call.message.lines[1].spans[0].text for call in calls if call.shown and call.target == target]
