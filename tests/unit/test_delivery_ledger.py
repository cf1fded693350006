"""Whatever goes wrong and in whatever order: every alert is shown, in order, up to date, and never too early."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.delivery import Deliverer, DeliveryOptions
from bot.pacing import Rate
from core.errors import (
    BadCredentials,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    Unreachable,
)
from core.model import Story, Target
from storage.store import Store
from tests.fake_chat import TITLES, Call, FakeChat, Newsroom
from tests.fake_clock import FakeClock

UNBOUNDED = DeliveryOptions(burst=Rate(1_000, 1))
CHATS = (Target("telegram", "1"), Target("telegram", "-2"), Target("telegram", "-2", "9"), Target("slack", "C3"))

faults = st.one_of(
    st.builds(lambda seconds: RetryLater("slow down", seconds), st.integers(0, 90)),
    st.builds(lambda seconds: RetryLater("flood", seconds, scope="platform"), st.integers(0, 90)),
    st.builds(lambda: Unreachable("no route")),
    st.builds(lambda: OutcomeUnknown("connection lost")),
    st.builds(lambda: MessageMissing("not found")),
    st.builds(lambda: BadCredentials("The token is refused.", "Renew it.")),
    st.builds(lambda: KeyError("bug")),
)
steps = st.one_of(
    st.tuples(st.just("report"), st.none(), st.none()),
    st.tuples(st.just("update"), st.integers(0, 9), st.none()),
    st.tuples(st.just("fault"), st.sampled_from(CHATS), st.tuples(faults, st.booleans())),
    st.tuples(st.just("reject"), st.sampled_from(CHATS), st.none()),
    st.tuples(st.just("deliver"), st.none(), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 100), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none()),
)


class Ledger:
    """Plays a script and knows what must have come of it."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock()
        self.store = Store(url, clock=self.clock)
        self.platforms = {"telegram": FakeChat(self.clock), "slack": FakeChat(self.clock, "slack")}
        self.news = Newsroom(self.store, self.clock)
        self.stories: list[Story] = []
        self.rejecting: set[Target] = set()
        self.deliverer = self.start()

    def start(self) -> Deliverer:
        return Deliverer(self.store, self.platforms, self.clock, UNBOUNDED, titles=TITLES)

    async def play(self, script: list[tuple[str, object, object]]) -> None:
        await self.store.open()
        try:
            for target in CHATS:
                await self.store.subscribe(target, ["prisoner-release"], self.clock.now())
            for op, what, more in script:
                await self.step(op, what, more)
            for _ in range(60):
                await self.deliverer.deliver_due()
                self.clock.advance(901)
        finally:
            await self.store.close()

    async def step(self, op: str, what: object, more: object) -> None:
        if op == "report":
            self.stories.append(await self.news.report(f"story {len(self.stories)}"))
        elif op == "update" and self.stories:
            index = int(str(what)) % len(self.stories)
            self.stories[index] = await self.news.report(f"more on {index}", story=self.stories[index])
        elif op == "fault" and isinstance(what, Target) and isinstance(more, tuple):
            error, shown = more
            self.platforms[what.platform].fail(error, chat=what.chat, shown=shown and isinstance(error, OutcomeUnknown))
        elif op == "reject" and isinstance(what, Target) and what not in self.rejecting:
            self.rejecting.add(what)  # twice in a row would rightly end in a dead letter
            self.platforms[what.platform].fail(MessageRejected("can't parse"), KeyError("bug"), chat=what.chat)
        elif op == "deliver":
            await self.deliverer.tick()
        elif op == "wait":
            self.clock.advance(int(str(what)))
        elif op == "restart":
            await self.deliverer.drain(1)
            self.deliverer = self.start()

    def shown(self, target: Target) -> list[Call]:
        return [call for call in self.platforms[target.platform].calls if call.shown and call.target == target]


def story_of(call: Call) -> str:
    return call.message.tag


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file with all tables."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"

    async def migrate() -> None:
        store = Store(f"sqlite+aiosqlite:///{path}")
        await store.open()
        await store.close()

    asyncio.run(migrate())
    return path


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(script=st.lists(steps, min_size=5, max_size=25))
@example(  # a restart forgot that the whole platform had asked for rest
    script=[
        ("report", None, None),
        ("fault", CHATS[1], (RetryLater("flood", 3, scope="platform"), False)),
        ("deliver", None, None),
        ("report", None, None),
        ("restart", None, None),
    ]
)
@example(  # a restart forgot that all threads of a chat wait when one was told to
    script=[
        ("report", None, None),
        ("fault", CHATS[1], (RetryLater("slow down", 60), False)),
        ("deliver", None, None),
        ("report", None, None),
        ("restart", None, None),
    ]
)
def test_every_alert_is_shown_in_order_up_to_date_and_never_too_early(
    migrated: Path, script: list[tuple[str, object, object]]
) -> None:
    path = migrated.with_name("run.db")
    for old in migrated.parent.glob("run.db*"):
        old.unlink()
    shutil.copy(migrated, path)
    ledger = Ledger(f"sqlite+aiosqlite:///{path}")
    asyncio.run(ledger.play(script))
    wanted = [f"story:{story.id}" for story in ledger.stories]
    for target in CHATS:
        calls = ledger.shown(target)
        assert list(dict.fromkeys(map(story_of, calls))) == wanted
        for story in ledger.stories:
            last = [call for call in calls if story_of(call) == f"story:{story.id}"][-1]
            assert f"{story.revision} source" in last.message.text
    for platform in ledger.platforms.values():
        assert_patient(platform)


def assert_patient(platform: FakeChat) -> None:
    """No call to a chat (or, if asked, to the platform) before the time that a refusal named."""
    for number, error in enumerate(platform.errors):
        if isinstance(error, RetryLater):
            refused = platform.calls[number]
            until = refused.at + timedelta(seconds=error.retry_after)
            for later in platform.calls[number + 1 :]:
                if error.scope == "platform" or later.target.chat == refused.target.chat:
                    assert later.at >= until
