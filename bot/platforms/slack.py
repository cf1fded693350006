"""Slack, through slack-bolt: one slash command, mentions, private chats, buttons, views; Socket Mode or signed HTTP.

What goes out is never repeated by the library: a lost connection is told as such, and the outbox decides.
slack_manifest.yaml makes the app that this module speaks for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.platforms.context import PlatformContext
from bot.platforms.holding import Holding
from bot.platforms.slack_answers import Answers
from bot.platforms.slack_blocks import Rendered, render
from bot.platforms.slack_errors import BOT_REMEDY, HTTP_REMEDY, SOCKET_REMEDY, taken, translated
from bot.platforms.slack_events import located, reference
from bot.platforms.slack_receiver import Receiver
from bot.platforms.slack_socket import SocketMode
from bot.platforms.slack_teams import Teams, address, parted
from core.errors import BadCredentials, DeliveryError, MessageMissing, RetryLater, Unreachable
from core.message import Message
from core.model import Target
from core.ports import ChatPlatform, CommandHandler, MenuEntry, Route

PATH = "/slack/events"
OPEN_WITHIN = 10.0
SEND_WITHIN = 30.0
# An address for Socket Mode is for one connection and soon stale; the one fetched as a check is used if it is fresh.
FRESH = 10.0


def create(context: PlatformContext) -> ChatPlatform:
    return Slack(context)


class Slack:
    """A core.ports.ChatPlatform. Message references are CHANNEL:ts.

    Of events about members and channels only that the bot was let in counts, which is greeted: nothing is kept that
    others would change, and a chat that is lost is learnt of from the first alert that it refuses.
    """

    name = "slack"

    def __init__(self, context: PlatformContext) -> None:
        self._settings = context.settings.slack
        self._clock = context.clock
        self._log = context.log
        self._observe = context.observe
        library = logging.getLogger(f"{context.log.name}.library")
        library.setLevel(logging.WARNING)  # below that, slack_sdk logs messages, and addresses with secrets in them
        self._client = AsyncWebClient(
            self._settings.bot_token, self._settings.api_base, logger=library, retry_handlers=[]
        )
        self._client.proxy = None  # the session reads HTTPS_PROXY and, unlike slack_sdk, NO_PROXY
        self._session: aiohttp.ClientSession | None = None
        several = bool(self._settings.client_id) and context.installs is not None
        self._teams = Teams(self._client, context.installs if several else None, self._clock, self.name)
        self._holding = Holding(self._clock)
        self._answers = Answers(self, self._client, self._teams, self._holding, self._log)
        self._receiver = Receiver(context, self._client, self._teams, self._answers, self._holding, library)
        self._routes = [Route("POST", PATH, self._receiver.receive)] if self._settings.mode == "http" else []
        if several:
            self._routes += self._installing(context)
        self._socket_url = ("", 0.0)

    # --- life -------------------------------------------------------------------------------------------------------

    @property
    def routes(self) -> Sequence[Route]:
        return tuple(self._routes)

    def _installing(self, context: PlatformContext) -> Sequence[Route]:
        from bot.platforms.slack_oauth import Installing

        assert context.installs is not None
        pages = Installing(self._settings, self._client, context.installs, context.updates, self._clock, self._log)
        return pages.routes

    async def open(self) -> str:
        """Check the tokens, within seconds. Raises BadCredentials or Unreachable."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=SEND_WITHIN, sock_connect=OPEN_WITHIN), trust_env=True
        )
        self._client.session = self._session
        try:
            if self._settings.mode == "http" and not self._settings.signing_secret:
                raise BadCredentials("Slack's signing secret is missing.", HTTP_REMEDY)
            if self._settings.mode == "socket" and not self._settings.app_token:
                raise BadCredentials("Slack's app token is missing.", SOCKET_REMEDY)
            who = await self._who() if self._settings.bot_token else f"{await self._teams.count()} workspaces"
            if self._settings.mode == "socket":
                await self._check_app_token()
        except BaseException:
            await self.close()
            raise
        return who

    async def _who(self) -> str:
        """Ask whose the bot token is, and remember it."""
        who = await self._check(self._client.auth_test(), BOT_REMEDY)
        if who is None:
            raise Unreachable("Slack was asked too often who the bot is. Start again in a minute.")
        if not who.get("bot_id"):
            raise BadCredentials("Slack's bot token belongs to a person, not to a bot.", BOT_REMEDY)
        self._receiver.identity = AuthorizeResult(
            enterprise_id=who.get("enterprise_id"),
            team_id=who.get("team_id"),
            bot_user_id=who["user_id"],
            bot_id=who["bot_id"],
            bot_token=self._settings.bot_token,
        )
        self._teams.learn(str(who.get("team_id") or ""), str(who["user_id"]))
        self._answers.name = str(who["user"])
        return f"@{who['user']} in {who['team']}"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        """Receive until cancelled. Slack has no menu: its one command is in the manifest."""
        assert self._session is not None, "open() comes before run()"
        self._receiver.start(handle, menu)
        try:
            if self._settings.mode == "http":
                await asyncio.Event().wait()
            dispatch = self._receiver.dispatch
            await SocketMode(self._session, self._open_url, dispatch, self._clock, self._log, self._observe).run()
        finally:
            await self._receiver.stop()

    async def close(self) -> None:
        await self._receiver.stop()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _check(self, call: Awaitable[AsyncSlackResponse], remedy: str) -> AsyncSlackResponse | None:
        """The answer; None when Slack was asked too often. Raises BadCredentials or Unreachable."""
        base = self._settings.api_base
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                with translated(base, remedy):
                    return await call
        except RetryLater:
            return None
        except BadCredentials:
            raise
        except (DeliveryError, TimeoutError) as error:
            cause = f"Slack gave no proper answer ({type(error.__cause__ or error).__name__})."
            if isinstance(error, TimeoutError):
                cause = f"Slack did not answer within {OPEN_WITHIN:g} s."
            elif isinstance(error, Unreachable):
                cause = str(error)
            raise Unreachable(f"{cause} Check the network and slack.api_base = {base!r}.") from error

    async def _check_app_token(self) -> None:
        """Asked too often, the token is right."""
        answer = await self._check(
            self._client.apps_connections_open(app_token=self._settings.app_token), SOCKET_REMEDY
        )
        if answer is not None:
            self._socket_url = (str(answer["url"]), asyncio.get_running_loop().time())

    async def _open_url(self) -> str:
        """An address for one Socket Mode connection."""
        (url, at), self._socket_url = self._socket_url, ("", 0.0)
        if url and asyncio.get_running_loop().time() - at < FRESH:
            return url
        with translated(self._settings.api_base, SOCKET_REMEDY):
            answer = await self._client.apps_connections_open(app_token=self._settings.app_token)
        return str(answer["url"])

    # --- what goes out ----------------------------------------------------------------------------------------------

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        """A reply stands in the thread of its message and, unless it is to be silent, in the channel too."""
        ts = located(reply_to, target.chat)[1]
        if ts and not target.thread:
            shown = {"thread_ts": ts, "reply_broadcast": not message.silent}
            try:
                return await taken(partial(self._post, target, shown), render(message), self._log)
            except MessageMissing as error:
                self._log.info("The message to reply to is gone; the reply stands alone", extra={"reason": str(error)})
        return await self.post(target, render(message))

    async def post(self, target: Target, rendered: Rendered) -> str:
        """Post in a channel or thread; returns the reference. Raises DeliveryError."""
        thread = {"thread_ts": target.thread} if target.thread else {}
        return await taken(partial(self._post, target, thread), rendered, self._log)

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        channel, ts = located(message_ref, parted(target.chat)[1])
        if not ts:
            raise MessageMissing(f"There is no message {message_ref!r} in {target}.")
        await taken(partial(self._update, target, channel, ts), render(message), self._log)

    async def _post(self, target: Target, place: dict[str, Any], fields: dict[str, Any]) -> str:
        team, channel = parted(target.chat)
        with self._holding.obeying(target):
            async with self._teams.calling(team, str(target)) as token:
                answer = await self._client.chat_postMessage(
                    channel=channel, unfurl_links=False, unfurl_media=False, mrkdwn=False, **token, **place, **fields
                )
        self._holding.join(target, Target(self.name, address(team, str(answer["channel"]))))
        return reference(str(answer["channel"]), str(answer["ts"]))

    async def _update(self, target: Target, channel: str, ts: str, fields: dict[str, Any]) -> None:
        with self._holding.obeying(target):
            async with self._teams.calling(parted(target.chat)[0], str(target)) as token:
                await self._client.chat_update(channel=channel, ts=ts, **token, **fields)
