"""A chat platform in memory, with faults on demand, and a newsroom that writes stories into a real store."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.languages import TopicTitles
from core.errors import MessageMissing
from core.message import Message
from core.model import (
    Analysis,
    Entry,
    Evidence,
    Facts,
    Feed,
    FeedSpec,
    Level,
    Member,
    NewEntry,
    Outcome,
    PollRecord,
    Story,
    StorySummary,
    Target,
)
from core.ports import CommandHandler, MenuEntry, Request, Route
from storage.store import Store
from tests.fake_clock import FakeClock

TOPICS = {
    "prisoner-release": "Prisoner releases",
    "us-diplomacy": "US-Belarus diplomacy",
    "sanctions": "Sanctions",
}
TITLES = TopicTitles(TOPICS)
NOON = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """One call of the platform: when, what, and whether the chat shows it."""

    at: datetime
    op: str
    target: Target
    message: Message
    reference: str
    shown: bool
    reply_to: str = ""


@dataclass(frozen=True)
class Fault:
    """What one call raises; `shown` when the message appears all the same."""

    error: BaseException
    shown: bool = False


class FakeChat:
    """Implements core.ports.ChatPlatform. Faults are used up one a call, by chat or ("") by any chat."""

    routes: Sequence[Route] = ()

    def __init__(self, clock: FakeClock, name: str = "telegram") -> None:
        self.name = name
        self.calls: list[Call] = []
        self.errors: list[BaseException | None] = []
        self.shown: dict[tuple[Target, str], Message] = {}
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.held: dict[str, asyncio.Event] = {}
        self.waiting = 0
        self.asked: deque[Request] = deque()
        self.answers: list[Message | None] = []
        self._clock = clock
        self._changed = asyncio.Condition()

    def fail(self, *errors: BaseException, chat: str = "", shown: bool = False) -> None:
        self.faults[chat].extend(Fault(error, shown) for error in errors)

    def hold(self, chat: str) -> asyncio.Event:
        """Calls for this chat wait until the event is set."""
        return self.held.setdefault(chat, asyncio.Event())

    async def open(self) -> str:
        return f"@fake-{self.name}"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        while self.asked:
            self.answers.append(await handle(self.asked.popleft()))

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        return await self._call("reply" if reply_to else "send", target, f"m{len(self.calls) + 1}", message, reply_to)

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        await self._call("edit", target, message_ref, message)

    async def close(self) -> None:
        self.held.clear()

    async def until_shown(self, count: int) -> None:
        """Wait until so many calls have shown something."""
        await self._until(lambda: sum(call.shown for call in self.calls) >= count)

    async def until_waiting(self, count: int) -> None:
        """Wait until so many calls have been held up since the beginning."""
        await self._until(lambda: self.waiting >= count)

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(reached)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _call(self, op: str, target: Target, reference: str, message: Message, reply_to: str = "") -> str:
        if target.chat in self.held:
            self.waiting += 1
            await self._tell()
            await self.held[target.chat].wait()
        fault = self._next_fault(op, target.chat, reply_to)
        visible = fault is None or fault.shown
        self.errors.append(fault.error if fault else None)
        self.calls.append(Call(self._clock.now(), op, target, message, reference, visible, reply_to))
        if visible:
            self.shown[target, reference] = message
        await self._tell()
        if fault is not None:
            raise fault.error
        return reference

    def _next_fault(self, op: str, chat: str, reply_to: str) -> Fault | None:
        """Only an edit or a reply can find its message missing."""
        faults = self.faults[chat] or self.faults[""]
        if not faults or (op == "send" and not reply_to and isinstance(faults[0].error, MessageMissing)):
            return None
        return faults.popleft()


def found(text: str, weight: float = 2.0, topic: str = "prisoner-release", concept: str = "release") -> Evidence:
    return Evidence(topic, concept, text, "title", weight, f"en:{text.lower()} belarus-us.toml:12")


def make_member(
    title: str = "Fourteen prisoners freed in Belarus", source: str = "Nasha Niva", **changes: object
) -> Member:
    slug = source.lower().replace(" ", "-")
    analysis = Analysis(
        level=Level.ALERT,
        topics=("prisoner-release",),
        scores={"prisoner-release": 6.5},
        evidence=(found("freed"), found("prisoners", 1.5, concept="prisoner")),
    )
    member = Member(1, source, "independent", "en", title, f"https://{slug}.example/1", NOON, analysis)
    return replace(member, **changes)  # type: ignore[arg-type]


def make_story(*members: Member, **changes: object) -> Story:
    reports = members or (make_member(),)
    story = Story(12, len(reports), Level.ALERT, ("prisoner-release",), Facts(released=14), NOON, NOON, reports)
    return replace(story, **changes)  # type: ignore[arg-type]


class Newsroom:
    """Writes stories through the store's own transactions, as the poller does."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self._store = store
        self._clock = clock
        self._entries = 0

    async def report(
        self, title: str, *, topic: str = "prisoner-release", story: Story | None = None, owner: str = "independent"
    ) -> Story:
        """A new story, or a further report of one; queued for all who want its topic, edits due at once."""
        now = self._clock.now()
        feed = await self._feed()
        self._entries += 1
        url = f"https://wire.example/{self._entries}"
        entry = Entry(f"entry-{self._entries}", title, url, f"wire.example/{self._entries}", lang="en")
        async with self._store.transaction() as transaction:
            await transaction.open_stories(now - timedelta(days=2))
            member = make_member(title, f"Wire {self._entries}", url=url, at=now, owner=owner)
            added = NewEntry(entry, member.analysis, "alert", "in a story")
            entry_id = (await transaction.add_entries(feed, [added], now))[0]
            assert entry_id is not None
            member = replace(member, entry_id=entry_id)
            summary = StorySummary(Level.ALERT, (topic,), Facts(released=14))
            if story is None:
                kept = await transaction.add_story(member, summary, now)
            else:
                kept = await transaction.join_story(story.id, member, summary, now)
            await transaction.queue_story(kept, now, edit_after=timedelta(0))
            state = replace(feed.state, next_poll_at=now)
            await transaction.finish_poll(feed, PollRecord(Outcome.OK, state, now, entries=1, new=1, hits=1))
        return kept

    async def _feed(self) -> Feed:
        now = self._clock.now()
        await self._store.sync_feeds([FeedSpec("Wire", "https://wire.example/feed")], now)
        return (await self._store.claim_due_feeds(now, limit=1, force=True))[0]
