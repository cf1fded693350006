"""Photograph the status page for the README: the demonstration is played, then its pages are shown.

    PYTHONPATH=. .venv/bin/python docs/pictures/pages.py [FOLDER]

writes pages-*.png beside this file, or into FOLDER, with an installed Chromium.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from app.demo.play import play
from app.parts import Parts
from app.site import make_site
from core.settings import HttpSettings
from tests.browser import Tab, browsing, find_browser
from web.health import Health
from web.server import HttpServer

TOKEN = "of-the-demonstration"  # noqa: S105 - a local one
SHOTS = (
    ("pages-stories", "/", 1000, 760, False),
    ("pages-phone", "/stories/3", 390, 760, True),
    ("pages-feeds", "/feeds", 1000, 560, False),
)


async def main(folder: Path) -> int:
    browser = find_browser()
    if browser is None:
        print("No Chromium found to draw with.", file=sys.stderr)
        return 1

    async def look(parts: Parts) -> None:
        settings = replace(parts.settings, http=HttpSettings(operator_token=TOKEN))
        health = Health(parts.clock)
        routes = make_site(replace(parts, settings=settings)).routes
        server = HttpServer("127.0.0.1", 0, health=health.health, ready=health.ready, routes=routes)
        base = await server.start()
        async with browsing(str(browser)) as tab:
            for name, path, width, height, dark in SHOTS:
                await _shoot(tab, base, path, folder / f"{name}.png", width, height, dark)
        await server.stop()

    return 0 if await play(look) else 1


async def _shoot(tab: Tab, base: str, path: str, file: Path, width: int, height: int, dark: bool) -> None:
    await tab.open(f"{base}/sign-in")
    if path == "/feeds":
        await tab.submit("input", TOKEN)
    await tab.open(base + path, width=width, height=height, dark=dark, scale=2)
    await asyncio.to_thread(_write, file, await tab.photograph())


def _write(file: Path, picture: bytes) -> None:
    file.write_bytes(picture)
    quantizer = shutil.which("pngquant")
    if quantizer:
        subprocess.run([quantizer, "--force", "--strip", "--ext=.png", "96", str(file)], check=True)  # noqa: S603


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)))
