"""A real headless Chromium, spoken to over its DevTools protocol; only what the tests of pages need.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import aiohttp

QUIET = (
    "--no-first-run",
    "--disable-gpu",
    "--disable-sync",
    "--disable-background-networking",
    "--mute-audio",
    "--hide-scrollbars",
)
WITHIN = 60.0  # seconds


def find_browser() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Tab:
    """One page. `errors` are what its console complained of, a refused style or script among them."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._seen: list[str] = []
        self.errors: list[str] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            message = await self._receive()
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    async def _receive(self) -> dict[str, Any]:
        message = dict(json.loads(await self._socket.receive_str(timeout=WITHIN)))
        method, params = message.get("method", ""), message.get("params", {})
        self._seen.append(method)
        if method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))
        return message

    async def open(self, url: str, *, width: int = 1000, height: int = 900, dark: bool = False, scale: int = 1) -> None:
        """Go to a page and wait until it has loaded."""
        shape = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
        await self.call("Emulation.setDeviceMetricsOverride", **shape)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        self._seen.clear()
        await self.call("Page.navigate", url=url)
        await self._loaded()

    async def _loaded(self) -> None:
        while "Page.loadEventFired" not in self._seen:
            await self._receive()

    async def submit(self, selector: str, text: str) -> None:
        """Type into a field, press Enter, and wait for the page that follows."""
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)
        self._seen.clear()
        await self.press("Enter")
        await self._loaded()

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, run by the browser, not by the page."""
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def press(self, key: str) -> None:
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            press = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}
            await self.call("Input.dispatchKeyEvent", **press, **(text if kind == "keyDown" else {}))

    async def photograph(self, *, whole: bool = False) -> bytes:
        """A PNG of what is in view, or of the whole page."""
        found = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(found["data"])


@asynccontextmanager
async def browsing(binary: str) -> AsyncIterator[Tab]:
    """A fresh tab of a browser that is started for it and ended afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            binary,
            "--headless",
            "--no-sandbox",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            *QUIET,
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await asyncio.wait_for(_port(process), WITHIN)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    pages = [one for one in await answer.json() if one["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    tab = Tab(socket)
                    for domain in ("Page", "Runtime", "Log"):
                        await tab.call(f"{domain}.enable")
                    yield tab
        finally:
            process.terminate()
            await process.communicate()


async def _port(process: asyncio.subprocess.Process) -> int:
    assert process.stderr
    while line := (await process.stderr.readline()).decode():
        if "DevTools listening on" in line:
            return urlsplit(line.split()[-1]).port or 0
    raise AssertionError("the browser ended at once")
