"""What Slack says of who asks: whether they manage the workspace, and which language their Slack speaks.

https://docs.slack.dev/reference/methods/users.info
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack_events import Incoming
from bot.platforms.slack_teams import Teams
from core.errors import DeliveryError
from core.model import Role
from core.ports import Clock

WITHIN = 10.0
KEPT_FOR = timedelta(days=1)
_MOST_KEPT = 1_000


class People:
    """Asks Slack at most once a day for a person's language: it is kept in memory alone, under a keyed hash, until as
    many others came. `managers` is the setting slack.managers.
    """

    def __init__(self, client: AsyncWebClient, teams: Teams, managers: str, clock: Clock, log: logging.Logger) -> None:
        self._client = client
        self._teams = teams
        self._managers = managers
        self._clock = clock
        self._log = log
        self._salt = secrets.token_bytes(16)
        self._langs: OrderedDict[bytes, tuple[str, datetime]] = OrderedDict()

    def lang(self, incoming: Incoming) -> str | None:
        """The language of who asks, if it is known already, such as "be-BY"."""
        lang, at = self._langs.get(self._key(incoming), ("", None))
        return lang if at is not None and self._clock.now() - at < KEPT_FOR else None

    async def look_up(self, incoming: Incoming) -> tuple[Role, str]:
        """The role and the language of who asks; the language is "" where Slack does not say it.

        Whoever can write in a channel is its member; slack.managers may ask for more.
        """
        all_manage = incoming.private or self._managers == "members"
        lang = self.lang(incoming)
        if all_manage and lang is not None:
            return Role.ADMIN, lang
        user = await self._user(incoming)
        lang = str(user.get("locale") or lang or "")
        self._langs[self._key(incoming)] = lang, self._clock.now()
        if len(self._langs) > _MOST_KEPT:
            self._langs.popitem(last=False)
        manages = all_manage or user.get("is_admin") or user.get("is_owner")
        return Role.ADMIN if manages else Role.VIEWER, lang

    async def _user(self, incoming: Incoming) -> Mapping[str, Any]:
        """What Slack says of a person; nothing when it does not."""
        try:
            async with asyncio.timeout(WITHIN), self._teams.calling(incoming.team, f"user {incoming.user}") as token:
                answer = await self._client.users_info(user=incoming.user, include_locale=True, **token)
        except (DeliveryError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            self._log.warning("Slack did not say who may manage and what they speak", extra={"reason": reason})
            return {}
        user: Mapping[str, Any] = answer.get("user") or {}
        return user

    def _key(self, incoming: Incoming) -> bytes:
        return blake2b(f"{incoming.team}.{incoming.user}".encode(), key=self._salt, digest_size=8).digest()
