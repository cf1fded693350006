"""Inline mode and reactions, through the real aiogram, over a real store."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from bot.command import load_commands
from bot.delivery import Deliverer
from bot.dispatch import Dispatcher
from bot.finder import PAGE, Finder
from bot.languages import TopicTitles, texts_in
from bot.pacing import Rate
from bot.platforms.telegram_inline import MOST_NOTE
from bot.texts import REPORTED_FREED
from core.errors import StoreError
from core.inquiry import Inquiry
from core.model import Actor, Level
from core.options import Verdict
from storage.store import Store
from tests.contract.store_steps import counts
from tests.contract.test_store_watchlists import PERSON, told
from tests.fake_chat import TITLES, TOPICS, Newsroom
from tests.fake_clock import FakeClock
from tests.telegram_bot import Bench, receiving, target
from tests.telegram_chats import person
from tests.telegram_server import TelegramServer
from tests.telegram_wire import refuse


@pytest.fixture
def finder(store: Store, clock: FakeClock) -> Finder:
    return Finder(store, TopicTitles(TOPICS), clock)


@pytest.fixture
async def bench(server: TelegramServer, finder: Finder) -> AsyncIterator[Bench]:
    async with receiving(server, inquire=finder) as started:
        yield started


@pytest.fixture
def news(store: Store, clock: FakeClock) -> Newsroom:
    return Newsroom(store, clock)


async def test_words_typed_anywhere_offer_alerts(server: TelegramServer, bench: Bench, news: Newsroom) -> None:
    story = await news.report("Мінск: <b>14</b> freed & flown")
    await news.report("Rain")
    offered = await server.offered(server.user_types("мінск FREED*"))
    (one,) = offered["results"]
    assert (one["id"], one["title"]) == (str(story.id), "Мінск: <b>14</b> freed & flown")
    assert "Wire 1" in one["description"]
    content = one["input_message_content"]
    assert "Мінск: <b>14</b> freed & flown" in content["message_text"]
    assert "Reported freed: 14" in content["message_text"]
    assert content["link_preview_options"] == {"is_disabled": True}
    buttons = [button for row in one["reply_markup"]["inline_keyboard"] for button in row]
    assert buttons
    assert all("url" in button for button in buttons), "a command button has no chat to be for"
    assert (offered["is_personal"], offered["cache_time"], "next_offset" in offered) == (True, 30, False)


async def test_without_words_the_newest_are_offered(server: TelegramServer, bench: Bench, news: Newsroom) -> None:
    for number in range(3):
        await news.report(f"Event {number}")
    offered = await server.offered(server.user_types(""))
    assert [one["title"] for one in offered["results"]] == ["Event 2", "Event 1", "Event 0"]


async def test_many_are_offered_page_by_page(server: TelegramServer, bench: Bench, news: Newsroom) -> None:
    stories = [await news.report(f"Potash {number}") for number in range(2 * PAGE + 1)]
    await news.report("Potash 0 again", story=stories[0])  # a second report makes no second result
    seen, offset = [], ""
    for expected in (PAGE, PAGE, 1):
        offered = await server.offered(server.user_types("potash", offset=offset))
        assert len(offered["results"]) == expected
        seen += [int(one["id"]) for one in offered["results"]]
        offset = offered.get("next_offset", "")
    assert offset == ""
    assert seen == [story.id for story in reversed(stories)]


@pytest.mark.parametrize("words", ["...", " ".join(f"w{n}" for n in range(13))])
async def test_what_cannot_be_searched_for_is_told(server: TelegramServer, bench: Bench, words: str) -> None:
    offered = await server.offered(server.user_types(words))
    assert offered["results"] == []
    assert offered["button"]["text"] in ("Which words?", "Up to 12 words can be searched for.")
    assert offered["cache_time"] == 0


async def test_a_foreign_offset_begins_at_the_top(server: TelegramServer, bench: Bench, news: Newsroom) -> None:
    await news.report("Potash")
    for offset in ("x", "-1", "²", "1'; --"):
        assert len((await server.offered(server.user_types("potash", offset=offset)))["results"]) == 1


async def test_results_speak_the_askers_language(server: TelegramServer, bench: Bench, news: Newsroom) -> None:
    await news.report("Potash")
    offered = await server.offered(server.user_types("potash", user=person(lang="de")))
    shown = offered["results"][0]["input_message_content"]["message_text"]
    assert texts_in("de").say(REPORTED_FREED, count="14") in shown


async def test_who_types_too_fast_waits_and_others_do_not(
    server: TelegramServer, store: Store, news: Newsroom, clock: FakeClock
) -> None:
    await news.report("Potash")
    finder = Finder(store, TopicTitles(TOPICS), clock, rate=Rate(2, 60))
    async with receiving(server, inquire=finder):
        answers = [await server.offered(server.user_types("potash")) for _ in range(3)]
        assert [len(one["results"]) for one in answers] == [1, 1, 0]
        assert answers[2]["button"]["text"].startswith("Too many commands at once")
        assert len((await server.offered(server.user_types("potash", user=person(9))))["results"]) == 1
        clock.advance(61)
        assert len((await server.offered(server.user_types("potash")))["results"]) == 1


async def test_what_a_watchlist_alone_found_is_offered_to_nobody(
    server: TelegramServer, bench: Bench, store: Store, clock: FakeClock
) -> None:
    await store.watch(target(server.chats.private(7)), [PERSON], clock.now())
    number = await told(store, clock, PERSON, number=2)
    assert (await store.get_story(number)).level is Level.NONE
    assert (await server.offered(server.user_types("")))["results"] == []
    assert (await server.offered(server.user_types("title")))["results"] == []


async def test_nothing_is_kept_or_logged_of_who_asked(
    server: TelegramServer,
    bench: Bench,
    database_url: str,
    news: Newsroom,
    finder: Finder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await news.report("Potash")
    before = await counts(database_url)
    server.fail("answerInlineQuery", refuse(400, "Bad Request: query is too old"))
    server.user_types("potash secretword", user=person(987654321))
    await server.drained()
    await server.offered(server.user_types("potash", user=person(987654321)))
    assert await counts(database_url) == before
    held = "".join(repr(vars(part)) for part in (finder, finder._limit, finder._limit._windows))
    for secret in ("987654321", "secretword"):
        assert secret not in held
        assert secret not in "".join(f"{record.getMessage()}{vars(record)}" for record in caplog.records)


@pytest.mark.parametrize("error", [OSError("disk"), StoreError("Database sqlite: the disk is full")])
async def test_a_store_that_fails_offers_nothing_but_what_to_do(
    error: Exception, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        async def search_stories(self, *_: object, **__: object) -> tuple[()]:
            raise error

    finder = Finder(Broken(), TopicTitles(TOPICS), clock)
    for lang, said in (
        ("", "That failed here. Try again in a minute."),
        ("ru", "Не получилось. Попробуйте через минуту."),
    ):
        found = await finder(Inquiry(Actor("telegram", "1", lang), "hush"))
        assert (found.found, found.note) == ((), said)
        assert len(found.note) <= MOST_NOTE
    assert "A search while typing failed" in caplog.text
    assert ("disk is full" in caplog.text) == isinstance(error, StoreError)
    assert "hush" not in caplog.text


# --- reactions --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def desk(server: TelegramServer, store: Store, clock: FakeClock) -> AsyncIterator[Bench]:
    async with receiving(server) as bench:
        bench.echo.answer = Dispatcher(load_commands(), store, TITLES, clock)
        yield bench


async def verdicts(store: Store) -> dict[Verdict, int]:
    listed = await store.list_feedback("story", limit=5)
    return dict(listed[0].counts) if listed else {}


@pytest.mark.parametrize("kind", ["private", "topic", "channel"])
async def test_a_thumb_under_an_alert_counts_as_its_button_does(
    server: TelegramServer, desk: Bench, store: Store, clock: FakeClock, news: Newsroom, kind: str
) -> None:
    chat, thread = server.chats.private(), 0
    if kind == "topic":
        chat = server.chats.group(forum=True)
        thread = server.chats.topic(chat, "Prisoners")
    elif kind == "channel":
        chat = server.chats.channel()
    await store.subscribe(target(chat, thread), ["prisoner-release"], clock.now())
    await news.report("Fourteen freed")
    await Deliverer(store, {"telegram": desk.platform}, clock, titles=TITLES).deliver_due()
    (alert,) = server.messages(chat)
    server.user_reacts(chat, alert, "👍")
    server.user_reacts(chat, alert, "👎", before=("👍",))
    server.user_reacts(chat, alert, "🔥", "👎", before=("👎",))  # said before
    server.user_reacts(chat, alert, before=("👎",))  # taken back
    await server.drained()
    assert await verdicts(store) == {Verdict.USEFUL: 1, Verdict.NOT_USEFUL: 1}
    assert len(server.messages(chat)) == 1, "a reaction is answered by nothing"


async def test_a_thumb_that_comes_twice_counts_once_and_one_elsewhere_not_at_all(
    server: TelegramServer, desk: Bench, store: Store, clock: FakeClock, news: Newsroom
) -> None:
    chat = server.chats.private()
    await store.subscribe(target(chat), ["prisoner-release"], clock.now())
    await news.report("Fourteen freed")
    await Deliverer(store, {"telegram": desk.platform}, clock, titles=TITLES).deliver_due()
    (alert,) = server.messages(chat)
    server.user_reacts(chat, alert | {"message_id": 77}, "👍")
    server.user_reacts(chat, alert, "👍", user=person(5) | {"is_bot": True})
    await server.drained()
    assert await verdicts(store) == {}
    event = {"chat": chat.shown, "message_id": alert["message_id"], "date": 1, "user": person(), "old_reaction": []}
    event["new_reaction"] = [{"type": "emoji", "emoji": "👍"}]
    number = server.put("message_reaction", event)
    await server.drained()
    server.put("message_reaction", event, update_id=number)
    await server.polled()
    assert await verdicts(store) == {Verdict.USEFUL: 1}
