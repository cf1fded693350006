"""Slack with the real commands, store and delivery: a team subscribes, gets alerts, asks, and leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.command import load_commands
from bot.delivery import Deliverer
from bot.dispatch import Dispatcher
from bot.platforms.slack import Slack
from core.model import Target
from storage.store import Store
from tests.fake_chat import TITLES, TOPICS, Newsroom
from tests.fake_clock import FakeClock
from tests.slack_bot import receiving
from tests.slack_server import SlackServer
from tests.slack_server_values import Fault, Posted

HERE = Target("slack", "C1")


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


class Team:
    """A store, commands and delivery around one Slack."""

    def __init__(self, server: SlackServer, store: Store, clock: FakeClock) -> None:
        self.server, self.store, self.clock = server, store, clock
        self.news = Newsroom(store, clock)
        self.dispatch = Dispatcher(load_commands(), store, TITLES, clock)

    async def delivery(self, bot: Slack) -> Deliverer:
        """Delivery to the channel, which wants everything."""
        await self.store.subscribe(HERE, tuple(TOPICS), self.clock.now())
        return Deliverer(self.store, {"slack": bot}, self.clock, titles=TITLES)

    async def types(self, line: str, *, private: bool = False) -> Posted:
        """Give a command in the channel; its answer."""
        before = len(self.server.whispers("C1", "U1") if private else self.server.by_bot("C1"))
        await self.server.slash("U1", "C1", line)
        if private:
            return await self.server.whispered("C1", "U1", before + 1)
        return await self.server.posted("C1", before + 1)


@pytest.fixture
async def team(slack: SlackServer, sqlite_url: str, clock: FakeClock) -> AsyncIterator[Team]:
    store = Store(sqlite_url)
    await store.open()
    yield Team(slack, store, clock)
    await store.close()


async def test_from_subscribing_to_leaving(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock) as bot:
        deliverer = Deliverer(team.store, {"slack": bot}, team.clock, titles=TITLES)
        assert "now gets alerts on: Prisoner releases" in (await team.types("subscribe prisoner-release")).shown

        story = await team.news.report("Fourteen *prisoners* <freed> & home")
        assert await deliverer.deliver_due() == 1
        alert = slack.by_bot("C1")[-1]
        assert "Fourteen *prisoners* <freed> & home (English)" in alert.shown
        assert "Reported freed: 14" in alert.shown

        await slack.press("U1", alert, "Why?")
        why = await slack.whispered("C1", "U1")
        assert "freed" in why.shown
        assert "+2" in why.shown

        await slack.user_says("U1", "C1", "@minskwatch why", thread_ts=alert.ts)
        in_thread = await slack.whispered("C1", "U1", 2)
        assert (in_thread.thread_ts, in_thread.shown) == (alert.ts, why.shown)

        team.clock.advance(5)
        await team.news.report("Fourteen at home", story=story)
        assert await deliverer.deliver_due() == 1
        edited = slack.find("C1", alert.ts)
        assert edited.edited == 1
        assert "2 sources" in edited.shown

        assert "for everybody here" in (await team.types("stop")).shown
        assert "No more alerts" in (await team.types("stop yes")).shown
        await team.news.report("Ten more freed")
        assert await deliverer.deliver_due() == 0


async def test_help_speaks_as_slack_types(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock):
        shown = (await team.types("help", private=True)).shown
    assert "/minsk latest" in shown
    assert "/latest" not in shown


async def test_unknown_command_names_the_nearest_and_offers_it(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock):
        answer = await team.types("latset", private=True)
        assert "There is no command “latset”" in answer.shown
        await slack.press("U1", answer, "latest")
        assert "No stories yet" in (await slack.whispered("C1", "U1", 2)).shown


async def test_far_too_long_argument_is_told_so(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock):
        answer = await team.types("why " + "<!channel>*" * 500, private=True)
    assert "characters" in answer.shown
    assert "<!channel>*<!channel>*" not in answer.text


async def test_markup_in_a_command_stays_words(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock):
        answer = await team.types("<!channel>&*_~", private=True)
    assert "“<!channel>&*_~”" in answer.shown
    assert "<!channel>" not in answer.text


async def test_members_are_refused_where_admins_manage(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock, managers="admins"):
        refused = await team.types("subscribe", private=True)
        assert "Only those who manage this chat may do that" in refused.shown
        assert await team.store.find_subscription(HERE) is None
        slack.add_user("U1", owner=True)
        await team.types("subscribe")
    assert await team.store.find_subscription(HERE) is not None


async def test_chatter_with_a_mention_is_passed_over(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock):
        await slack.user_says("U1", "C1", "I told you, @minskwatch knows")
        await team.types("status", private=True)
    assert slack.by_bot("C1") == []
    assert len(slack.whispers("C1", "U1")) == 1


@pytest.mark.parametrize(
    ("faults", "copies"),
    [
        ([Fault(error="ratelimited", retry_after="3")], 1),
        ([Fault(status=503, body="busy")], 1),
        ([Fault(status=500), Fault(error="internal_error")], 1),
        ([Fault(drop="before")], 1),
        ([Fault(drop="after")], 2),
        ([Fault(error="invalid_blocks")], 1),
        ([Fault(error="invalid_auth")], 1),
    ],
)
async def test_alert_comes_in_spite_of(slack: SlackServer, team: Team, faults: list[Fault], copies: int) -> None:
    """At least once: twice only where nobody can know whether the first was shown."""
    async with receiving(slack, team.dispatch, clock=team.clock) as bot:
        deliverer = await team.delivery(bot)
        await team.news.report("Fourteen freed")
        slack.fail("chat.postMessage", *faults)
        for _ in range(4):
            await deliverer.deliver_due()
            team.clock.advance(400)
    assert ["Fourteen freed" in one.shown + one.text for one in slack.by_bot("C1")] == [True] * copies


async def test_channel_that_is_archived_is_retired(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock) as bot:
        deliverer = await team.delivery(bot)
        slack.channels["C1"].archived = True
        await team.news.report("Fourteen freed")
        assert await deliverer.deliver_due() == 0
    subscription = await team.store.find_subscription(HERE)
    assert subscription is not None
    assert "archived" in subscription.paused_reason


async def test_deleted_alert_is_shown_anew(slack: SlackServer, team: Team) -> None:
    async with receiving(slack, team.dispatch, clock=team.clock) as bot:
        deliverer = await team.delivery(bot)
        story = await team.news.report("Fourteen freed")
        await deliverer.deliver_due()
        first = slack.by_bot("C1")[0]
        slack.remove(first)
        team.clock.advance(5)
        await team.news.report("Fourteen at home", story=story)
        await deliverer.deliver_due()
    (second,) = slack.by_bot("C1")
    assert second.ts != first.ts
    assert "2 sources" in second.shown
