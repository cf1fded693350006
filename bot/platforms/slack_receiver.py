"""What comes in from Slack: commands, buttons, views, shortcuts and events, by Socket Mode or signed HTTP.

All is acknowledged at once and worked on after, because Slack waits 3 seconds
(https://docs.slack.dev/tools/bolt-python/concepts/acknowledge).
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

from bot.languages import spoken
from bot.platforms.context import PlatformContext
from bot.platforms.holding import Holding
from bot.platforms.slack_answers import Answers
from bot.platforms.slack_events import (
    Incoming,
    line_of,
    of_action,
    of_command,
    of_event,
    of_home,
    of_joining,
    of_shortcut,
    of_view,
)
from bot.platforms.slack_files import download
from bot.platforms.slack_pages import Pages, Pressed
from bot.platforms.slack_people import People
from bot.platforms.slack_teams import Teams, Workspace, address, team_of
from bot.platforms.slack_views import Place
from core.errors import DeliveryError
from core.files import GivenFile
from core.message import Message
from core.model import Actor, Target
from core.ports import CommandHandler, HttpRequest, HttpResponse, MenuEntry, Request

FINISH_WITHIN = 1.0
PLATFORM = "slack"

_ANY = re.compile(".*", re.DOTALL)

# Reads a payload as a command of somebody in that workspace.
Reading = Callable[[Workspace], Incoming | None]


class Receiver:
    """Takes what comes in while it is started."""

    def __init__(
        self,
        context: PlatformContext,
        client: AsyncWebClient,
        teams: Teams,
        answers: Answers,
        holding: Holding,
        library: logging.Logger,
    ) -> None:
        self._settings = context.settings.slack
        self._lang = context.settings.chat.language
        self._holding = holding
        self._updates = context.updates
        self._clock = context.clock
        self._log = context.log
        self._client = client
        self._teams = teams
        self._answers = answers
        self._people = People(client, teams, self._settings.managers, context.clock, context.log)
        self._pages = Pages(client, teams, self._ask, self._people.lang, self._spawn, context.clock, context.log)
        self._app = self._bolt(library)
        self._handle: CommandHandler | None = None
        self._receiving = False
        self._working: set[asyncio.Task[None]] = set()
        # bolt asks who it is before each request; no call to Slack may stand before an acknowledgement.
        self.identity = AuthorizeResult(enterprise_id=None, team_id=None)

    def start(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        self._handle, self._receiving = handle, True
        self._pages.learn(menu)

    async def stop(self) -> None:
        """Take no more; let commands under way end, shortly."""
        self._receiving = False
        if self._working:
            _, late = await asyncio.wait(tuple(self._working), timeout=FINISH_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- ways in ----------------------------------------------------------------------------------------------------

    async def dispatch(self, request: SocketModeRequest) -> Mapping[str, Any] | None:
        """An envelope of Socket Mode; what its acknowledgement says, None for none."""
        answer = await run_async_bolt_app(self._app, request)
        if int(answer.status) != 200:
            return None
        return dict(json.loads(answer.body)) if answer.body else {}

    async def receive(self, request: HttpRequest) -> HttpResponse:
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

    def _bolt(self, logger: logging.Logger) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return self.identity

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
        app.event("member_joined_channel")(self._on_joining)
        app.event("message")(self._on_event)
        app.event("app_uninstalled")(self._on_removal)
        app.event("tokens_revoked")(self._on_removal)
        app.error(self._on_error)
        return app

    async def _on_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        refusal = self._refusal(body)
        await (ack({"response_type": "ephemeral", "text": refusal}) if refusal else ack())
        self._spawn(partial(self._command, body, lambda _: of_command(body)))

    def _refusal(self, body: Mapping[str, Any]) -> str:
        """What an acknowledgement says, which is no message, where Slack lets no answer be shown for long; "" else."""
        if not {"channel_id", "user_id"} <= body.keys():  # told apart, after the acknowledgement
            return ""
        incoming = of_command(body)
        incoming = replace(incoming, team=self._teams.known_as(team_of(body)))
        chat = Target(PLATFORM, address(incoming.team, incoming.channel))
        say = spoken(self._people.lang(incoming) or self._lang)
        return "" if self._pages.has_form(incoming) else self._holding.refusal(chat, say)

    async def _on_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (body.get("container") or {}).get("type") == "view":
            self._spawn(partial(self._pressed, body))
        else:
            self._spawn(partial(self._command, body, lambda _: of_action(body)))

    async def _on_shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._spawn(partial(self._command, body, lambda _: of_shortcut(body)))

    async def _on_view(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A submitted modal, whose acknowledgement says what was wrong or what comes of it."""
        place = Place.of(body["view"])
        here = await self._teams.workspace(team_of(body)) if self._receiving and place.form else None
        if here is None:
            await ack()
            return
        incoming = replace(of_view(body, place.channel, place.prefix), team=here.team)
        answer = await self._pages.submitted(incoming, body["view"])
        await ack(**answer)

    async def _on_home(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        self._spawn(partial(self._home, event, body))

    async def _on_event(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        self._spawn(partial(self._command, body, lambda here: of_event(event, here.bot_user)))

    async def _on_joining(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        self._spawn(partial(self._command, body, lambda here: of_joining(event, here.bot_user)))

    async def _on_removal(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("type") == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
            self._spawn(partial(self._removed, body))

    async def _on_error(self, error: Exception) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200, body="")  # not for us; a refusal would make Slack repeat it
        self._log.error("A request from Slack could not be handled", exc_info=error)
        return None

    # --- work -------------------------------------------------------------------------------------------------------

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work on it apart: what fails after an acknowledgement, before bolt has sent it, would take it back."""
        if self._receiving:
            task = asyncio.create_task(self._work(work))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except DeliveryError as error:
            self._log.warning("An answer could not be shown in Slack", extra={"reason": str(error)})
        except Exception:
            self._log.exception("A command from Slack failed")

    async def _command(self, body: Mapping[str, Any], read: Reading) -> None:
        """Run one command and show its answer, or ask in a modal for what it lacks."""
        here = await self._here(body)
        incoming = read(here) if here is not None else None
        if here is None or incoming is None or not await self._is_new(body):
            return
        incoming = replace(incoming, team=here.team)
        if await self._pages.ask_in_form(incoming):
            return
        answer = await self._ask(incoming)
        if answer is not None:
            await self._answers.give(incoming, answer)

    async def _home(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        here, incoming = await self._here(body), of_home(event)
        if here is not None and incoming is not None and await self._is_new(body):
            old_hash = str((event.get("view") or {}).get("hash") or "")
            await self._pages.open_home(replace(incoming, team=here.team), old_hash)

    async def _pressed(self, body: Mapping[str, Any]) -> None:
        view, line, here = body["view"], line_of(body), await self._here(body)
        place = Place.of(view)
        if here is not None and line and place.channel:
            incoming = replace(of_view(body, place.channel, place.prefix, line), team=here.team)
            is_home = view.get("type") == "home"
            await self._pages.pressed(Pressed(incoming, place, str(view["id"]), str(view.get("hash") or ""), is_home))

    async def _removed(self, body: Mapping[str, Any]) -> None:
        team = team_of(body)
        if await self._is_new(body) and await self._teams.left(team):
            self._log.warning("A Slack workspace removed the app; its chats are paused", extra={"team": team})

    async def _here(self, body: Mapping[str, Any]) -> Workspace | None:
        found = await self._teams.workspace(team_of(body))
        if found is None:
            self._log.info("A request came from a Slack workspace that has not installed the app")
        return found

    async def _is_new(self, body: Mapping[str, Any]) -> bool:
        """Slack repeats events: the first sight of one counts, in whatever process."""
        event_id = str(body.get("event_id") or "")
        return not event_id or await self._updates.first_sight(PLATFORM, event_id, self._clock.now())

    async def _ask(self, incoming: Incoming, *, counted: bool = True) -> Message | None:
        assert self._handle is not None, "commands come while receiving"
        role, lang = await self._people.look_up(incoming)
        request = Request(
            actor=Actor(PLATFORM, address(incoming.team, incoming.user), lang),
            target=Target(PLATFORM, address(incoming.team, incoming.channel)),
            line=incoming.line,
            role=role,
            private=incoming.private,
            message_ref=incoming.message_ref,
            addressed=incoming.addressed,
            prefix=incoming.prefix,
            counted=counted,
            file=self._given(incoming, incoming.file) if incoming.file else None,
        )
        return await self._handle(request)

    def _given(self, incoming: Incoming, file: Mapping[str, Any]) -> GivenFile:
        async def read() -> bytes:
            async with self._teams.calling(incoming.team, "the file") as token:
                secret = str(token.get("token", self._settings.bot_token))
                return await download(self._client, url, self._settings.api_base, secret)

        url = str(file.get("url_private_download") or file.get("url_private") or "")
        return GivenFile(str(file.get("name") or ""), int(file.get("size") or 0), read)
