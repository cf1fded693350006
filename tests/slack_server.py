"""A Slack on 127.0.0.1 that judges and remembers; here is what people do, on its way to the bot.

    async with SlackServer() as slack:
        slack.add_channel("C1", members={"U1", slack.bot_user})
        ... the bot under test talks to slack.api_base with slack.bot_token and slack.app_token ...
        await slack.slash("U1", "C1", "latest 3")
        answer = await slack.posted("C1")

https://docs.slack.dev/apis/events-api/using-socket-mode , https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.patience import PATIENCE
from tests.slack_server_api import SlackApi
from tests.slack_server_blocks import buttons
from tests.slack_server_values import COMMAND_SCOPE, EVENT_SCOPES, PRIVATE_SCOPES, Posted
from tests.slack_server_views import View

ANSWER_WITHIN = PATIENCE  # Slack itself waits 3 seconds, but a busy machine that tests is no fault of the program


@dataclass(frozen=True)
class Ack:
    """How the bot took a request: HTTP status (200 for an acknowledged envelope, 0 for none in 3 seconds), and body."""

    status: int
    body: str = ""


class SlackServer(SlackApi):
    """The whole: people, events and both of their ways. Socket Mode unless `events_url` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.events_url = self.pages_url = ""
        self.opened = 0
        self.refused_sockets = 0
        self._tickets: set[str] = set()
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._acks: dict[str, asyncio.Future[str]] = {}
        self.acknowledged: list[str] = []

    @property
    def table(self) -> str:
        """What config.toml says of it in Socket Mode."""
        tokens = f'bot_token = "{self.bot_token}"\napp_token = "{self.app_token}"\n'
        return f'[slack]\n{tokens}api_base = "{self.api_base}"\n'

    def routes(self) -> Iterator[tuple[str, str, Callable[[web.Request], Any]]]:
        yield from super().routes()
        yield "GET", "/link", self._link

    async def stop(self) -> None:
        for socket in list(self._sockets):
            await socket.close()
        await super().stop()

    # --- what people do ---------------------------------------------------------------------------------------------

    async def user_says(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str = "",
        event_id: str = "",
        times: int = 1,
        file: Mapping[str, Any] | None = None,
    ) -> list[Ack]:
        """Type a message; `@minskwatch` is a mention. One Ack per event that it makes, repeated `times` times."""
        room = self._private_chat(user) if channel == f"D{user}" else self.channels[channel]
        assert user in room.members, "people write where they are"
        typed = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        typed = typed.replace(f"@{self.bot_name}", f"<@{self.bot_user}>")
        one = self.keep(Posted(channel, self.new_ts(), user, typed, thread_ts=thread_ts))
        event: dict[str, Any] = {"user": user, "text": typed, "ts": one.ts, "channel": channel, "team": room.team}
        event |= {"thread_ts": thread_ts} if thread_ts else {}
        event |= {"files": [file], "subtype": "file_share"} if file else {}
        if room.kind == "im":
            kind, event = "message.im", {**event, "type": "message", "channel_type": "im"}
        elif f"<@{self.bot_user}>" in typed:
            kind, event = "app_mention", {**event, "type": "app_mention"}
        else:
            return []
        return [await self.happens(kind, event, event_id, attempt) for attempt in range(times)]

    async def invite(self, channel: str, member: str, by: str = "", event_id: str = "") -> Ack:
        """Let somebody into a channel, the bot for one; without `by` they come by themselves."""
        room = self.channels[channel]
        room.members.add(member)
        event = {"type": "member_joined_channel", "user": member, "channel": channel, "channel_type": "C"}
        event |= {"team": room.team} | ({"inviter": by} if by else {})
        return await self.happens("member_joined_channel", event, event_id)

    async def happens(self, kind: str, event: Mapping[str, Any], event_id: str = "", attempt: int = 0) -> Ack:
        """Send an event, if the app is subscribed and allowed to get it, and the bot is there."""
        room = self.channels.get(str(event.get("channel", "")))
        needed = PRIVATE_SCOPES if room is not None and room.kind == "private" else {}
        if kind not in self.events or {**EVENT_SCOPES, **needed}[kind] not in self.scopes | {""}:
            return Ack(-1, "not subscribed")
        if room is not None and self.bot_user not in room.members:
            return Ack(-1, "not in channel")
        team = str(event.get("team", room.team if room else self.team))
        body: dict[str, Any] = {"type": "event_callback", "team_id": team, "event": dict(event)}
        body |= {"event_id": event_id or f"Ev{self.serial()}", "event_time": int(self.time)}
        return await self.deliver("events_api", body, attempt)

    async def slash(self, user: str, channel: str, text: str = "", command: str = "/minsk") -> Ack:
        """Type a slash command, which works in channels that the bot is not in."""
        assert command in self.commands, "Slack's own client refuses a command that no app has"
        assert COMMAND_SCOPE in self.scopes
        room = self._private_chat(user) if channel == f"D{user}" else self.channels[channel]
        name = "directmessage" if room.kind == "im" else room.name
        fields = {"command": command, "text": text, "user_id": user, "user_name": user.lower(), "channel_id": channel}
        fields |= {
            "channel_name": name,
            "team_id": room.team,
            "api_app_id": "A0APP",
            "trigger_id": self.views.trigger(user),
        }
        return await self.deliver("slash_commands", {**fields, "response_url": self.new_response_url(channel, user)})

    async def press(self, user: str, one: Posted, label: str) -> Ack:
        """Press a button of a message that the person sees."""
        assert one.only_for in ("", user)
        button = buttons(one.blocks)[label]
        container: dict[str, Any] = {"type": "message", "message_ts": one.ts, "channel_id": one.channel}
        container["is_ephemeral"] = bool(one.only_for)
        action: dict[str, Any] = {"action_ts": self.new_ts(), "block_id": "b1"}
        if "action_id" in button:
            action |= {key: button[key] for key in ("type", "action_id", "text", "value", "url") if key in button}
        else:
            action |= {"type": "overflow", "action_id": "menu", "selected_option": dict(button)}
        body: dict[str, Any] = {
            "type": "block_actions",
            "user": {"id": user, "team_id": self.team},
            "actions": [action],
        }
        body |= {
            "team": {"id": self.channels[one.channel].team},
            "channel": {"id": one.channel},
            "container": container,
            "api_app_id": "A0APP",
        }
        if not one.only_for:
            thread = {"thread_ts": one.thread_ts} if one.thread_ts else {}
            body["message"] = {"ts": one.ts, "text": one.text, "user": one.user, "blocks": list(one.blocks), **thread}
        body |= {"trigger_id": self.views.trigger(user), "response_url": self.new_response_url(one.channel, user)}
        return await self.deliver("interactive", body)

    async def open_home(self, user: str, tab: str = "home") -> Ack:
        """Click on the bot in the sidebar: its Home or its Messages tab."""
        private, home = self._private_chat(user), self.views.homes.get(user)
        event: dict[str, Any] = {"type": "app_home_opened", "user": user, "channel": private.id, "tab": tab}
        return await self.happens("app_home_opened", event | ({"view": home.payload} if home and tab == "home" else {}))

    async def press_in(self, view: View, label: str) -> Ack:
        """Press a button of a Home tab or modal."""
        return await self.deliver("interactive", self._by(view.user, self.views.action(view, label)))

    async def submit(self, user: str, typed: str) -> Ack:
        """Fill in the field of one's open modal and send it off."""
        view = self.views.modals[user]
        ack = await self.deliver("interactive", self._by(user, self.views.submission(view, typed)))
        if ack.status == 200:
            self.views.answered(view, ack.body)
            await self.changed()
        return ack

    async def choose(self, user: str, one: Posted, callback_id: str) -> Ack:
        """Choose a shortcut from the menu of a message, anybody's."""
        message = {"ts": one.ts, "text": one.text, "user": one.user}
        message |= {"thread_ts": one.thread_ts} if one.thread_ts else {}
        body = {"type": "message_action", "callback_id": callback_id, "message": message, "message_ts": one.ts}
        body |= {"channel": {"id": one.channel}, "trigger_id": self.views.trigger(user)}
        body |= {"response_url": self.new_response_url(one.channel, user)}
        return await self.deliver("interactive", self._by(user, body))

    def _by(self, user: str, body: Mapping[str, Any]) -> dict[str, Any]:
        who = {"user": {"id": user, "team_id": self.team}, "team": {"id": self.team}, "api_app_id": "A0APP"}
        return {**body, **who}

    # --- ways -------------------------------------------------------------------------------------------------------

    async def deliver(self, kind: str, body: Mapping[str, Any], attempt: int = 0) -> Ack:
        if self.events_url:
            return await self.post(kind, body, attempt)
        if not self._sockets:
            return Ack(0, "nobody connected")
        socket = list(self._sockets)[-1]
        name = f"envelope-{self.serial()}"
        envelope = {
            "envelope_id": name,
            "type": kind,
            "payload": body,
            "accepts_response_payload": kind != "events_api",
        }
        envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        self._acks[name] = asyncio.get_running_loop().create_future()
        try:
            await socket.send_json(envelope)
            async with asyncio.timeout(ANSWER_WITHIN):
                return Ack(200, await self._acks[name])
        except TimeoutError:
            return Ack(0, "not acknowledged")
        except ConnectionError:
            return Ack(0, "connection lost")
        finally:
            del self._acks[name]

    async def post(self, kind: str, body: Mapping[str, Any], attempt: int = 0, **forgery: Any) -> Ack:
        """A signed POST to the bot; `forgery` goes to `post_signed`."""
        if kind == "events_api":
            raw, content_type = json.dumps(body), "application/json"
        else:
            form = body if kind == "slash_commands" else {"payload": json.dumps(body)}
            raw, content_type = urlencode(form), "application/x-www-form-urlencoded"
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        return await self.post_signed(raw, content_type, retry, **forgery)

    async def post_signed(
        self,
        raw: str,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        secret: str = "",
        late: int = 0,
        signature: str = "",
        stamp: str = "",
    ) -> Ack:
        """POST text as Slack does. `secret`, `late` seconds, `signature` or `stamp` make it a forgery."""
        stamp = stamp or str(int(time.time()) - late)
        digest = hmac.new((secret or self.signing_secret).encode(), f"v0:{stamp}:{raw}".encode(), hashlib.sha256)
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or f"v0={digest.hexdigest()}"}
        return await self._post(raw.encode(), {"Content-Type": content_type, **signed, **(headers or {})})

    async def post_raw(self, raw: bytes) -> int:
        """POST without any signature; the status."""
        return (await self._post(raw, {"Content-Type": "application/json"})).status

    async def _post(self, raw: bytes, headers: Mapping[str, str]) -> Ack:
        async with (
            asyncio.timeout(ANSWER_WITHIN),
            aiohttp.ClientSession() as session,
            session.post(self.events_url, data=raw, headers=headers) as answer,
        ):
            return Ack(answer.status, await answer.text())

    # --- Socket Mode ------------------------------------------------------------------------------------------------

    @property
    def connections(self) -> int:
        return len(self._sockets)

    async def connected(self, opened: int = 1) -> None:
        """Wait until that many connections have been opened in all, and one of them stands."""
        await self.wait_until(lambda: self.opened >= opened and bool(self._sockets))

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the bot to change its connections, as Slack does every few hours."""
        for socket in list(self._sockets):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    async def send_raw(self, text: str) -> None:
        """Send any text over every connection."""
        for socket in list(self._sockets):
            await socket.send_str(text)

    def forget_tickets(self) -> None:
        """Let the addresses that were given out expire unused."""
        self._tickets.clear()

    def abort(self) -> None:
        """Cut every connection without a word."""
        for request in self._sockets.values():
            assert request.transport is not None
            request.transport.abort()

    def _do_apps_connections_open(self, _: dict[str, Any]) -> dict[str, Any]:
        ticket = f"ticket-{self.serial()}"
        self._tickets.add(ticket)
        return {"url": f"{self.base.replace('http', 'ws')}/link?ticket={ticket}&app_id=A0APP"}

    async def _link(self, request: web.Request) -> web.StreamResponse:
        """One connection. A ticket is good for one."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            self.refused_sockets += 1
            await self.changed()
            return web.Response(status=401)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets[socket] = request
        self.opened += 1
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets), "connection_info": {}})
        await self.changed()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._acknowledge(json.loads(message.data))
        finally:
            del self._sockets[socket]
            await self.changed()
        return socket

    async def _acknowledge(self, answer: Mapping[str, Any]) -> None:
        self.acknowledged.append(str(answer["envelope_id"]))
        await self.changed()
        waiting = self._acks.get(str(answer["envelope_id"]))
        if waiting is not None and not waiting.done():
            waiting.set_result(json.dumps(answer.get("payload")) if "payload" in answer else "")
