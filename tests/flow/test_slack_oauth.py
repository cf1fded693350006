"""Several Slack workspaces: installed by OAuth, spoken to with their own tokens, retired when they leave."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.command import load_commands
from bot.delivery import Deliverer
from bot.dispatch import Dispatcher
from bot.platforms.slack import Slack
from core.errors import TargetGone
from core.installs import Installation
from core.message import plain
from core.model import Target
from storage.store import Store
from tests.echo import Echo
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock
from tests.slack_bot import make, receiving, settings
from tests.slack_server import SlackServer
from tests.slack_server_values import BOT_SCOPES, Fault

# slack_sdk 3.47 passes client_id and secret by a class that aiohttp 3.14 would rather not have.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

APP = {"client_id": "123.456", "redirect": "https://bot.example/slack/oauth_redirect"}
THERE = Target("slack", "T2.C2")


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        server.add_channel("C2", {"U1", server.bot_user}, team="T2")
        yield server


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite alone: what differs between the databases is tried elsewhere."""
    return sqlite_url


@pytest.fixture
def app(slack: SlackServer) -> dict[str, Any]:
    return {**APP, "client_secret": slack.client_secret}


class Browser:
    """Somebody who installs: the page, its cookie, and the way back from Slack."""

    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack

    async def visits(self) -> tuple[str, str]:
        """(state, cookie) of the page's link to Slack."""
        async with aiohttp.ClientSession() as session, session.get(self._slack.pages_url + "/slack/install") as page:
            assert page.status == 200
            text, cookie = await page.text(), page.headers["Set-Cookie"].partition(";")[0]
        (link,) = re.findall(r'href="(https://slack.com/oauth/v2/authorize[^"]*)"', text)
        asked = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        assert set(asked["scope"][0].split(",")) == BOT_SCOPES
        assert asked["redirect_uri"] == [APP["redirect"]]
        return asked["state"][0], cookie

    async def returns(self, state: str, cookie: str, **query: str) -> tuple[int, str]:
        address = self._slack.pages_url + "/slack/oauth_redirect"
        async with (
            aiohttp.ClientSession() as session,
            session.get(address, params={"state": state, **query}, headers={"Cookie": cookie}) as answer,
        ):
            assert answer.headers["cache-control"] == "no-store"
            return answer.status, await answer.text()

    async def installs(self, team: str) -> int:
        return (await self.returns(*await self.visits(), code=self._slack.grant(team)))[0]


async def test_installed_workspace_subscribes_is_alerted_and_leaves(
    slack: SlackServer, store: Store, clock: FakeClock, app: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tests.slack")
    dispatch, news = Dispatcher(load_commands(), store, TITLES, clock), Newsroom(store, clock)
    async with receiving(slack, dispatch, installs=store, **app) as bot:
        assert await Browser(slack).installs("T2") == 200
        (token,) = slack.installed
        await slack.slash("U1", "C2", "subscribe")
        await slack.slash("U1", "C1", "subscribe")
        await slack.posted("C2")
        await slack.posted("C1")
        assert await store.find_subscription(THERE)
        assert await store.find_subscription(Target("slack", "C1")), "the token's own workspace is as before"

        await news.report("Fourteen freed")
        deliverer = Deliverer(store, {"slack": bot}, clock, titles=TITLES)
        assert await deliverer.deliver_due() == 2
        assert "Fourteen freed" in slack.by_bot("C2")[-1].shown
        spoken = {call.fields["channel"]: call.token for call in slack.called("chat.postMessage")}
        assert spoken == {"C1": slack.bot_token, "C2": token}
        await slack.press("U1", slack.by_bot("C2")[-1], "Why?")
        assert "freed" in (await slack.whispered("C2", "U1")).shown

        del slack.installed[token]
        await slack.happens("app_uninstalled", {"type": "app_uninstalled", "team": "T2"})
        await slack.wait_until(lambda: bool(slack.called("auth.test")[1:]))
    left = await store.find_subscription(THERE)
    assert left is not None
    assert "install it again" in left.paused_reason
    assert await store.find_installation("slack", "T2") is None
    assert (await store.find_subscription(Target("slack", "C1"))).paused_reason == ""  # type: ignore[union-attr]
    assert token not in caplog.text
    assert slack.client_secret not in caplog.text


async def test_one_s_rights_in_a_workspace_end_there(
    slack: SlackServer, store: Store, clock: FakeClock, app: dict[str, Any], echo: Echo
) -> None:
    """An operator of the configuration is a person of the token's own workspace."""
    await store.save_installation(Installation("slack", "T2", "xoxb-T2-token", slack.bot_user), clock.now())
    slack.installed["xoxb-T2-token"] = "T2"
    async with receiving(slack, echo, installs=store, **app):
        await slack.slash("U1", "C1", "status")
        await slack.slash("U1", "C2", "status")
        await echo.asked(2)
    assert {str(request.actor) for request in echo.requests} == {"slack:U1", "slack:T2.U1"}


@pytest.mark.parametrize("fault", ["state", "cookie", "twice", "late", "cancelled", "code", "secret"])
async def test_what_is_not_an_installation_stores_nothing(
    slack: SlackServer, store: Store, app: dict[str, Any], echo: Echo, fault: str
) -> None:
    if fault == "secret":
        app = {**app, "client_secret": "wrong"}
    async with receiving(slack, echo, installs=store, **app) as bot:
        browser = Browser(slack)
        state, cookie = await browser.visits()
        query = {"code": slack.grant("T2")}
        if fault == "state":
            state = state[:-1] + ("0" if state[-1] != "0" else "1")
            cookie = cookie.partition("=")[0] + "=" + state
        elif fault == "cookie":
            cookie = "other=1"
        elif fault == "twice":
            assert (await browser.returns(state, cookie, code="code-unknown"))[0] == 401
        elif fault == "late":
            bot._clock.advance(601)  # type: ignore[attr-defined]
        elif fault == "cancelled":
            query = {"error": "access_denied"}
        elif fault == "code":
            query = {"code": "code-of-nobody"}
        status, text = await browser.returns(state, cookie, **query)
    assert status in (200, 400, 401)
    assert "Thank" not in text
    assert await store.count_installations("slack") == 0


async def test_network_failing_during_an_installation_is_told(
    slack: SlackServer, store: Store, app: dict[str, Any], echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("oauth.v2.access", Fault(drop="before"))
    async with receiving(slack, echo, installs=store, **app):
        browser = Browser(slack)
        state, cookie = await browser.visits()
        code = slack.grant("T2")
        status, text = await browser.returns(state, cookie, code=code)
    assert status == 502
    assert "install once more" in text
    assert code not in caplog.text


async def test_removal_that_is_not_true_any_more_pauses_nothing(
    slack: SlackServer, store: Store, clock: FakeClock, app: dict[str, Any], echo: Echo
) -> None:
    """The event of an older token comes after the app was installed again."""
    async with receiving(slack, echo, installs=store, **app):
        assert await Browser(slack).installs("T2") == 200
        await store.subscribe(THERE, ("sanctions",), clock.now())
        before = len(slack.called("auth.test"))
        await slack.happens("tokens_revoked", {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}, "team": "T2"})
        await slack.wait_until(lambda: len(slack.called("auth.test")) > before)
        await slack.slash("U1", "C2", "status")
        await slack.posted("C2")
    assert (await store.find_subscription(THERE)).paused_reason == ""  # type: ignore[union-attr]


async def test_refused_token_of_one_workspace_stops_only_its_chats(
    slack: SlackServer, store: Store, clock: FakeClock, app: dict[str, Any], echo: Echo
) -> None:
    await store.save_installation(Installation("slack", "T2", "xoxb-T2-revoked"), clock.now())
    async with receiving(slack, echo, installs=store, **app) as bot:
        with pytest.raises(TargetGone, match="install it again"):
            await bot.send(THERE, plain("hello"))
        with pytest.raises(TargetGone, match="install it again"):
            await bot.send(Target("slack", "T9.C9"), plain("hello"))
        await bot.send(Target("slack", "C1"), plain("hello"))
    assert "xoxb-T2-revoked" not in repr(await store.find_installation("slack", "T2"))


async def test_workspace_that_never_installed_is_not_served(
    slack: SlackServer, store: Store, app: dict[str, Any], echo: Echo
) -> None:
    async with receiving(slack, echo, installs=store, **app):
        assert (await slack.slash("U1", "C2", "status")).status == 200
        await slack.slash("U1", "C1", "latest")
        await slack.posted("C1")
    assert [request.line for request in echo.requests] == ["latest"]


async def test_app_without_a_token_of_its_own_serves_those_that_install(
    slack: SlackServer, store: Store, app: dict[str, Any], echo: Echo
) -> None:
    async with receiving(slack, echo, installs=store, bot_token="", **app):
        assert await Browser(slack).installs("T2") == 200
        await slack.user_says("U1", "C2", "@minskwatch latest")
        await slack.posted("C2")
    assert echo.requests[0].target == THERE


async def test_without_a_client_id_there_are_no_pages(slack: SlackServer, store: Store) -> None:
    platform: Slack = make(settings(slack), installs=store)
    assert platform.routes == ()


@pytest.fixture
def echo() -> Echo:
    return Echo()
