"""What the local Slack keeps and what can go wrong there: values of slack_server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.slack_server_blocks import links, shown

BOT_EVENTS = frozenset(
    {"app_home_opened", "app_mention", "app_uninstalled", "member_joined_channel", "message.im", "tokens_revoked"}
)
BOT_SCOPES = frozenset(
    {"app_mentions:read", "channels:read", "chat:write", "commands", "files:read", "files:write"}
    | {"groups:read", "im:history", "users:read"}
)

# What a bot token must be allowed for each method. https://docs.slack.dev/reference/scopes
METHOD_SCOPES: Mapping[str, str] = {
    "auth.test": "",
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "users.info": "users:read",
    "conversations.info": "channels:read",
    "conversations.open": "im:write",
    "oauth.v2.access": "",
    "views.open": "",
    "views.publish": "",
    "views.update": "",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "apps.connections.open": "connections:write",
}
# What each event and each slash command needs.
EVENT_SCOPES: Mapping[str, str] = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "tokens_revoked": "",
    "message.im": "im:history",
    "member_joined_channel": "channels:read",  # of a private one groups:read
}
PRIVATE_SCOPES: Mapping[str, str] = {"member_joined_channel": "groups:read"}
COMMAND_SCOPE = "commands"
DOWNLOAD_SCOPE = "files:read"

RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60


class Refused(Exception):
    """An answer with ok: false."""

    def __init__(self, error: str, **more: Any) -> None:
        self.answer = {"ok": False, "error": error, **more}
        super().__init__(error)


@dataclass(frozen=True)
class Fault:
    """What happens to one call instead of, or besides, an answer. `hold` makes it slow; `drop` is before or after."""

    error: str = ""
    status: int = 200
    retry_after: str = ""
    body: str = ""
    drop: str = ""
    hold: asyncio.Event | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lets_through(self) -> bool:
        """Whether Slack itself sees the call."""
        return self.drop != "before" and self.status == 200 and not (self.error or self.body)


@dataclass(frozen=True)
class Call:
    """One call of the Web API or of a response_url ("response_url"), with what was answered ("dropped" for nothing)."""

    method: str
    fields: Mapping[str, Any]
    token: str
    answer: Mapping[str, Any] | str


@dataclass
class Channel:
    id: str
    name: str
    members: set[str]
    kind: str = "public"
    archived: bool = False
    team: str = "T0TEAM"


@dataclass(frozen=True)
class Posted:
    """A message as Slack keeps it. `only_for` is the one who sees an ephemeral message."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] | None = None
    thread_ts: str = ""
    only_for: str = ""
    edited: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The words that readers see."""
        return shown(self.blocks) if self.blocks else self.text

    @property
    def links(self) -> Mapping[str, str]:
        return links(self.blocks)


@dataclass
class ResponseUrl:
    channel: str
    user: str
    made_at: float
    uses: int = 0
