"""A chat platform for tests of whole processes: every message is a line of JSON to a local server, which answers.

Settings, [platforms.wire]: `port`. The real platforms have their own flow tests; this one starts in no time, so that a
program can be killed and started again many times.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.platforms.context import PlatformContext
from core.errors import OutcomeUnknown, Unreachable
from core.message import Message
from core.model import Target
from core.ports import CommandHandler, MenuEntry, Route
from tests.patience import PATIENCE


class WirePlatform:
    name = "wire"
    routes: Sequence[Route] = ()

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> str:
        return f"port {self._port}"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        await asyncio.Event().wait()

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        return await self._tell({"do": "send", "chat": target.chat, "text": message.text, "tag": message.tag})

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        await self._tell({"do": "edit", "chat": target.chat, "ref": message_ref, "text": message.text})

    async def close(self) -> None:
        return

    async def _tell(self, call: dict[str, Any]) -> str:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            raise Unreachable("The wire is not there.") from error
        try:
            writer.write(json.dumps(call).encode() + b"\n")
            await writer.drain()
            answer = (await reader.readline()).decode().strip()
        finally:
            writer.close()
        if not answer:
            raise OutcomeUnknown("The wire broke.")
        return answer


def create(context: PlatformContext) -> WirePlatform:
    return WirePlatform(int(context.settings.platforms["wire"]["port"]))


@dataclass
class WireServer:
    """The other end: `calls` in order; `wait_for` returns when a condition on them holds."""

    calls: list[dict[str, Any]] = field(default_factory=list)

    async def __aenter__(self) -> WireServer:
        self._changed = asyncio.Condition()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if line:
            async with self._changed:
                self.calls.append(json.loads(line))
                self._changed.notify_all()
            writer.write(f"{len(self.calls)}\n".encode())
            await writer.drain()
        writer.close()

    async def wait_for(self, condition: Callable[[list[dict[str, Any]]], bool], seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: condition(self.calls))

    def sent(self) -> list[dict[str, Any]]:
        return [call for call in self.calls if call["do"] == "send"]
