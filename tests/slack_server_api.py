"""The Web API and the response_urls of the local Slack: state, rules of the methods, faults on demand.

Rules: https://docs.slack.dev/reference/methods . Nothing here sleeps.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

from aiohttp import web

from tests.patience import PATIENCE
from tests.slack_server_blocks import refusal
from tests.slack_server_files import SlackFiles
from tests.slack_server_values import (
    BOT_EVENTS,
    BOT_SCOPES,
    METHOD_SCOPES,
    RESPONSE_SECONDS,
    RESPONSE_USES,
    Call,
    Channel,
    Fault,
    Posted,
    Refused,
    ResponseUrl,
)
from tests.slack_server_views import Views


class SlackApi(SlackFiles):
    """State, Web API and response_urls. Every change wakes those who `wait_until`."""

    def __init__(self) -> None:
        super().__init__()
        self.team, self.bot_user, self.bot_id, self.bot_name = "T0TEAM", "U0BOT", "B0BOT", "minskwatch"
        self.bot_token, self.app_token = "xoxb-1000-bot-token-of-tests", "xapp-1-A0APP-app-token-of-tests"
        self.signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"
        self.scopes, self.events, self.commands = set(BOT_SCOPES), set(BOT_EVENTS), {"/minsk"}
        self.users: dict[str, dict[str, Any]] = {}
        self.locales: dict[str, str] = {}
        self.channels: dict[str, Channel] = {}
        self.calls: list[Call] = []
        self.views = Views(self)
        self.client_id, self.client_secret, self._basic = "123.456", "client-secret-of-tests", ""
        self.codes: dict[str, str] = {}
        self.installed: dict[str, str] = {}
        self._speaking_in = self.team
        self.time = 1_760_000_000.0
        self._posted: list[Posted] = []
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._responses: dict[str, ResponseUrl] = {}
        self._serial = 0
        self._changed = asyncio.Condition()
        self._base = ""
        self.add_user("U1")
        self.add_user(self.bot_user)
        self._runner: web.AppRunner | None = None

    # --- life -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        application = web.Application()
        for route in self.routes():
            application.router.add_route(*route)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def routes(self) -> Iterator[tuple[str, str, Callable[[web.Request], Any]]]:
        yield "*", "/api/{method}", self._call
        yield "POST", "/respond/{id}", self._respond
        yield from self.file_routes()

    @property
    def base(self) -> str:
        return self._base

    @property
    def api_base(self) -> str:
        return f"{self._base}/api/"

    # --- what tests arrange and see ---------------------------------------------------------------------------------

    def add_user(self, user: str, *, admin: bool = False, owner: bool = False, locale: str = "en-US") -> str:
        self.locales[user] = locale
        self.users[user] = {
            "id": user,
            "team_id": self.team,
            "name": user.lower(),
            "is_admin": admin,
            "is_owner": owner,
        }
        return user

    def add_channel(
        self, channel: str, members: set[str], kind: str = "public", *, archived: bool = False, team: str = ""
    ) -> Channel:
        name = f"channel-{channel.lower()}"
        self.channels[channel] = Channel(channel, name, set(members), kind, archived, team or self.team)
        return self.channels[channel]

    def grant(self, team: str) -> str:
        """Somebody lets the app into a workspace; the code that the browser brings back."""
        code = f"code-{self.serial()}"
        self.codes[code] = team
        return code

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of a method ("response_url" too) meet these faults, one each."""
        self._faults[method].extend(faults)

    def faults_left(self, method: str) -> int:
        return len(self._faults[method])

    def messages(self, channel: str) -> list[Posted]:
        """What everybody in a channel sees, in order."""
        return [one for one in self._posted if one.channel == channel and not one.only_for]

    def by_bot(self, channel: str) -> list[Posted]:
        return [one for one in self.messages(channel) if one.user == self.bot_user]

    def whispers(self, channel: str, user: str) -> list[Posted]:
        """What one person alone sees there."""
        return [one for one in self._posted if one.channel == channel and one.only_for == user]

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def wait_until(self, predicate: Callable[[], bool], within: float = PATIENCE) -> None:
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(predicate)

    async def posted(self, channel: str, count: int = 1) -> Posted:
        """The newest message of the bot, as soon as there are so many."""
        await self.wait_until(lambda: len(self.by_bot(channel)) >= count)
        return self.by_bot(channel)[-1]

    async def whispered(self, channel: str, user: str, count: int = 1) -> Posted:
        await self.wait_until(lambda: len(self.whispers(channel, user)) >= count)
        return self.whispers(channel, user)[-1]

    async def changed(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def new_response_url(self, channel: str, user: str) -> str:
        name = f"R{self.serial()}"
        self._responses[name] = ResponseUrl(channel, user, self.time)
        return f"{self._base}/respond/{name}"

    def serial(self) -> int:
        self._serial += 1
        return self._serial

    def new_ts(self) -> str:
        return f"{int(self.time)}.{self.serial():06d}"

    def keep(self, one: Posted) -> Posted:
        self._posted.append(one)
        return one

    def remove(self, one: Posted) -> None:
        """Delete a message, as its readers' admins can."""
        self._posted.remove(one)

    def find(self, channel: str, ts: str) -> Posted:
        found = [one for one in self._posted if (one.channel, one.ts) == (channel, ts)]
        if not found:
            raise Refused("message_not_found")
        return found[0]

    # --- the wire ---------------------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method, fields = request.match_info["method"], await read_fields(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or str(fields.pop("token", ""))
        if token.startswith("Basic "):
            self._basic = base64.b64decode(token.removeprefix("Basic ")).decode()
        fault = await self._next_fault(method)
        answer: dict[str, Any] = {"ok": False, "error": fault.error, **fault.more}
        if fault.lets_through:
            try:
                self._authorise(method, token)
                self._speaking_in = self.installed.get(token, self.team)
                answer = {"ok": True, **self._run(method, fields)}
            except Refused as refused:
                answer = refused.answer
        return await self._answer(request, Call(method, fields, token, answer), fault)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        fields, fault = await read_fields(request), await self._next_fault("response_url")
        answer = fault.body
        if fault.lets_through:
            answer = self._use(request.match_info["id"], fields)
        if answer not in ("", "ok"):
            fault = replace(fault, status=404, body=answer)
        return await self._answer(request, Call("response_url", fields, "", answer), fault)

    async def _next_fault(self, method: str) -> Fault:
        fault = self._faults[method].popleft() if self._faults[method] else Fault()
        await self.changed()
        if fault.hold is not None:
            await fault.hold.wait()
        return fault

    async def _answer(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        self.calls.append(replace(call, answer="dropped") if fault.drop else call)
        await self.changed()
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        if isinstance(call.answer, str) or fault.body:
            kind, text = "text/html" if fault.body.startswith("<") else "text/plain", fault.body or str(call.answer)
            return web.Response(status=fault.status, text=text, headers=headers, content_type=kind)
        status = 429 if call.answer.get("error") == "ratelimited" else fault.status
        return web.json_response(call.answer, status=status, headers=headers)

    def _authorise(self, method: str, token: str) -> None:
        if method not in METHOD_SCOPES:
            raise Refused("unknown_method", req_method=method)
        if method == "oauth.v2.access":
            return  # known by client_id and client_secret
        if not token:
            raise Refused("not_authed")
        if token in self.installed:
            return
        if token not in (self.bot_token, self.app_token):
            raise Refused("invalid_auth")
        if (token == self.app_token) != (method == "apps.connections.open"):
            raise Refused("not_allowed_token_type")
        needed = METHOD_SCOPES[method]
        if needed and token == self.bot_token and needed not in self.scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))

    def _run(self, method: str, fields: dict[str, Any]) -> dict[str, Any]:
        run: Callable[[dict[str, Any]], dict[str, Any]] = getattr(self, "_do_" + method.replace(".", "_"))
        return run(fields)

    # --- methods ----------------------------------------------------------------------------------------------------

    def _do_auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        who = {"url": f"{self._base}/", "team": "Tests", "user": self.bot_name, "team_id": self._speaking_in}
        return {**who, "user_id": self.bot_user, "bot_id": self.bot_id, "is_enterprise_install": False}

    def _do_oauth_v2_access(self, fields: dict[str, Any]) -> dict[str, Any]:
        if self._basic != f"{self.client_id}:{self.client_secret}":
            raise Refused("bad_client_secret")
        team = self.codes.pop(str(fields.get("code")), "")
        if not team:
            raise Refused("invalid_code")
        token = f"xoxb-{team}-{self.serial()}-token-of-tests"
        self.installed[token] = team
        more = {"bot_user_id": self.bot_user, "scope": ",".join(sorted(self.scopes)), "token_type": "bot"}
        return {"access_token": token, "team": {"id": team, "name": team}, "authed_user": {"id": "U1"}, **more}

    def _do_apps_connections_open(self, _: dict[str, Any]) -> dict[str, Any]:
        raise Refused("socket_mode_disabled")

    def _do_chat_postMessage(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(str(fields.get("channel", "")))
        one = self._compose(fields, channel.id)
        self.keep(one)
        return {"channel": channel.id, "ts": one.ts, "message": {"text": one.text, "user": one.user, "ts": one.ts}}

    def _do_chat_postEphemeral(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(str(fields.get("channel", "")))
        if str(fields.get("user")) not in channel.members:
            raise Refused("user_not_in_channel")
        one = self.keep(replace(self._compose(fields, channel.id), only_for=str(fields["user"])))
        return {"message_ts": one.ts}

    def _do_chat_update(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(str(fields.get("channel", "")))
        old = self.find(channel.id, str(fields.get("ts", "")))
        if old.user != self.bot_user:
            raise Refused("cant_update_message")
        new = self._compose(fields, channel.id)
        blocks = new.blocks if "blocks" in fields else old.blocks
        kept = replace(new, ts=old.ts, thread_ts=old.thread_ts, blocks=blocks, edited=old.edited + 1)
        self._posted[self._posted.index(old)] = kept
        return {"channel": channel.id, "ts": old.ts, "text": new.text}

    def _do_chat_delete(self, fields: dict[str, Any]) -> dict[str, Any]:
        old = self.find(str(fields.get("channel", "")), str(fields.get("ts", "")))
        if old.user != self.bot_user:
            raise Refused("cant_delete_message")
        self.remove(old)
        return {"channel": old.channel, "ts": old.ts}

    def _do_users_info(self, fields: dict[str, Any]) -> dict[str, Any]:
        if str(fields.get("user")) not in self.users:
            raise Refused("user_not_found")
        user = self.users[str(fields["user"])]
        locale = {"locale": self.locales.get(str(fields["user"]), "en-US")}  # said only where it is asked for
        return {"user": user | (locale if str(fields.get("include_locale")).lower() in ("1", "true") else {})}

    def _do_conversations_info(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = self._known(str(fields.get("channel", "")))
        info = {"id": channel.id, "name": channel.name, "is_archived": channel.archived, "is_im": channel.kind == "im"}
        return {"channel": {**info, "is_member": self.bot_user in channel.members}}

    def _do_conversations_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        user = str(fields.get("users", ""))
        if user not in self.users:
            raise Refused("user_not_found")
        return {"channel": {"id": self._private_chat(user).id}}

    def _do_views_publish(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self.views.publish(fields)

    def _do_views_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self.views.open(fields)

    def _do_views_update(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self.views.update(fields)

    def _compose(self, fields: Mapping[str, Any], channel: str) -> Posted:
        error, details = refusal(fields)
        if error:
            raise Refused(error, **({"errors": details, "response_metadata": {"messages": details}} if details else {}))
        blocks = fields.get("blocks") or ()
        blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
        thread = str(fields.get("thread_ts") or "")
        text, metadata = str(fields.get("text") or ""), fields.get("metadata")
        return Posted(channel, self.new_ts(), self.bot_user, text, tuple(blocks), metadata, thread, fields=fields)

    def _known(self, name: str) -> Channel:
        """A channel that the bot may know of: by id, by #name, or the private chat with a user."""
        if name in self.users:
            return self._private_chat(name)
        for channel in self.channels.values():
            visible = channel.kind == "public" or self.bot_user in channel.members
            visible = visible and channel.team == self._speaking_in
            if name in (channel.id, f"#{channel.name}") and visible:
                return channel
        raise Refused("channel_not_found")

    def _writable(self, name: str) -> Channel:
        channel = self._known(name)
        if channel.archived:
            raise Refused("is_archived")
        if self.bot_user not in channel.members and "chat:write.public" not in self.scopes:
            raise Refused("not_in_channel")
        return channel

    def _private_chat(self, user: str) -> Channel:
        name = f"D{user}"
        return self.channels.get(name) or self.add_channel(name, {user, self.bot_user}, "im")

    def _use(self, name: str, fields: Mapping[str, Any]) -> str:
        """What a response_url answers: "ok", or why not."""
        response = self._responses.get(name)
        if response is None or self.time - response.made_at > RESPONSE_SECONDS:
            return "expired_url"
        if response.uses >= RESPONSE_USES:
            return "used_url"
        try:
            one = self._compose(fields, response.channel)
        except Refused as refused:
            return str(refused)
        response.uses += 1
        in_channel = fields.get("response_type") == "in_channel"
        self.keep(replace(one, only_for="" if in_channel else response.user))
        return "ok"


async def read_fields(request: web.Request) -> dict[str, Any]:
    """Arguments from the query, a form or JSON; JSON values inside of forms stay text, as with Slack."""
    fields: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        fields.update(body)
    else:
        fields.update(await request.post())
    return fields
