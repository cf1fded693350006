"""Home tab, modals, menus and shortcuts in Slack: real slack-bolt, real commands, real store, a local Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache

import pytest

from bot.command import load_commands
from bot.delivery import Deliverer
from bot.dispatch import Dispatcher
from bot.platforms import slack_pages
from bot.platforms.slack_blocks import render
from bot.tools import Tools
from core.message import Button, Message, line
from core.model import Role, Target
from core.ports import MenuEntry
from matching.lexicon import load_lexicon
from matching.people import Roster
from storage.store import Store
from tests.contract.store_steps import claimed_feed, entry, new
from tests.echo import Echo
from tests.fake_chat import TITLES, TOPICS, Newsroom
from tests.fake_clock import FakeClock
from tests.slack_bot import receiving
from tests.slack_server import SlackServer
from tests.slack_server_blocks import buttons
from tests.slack_server_values import Fault, Posted
from tests.slack_server_views import View

PRIVATE = Target("slack", "DU1")
FORM = MenuEntry("watch", "Be told", Role.EDITOR, "A name, or a rule")


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


@pytest.fixture
def echo() -> Echo:
    return Echo()


class House:
    """A store and all commands around one Slack, whose person looks at the bot's Home tab."""

    def __init__(self, server: SlackServer, store: Store, clock: FakeClock) -> None:
        self.server, self.store, self.clock = server, store, clock
        self.news = Newsroom(store, clock)
        tools = Tools(roster=roster())
        self.dispatch = Dispatcher(load_commands(), store, TITLES, clock, tools=tools)

    @property
    def home(self) -> View:
        return self.server.views.homes["U1"]

    @property
    def modal(self) -> View:
        return self.server.views.modals["U1"]

    async def opens(self) -> View:
        before = len(self.server.called("views.publish"))
        assert (await self.server.open_home("U1")).status == 200
        return await self.published(before)

    async def presses(self, label: str) -> View:
        """A press on the Home tab, until the tab is published anew."""
        before = len(self.server.called("views.publish"))
        assert (await self.server.press_in(self.home, label)).status == 200
        return await self.published(before)

    async def published(self, before: int) -> View:
        await self.server.wait_until(lambda: len(self.server.called("views.publish")) > before)
        return self.home

    async def updated(self, count: int = 1) -> View:
        """The modal, once it was updated so often."""
        await self.server.wait_until(lambda: len(self.server.called("views.update")) >= count)
        return self.modal

    async def submits(self, typed: str, told: str) -> View:
        """Send the form off, until the modal tells that: with the acknowledgement, or on a busy machine after it."""
        await self.server.submit("U1", typed)
        await self.server.wait_until(lambda: told in " ".join((*self.modal.errors.values(), self.modal.shown)))
        return self.modal

    async def stored(self, *titles: str) -> None:
        """Reports of the last weeks that no topic took."""
        feed = await claimed_feed(self.store, self.clock.now())
        async with self.store.transaction() as unit:
            reports = [new(entry(number, title=title)) for number, title in enumerate(titles, 1)]
            await unit.add_entries(feed, reports, self.clock.now() - timedelta(days=2))


@cache
def roster() -> Roster:
    """Used once, so that the names of the packs are ready."""
    known = Roster(load_lexicon())
    known.spellings(known.spec(known.find("Ales Bialiatski").people[0]))
    return known


@pytest.fixture
async def house(slack: SlackServer, sqlite_url: str, clock: FakeClock) -> AsyncIterator[House]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield House(slack, store, clock)
    await store.close()


def labels(view: View) -> list[str]:
    return list(buttons(view.blocks))


# --- Home -----------------------------------------------------------------------------------------------------------


async def test_home_is_the_private_chat_s_page_and_topics_are_one_tap(slack: SlackServer, house: House) -> None:
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        home = await house.opens()
        assert "Choose what this chat should get" in home.shown
        assert "Sanctions" in labels(home)

        home = await house.presses("Sanctions")
        assert "✓ Sanctions" in labels(home)
        assert "now gets alerts on: Sanctions" in home.shown, "what was done is said on top"
        mine = await house.store.find_subscription(PRIVATE)
        assert mine is not None
        assert mine.topics == ("sanctions",)

        home = await house.presses("Hourly")
        assert "✓ Hourly" in labels(home)
        home = await house.presses("Discreet")
        assert "Not discreet" in labels(home)
        home = await house.presses("Quiet hours")
        assert "22:00-07:00" in labels(home), "a command that asks back is answered by its buttons"
        home = await house.presses("22:00-07:00")
        assert "22:00-07:00" in home.shown

        home = await house.presses("✓ Sanctions")
        assert "Sanctions" in labels(home)
        assert await house.store.find_subscription(PRIVATE) is None
    assert slack.messages("DU1") == [], "nothing is written into the chat"


async def test_home_shows_last_stories_and_a_story_opens_in_a_modal(slack: SlackServer, house: House) -> None:
    story = await house.news.report("Fourteen freed <in> Minsk")
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        home = await house.opens()
        assert "Fourteen freed <in> Minsk" in home.shown
        await slack.press_in(home, f"#{story.id}")
        modal = await house.updated()
    assert "Reported freed: 14" in modal.shown
    assert modal.errors == {}


async def test_home_says_how_to_set_a_channel(slack: SlackServer, house: House) -> None:
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        assert "/minsk home" in (await house.opens()).shown
        await slack.slash("U1", "C1", "home")
        page = await slack.whispered("C1", "U1")
    assert page.shown.count("Topics") == 1
    assert "add the bot there" not in page.shown
    assert "Sanctions" in buttons(page.blocks)


async def test_home_published_from_two_sides_shows_what_is_true(slack: SlackServer, house: House) -> None:
    """A press on a view that was replaced meanwhile: Slack refuses the old hash, and the tab is drawn anew."""
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        seen = await house.opens()
        await house.presses("Sanctions")
        await slack.press_in(seen, "Prisoner releases")
        await slack.wait_until(lambda: "✓ Prisoner releases" in labels(house.home))
    assert "✓ Sanctions" in labels(house.home)
    assert [call.answer.get("error") for call in slack.called("views.publish")][-2:] == ["hash_conflict", None]  # type: ignore[union-attr]


async def test_home_of_the_messages_tab_is_not_drawn(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        assert (await slack.open_home("U1", "messages")).status == 200
        await slack.slash("U1", "C1", "status")
        await slack.posted("C1")
    assert [request.line for request in echo.requests] == ["status"]


async def test_home_opened_twice_over_is_drawn_once(slack: SlackServer, echo: Echo) -> None:
    event = {"type": "app_home_opened", "user": "U1", "channel": "DU1", "tab": "home"}
    async with receiving(slack, echo):
        for attempt in range(3):
            await slack.happens("app_home_opened", event, "Ev1", attempt)
        await slack.happens("app_home_opened", event, "Ev2")
        await slack.wait_until(lambda: len(slack.called("views.publish")) == 2)
    assert [(request.line, request.target, request.private) for request in echo.requests] == [
        ("home", PRIVATE, True)
    ] * 2


async def test_presses_are_counted_and_redrawing_is_not(slack: SlackServer, house: House) -> None:
    """Twenty presses a minute, not ten."""
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        await house.opens()
        for press in range(9):
            await house.presses("Sanctions" if press % 2 == 0 else "✓ Sanctions")
            await house.presses("✓ Prisoner releases" if press % 2 else "Prisoner releases")
        home = await house.presses("Everything")
    assert "Slow down" not in home.shown
    assert "✓ US-Belarus diplomacy" in labels(home)


# --- modals ---------------------------------------------------------------------------------------------------------


async def test_rule_is_tried_in_a_modal_and_saved(slack: SlackServer, house: House) -> None:
    await house.stored("Potash at the port", "Football in Minsk", "More potash")
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        assert (await slack.slash("U1", "C1", "watch")).status == 200
        modal = await house.updated()
        assert modal.shown.startswith("A name, or a rule")
        assert "/minsk watch minsk AND potash" in modal.shown, "how to is said under the field"

        await house.submits("potash AND (port", "▸")
        await house.submits("potash NOT football", "it would have been 2 reports")
        assert "a day, at most 2" in house.modal.shown
        assert "More potash" in house.modal.shown
        assert "did not come to this chat" in house.modal.shown
        assert await house.store.watches(Target("slack", "C1")) == ()

        await slack.press_in(house.modal, "Watch for this")
        await slack.wait_until(lambda: "submit" not in house.modal.fields)
        done = house.modal
    assert "potash NOT football" in done.shown
    assert [item.spec.label for item in await house.store.watches(Target("slack", "C1"))] == ["potash NOT football"]
    assert slack.messages("C1") == []


async def test_name_is_watched_from_the_home_tab_which_then_shows_it(slack: SlackServer, house: House) -> None:
    async with receiving(slack, house.dispatch, menu=house.dispatch.menu()):
        home = await house.opens()
        await slack.press_in(home, "Watch a name or a rule")
        await house.updated()
        before = len(slack.called("views.publish"))
        await house.submits("Ales Bialiatski", "Бяляцкі")
        home = await house.published(before)
    assert "Ales Bialiatski" in home.shown
    assert [item.spec.label for item in await house.store.watches(PRIVATE)] == ["Ales Bialiatski"]


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_slow_trial_is_shown_when_it_is_there(
    slack: SlackServer, echo: Echo, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(slack_pages, "RESULT_WITHIN", 0.01)
    async with receiving(slack, echo, menu=(FORM,), mode=mode):
        await slack.slash("U1", "C1", "watch")
        await slack.wait_until(lambda: bool(slack.called("views.update")))
        echo.hold = asyncio.Event()
        ack = await slack.submit("U1", "minsk AND potash")
        assert ack.status == 200
        assert "One moment" in slack.views.modals["U1"].shown
        echo.hold.set()
        await slack.wait_until(lambda: "you said watch minsk AND potash" in slack.views.modals["U1"].shown)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_mistake_is_told_under_the_field(slack: SlackServer, echo: Echo, mode: str) -> None:
    async with receiving(slack, echo, menu=(FORM,), mode=mode):
        await slack.slash("U1", "C1", "watch")
        await slack.wait_until(lambda: bool(slack.called("views.update")))
        echo.answer = Message((line("A word is missing."), line("minsk AND"), line(" " * 9 + "^")), failed=True)
        await slack.submit("U1", "minsk AND")
    assert list(slack.views.modals["U1"].errors.values()) == ["A word is missing. — minsk AND▸"]
    assert len(slack.called("views.update")) == 1


async def test_slow_mistake_keeps_what_was_typed(
    slack: SlackServer, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_pages, "RESULT_WITHIN", 0.01)
    async with receiving(slack, echo, menu=(FORM,)):
        await slack.slash("U1", "C1", "watch")
        await slack.wait_until(lambda: bool(slack.called("views.update")))
        echo.hold, echo.answer = asyncio.Event(), Message((line("No such word."),), failed=True)
        await slack.submit("U1", "minsk AND")
        echo.hold.set()
        await slack.wait_until(lambda: "No such word." in slack.views.modals["U1"].shown)
    (field,) = [block for block in slack.views.modals["U1"].blocks if block["type"] == "input"]
    assert field["element"]["initial_value"] == "minsk AND"


async def test_modal_that_comes_too_late_is_an_answer_instead(slack: SlackServer, echo: Echo) -> None:
    slack.fail("views.open", Fault(error="expired_trigger_id"))
    async with receiving(slack, echo, menu=(FORM,)):
        await slack.slash("U1", "C1", "watch")
        assert (await slack.posted("C1")).shown == "you said watch"
    assert slack.views.modals == {}


async def test_modal_closed_before_its_answer_is_no_trouble(
    slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    echo.hold = asyncio.Event()
    async with receiving(slack, echo, menu=(FORM,)):
        await slack.slash("U1", "C1", "watch")
        await slack.wait_until(lambda: "U1" in slack.views.modals)
        await echo.asked()
        slack.views.close("U1")
        echo.hold.set()
        await slack.wait_until(lambda: bool(slack.called("views.update")))
    assert "WARNING" not in caplog.text


async def test_command_with_its_words_needs_no_modal(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo, menu=(FORM,)):
        await slack.slash("U1", "C1", "watch minsk")
        await slack.user_says("U1", "DU1", "watch")
        await slack.posted("C1")
        await slack.posted("DU1")
    assert not slack.called("views.open"), "and a message has no trigger_id to open one with"


async def test_view_of_another_program_is_left_alone(slack: SlackServer, echo: Echo) -> None:
    view = {"id": "V9", "type": "modal", "callback_id": "old", "private_metadata": "{}", "blocks": [], "state": {}}
    body = {"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T0TEAM"}, "view": view}
    async with receiving(slack, echo):
        ack = await slack.deliver("interactive", body)
    assert (ack.status, ack.body) == (200, "")
    assert echo.requests == []


# --- alerts: menu, shortcuts ----------------------------------------------------------------------------------------


async def alerted(house: House, bot: object) -> Posted:
    here = Target("slack", "C1")
    await house.store.subscribe(here, tuple(TOPICS), house.clock.now())
    await house.news.report("Fourteen freed")
    deliverer = Deliverer(house.store, {"slack": bot}, house.clock, titles=TITLES)  # type: ignore[dict-item]
    assert await deliverer.deliver_due() == 1
    return house.server.by_bot("C1")[-1]


async def test_alert_has_few_buttons_and_a_menu(slack: SlackServer, house: House) -> None:
    async with receiving(slack, house.dispatch) as bot:
        alert = await alerted(house, bot)
        (actions,) = [block for block in alert.blocks if block["type"] == "actions"]
        menu = actions["elements"][-1]
        assert menu["type"] == "overflow"
        assert [option["text"]["text"] for option in menu["options"]] == ["Useful", "Not useful", "Duplicate", "Mute"]
        assert len(actions["elements"]) <= 5
        await slack.press("U1", alert, "Useful")
        assert "Thank" in (await slack.whispered("C1", "U1")).shown
        await slack.press("U1", alert, "Mute")
        assert "muted" in (await slack.posted("C1", 2)).shown.casefold()


async def test_metadata_names_the_story_and_its_revision_and_nobody(slack: SlackServer, house: House) -> None:
    async with receiving(slack, house.dispatch) as bot:
        alert = await alerted(house, bot)
    assert alert.metadata == {"event_type": "minsk_watch_story", "event_payload": {"story": 1, "revision": 1}}


async def test_shortcuts_ask_about_the_message_they_are_chosen_on(slack: SlackServer, house: House) -> None:
    async with receiving(slack, house.dispatch) as bot:
        alert = await alerted(house, bot)
        await slack.choose("U1", alert, "why")
        assert "freed" in (await slack.whispered("C1", "U1")).shown
        await slack.choose("U1", alert, "mute")
        assert "muted" in (await slack.posted("C1", 2)).shown.casefold()


def test_more_minor_buttons_than_a_menu_holds_make_two() -> None:
    row = tuple(Button(f"B{number}", command=f"why {number}", minor=True) for number in range(7))
    (_, actions) = render(Message((line("alert"),), (row,))).blocks
    assert [len(menu["options"]) for menu in actions["elements"]] == [5, 2]
