"""Several workspaces by OAuth: /slack/install and /slack/oauth_redirect, around slack-bolt's flow.

slack_sdk's own SQLAlchemy store is not used: it writes past this program's one-writer rule for SQLite and its
migrations, keeps a row for every installation ever made, and remembers who installed. Kept are the workspace, its token
and the bot's user.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from slack_bolt.error import BoltError
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.installation import Installation as SlackInstallation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from core.errors import StoreError
from core.installs import Installation, InstallStore
from core.ports import Clock, HttpRequest, HttpResponse, Route, UpdateStore
from core.settings import SlackSettings

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
STATE_SECONDS = 600


class Installing:
    """Answers the pages of an installation."""

    def __init__(
        self,
        settings: SlackSettings,
        client: AsyncWebClient,
        installs: InstallStore,
        updates: UpdateStore,
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self._log = log
        quiet = logging.getLogger(f"{log.name}.oauth")
        quiet.setLevel(logging.ERROR)  # its warnings hold the code of an installation
        options = AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scopes=settings.scopes,
            redirect_uri=settings.redirect or None,
            installation_store=Installations(installs, clock, log),
            state_store=States(settings.client_secret, updates, clock),
            state_expiration_seconds=STATE_SECONDS,
            logger=quiet,
        )
        self._flow = AsyncOAuthFlow(settings=options, client=client, logger=quiet)

    @property
    def routes(self) -> Sequence[Route]:
        return Route("GET", INSTALL, self._install), Route("GET", REDIRECT, self._redirect)

    async def _install(self, request: HttpRequest) -> HttpResponse:
        return _answer(await self._flow.handle_installation(_asked(request)))

    async def _redirect(self, request: HttpRequest) -> HttpResponse:
        try:
            return _answer(await self._flow.handle_callback(_asked(request)))
        except Exception as error:  # the network, mostly; nothing of it may hold the code
            self._log.warning("An installation of the Slack app failed", extra={"reason": type(error).__name__})
            text = "Slack could not be asked for this workspace's token. Go back and install once more."
            return HttpResponse(
                502, text.encode(), {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
            )


def _asked(request: HttpRequest) -> AsyncBoltRequest:
    return AsyncBoltRequest(body="", query=request.query, headers=dict(request.headers))


def _answer(answer: BoltResponse) -> HttpResponse:
    headers = {name: values[0] for name, values in answer.headers.items()}
    return HttpResponse(answer.status, answer.body.encode(), {**headers, "cache-control": "no-store"})


class Installations(AsyncInstallationStore):
    """Where slack-bolt's flow puts what it was given; the rest of the interface is not used here."""

    def __init__(self, installs: InstallStore, clock: Clock, log: logging.Logger) -> None:
        self._installs = installs
        self._clock = clock
        self._log = log

    @property
    def logger(self) -> logging.Logger:
        return self._log

    async def async_save(self, installation: SlackInstallation) -> None:
        """Raises BoltError, which the flow shows as a page."""
        if not (installation.team_id and installation.bot_token) or installation.is_enterprise_install:
            raise BoltError("The app is installed into single workspaces, not into a whole organisation.")
        one = Installation("slack", installation.team_id, installation.bot_token, installation.bot_user_id or "")
        try:
            await self._installs.save_installation(one, self._clock.now())
        except StoreError as error:
            raise BoltError(str(error)) from error
        self._log.info("A Slack workspace installed the app", extra={"team": one.team})


class States(AsyncOAuthStateStore):
    """States that prove themselves, so that a visit to the page stores nothing: time and chance under a key.

    A state is good once, for 10 minutes, in whichever process it is given back to.
    """

    def __init__(self, secret: str, updates: UpdateStore, clock: Clock) -> None:
        self._key = sha256(b"state:" + secret.encode()).digest()
        self._updates = updates
        self._clock = clock

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        body = f"{int(self._clock.now().timestamp())}-{secrets.token_hex(16)}"
        return f"{body}-{self._sign(body)}"

    async def async_consume(self, state: str) -> bool:
        body, _, signature = state.rpartition("-")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return False
        now: datetime = self._clock.now()
        age = now.timestamp() - int(body.partition("-")[0])
        return 0 <= age <= STATE_SECONDS and await self._updates.first_sight("slack-state", body, now)

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), sha256).hexdigest()
