"""A local Bot API server on 127.0.0.1, for tests through the real aiogram, in this process or another.

It keeps chats (tests.telegram_chats), does what people do in them (tests.telegram_crowd), hands out updates by long
polling or webhook, checks what it is sent as strictly as Telegram, records every call, and fails in the
ways that Telegram fails when told to. Nothing sleeps: those who wait are woken by what happens.

    async with TelegramServer() as server:
        chat = server.chats.private()
        ...start a bot with server.token and server.url...
        server.user_says(chat, "/latest 3")
        (answer,) = await server.sent(chat)
        press = server.press(chat, answer, "Why?")
        await server.pressed(press)
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, Self

from aiohttp import ClientSession, web

from tests.patience import PATIENCE
from tests.telegram_chats import (
    BOT_ID,
    BOT_NAME,
    Chat,
    Json,
    Params,
    Press,
    Refusal,
    bot_user,
)
from tests.telegram_crowd import Crowd
from tests.telegram_profile import Profile
from tests.telegram_wire import Call, Fault, dropped, read_params

TOKEN = f"{BOT_ID}:AAE-local-server-token_0123456789abcd"
WEBHOOK_TRIES = 3

_TERMINATED = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class TelegramServer(Crowd):
    """See the module. `calls` are in order of arrival; `chats` is what the server remembers."""

    def __init__(self, token: str = TOKEN, name: str = BOT_NAME) -> None:
        super().__init__()
        self.token = token
        self.revoked = False
        self._others: dict[str, TelegramServer] = {}
        self.url = ""
        self.profile = Profile()
        self.calls: list[Call] = []
        self.webhook: Json = {}
        self.pushed: list[int] = []  # statuses of answers to webhook calls
        self._updates: deque[Json] = deque()
        self._last_update = 870_000_000
        self._allowed: list[str] = []
        self._poll = 0
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._happened = asyncio.Event()
        self._pushing: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._runner: web.AppRunner | None = None
        self._place: socket.socket | None = None
        self._methods: dict[str, Callable[[Params], Any]] = {
            "getme": lambda _: (
                bot_user() | {"id": int(token.partition(":")[0]), "username": name, "can_join_groups": True}
            ),
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": lambda _: {
                "url": self.webhook.get("url", ""),
                "pending_update_count": len(self._updates),
            },
            "sendmessage": self.chats.send_message,
            "senddocument": self.chats.send_document,
            "sendphoto": self.chats.send_photo,
            "getfile": self.chats.get_file,
            "editmessagetext": self.chats.edit_message_text,
            "deletemessage": self.chats.delete_message,
            "answerinlinequery": self.inline.answer,
            "answercallbackquery": self.chats.answer_callback_query,
            "getchat": lambda params: self.chats.find(params.get("chat_id")).shown,
            "getchatmember": self.chats.get_chat_member,
            **self.profile.methods(),
        }

    # --- life -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def table(self) -> str:
        """What config.toml says of it."""
        return f'[telegram]\ntoken = "{self.token}"\napi_base = "{self.url}"\n'

    async def start(self, port: int = 0) -> None:
        """Listen; `url` is then the api_base."""
        self._stopping = False
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/documents/{number}", self._give_file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        if self._place is not None:
            self._place.close()
            self._place = None
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self, *, back: bool = False) -> None:
        """Close all connections, waiting requests included. `back`: nobody else gets its port until it is back."""
        self._stopping = True
        self._wake()
        for faults in self._faults.values():
            for fault in faults:
                fault.release.set()
        for task in self._pushing:
            task.cancel()
        await asyncio.gather(*self._pushing, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        if back:
            self._place = socket.socket()
            self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._place.bind(("127.0.0.1", self.port))

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def also(self, other: TelegramServer) -> TelegramServer:
        """Another bot at the same address, with chats, updates and calls of its own; it need not be started."""
        self._others[other.token] = other
        return other

    def revoke(self) -> None:
        """The token is refused from now on, also to who waits for updates."""
        self.revoked = True
        self._wake()

    # --- updates ----------------------------------------------------------------------------------------------------

    def put(self, kind: str, event: Json, update_id: int = 0) -> int:
        """Queue an update; with `update_id`, one that came before. Returns its id."""
        self._last_update += 0 if update_id else 1
        update = {"update_id": update_id or self._last_update, kind: json.loads(json.dumps(event))}
        self._updates.append(update)
        self._wake()
        if self.webhook:
            self._push_all()
        return int(update["update_id"])

    # --- what tests ask ---------------------------------------------------------------------------------------------

    def fail(self, method: str, *faults: Fault) -> Fault:
        """Let the next calls of a method fail, in order; returns the last fault."""
        self._faults[method.lower()].extend(faults)
        return faults[-1]

    def of(self, method: str) -> list[Params]:
        """The parameters of all calls of a method."""
        return [call.params for call in self.calls if call.method == method.lower()]

    def messages(self, chat: Chat) -> list[Json]:
        """What the bot wrote in a chat, as it stands now."""
        return [message for number, message in chat.messages.items() if number in chat.own]

    async def sent(self, chat: Chat, count: int = 1) -> list[Json]:
        """Wait until the bot has written `count` messages in a chat."""
        await self.until(lambda: len(self.messages(chat)) >= count)
        return self.messages(chat)

    async def pressed(self, press: Press) -> Json:
        """Wait for the answer to a pressed button."""
        async with asyncio.timeout(PATIENCE):
            await press.answered.wait()
        assert press.answer is not None
        return press.answer

    async def polled(self, times: int = 1) -> None:
        """Wait until the bot asks for updates and all earlier ones are confirmed, `times` requests from now."""
        wanted = self._poll + times
        await self.until(lambda: self._poll >= wanted and not self._updates)

    async def polled_again(self, times: int = 1) -> None:
        """Wait for so many requests for updates, whatever they confirm."""
        wanted = self._poll + times
        await self.until(lambda: self._poll >= wanted)

    @property
    def waiting(self) -> tuple[Json, ...]:
        """Updates that are not confirmed."""
        return tuple(self._updates)

    async def drained(self) -> None:
        """Wait until every update is confirmed."""
        await self.until(lambda: not self._updates)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that happens here makes the condition true; fails after PATIENCE."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await self._event()
        except TimeoutError:
            raise AssertionError(f"waited in vain; the last calls: {self.calls[-8:]}") from None

    # --- answering --------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._happened.set()
        self._happened = asyncio.Event()

    async def _event(self) -> None:
        await self._happened.wait()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        params = await read_params(request)
        self.calls.append(Call(method, params))
        faults = self._faults[method]
        fault = faults.popleft() if faults else Fault()
        try:
            return await self._act(request, method, params, fault)
        finally:
            self._wake()

    async def _act(self, request: web.Request, method: str, params: Params, fault: Fault) -> web.StreamResponse:
        fault.reached.set()
        if fault.page is not None:
            return web.Response(status=fault.page[0], body=fault.page[1], content_type="text/html")
        if fault.redirect:
            return web.Response(status=307, headers={"Location": fault.redirect})
        if fault.drop == "before":
            return dropped(request)
        try:
            if fault.refusal is not None:
                raise fault.refusal
            result = await self._call(request, method, params)
        except Refusal as refusal:
            body = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            body |= {"parameters": refusal.parameters} if refusal.parameters else {}
            return web.json_response(body, status=refusal.status)
        if fault.drop == "after":
            return dropped(request)
        if fault.hold:
            self._wake()
            await fault.release.wait()
        text = json.dumps({"ok": True, "result": result})
        return web.Response(text=text[: len(text) // 2] if fault.garble else text, content_type="application/json")

    async def _call(self, request: web.Request, method: str, params: Params) -> Any:
        token = request.match_info["token"]
        if ":" not in token:
            raise Refusal(404, "Not Found")
        if token in self._others:
            other = self._others[token]
            other.calls.append(Call(method, params))
            try:
                return await other._call(request, method, params)
            finally:
                other._wake()
        if token != self.token or self.revoked:
            raise Refusal(401, "Unauthorized")
        if method == "getupdates":
            return await self._get_updates(params)
        if method not in self._methods:
            raise Refusal(404, "Not Found: method not found")
        return self._methods[method](params)

    async def _get_updates(self, params: Params) -> list[Json]:
        """Long polling: a later request ends an earlier one with 409; `offset` confirms."""
        if self.webhook:
            raise Refusal(409, _WEBHOOK_ACTIVE)
        self._poll += 1
        mine = self._poll
        self._allow(params)
        offset, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        self._wake()
        try:
            async with asyncio.timeout(float(params.get("timeout", 0))):
                while not self._updates and mine == self._poll and not self._stopping and not self.revoked:
                    await self._event()
        except TimeoutError:
            return []
        if self.revoked:
            raise Refusal(401, "Unauthorized")
        if mine != self._poll:
            raise Refusal(409, _TERMINATED)
        return list(self._updates)[:limit]

    async def _give_file(self, request: web.Request) -> web.Response:
        body = self.chats.files.get(request.match_info["number"])
        if request.match_info["token"] != self.token or body is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=body, content_type="application/octet-stream")

    def _allow(self, params: Params) -> None:
        """Updates of kinds that were not asked for are dropped; what was asked for last stays in force."""
        self._allowed = params.get("allowed_updates") or self._allowed
        if self._allowed:
            self._updates = deque(u for u in self._updates if any(kind in u for kind in self._allowed))

    def _set_webhook(self, params: Params) -> bool:
        """A server of one's own takes http too (https://core.telegram.org/bots/api#using-a-local-bot-api-server)."""
        if not str(params.get("url", "")).startswith(("https://", "http://127.0.0.1")):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = {"url": params["url"], "secret": params.get("secret_token", "")}
        self._allow(params)
        self._push_all()
        return True

    def _delete_webhook(self, params: Params) -> bool:
        self.webhook = {}
        if params.get("drop_pending_updates"):
            self._updates.clear()
        return True

    def _push_all(self) -> None:
        while self._updates:
            task = asyncio.create_task(self._push(self._updates.popleft()))
            self._pushing.add(task)
            task.add_done_callback(self._pushing.discard)

    async def _push(self, update: Json) -> None:
        """Post one update; after an answer other than 2xx again, without the pause that Telegram makes."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]}
        async with ClientSession() as session:
            for _ in range(WEBHOOK_TRIES):
                async with session.post(self.webhook["url"], json=update, headers=headers) as answer:
                    self.pushed.append(answer.status)
                self._wake()
                if answer.ok:
                    return
