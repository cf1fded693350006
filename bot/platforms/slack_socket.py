"""Socket Mode: commands and events over a WebSocket that we open. https://docs.slack.dev/apis/events-api/using-socket-mode

Our own loop around slack-bolt's dispatch rather than slack_sdk's client, because that one tries a used-up address for
ever when the first connection to it fails, closes the old connection before it has a new one (what is typed in between
is lost), never says that it cannot connect, and leaves tasks behind when closed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.platforms.unanswered import Unanswered
from core.errors import BadCredentials, DeliveryError, RetryLater
from core.observing import unobserved
from core.ports import Clock, Observer

CONNECT_WITHIN = 10.0
HEARTBEAT = 10.0
ANSWER_WITHIN = 0.3
CLOSE_WITHIN = 0.3
LONGEST_WAIT = 30.0
REFUSED_WAIT = 300.0
SHORT_LIFE = 5.0

# Takes one request; returns what its acknowledgement says ({} for a bare one), None for none.
Dispatch = Callable[[SocketModeRequest], Awaitable[Mapping[str, Any] | None]]


class SocketMode:
    """Keeps one connection up, a second while Slack asks to change. `open_url` asks Slack for a fresh address."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        open_url: Callable[[], Awaitable[str]],
        dispatch: Dispatch,
        clock: Clock,
        log: logging.Logger,
        observe: Observer = unobserved,
    ) -> None:
        self._unanswered = Unanswered("slack", clock, observe)
        self._session = session
        self._open_url = open_url
        self._dispatch = dispatch
        self._clock = clock
        self._log = log
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Receive until cancelled."""
        socket = await self._connected()
        short_lived = 0
        try:
            while True:
                since = asyncio.get_running_loop().time()
                reason = await self._read(socket)
                short = not reason and asyncio.get_running_loop().time() - since < SHORT_LIFE
                short_lived = short_lived + 1 if short else 0
                if short_lived > 1:  # taken and dropped again and again
                    await self._clock.sleep(_backoff(short_lived - 1))
                if reason == "too_many_websockets":
                    await socket.close()
                async with self._still_read(socket):
                    socket = await self._connected()
        finally:
            await self._leave(socket)

    @asynccontextmanager
    async def _still_read(self, socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[None]:
        """Read on while the successor is being connected: nothing typed in between is lost."""
        reading = asyncio.create_task(self._read(socket))
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await self._leave(socket)

    async def _leave(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Close a connection once what came over it is acknowledged, which takes milliseconds."""
        if self._answering:
            _, late = await asyncio.wait(tuple(self._answering), timeout=ANSWER_WITHIN)
            for task in late:
                task.cancel()
        await socket.close()

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        """A new connection, however long it takes; tells once that it fails, and once that it is back."""
        failures = 0
        while True:
            try:
                socket = await self._connect()
            except (DeliveryError, aiohttp.ClientError, TimeoutError, OSError) as error:
                wait = _wait(error, failures)
                level = logging.WARNING if failures == 0 or isinstance(error, BadCredentials) else logging.DEBUG
                text = str(error) if isinstance(error, DeliveryError) else type(error).__name__
                self._log.log(level, "Slack's Socket Mode is not connected", extra={"reason": text, "again_in": wait})
                failures += 1
                self._unanswered.failed(text)
                await self._clock.sleep(wait)
            else:
                self._unanswered.answered()
                if failures:
                    self._log.info("Slack's Socket Mode is connected again", extra={"failures": failures})
                return socket

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        async with asyncio.timeout(CONNECT_WITHIN):
            url = await self._open_url()
            closing = aiohttp.ClientWSTimeout(ws_close=CLOSE_WITHIN)
            return await self._session.ws_connect(url, heartbeat=HEARTBEAT, timeout=closing)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Take requests until the connection ends or Slack asks to change it; returns Slack's reason, or ""."""
        async for message in socket:
            envelope = _envelope(message)
            if envelope.get("type") == "disconnect":
                return str(envelope.get("reason", ""))
            request = SocketModeRequest.from_dict(envelope)
            if request is not None:
                task = asyncio.create_task(self._answer(socket, request))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
        return ""

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, request: SocketModeRequest) -> None:
        try:
            payload = await self._dispatch(request)
            if payload is not None:
                more = {"payload": payload} if payload else {}
                await socket.send_json({"envelope_id": request.envelope_id, **more})
        except (aiohttp.ClientError, ConnectionError):
            self._log.info("A request from Slack could not be acknowledged: the connection was lost")
        except Exception:
            self._log.exception("A request from Slack could not be handled")


def _envelope(message: aiohttp.WSMessage) -> dict[str, Any]:
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    try:
        envelope = json.loads(message.data)
    except ValueError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _wait(error: Exception, failures: int) -> float:
    """Seconds to the next attempt: at once the first time, then 1, 2, 4 ... 30; what Slack says where it says."""
    if isinstance(error, RetryLater):
        return error.retry_after
    if isinstance(error, BadCredentials):
        return REFUSED_WAIT
    return _backoff(failures)


def _backoff(failures: int) -> float:
    return 0.0 if failures == 0 else min(LONGEST_WAIT, 2.0 ** min(failures - 1, 16))
