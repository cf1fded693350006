"""Watching people from a chat, over a real store and the shipped packs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache

import pytest

from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.tools import Tools
from core.model import Entry, FeedSpec, Level, Role, StorySummary
from core.watch import WatchHit
from matching.lexicon import Lexicon, load_lexicon
from matching.people import Roster, guess_spec
from matching.watching import WatchBook
from storage.store import Store
from tests.contract.store_steps import claimed_feed, ended, entry, member, new, summary
from tests.fake_chat import TITLES
from tests.fake_clock import FakeClock
from tests.unit.test_commands import CHAT, NASTY, Chat, commands_of


@cache
def lexicon() -> Lexicon:
    return load_lexicon()


class WatchingChat(Chat):
    def __init__(self, store: Store, clock: FakeClock) -> None:
        super().__init__(store, clock)
        tools = Tools(roster=Roster(lexicon()))
        self._dispatcher = Dispatcher(load_commands(), store, TITLES, clock, operators=["telegram:1"], tools=tools)

    async def watched(self) -> list[str]:
        return [item.spec.label for item in await self.store.watches(CHAT)]


@pytest.fixture
async def chat(sqlite_url: str, clock: FakeClock) -> AsyncIterator[WatchingChat]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield WatchingChat(store, clock)
    await store.close()


@pytest.mark.parametrize(
    "typed",
    [
        "Ales Bialiatski",
        "ales bialiatski",
        "Алесь Бяляцкі",
        "Алесь Беляцкий",
        "Aleś Bialacki",
        "Бяляцкий",
        "bialiatski",
    ],
)
async def test_a_person_is_watched_by_any_spelling(chat: WatchingChat, typed: str) -> None:
    answer = await chat.ask(f"watch {typed}")
    assert "now watches Ales Bialiatski, in every spelling" in answer.text
    for spelling in ("Bialiatski", "Belyatsky", "Бяляцкі", "Беляцкий", "Біляцький"):
        assert spelling in answer.text
    assert await chat.watched() == ["Ales Bialiatski"]
    assert "watches Ales Bialiatski already" in (await chat.ask(f"watch {typed}")).text
    assert len(await chat.watched()) == 1


async def test_an_ambiguous_name_is_asked_about(chat: WatchingChat) -> None:
    answer = await chat.ask("watch Lukashenko")
    assert "Who is meant by “Lukashenko”?" in answer.text
    choices = commands_of(answer)
    assert "watch lukashenka" in choices
    assert len(choices) > 1
    assert await chat.watched() == []
    assert "now watches" in (await chat.ask(choices[0])).text
    assert len(await chat.watched()) == 1


async def test_the_same_surname_with_another_given_name_is_somebody_else(chat: WatchingChat) -> None:
    answer = await chat.ask("watch Ivan Bialiatski")
    assert "Who is meant by “Ivan Bialiatski”?" in answer.text
    assert "Belarusian Іван Бяляцкі" in answer.text
    first, second = commands_of(answer)
    assert first == "watch bialiatski"
    assert len(second.encode()) <= 64
    assert "now watches Іван Бяляцкі" in (await chat.ask(second)).text
    assert await chat.watched() == ["Іван Бяляцкі"]


async def test_somebody_unknown_is_shown_before_it_is_watched(chat: WatchingChat) -> None:
    answer = await chat.ask("watch Wolf Rubinchyk")
    assert "“Wolf Rubinchyk” is not among the persons known here." in answer.text
    assert "Belarusian Вольф Рубінчык, Russian Вольф Рубинчык" in answer.text
    assert "Rubintschyk" in answer.text
    assert await chat.watched() == []
    await chat.ask(commands_of(answer)[0])
    assert await chat.watched() == ["Вольф Рубінчык"]


@pytest.mark.parametrize("typed", ["🙂", "-", "123", "x", "\u202e\u200b1", "be: 🙂 ru: -"])
async def test_what_can_be_no_name_is_not_watched(chat: WatchingChat, typed: str) -> None:
    answer = await chat.ask(f"watch {typed}")
    assert "two letters at least" in answer.text or "The name is missing" in answer.text
    assert answer.failed
    assert not answer.buttons
    long = await chat.ask(f"watch {'А' * 900}")
    assert "That is 900 characters long; a name has up to 100." in long.text
    assert "Whom or what" in (await chat.ask("watch save")).text
    assert await chat.watched() == []


async def test_words_that_are_no_name_are_offered_as_a_rule(chat: WatchingChat) -> None:
    as_name, as_words = commands_of(await chat.ask("watch potash export"))
    assert as_name.startswith("watch #")
    assert as_words == 'watch "potash export"'
    tried = await chat.ask(as_words)
    assert "nothing would have matched (0 reports looked at)" in tried.text
    (save,) = commands_of(tried)
    told = await chat.ask(save)
    assert 'now watches for what fits the rule: "potash export"' in told.text
    assert "every spelling" not in told.text
    assert len(commands_of(await chat.ask("watch " + "Надзея " * 6))) == 1, "too long for a button"


async def test_only_what_was_changed_is_audited(chat: WatchingChat) -> None:
    await chat.ask("subscribe")
    for shown in ("watch", "watch Lukashenko", "watch minsk AND potash", "when", "quiet", "snooze", "confirmed",
                  "languages", "kinds", "mute", "unmute 12", "unmute term x", "discreet", "language"):  # fmt: skip
        await chat.ask(shown)
    await chat.ask("watch Ales Bialiatski")
    await chat.ask("watch Ales Bialiatski")
    await chat.ask("quiet 22 7")
    lines = [change.line for change in await chat.store.changes(CHAT, 30)]
    assert lines == ["quiet 22 7", "watch Ales Bialiatski", "subscribe"]


async def test_both_forms_can_be_given(chat: WatchingChat) -> None:
    answer = await chat.ask("watch be: Марына Золатава ru: Марина Золотова")
    assert "now watches Марына Золатава" in answer.text
    assert "Zolotova" in answer.text
    assert "Zolatava" in answer.text
    (item,) = await chat.store.watches(CHAT)
    assert item.spec.body == {"be": "Марына Золатава", "ru": "Марина Золотова", "sex": "f"}
    assert "The name is missing" in (await chat.ask("watch be: ru:")).text


async def test_a_deep_link_watches_at_once(chat: WatchingChat) -> None:
    assert "now watches Ales Bialiatski" in (await chat.ask("start watch-bialiatski")).text
    assert "Choose what" not in (await chat.ask("start watch-bialiatski")).text
    assert (
        "names “watch-nobody”, which is not known here.\nMinsk Watch reads news"
        in (await chat.ask("start watch-nobody")).text
    )
    refused = await chat.ask("start watch-kalesnikava", private=False, role=Role.VIEWER)
    assert "Only those who manage this chat" in refused.text
    assert await chat.watched() == ["Ales Bialiatski"]


async def test_the_list_is_shown_and_shortened(chat: WatchingChat) -> None:
    assert "watches nobody and nothing" in (await chat.ask("watching")).text
    for name in ("Ales Bialiatski", "Maria Kalesnikava", "Wolf Rubinchyk"):
        answer = await chat.ask(f"watch {name}")
    await chat.ask(commands_of(answer)[0])
    answer = await chat.ask("watching")
    assert "This chat watches 3 things:" in answer.text
    ids = [item.id for item in await chat.store.watches(CHAT)]
    assert commands_of(answer) == [f"unwatch {number}" for number in ids]
    assert answer.lines[-1].text == f"To end one, tap it or write its number: /unwatch {ids[0]}"
    assert (await chat.ask("unwatch")).lines == answer.lines
    assert "No longer watched: Ales Bialiatski." in (await chat.ask("unwatch Беляцкий")).text
    assert "is not on this chat's watchlist" in (await chat.ask("unwatch Беляцкий")).text
    assert "No longer watched: Вольф Рубінчык." in (await chat.ask(f"unwatch {ids[2]}")).text
    asked = await chat.ask("unwatch all")
    assert "Take everybody and everything off" in asked.text
    assert await chat.watched() != [], "asked first"
    await chat.ask(commands_of(asked)[0])
    assert await chat.watched() == []


async def test_a_chat_may_watch_without_any_topic(chat: WatchingChat) -> None:
    await chat.ask("watch Ales Bialiatski")
    assert "This chat gets: no topic, only what it watches." in (await chat.ask("status")).text
    await chat.ask("subscribe sanctions")
    assert "It still gets: no topic, only what it watches." in (await chat.ask("stop sanctions")).text
    assert await chat.watched() == ["Ales Bialiatski"]
    await chat.ask("stop")
    assert await chat.watched() == []


async def test_changes_stand_in_the_audit_log_without_a_name(chat: WatchingChat) -> None:
    assert "Nothing was changed here." in (await chat.ask("audit")).text
    await chat.ask("watch Ales Bialiatski")
    await chat.ask("watching")
    await chat.ask("watch nobody AND")
    answer = await chat.ask("audit")
    assert "an admin: watch Ales Bialiatski" in answer.text
    assert "watching" not in answer.text
    assert "nobody" not in answer.text
    assert "telegram:7" not in answer.text
    assert "Only those who manage" in (await chat.ask("audit", private=False, role=Role.VIEWER)).text
    await chat.ask("stop")
    assert "Nothing was changed here." in (await chat.ask("audit")).text


async def test_viewers_may_look_and_not_change(chat: WatchingChat) -> None:
    await chat.ask("watch Ales Bialiatski")
    for line in ("watch Maria Kalesnikava", "unwatch all"):
        assert "Only those who manage" in (await chat.ask(line, private=False, role=Role.VIEWER)).text
    assert "Ales Bialiatski" in (await chat.ask("watching", private=False, role=Role.VIEWER)).text


async def test_a_story_of_a_watchlist_is_for_that_chat_alone(chat: WatchingChat) -> None:
    await chat.ask("watch Ales Bialiatski")
    spec = (await chat.store.watches(CHAT))[0].spec
    feed = await claimed_feed(chat.store, chat.clock.now())
    async with chat.store.transaction() as transaction:
        (entry_id,) = await transaction.add_entries(feed, [new(entry())], chat.clock.now())
        assert entry_id is not None
        nothing = StorySummary(Level.NONE, (), summary().facts)
        story = await transaction.add_story(member(entry_id, chat.clock.now()), nothing, chat.clock.now())
        hits = [WatchHit(spec.key, spec.label)]
        assert await transaction.queue_watched(story, hits, chat.clock.now()) == 1
        await transaction.finish_poll(feed, ended(feed, chat.clock.now()))
    assert "You watch: Ales Bialiatski" in (await chat.ask(f"why {story.id}")).text
    assert f"Report {entry_id}" in (await chat.ask(f"story {story.id}")).text
    await chat.ask("stop")
    assert f"There is no story {story.id}" in (await chat.ask(f"story {story.id}")).text
    assert f"There is no story {story.id}" in (await chat.ask(f"why {story.id}")).text


async def test_no_argument_makes_them_fail(chat: WatchingChat, caplog: pytest.LogCaptureFixture) -> None:
    for argument in (*NASTY, "be: " + "х" * 500, "ru: <b> be: &", "#", "#123", "watch-watch"):
        for name in ("watch", "unwatch", "start"):
            answer = await chat.ask(f"{name} {argument}")
            assert "through no fault of yours" not in answer.text, (name, argument)
            assert len(answer.text) < 4000
    assert caplog.records == []


# --- rules ----------------------------------------------------------------------------------------------------------


async def stored(chat: WatchingChat, *titles: str, days_ago: int = 0) -> None:
    """Entries that no topic matched, seen so many days ago."""
    now = chat.clock.now() - timedelta(days=days_ago)
    feed = await claimed_feed(chat.store, now)
    async with chat.store.transaction() as transaction:
        made = [new(Entry(title, title, f"https://wire.example/{title.replace(' ', '-')}")) for title in titles]
        await transaction.add_entries(feed, made, now)
        await transaction.finish_poll(feed, ended(feed, now, after=timedelta(0)))


async def test_a_rule_that_seldom_matches_says_how_seldom(chat: WatchingChat) -> None:
    await stored(chat, "Minsk sells potash", days_ago=3)
    answer = await chat.ask("watch minsk AND potash")
    assert "█···  1 in 30 days" in answer.text
    assert "a day" not in answer.text


async def test_a_rule_is_tried_before_it_is_saved(chat: WatchingChat) -> None:
    await stored(chat, "Minsk sold potash long ago", days_ago=31)
    await stored(chat, "Minsk sells potash", "Minsk plays football, potash or not", days_ago=3)
    await stored(chat, "Potash leaves Minsk", "Rain")
    await chat.ask("subscribe sanctions")
    await chat.news.report("Minsk potash freed of sanctions", topic="sanctions")
    answer = await chat.ask("watch minsk AND potash NOT football")
    assert "In the last 30 days it would have been 3 reports:" in answer.text
    assert "·" * 26 + "▅··█  0.1 a day, at most 2" in answer.text
    for title in ("Minsk sells potash", "Potash leaves Minsk", "Minsk potash freed of sanctions"):
        assert title in answer.text
    assert "football" not in answer.text.split("\n", 1)[1].split("Nothing is saved")[0]
    assert "2 of them did not come to this chat by its topics." in answer.text
    assert await chat.watched() == []
    (save,) = commands_of(answer)
    assert save == "watch save minsk AND potash NOT football"
    assert "what fits the rule: minsk AND potash NOT football" in (await chat.ask(save)).text
    assert "rule: minsk AND potash NOT football" in (await chat.ask("watching")).text


async def test_a_long_rule_goes_by_its_mark_also_after_a_restart(chat: WatchingChat, clock: FakeClock) -> None:
    rule = "minsk AND (" + " OR ".join(f"word{number}" for number in range(20)) + ")"
    answer = await chat.ask(f"watch {rule}")
    assert "nothing would have matched (0 reports looked at)" in answer.text
    (save,) = commands_of(answer)
    assert save.startswith("watch save #")
    assert "asked more than a day ago" in (await chat.ask("watch save #0000000000")).text
    restarted = WatchingChat(chat.store, clock)
    assert "now watches" in (await restarted.ask(save)).text
    assert await restarted.watched() == [rule]
    assert "was done already" in (await chat.ask(save)).text


async def test_a_full_list_does_not_lose_what_was_proposed(chat: WatchingChat, monkeypatch: pytest.MonkeyPatch) -> None:
    (save,) = commands_of(await chat.ask("watch minsk AND (" + " OR ".join(f"word{n}" for n in range(20)) + ")"))
    with monkeypatch.context() as full:
        full.setattr("bot.commands.watching.MOST_WATCHES", 0)
        assert "can watch 0 people" in (await chat.ask(save)).text
    assert "now watches" in (await chat.ask(save)).text


@pytest.mark.parametrize("line", ["watch save minsk and potash", "watch minsk and potash"])
async def test_a_mistake_is_answered_with_its_place(chat: WatchingChat, line: str) -> None:
    answer = await chat.ask(line)
    assert "\n" + "minsk and potash\n      ^\n" in answer.text
    assert "Write AND" in answer.text
    assert await chat.watched() == []


# --- what is found --------------------------------------------------------------------------------------------------

FEED = FeedSpec("Wire", "https://wire.example/feed")


def found(book: WatchBook, title: str, body: str = "") -> list[str]:
    from matching.matcher import PackMatcher

    made = Entry("e", title, summary=body)
    analysis = PackMatcher(lexicon()).analyse(title, body)
    return [hit.label for hit in book.find(FEED, made, analysis)]


@pytest.mark.parametrize(
    ("title", "body", "labels"),
    [
        ("Нобелівського лауреата Алеся Біляцького побачили у Варшаві", "", ["Ales Bialiatski"]),
        ("Bialiatski spoke in Oslo", "", ["Ales Bialiatski"]),
        ("Шахматист Вольф Рубинчик выступил в Минске", "", ["Wolf Rubinchyk"]),
        ("У Мінску судзілі шахматыста", "Вольфа Рубінчыка затрымалі ў сераду.", ["Wolf Rubinchyk"]),
        ("Wolf Rubinchyk and Ales Bialiatski met", "", ["Ales Bialiatski", "Wolf Rubinchyk"]),
        ("A baker in Ohio named Jack Rubinchyk", "", []),
        ("Weather in Oslo", "", []),
        ("", "", []),
    ],
)
def test_entries_that_name_somebody_watched(title: str, body: str, labels: list[str]) -> None:
    book = WatchBook(lexicon(), [Roster(lexicon()).spec("bialiatski"), guess_spec("Wolf Rubinchyk")])
    assert found(book, title, body) == labels


def test_somebody_watched_is_told_of_by_what_everybody_knows_him_by_and_not_by_his_wife() -> None:
    book = WatchBook(lexicon(), [Roster(lexicon()).spec("tsikhanouski")])
    assert found(book, "Mąż Cichanouskiej jest wolny, wywieziono go z Białorusi", "") == ["Siarhei Tsikhanouski"]
    assert found(book, "Cichanouska spotkała się w Warszawie z premierem", "") == []


def test_a_person_no_longer_in_the_packs_is_told_of() -> None:
    book = WatchBook(lexicon(), [Roster(lexicon()).spec("gone")])
    assert book.faults == ["gone: nobody of that name is in the packs any more; watch the name anew."]


@pytest.mark.parametrize(
    ("typed", "be", "ru", "sex"),
    [
        ("Марына Шапавалава", "Марына Шапавалава", "Марына Шапавалава", "f"),
        ("Сергей Тихоновский", "Сергей Ціхоноўскі", "Сергей Тихоновский", "m"),
        ("Андрей Кузнецов", "Андрэй Кузняцоў", "Андрей Кузнецов", "m"),
        ("Siarhei Kuzmin", "Сяргей Кузмін", "Сяргей Кузмин", "m"),
        ("Ігар Лосік", "Ігар Лосік", "Игар Лосик", "m"),
    ],
)
def test_forms_are_made_from_what_was_typed(typed: str, be: str, ru: str, sex: str) -> None:
    body = guess_spec(typed).body
    assert (body["ru"], body["sex"]) == (ru, sex)
    if "Кузняцоў" not in be:  # letters do not tell that; what is made is shown
        assert body["be"] == be


def test_every_name_of_the_packs_is_found_by_itself() -> None:
    roster = Roster(lexicon())
    missed = [person.name for person in lexicon().persons.values() if person.id not in roster.find(person.name).people]
    assert len(missed) <= len(lexicon().persons) // 100, missed
