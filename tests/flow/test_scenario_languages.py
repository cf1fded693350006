"""Every command in every language of the interface: no English sentence is left in another language's answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.languages import TopicTitles
from bot.tools import Tools
from core.message import Message, Style
from core.model import Actor, Target
from core.ports import Request
from feeds.desk import Desk
from matching.matcher import PackMatcher
from matching.people import Roster
from matching.timeline import load_timeline
from storage.store import Store
from tests.contract.store_steps import lanes
from tests.fake_chat import Newsroom
from tests.fake_clock import FakeClock
from tests.fakes import FakeMatcher
from tests.flow.test_feed_desk import specify
from tests.flow.test_scenario import prepared
from tests.messages import OTHERS
from tests.unit.test_watch_commands import lexicon

HERE = Target("telegram", "7")
MORE = (
    "start",
    "stop",
    "subscribe",
    "why",
    "why nonsense",
    "why https://nowhere.example/1",
    "useful",
    "when weekly",
    "quiet 22",
    "quiet 22:00 22:00",
    "snooze 99999d",
    "timezone Atlantis",
    "languages klingon",
    "kinds gossip",
    "language klingon",
    "subscribe nonsense",
    "latest many",
    "story",
    "story 999",
    "search",
    "search zzz",
    "mute",
    "mute source Wire",
    "mute term release",
    "unmute zzz",
    "unmute all",
    "watch",
    "watch Lukashenko",
    "watch Jan Nowak Nobody",
    "watch minsk and potash",
    "watch import",
    "watch #0000000000",
    "unwatch nobody",
    "unwatch all",
    "export csv 999",
    "export search",
    "feed",
    "feed add",
    "feed pause zzz",
    "feed import",
    "feeds zzz",
    "split {story} x",
    "merge {story} {story}",
    "split {story} 999",
    "help watch",
    "help stats",
    "help audit",
)
# Foreign content, and what is typed: the same in every language.
_SAME = re.compile(r"/[a-z]+(?: [\w:.*\-|<>\[\]]+)*|https?://\S+|`[^`]*`|\"[^\"]*\"", re.ASCII)
_NO_SENTENCE = {"in a story", "potash OR belavia"}  # what Newsroom gives as a reason, and a rule in a help
_WORDS = re.compile(r"[A-Za-z']+(?: [A-Za-z']+){2,}")


def sequences(message: Message) -> Iterator[str]:
    """Three English-looking words in a row, in running text."""
    for line in message.lines:
        text = "".join("|" if span.style is Style.CODE or span.url else span.text for span in line.spans)
        yield from _in_rows(_SAME.sub("|", text))
    for row in message.buttons:
        for button in row:
            yield from _in_rows(button.label)
    for cell in message.table.head if message.table else ():
        yield from _in_rows(cell)


def _in_rows(text: str) -> Iterator[str]:
    for found in _WORDS.findall(text):
        words = found.split()
        yield from (" ".join(words[at : at + 3]) for at in range(len(words) - 2))


class Reader:
    """One chat of its own, in one language; `answers` by what was typed."""

    def __init__(self, store: Store, clock: FakeClock, lang: str) -> None:
        desk = Desk(store, None, None, FakeMatcher(), clock, specify)  # type: ignore[arg-type]
        matcher = PackMatcher(lexicon())
        events = tuple(event for event in load_timeline() if event.day <= date(2026, 3, 1))
        tools = Tools(roster=Roster(lexicon()), feeds=desk, timeline=events)
        self.store, self.clock, self.lang = store, clock, lang
        self._dispatcher = Dispatcher(
            load_commands(),
            store,
            TopicTitles(matcher.topics, matcher.titles),
            clock,
            operators=["telegram:7"],
            tools=tools,
        )  # fmt: skip

    async def ask(self, line: str) -> Message:
        self.clock.advance(5)
        answer = await self._dispatcher(Request(Actor("telegram", "7", self.lang), HERE, line, private=True))
        assert answer is not None
        return answer

    async def everything(self) -> dict[str, Message]:
        """All scenes, then what goes wrong, then what a chat is told whose messages did not come through."""
        news = Newsroom(self.store, self.clock)
        scenes = [typed for typed, _ in await prepared(news, "Θεσσαλία α", "Θεσσαλία β")]
        lines = [f"language {self.lang}" if line == "language en" else line for line in scenes]
        answers = {line: await self.ask(line) for line in lines}
        answers |= {line: await self.ask(line) for line in (more.format(story=2) for more in MORE)}
        await self.ask("subscribe")
        number = (await news.report("Θεσσαλία γ")).id
        (waiting,) = await lanes(self.store, self.clock.now())
        reason = "Telegram, chat telegram:7: Telegram is out of order (502); it is tried again."
        await self.store.mark_later(waiting, waiting.items[0], self.clock.now(), reason)
        answers["trouble"] = await self.ask(f"why {number}")
        await self.store.retire_target(HERE, "Telegram, chat telegram:7: the bot may not write there.")
        answers["dead"] = await self.ask(f"why {number}")
        answers["paused"] = await self.ask("status")
        answers["resumed"] = await self.ask("start")
        return answers


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite alone: what differs between the databases is tried elsewhere."""
    return sqlite_url


_english: dict[str, set[str]] = {}


@pytest.mark.parametrize("lang", OTHERS)
async def test_no_english_sentence_is_left(lang: str, store: Store, clock: FakeClock, tmp_path: object) -> None:
    if not _english:
        first = Store(f"sqlite+aiosqlite:///{tmp_path}/english.db", clock=clock)
        await first.open()
        said = await Reader(first, clock, "en").everything()
        await first.close()
        _english.update({line: set(sequences(answer)) for line, answer in said.items()})
        assert sum(map(len, _english.values())) > 500
    everywhere = set().union(*_english.values())
    answers = await Reader(store, clock, lang).everything()
    left = {
        line: found
        for line, one in answers.items()
        if (found := (everywhere & set(sequences(one))) - _NO_SENTENCE - set(_in_rows(line)))
    }
    assert not left
    assert not [line for line, one in answers.items() if "(reference " in one.text]
