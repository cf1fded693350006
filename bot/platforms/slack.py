"""Slack, through slack-bolt: one slash command, mentions, private chats and buttons; Socket Mode or signed HTTP.

What comes in is acknowledged at once and worked on after, because Slack waits 3 seconds
(https://docs.slack.dev/tools/bolt-python/concepts/acknowledge). What goes out is never repeated by the library: a lost
connection is told as such, and the outbox decides. slack_manifest.yaml makes the app that this module speaks for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.platforms.context import PlatformContext
from bot.platforms.slack_answers import Answers
from bot.platforms.slack_blocks import Rendered, render
from bot.platforms.slack_errors import BOT_REMEDY, HTTP_REMEDY, SOCKET_REMEDY, taken, translated
from bot.platforms.slack_events import (
    Incoming,
    line_of,
    located,
    of_action,
    of_command,
    of_event,
    of_home,
    of_shortcut,
    of_view,
    reference,
)
from bot.platforms.slack_files import download
from bot.platforms.slack_pages import Pages, Pressed
from bot.platforms.slack_socket import SocketMode
from bot.platforms.slack_views import Place
from core.errors import BadCredentials, DeliveryError, MessageMissing, RetryLater, Unreachable
from core.files import GivenFile
from core.message import Message
from core.model import Actor, Role, Target
from core.ports import ChatPlatform, CommandHandler, HttpRequest, HttpResponse, MenuEntry, Request, Route

PATH = "/slack/events"
OPEN_WITHIN = 10.0
SEND_WITHIN = 30.0
FINISH_WITHIN = 1.0
# An address for Socket Mode is for one connection and soon stale; the one fetched as a check is used if it is fresh.
FRESH = 10.0

_ANY = re.compile(".*", re.DOTALL)


def create(context: PlatformContext) -> ChatPlatform:
    return Slack(context)


class Slack:
    """A core.ports.ChatPlatform. Message references are CHANNEL:ts.

    The app asks for no events about members, channels and its own removal: nothing is kept that they would change, and
    a chat that is lost is learnt of from the first alert that it refuses.
    """

    name = "slack"

    def __init__(self, context: PlatformContext) -> None:
        self._settings = context.settings.slack
        self._clock = context.clock
        self._updates = context.updates
        self._log = context.log
        library = logging.getLogger(f"{context.log.name}.library")
        library.setLevel(logging.WARNING)  # below that, slack_sdk logs messages, and addresses with secrets in them
        self._client = AsyncWebClient(
            self._settings.bot_token, self._settings.api_base, logger=library, retry_handlers=[]
        )
        self._client.proxy = None  # the session reads HTTPS_PROXY and, unlike slack_sdk, NO_PROXY
        self._app = self._bolt(library)
        self._session: aiohttp.ClientSession | None = None
        self._identity = AuthorizeResult(enterprise_id=None, team_id=None)
        self._answers = Answers(self, self._client, self._clock, self._log)
        self._pages = Pages(self._client, self._ask, self._spawn, self._clock, self._log)
        self._socket_url = ("", 0.0)
        self._handle: CommandHandler | None = None
        self._receiving = False
        self._working: set[asyncio.Task[None]] = set()

    # --- life -------------------------------------------------------------------------------------------------------

    @property
    def routes(self) -> Sequence[Route]:
        return (Route("POST", PATH, self._receive),) if self._settings.mode == "http" else ()

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
            who = await self._check(self._client.auth_test(), BOT_REMEDY)
            if who is None:
                raise Unreachable("Slack was asked too often who the bot is. Start again in a minute.")
            if not who.get("bot_id"):
                raise BadCredentials("Slack's bot token belongs to a person, not to a bot.", BOT_REMEDY)
            self._identity = AuthorizeResult(
                enterprise_id=who.get("enterprise_id"),
                team_id=who.get("team_id"),
                bot_user_id=who["user_id"],
                bot_id=who["bot_id"],
                bot_token=self._settings.bot_token,
            )
            self._answers.name = str(who["user"])
            if self._settings.mode == "socket":
                await self._check_app_token()
        except BaseException:
            await self.close()
            raise
        return f"@{who['user']} in {who['team']}"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        """Receive until cancelled. Slack has no menu: its one command is in the manifest."""
        assert self._session is not None, "open() comes before run()"
        self._handle, self._receiving = handle, True
        self._pages.learn(menu)
        try:
            if self._settings.mode == "http":
                await asyncio.Event().wait()
            await SocketMode(self._session, self._open_url, self._dispatch, self._clock, self._log).run()
        finally:
            self._receiving = False
            await self._finish()

    async def close(self) -> None:
        await self._finish()
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
        channel, ts = located(message_ref, target.chat)
        if not ts:
            raise MessageMissing(f"There is no message {message_ref!r} in {target}.")
        await taken(partial(self._update, target, channel, ts), render(message), self._log)

    async def _post(self, target: Target, place: dict[str, Any], fields: dict[str, Any]) -> str:
        with translated(str(target)):
            answer = await self._client.chat_postMessage(
                channel=target.chat, unfurl_links=False, unfurl_media=False, mrkdwn=False, **place, **fields
            )
        return reference(str(answer["channel"]), str(answer["ts"]))

    async def _update(self, target: Target, channel: str, ts: str, fields: dict[str, Any]) -> None:
        with translated(str(target)):
            await self._client.chat_update(channel=channel, ts=ts, **fields)

    # --- what comes in ----------------------------------------------------------------------------------------------

    def _bolt(self, logger: logging.Logger) -> AsyncApp:
        """The bolt app: authorised from open()'s check, so that no call to Slack stands before an acknowledgement."""

        async def authorize() -> AuthorizeResult:
            return self._identity

        app = AsyncApp(
            name="minsk-watch",
            logger=logger,
            client=AsyncWebClient(base_url=self._settings.api_base, logger=logger, retry_handlers=[]),
            authorize=authorize,
            signing_secret=self._settings.signing_secret,
            raise_error_for_unhandled_request=True,
        )
        app.command(_ANY)(self._on_command)
        app.action(_ANY)(self._on_action)
        app.view(_ANY)(self._on_view)
        app.message_shortcut(_ANY)(self._on_shortcut)
        app.event("app_home_opened")(self._on_home)
        app.event("app_mention")(self._on_event)
        app.event("message")(self._on_event)
        app.error(self._on_error)
        return app

    async def _on_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._spawn(partial(self._command, partial(of_command, body)))

    async def _on_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (body.get("container") or {}).get("type") == "view":
            self._spawn(partial(self._pressed, body))
        else:
            self._spawn(partial(self._command, partial(of_action, body)))

    async def _on_shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._spawn(partial(self._command, partial(of_shortcut, body)))

    async def _on_view(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A submitted modal, whose acknowledgement says what was wrong or what comes of it."""
        place = Place.of(body["view"])
        if not (self._receiving and place.form):
            await ack()
            return
        answer = await self._pages.submitted(of_view(body, place.channel, place.prefix), body["view"])
        await ack(**answer)

    async def _on_home(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        self._spawn(partial(self._home, event, str(body.get("event_id", ""))))

    async def _on_event(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        read = partial(of_event, event, str(self._identity.bot_user_id))
        self._spawn(partial(self._command, read, str(body.get("event_id", ""))))

    async def _on_error(self, error: Exception) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200, body="")  # not for us; a refusal would make Slack repeat it
        self._log.error("A request from Slack could not be handled", exc_info=error)
        return None

    async def _dispatch(self, request: SocketModeRequest) -> Mapping[str, Any] | None:
        answer = await run_async_bolt_app(self._app, request)
        if int(answer.status) != 200:
            return None
        return dict(json.loads(answer.body)) if answer.body else {}

    async def _receive(self, request: HttpRequest) -> HttpResponse:
        """POST /slack/events: nothing is read before the signature is found right."""
        if not self._is_signed(request):
            self._log.info("A request without Slack's signature was refused")
            return HttpResponse(401, b"invalid signature")
        if not self._receiving:
            return HttpResponse(503, b"starting or stopping", {"retry-after": "5"})
        answer = await self._app.async_dispatch(
            AsyncBoltRequest(body=request.body.decode(), query=request.query, headers=dict(request.headers))
        )
        return HttpResponse(answer.status, answer.body.encode(), answer.first_headers_without_set_cookie())

    def _is_signed(self, request: HttpRequest) -> bool:
        try:
            verifier = SignatureVerifier(self._settings.signing_secret)
            return verifier.is_valid_request(request.body, dict(request.headers))
        except (ValueError, TypeError):  # a time that is no number, letters that are no text
            return False

    # --- commands ---------------------------------------------------------------------------------------------------

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work on it apart: what fails after an acknowledgement, before bolt has sent it, would take it back."""
        if self._receiving:
            task = asyncio.create_task(self._work(work))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _finish(self) -> None:
        """Let commands under way end, shortly."""
        if self._working:
            _, late = await asyncio.wait(tuple(self._working), timeout=FINISH_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except DeliveryError as error:
            self._log.warning("An answer could not be shown in Slack", extra={"reason": str(error)})
        except Exception:
            self._log.exception("A command from Slack failed")

    async def _command(self, read: Callable[[], Incoming | None], event_id: str = "") -> None:
        """Run one command and show its answer, or ask in a modal for what it lacks."""
        incoming = read()
        if incoming is None or not await self._is_new(event_id) or await self._pages.ask_in_form(incoming):
            return
        answer = await self._ask(incoming)
        if answer is not None:
            await self._answers.give(incoming, answer)

    async def _home(self, event: Mapping[str, Any], event_id: str) -> None:
        incoming = of_home(event)
        if incoming is not None and await self._is_new(event_id):
            await self._pages.open_home(incoming, str((event.get("view") or {}).get("hash") or ""))

    async def _pressed(self, body: Mapping[str, Any]) -> None:
        view, line = body["view"], line_of(body)
        place = Place.of(view)
        if line and place.channel:
            incoming = of_view(body, place.channel, place.prefix, line)
            is_home = view.get("type") == "home"
            await self._pages.pressed(Pressed(incoming, place, str(view["id"]), str(view.get("hash") or ""), is_home))

    async def _is_new(self, event_id: str) -> bool:
        """Slack repeats events: the first sight of one counts, in whatever process."""
        return not event_id or await self._updates.first_sight(self.name, event_id, self._clock.now())

    async def _ask(self, incoming: Incoming, *, counted: bool = True) -> Message | None:
        assert self._handle is not None, "commands come while receiving"
        return await self._handle(replace(await self._request(incoming), counted=counted))

    async def _request(self, incoming: Incoming) -> Request:
        return Request(
            actor=Actor(self.name, incoming.user),
            target=Target(self.name, incoming.channel),
            line=incoming.line,
            role=await self._role(incoming),
            private=incoming.private,
            message_ref=incoming.message_ref,
            addressed=incoming.addressed,
            prefix=incoming.prefix,
            file=self._given(incoming.file) if incoming.file else None,
        )

    def _given(self, file: Mapping[str, Any]) -> GivenFile:
        url, settings = str(file.get("url_private_download") or file.get("url_private") or ""), self._settings
        read = partial(download, self._client, url, settings.api_base, settings.bot_token)
        return GivenFile(str(file.get("name") or ""), int(file.get("size") or 0), read)

    async def _role(self, incoming: Incoming) -> Role:
        """Whoever can write in a channel is its member; slack.managers may ask for more."""
        if incoming.private or self._settings.managers == "members":
            return Role.ADMIN
        try:
            with translated(f"user {incoming.user}"):
                user = (await self._client.users_info(user=incoming.user))["user"]
        except DeliveryError as error:
            self._log.warning("Slack did not say who may manage its channels", extra={"reason": str(error)})
            return Role.VIEWER
        return Role.ADMIN if user.get("is_admin") or user.get("is_owner") else Role.VIEWER
