"""What a change costs: a source type, a platform and a command are each added in a copy of the tree, and used."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "matching", "feeds", "storage", "bot", "web", "app")

SOURCE = '''
"""Lines of text, "title | link" each."""

from datetime import UTC, datetime

from core.errors import ParseError
from core.model import Entry, Outcome
from core.ports import FetchRequest, ParsedFeed


class LinesSource:
    kind = "lines"

    def request(self, spec):
        return FetchRequest(spec.url)

    def parse(self, body, *, url, content_type=""):
        if b"|" not in body:
            raise ParseError(Outcome.NOT_A_FEED, f"{url} has no lines with a bar.")
        rows = [line.split(" | ") for line in body.decode().splitlines()]
        return ParsedFeed("Lines", "en", tuple(entry(*row) for row in rows))


def entry(title, link):
    return Entry(link, title, link, link, published_at=datetime.now(UTC))


SOURCE = LinesSource()
'''

PLATFORM = '''
"""A file as a chat: every message is a line."""

import asyncio
import json
from pathlib import Path


class FilePlatform:
    name = "file"
    routes = ()

    def __init__(self, path):
        self.path = Path(path)

    async def open(self):
        return str(self.path)

    async def run(self, handle, menu):
        await asyncio.Event().wait()

    async def send(self, target, message, *, reply_to=""):
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"chat": target.chat, "text": message.text}) + "\\n")
        return "1"

    async def edit(self, target, message_ref, message):
        return None

    async def close(self):
        return None


def create(context):
    return FilePlatform(context.settings.platforms["file"]["path"])
'''

COMMAND = '''

@command(examples=("shout Minsk",))
async def shout(ctx: Context, words: Rest) -> Message:
    """Say it louder."""
    return Message((line(words.upper()),))
'''

USE = """
import asyncio
from bot.command import load_commands
from bot.dispatch import Dispatcher
from core.clock import SystemClock
from bot.languages import TopicTitles
from core.model import Actor, Target
from core.ports import Request

class Empty:  # a store that knows no chat
    async def find_subscription(self, target):
        return None


dispatch = Dispatcher(load_commands(), Empty(), TopicTitles({}), SystemClock())
request = Request(Actor("console", "me"), Target("console", "t"), "shout shout it from Minsk", private=True)
print(asyncio.run(dispatch(request)).text)
assert "shout" in {entry.name for entry in dispatch.menu()}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the program."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "main.py", tmp_path)
    return tmp_path


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Where the lines are served."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="Belarus frees 52 political prisoners after US envoy visit | https://example.org/1")

    application = web.Application()
    application.router.add_get("/lines", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def add_line(file: Path, after: str, text: str) -> None:
    """The one edited line."""
    content = file.read_text(encoding="utf-8")
    assert after in content
    file.write_text(content.replace(after, after + text, 1), encoding="utf-8")


async def run(tree: Path, *arguments: str) -> str:
    from asyncio import to_thread

    result = await to_thread(
        subprocess.run,
        [sys.executable, *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


async def test_a_source_and_a_platform_cost_one_file_and_one_line_each(tree: Path, address: str) -> None:
    (tree / "feeds/sources/lines.py").write_text(SOURCE, encoding="utf-8")
    add_line(
        tree / "feeds/sources/__init__.py",
        '"rss": "feeds.sources.rss:SOURCE",',
        '"lines": "feeds.sources.lines:SOURCE",',
    )
    (tree / "bot/platforms/file.py").write_text(PLATFORM, encoding="utf-8")
    add_line(
        tree / "bot/platforms/__init__.py",
        '"console": "bot.platforms.console:create",',
        '"file": "bot.platforms.file:create",',
    )
    chat = tree / "chat.jsonl"
    (tree / "config.toml").write_text(
        f"""
        [feeds]
        backfill = "1h"
        allow_private = ["{address}"]
        [[feeds.feed]]
        url = "http://{address}/lines"
        kind = "lines"
        [platforms.file]
        path = "{chat}"
        [[subscriptions]]
        target = "file:me"
        """,
        encoding="utf-8",
    )
    result = json.loads(await run(tree, "main.py", "poll-once", "--json"))
    assert [feed["outcome"] for feed in result["feeds"]] == ["ok"]
    assert (result["stories"], result["alerts"]) == (1, 1)
    shown = json.loads(chat.read_text(encoding="utf-8"))
    assert shown["chat"] == "me"
    assert "Belarus frees 52" in shown["text"]


async def test_a_command_costs_one_function(tree: Path) -> None:
    module = tree / "bot/commands/reading.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(
        text + "\n\nfrom bot.command import Rest\nfrom core.message import line\n" + COMMAND, encoding="utf-8"
    )
    assert "SHOUT IT FROM MINSK" in await run(tree, "-c", USE)
