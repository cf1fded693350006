"""What Telegram shows of the bot before anybody wrote, in every language, through the real aiogram."""

from __future__ import annotations

import pytest

from bot import texts
from bot.command import load_commands
from bot.languages import INTERFACE, texts_in
from bot.platforms.telegram_profile import MOST_COMMAND_TEXT, MOST_DESCRIPTION, MOST_SHORT_DESCRIPTION, description
from tests.telegram_bot import receiving
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, flood, refuse

OTHERS = [lang for lang in INTERFACE if lang != "en"]
SCOPES = ("default", "all_private_chats", "all_chat_administrators")
SETTERS = ("setMyCommands", "setMyDescription", "setMyShortDescription")


async def settled(server: TelegramServer) -> None:
    """Wait until everything is shown; the last text is the German one."""
    await server.until(lambda: "de" in server.profile.short_descriptions)


async def test_menu_offers_to_each_what_they_may_use_in_every_language(server: TelegramServer) -> None:
    async with receiving(server):
        await settled(server)
    assert set(server.profile.menus) == {(scope, lang) for scope in SCOPES for lang in ("", *INTERFACE)}
    for (scope, _), menu in server.profile.menus.items():
        names = [command["command"] for command in menu]
        assert names == (["latest"] if scope == "default" else ["latest", "subscribe"])
    told = {lang: server.profile.menus["all_private_chats", lang] for lang in ("", "be", "lt")}
    assert {lang: [command["description"] for command in menu] for lang, menu in told.items()} == {
        "": ["The last stories", "Get alerts in this chat"],
        "be": ["Апошнія гісторыі", "Апавяшчэнні ў гэтым чаце"],
        "lt": ["Paskutinės istorijos", "Get alerts in this chat"],
    }


async def test_profile_tells_what_the_bot_does_in_every_language(server: TelegramServer) -> None:
    async with receiving(server):
        await settled(server)
    # English readers see what everybody else sees, so that needs no text of its own.
    told = {lang: texts_in(lang).say(texts.ABOUT) for lang in OTHERS}
    assert server.profile.short_descriptions == {"": texts.ABOUT, **told}
    assert server.profile.descriptions == {"": description("en"), **{lang: description(lang) for lang in OTHERS}}
    assert "/start" in description("uk")
    assert "Мінськ" in description("uk")


async def test_readers_of_other_languages_see_the_operators_choice(server: TelegramServer) -> None:
    async with receiving(server, lang="be"):
        await settled(server)
    assert server.profile.descriptions[""] == description("be")
    assert server.profile.descriptions["en"] == description("en")
    assert server.profile.menus["default", ""][0]["description"] == "Апошнія гісторыі"
    assert server.profile.menus["default", "en"][0]["description"] == "The last stories"


async def test_only_what_changed_is_set_at_the_next_start(server: TelegramServer) -> None:
    async with receiving(server):
        await settled(server)
    server.profile.short_descriptions["pl"] = "what an earlier version said"
    server.profile.menus["default", "de"] = []
    before = {setter: len(server.of(setter)) for setter in SETTERS}
    async with receiving(server):
        await server.until(lambda: server.profile.short_descriptions["pl"] == texts_in("pl").say(texts.ABOUT))
        await server.until(lambda: len(server.of("getMyShortDescription")) == 2 * (len(INTERFACE) + 1))
    assert server.profile.menus["default", "de"] == server.profile.menus["default", ""]
    assert {setter: len(server.of(setter)) - before[setter] for setter in SETTERS} == {
        "setMyCommands": 1,
        "setMyDescription": 0,
        "setMyShortDescription": 1,
    }


async def test_descriptions_set_by_hand_stay_when_the_operator_wants_that(server: TelegramServer) -> None:
    server.profile.descriptions[""] = "By hand"
    async with receiving(server, profile=False):
        await server.until(lambda: len(server.profile.menus) == len(SCOPES) * (len(INTERFACE) + 1))
        server.user_says(server.chats.private(77), "/latest")
        await server.sent(server.chats.find(77))
    assert server.profile.descriptions == {"": "By hand"}
    assert server.of("setMyDescription") == server.of("setMyShortDescription") == []


@pytest.mark.parametrize(
    "fault",
    [
        refuse(400, "Bad Request: BOT_COMMAND_INVALID"),
        refuse(404, "Not Found: method not found"),
        refuse(500, "Internal Server Error"),
        Fault(garble=True),
        Fault(drop="before"),
    ],
    ids=["refused", "unknown method", "out of order", "half an answer", "no answer"],
)
async def test_a_refusal_ends_its_kind_only_and_the_bot_goes_on(
    server: TelegramServer, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    chat = server.chats.private()
    server.fail("setMyCommands", fault)
    server.fail("setMyDescription", fault)
    async with receiving(server):
        await settled(server)
        server.user_says(chat, "/latest")
        assert len(await server.sent(chat)) == 1
    assert "command menu could not be set" in caplog.text
    assert "description of the bot could not be set" in caplog.text
    assert [len(server.of(setter)) for setter in SETTERS] == [1, 1, len(OTHERS) + 1]


async def test_a_wait_that_telegram_asks_for_is_waited_and_then_everything_is_set(server: TelegramServer) -> None:
    server.fail("setMyShortDescription", flood(100), flood(7))
    async with receiving(server) as bench:
        await settled(server)
        assert bench.clock.slept == [100.0, 7.0]


async def test_commands_are_answered_while_the_profile_is_not_shown_yet(server: TelegramServer) -> None:
    chat = server.chats.private()
    held = server.fail("getMyCommands", Fault(hold=True))
    async with receiving(server):
        await server.until(held.reached.is_set)
        server.user_says(chat, "/latest")
        assert len(await server.sent(chat)) == 1
        assert server.profile.menus == {}
        held.release.set()
        await settled(server)


@pytest.mark.parametrize("lang", INTERFACE)
def test_what_is_shown_fits_uncut(lang: str) -> None:
    say = texts_in(lang)
    assert len(say.say(texts.ABOUT)) <= MOST_SHORT_DESCRIPTION
    assert description(lang).endswith(say.say(texts.ABOUT_START, start="/start", forget="/forget"))
    assert len(description(lang)) <= MOST_DESCRIPTION
    for entry in load_commands().menu():
        assert 1 <= len(entry.translations.get(lang, entry.description)) <= MOST_COMMAND_TEXT


def test_menu_speaks_every_language_of_the_interface() -> None:
    assert all(set(entry.translations) == set(OTHERS) for entry in load_commands().menu())
