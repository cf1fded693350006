"""The workspaces that are spoken to: the one of slack.bot_token, and those that installed the app by OAuth.

Chats of the latter are addressed as TEAM.CHANNEL, so that their workspace's own token is used.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack_errors import translated
from core.errors import BadCredentials, DeliveryError, StoreError, TargetGone, Unreachable
from core.installs import Installation, InstallStore
from core.ports import Clock

_ADDRESS = re.compile(r"([TE][A-Z0-9]+)\.(.+)")
GONE = "The app was removed from this Slack workspace; install it again and type /minsk subscribe"


@dataclass(frozen=True, slots=True)
class Workspace:
    """`team` is "" for the one of slack.bot_token."""

    team: str
    bot_user: str


def address(team: str, channel: str) -> str:
    return f"{team}.{channel}" if team else channel


def parted(chat: str) -> tuple[str, str]:
    """(team or "", channel) of an address."""
    found = _ADDRESS.fullmatch(chat)
    return (found[1], found[2]) if found else ("", chat)


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace whose installation a payload is for; "" when it does not say.

    https://docs.slack.dev/apis/events-api/#authorizations
    """
    for one in body.get("authorizations") or ():
        if one.get("team_id"):
            return str(one["team_id"])
    return str(body.get("team_id") or (body.get("team") or {}).get("id") or "")


class Teams:
    """`learn` names the workspace of slack.bot_token once it is known; without `installs` there is no other."""

    def __init__(self, client: AsyncWebClient, installs: InstallStore | None, clock: Clock, platform: str) -> None:
        self._client = client
        self._installs = installs
        self._clock = clock
        self._platform = platform
        self._own = ("", "")

    def learn(self, team: str, bot_user: str) -> None:
        self._own = (team, bot_user)

    async def workspace(self, team: str) -> Workspace | None:
        """The workspace a payload came from; None when it has not installed the app. Raises StoreError."""
        if self._installs is None or self._is_own(team):
            return Workspace("", self._own[1])
        found = await self._installs.find_installation(self._platform, team)
        return Workspace(found.team, found.bot_user) if found else None

    def known_as(self, team: str) -> str:
        """How chats of a workspace are addressed: by its name, or "" for that of slack.bot_token."""
        return "" if self._installs is None or self._is_own(team) else team

    def _is_own(self, team: str) -> bool:
        return bool(self._own[0]) and team in ("", self._own[0])

    async def count(self) -> int:
        return 0 if self._installs is None else await self._installs.count_installations(self._platform)

    @asynccontextmanager
    async def calling(self, team: str, where: str) -> AsyncIterator[dict[str, Any]]:
        """Arguments by which a call of Slack is made in a workspace's name. Raises DeliveryError.

        A token refused is the end of that workspace's chats and of nothing else.
        """
        if not team:
            with translated(where):
                yield {}
            return
        installed = await self._find(team, where)
        try:
            with translated(where):
                yield {"token": installed.token}
        except BadCredentials as error:
            raise TargetGone(f"{GONE} ({error})") from error

    async def _find(self, team: str, where: str) -> Installation:
        try:
            found = await self._installs.find_installation(self._platform, team) if self._installs else None
        except StoreError as error:
            raise Unreachable(f"The token for {where} could not be read: {error}") from error
        if found is None:
            raise TargetGone(f"{GONE}.")
        return found

    async def left(self, team: str) -> bool:
        """A workspace is said to have removed the app. If its token is refused, forget it and pause its chats."""
        own = "" if team in ("", self._own[0]) else team
        try:
            async with self.calling(own, f"workspace {team}") as token:
                await self._client.auth_test(**token)
        except (TargetGone, BadCredentials):
            pass
        except DeliveryError:
            return False  # not known now; the next message to one of its chats tells
        else:
            return False  # installed again since
        if self._installs is not None:
            await self._installs.retire_team(self._platform, own, f"{GONE}.")
            if own:
                await self._installs.remove_installation(self._platform, own)
        return True
