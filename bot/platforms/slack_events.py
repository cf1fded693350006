"""What people do in Slack, as commands. Pure: payloads in, `Incoming` out.

Payloads: https://docs.slack.dev/interactivity/implementing-slash-commands , /reference/events/app_mention ,
/reference/events/message.im , /reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.platforms.slack_blocks import unescape

COMMAND = "/minsk"

# <https://a.example/x|a.example> and <mailto:...|...>, as Slack marks up what people type.
_LINK = re.compile(r"<((?:https?|mailto):[^|>]*)(?:\|[^>]*)?>")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A command as it came in, with all that an answer needs.

    `thread` is the ts of the thread it was given in, or ""; `response_url` takes up to 5 answers in 30 minutes,
    `trigger_id` opens one modal within 3 seconds. `team` is set for a workspace that installed the app by OAuth. `file`
    is what Slack says of the first file that came with it.
    """

    user: str
    channel: str
    line: str
    private: bool
    thread: str = ""
    message_ref: str = ""
    addressed: bool = True
    prefix: str = f"{COMMAND} "
    response_url: str = ""
    trigger_id: str = ""
    team: str = ""
    file: Mapping[str, Any] | None = None


def of_command(body: Mapping[str, Any]) -> Incoming:
    """A slash command; the app may have been given another one than /minsk."""
    channel = str(body["channel_id"])
    return Incoming(
        user=str(body["user_id"]),
        channel=channel,
        line=_typed(str(body.get("text", ""))),
        private=_is_private(channel),
        prefix=f"{body.get('command') or COMMAND} ",
        response_url=str(body.get("response_url", "")),
        trigger_id=str(body.get("trigger_id", "")),
    )


def of_action(body: Mapping[str, Any]) -> Incoming | None:
    """A pressed button or a chosen option; None for a mere link, or a button outside of any chat."""
    line = line_of(body)
    container: Mapping[str, Any] = body.get("container") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    if not (line and channel):
        return None
    message: Mapping[str, Any] = body.get("message") or {}
    ts = "" if container.get("is_ephemeral") else str(message.get("ts") or container.get("message_ts") or "")
    return _about(body, channel, ts, line)


def of_shortcut(body: Mapping[str, Any]) -> Incoming | None:
    """A shortcut chosen from a message's menu: its callback_id is a command about that message.

    https://docs.slack.dev/interactivity/implementing-shortcuts#messages
    """
    channel, line = str((body.get("channel") or {}).get("id") or ""), str(body.get("callback_id") or "")
    ts = str(body.get("message_ts") or (body.get("message") or {}).get("ts") or "")
    return replace(_about(body, channel, ts, line), trigger_id="") if channel and line else None


def _about(body: Mapping[str, Any], channel: str, ts: str, line: str) -> Incoming:
    return Incoming(
        user=str(body["user"]["id"]),
        channel=channel,
        line=line,
        private=_is_private(channel),
        thread=str((body.get("message") or {}).get("thread_ts") or ""),
        message_ref=reference(channel, ts) if ts else "",
        response_url=str(body.get("response_url", "")),
        trigger_id=str(body.get("trigger_id", "")),
    )


def line_of(body: Mapping[str, Any]) -> str:
    """The command line of what was pressed or chosen; "" for a mere link."""
    for action in body.get("actions", ()):
        value = action.get("value") or (action.get("selected_option") or {}).get("value")
        if value:
            return str(value)
    return ""


def of_view(body: Mapping[str, Any], channel: str, prefix: str, line: str = "") -> Incoming:
    """Something done in a view that belongs to a chat."""
    return Incoming(
        user=str(body["user"]["id"]),
        channel=channel,
        line=line,
        private=_is_private(channel),
        prefix=prefix or f"{COMMAND} ",
        trigger_id=str(body.get("trigger_id", "")),
    )


def of_home(event: Mapping[str, Any]) -> Incoming | None:
    """Somebody looks at the Home tab, which is about the private chat; None for the other tab."""
    user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    if event.get("tab") != "home" or not (user and channel):
        return None
    return Incoming(user=user, channel=channel, line="home", private=True)


def of_event(event: Mapping[str, Any], bot_user: str) -> Incoming | None:
    """A mention, or a message in the private chat with the bot; None for what other bots and Slack itself say."""
    if event.get("bot_id") or event.get("subtype") not in (None, "thread_broadcast", "file_share"):
        return None
    user, channel, text = str(event.get("user") or ""), str(event.get("channel") or ""), str(event.get("text") or "")
    private = event.get("channel_type") == "im" or _is_private(channel)
    if not (user and channel and user != bot_user) or (event["type"] == "message" and not private):
        return None
    mention = f"<@{bot_user}>"
    before, found, after = text.partition(mention)
    leading = bool(found) and not before.strip()
    line = _typed(after if found else text)
    thread = str(event.get("thread_ts") or "")
    return Incoming(
        user=user,
        channel=channel,
        line=line,
        private=private,
        thread=thread,
        message_ref=reference(channel, thread) if thread else "",
        addressed=private or leading,
        file=next((file for file in event.get("files") or () if isinstance(file, dict)), None),
    )


def of_joining(event: Mapping[str, Any], bot_user: str) -> Incoming | None:
    """The bot was let into a channel: a greeting, as if whoever did it had asked for one. None when others come.

    https://docs.slack.dev/reference/events/member_joined_channel
    """
    channel = str(event.get("channel") or "")
    if not bot_user or event.get("user") != bot_user or not channel:
        return None
    return Incoming(user=str(event.get("inviter") or bot_user), channel=channel, line="start", private=False)


def reference(channel: str, ts: str) -> str:
    """By which a message is found again: channel and ts, its identity there."""
    return f"{channel}:{ts}"


def located(message_ref: str, chat: str) -> tuple[str, str]:
    """(channel, ts) of a reference, where a bare ts is one in `chat`."""
    channel, _, ts = message_ref.rpartition(":")
    return channel or chat, ts


def _is_private(channel: str) -> bool:
    return channel.startswith("D")


def _typed(text: str) -> str:
    """What the person typed: links as addresses, escapes undone, mention punctuation off the front."""
    return unescape(_LINK.sub(lambda found: found[1].removeprefix("mailto:"), text)).strip().lstrip(",:").strip()
