"""The whole program as its own process: feeds in, alerts out to Telegram and Slack, all played by local servers."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.patience import PATIENCE
from tests.slack_server import SlackServer
from tests.telegram_chats import Chat, Json, person
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, flood

ROOT = Path(__file__).parents[2]
# As in many feeds, the title is HTML: markup goes, entities are text.
HARSH = (
    "Belarus frees 52 political prisoners <b>&amp; 5 &lt; 6</b> *_~` after US envoy\u202e Coale's visit &lt;!channel>"
)
SHOWN = "Belarus frees 52 political prisoners & 5 < 6 *_~` after US envoy Coale's visit <!channel>"
FEED = SampleFeed(
    "Sample Wire",
    "wire.rss",
    "rss",
    "en",
    "wire",
    (
        SampleEntry(0, "Weather in Minsk", "Rain."),
        SampleEntry(1, HARSH, "They were taken to Lithuania."),
        SampleEntry(1, "Hockey: Minsk beats Riga", "Three goals."),
    ),
)
SECOND = SampleFeed(
    "Узор",
    "uzor.atom",
    "atom",
    "be",
    "independent",
    (
        SampleEntry(0, "Надвор'е ў Мінску", "Дождж."),
        SampleEntry(2, "Вызвалілі 52 палітвязняў пасля візіту спецпасланніка ЗША Коўла", "Яны ў Літве."),
    ),
)


def write_config(
    folder: Path, feeds: SampleServer, telegram: TelegramServer, slack: SlackServer, channel: Chat, database: str
) -> Path:
    urls = [feeds.url_of(feed) for feed in feeds.feeds]
    tables = "".join(
        f'[[feeds.feed]]\nname = "{feed.name}"\nurl = "{url}"\nlang = "{feed.lang}"\nowner = "{feed.owner}"\n'
        for feed, url in zip(feeds.feeds, urls, strict=True)
    )
    config = folder / "config.toml"
    config.write_text(
        f"""
        {telegram.table}{slack.table}
        [http]
        port = 0
        [storage]
        url = "{database}"
        [delivery]
        edit_after = "0s"
        [log]
        level = "debug"
        [feeds]
        interval = "1s"
        min_interval = "1s"
        allow_private = [{", ".join(f'"{url.split("/")[2]}"' for url in urls)}]
        [[subscriptions]]
        target = "telegram:{channel.id}"
        {tables}
        """.replace("\n        ", "\n"),
        encoding="utf-8",
    )
    return config


class Running:
    """The process, its log so far, and its orderly end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = ""
        self._reading = asyncio.create_task(self._read())
        self._grown = asyncio.Condition()

    async def _read(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            async with self._grown:
                self.log += line.decode()
                self._grown.notify_all()

    async def logged(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE), self._grown:
            await self._grown.wait_for(lambda: words in self.log or self._reading.done())
        assert words in self.log, self.log

    async def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        await self._reading
        assert code == 0, self.log


@asynccontextmanager
async def running(config: Path, ready: str = " ready ", role: str = "") -> AsyncIterator[Running]:
    """The program with this configuration, from when its log says `ready` until its orderly end."""
    roles = ("--role", role) if role else ()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "main.py"), "run", *roles, cwd=config.parent, stderr=asyncio.subprocess.PIPE
    )
    program = Running(process)
    try:
        await program.logged(ready)
        yield program
        if process.returncode is None:
            await program.end()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_feeds_in_alerts_out(tmp_path: Path, database_url: str) -> None:
    feeds = SampleServer(SystemClock(), (FEED, SECOND))
    async with TelegramServer() as telegram, SlackServer() as slack:
        await feeds.start()
        slack.add_channel("C1", {"U1", slack.bot_user})
        reader, group = telegram.chats.private(), telegram.chats.group(admins=(600,), forum=True)
        channel = telegram.chats.group(number=77)
        topic = telegram.chats.topic(group, "Minsk")
        config = write_config(tmp_path, feeds, telegram, slack, channel, database_url)
        async with running(config) as program:
            await slack.connected()
            await feeds.wait_until_asked(2)
            await everybody_subscribes(telegram, slack, reader, group, topic)
            feeds.publish_next()
            await the_alert_comes(telegram, slack, (reader, group, channel))
            feeds.publish_next()
            await it_is_edited(telegram, reader)
            await the_reader_asks_and_leaves(telegram, reader)
            await program.end()
        for secret in (telegram.token, telegram.token.split(":")[1], slack.bot_token, slack.app_token):
            assert secret not in program.log
        assert "Traceback" not in program.log, program.log
        await feeds.stop()


async def everybody_subscribes(
    telegram: TelegramServer, slack: SlackServer, reader: Chat, group: Chat, topic: int
) -> None:
    telegram.user_says(reader, "/start")
    (greeting,) = await telegram.sent(reader)
    await telegram.pressed(telegram.press(reader, greeting, "Everything"))
    before = len(telegram.messages(group))
    telegram.user_says(group, "/subscribe all", user=person(601), thread=topic)  # no admin: refused
    await telegram.sent(group, before + 1)
    telegram.user_says(group, "/subscribe prisoner-release", user=person(600), thread=topic)
    await telegram.sent(group, before + 2)
    assert (await slack.slash("U1", "C1", "subscribe all")).status == 200
    await slack.posted("C1")


async def the_alert_comes(telegram: TelegramServer, slack: SlackServer, chats: tuple[Chat, ...]) -> None:
    for chat in chats:
        await telegram.until(partial(has_one_alert, telegram, chat))
        (alert,) = alerts(telegram, chat)
        assert SHOWN in alert["text"]
        assert "\u202e" not in alert["text"]
        assert "Hockey" not in alert["text"]
    await slack.wait_until(lambda: any("52" in one.shown for one in slack.by_bot("C1")))
    (posted,) = [one for one in slack.by_bot("C1") if "52" in one.shown]
    assert SHOWN in posted.shown


def has_one_alert(telegram: TelegramServer, chat: Chat) -> bool:
    return len(alerts(telegram, chat)) == 1


def alerts(telegram: TelegramServer, chat: Chat) -> list[Json]:
    return [message for message in telegram.messages(chat) if "Belarus frees 52" in message["text"]]


async def it_is_edited(telegram: TelegramServer, reader: Chat) -> None:
    """The Belarusian report joins the story: the same message now names both sources."""
    await telegram.until(lambda: any("Узор" in message["text"] for message in alerts(telegram, reader)))
    (alert,) = alerts(telegram, reader)
    assert "2 sources" in alert["text"]


async def the_reader_asks_and_leaves(telegram: TelegramServer, reader: Chat) -> None:
    (alert,) = alerts(telegram, reader)
    answers = len(telegram.messages(reader))
    for command, expected in (
        ("/latest 3", "52"),
        ("/why", "prisoner"),
        ("/status", "feeds"),
        ("/help", "/latest"),
        ("/nonsense", "nonsense"),
        ("/latest " + "x" * 5000, ""),
        ("/stop", "Erased"),
    ):
        reply_to = alert["message_id"] if command == "/why" else 0
        telegram.user_says(reader, command[:4096], reply_to=reply_to)
        answers += 1
        await telegram.sent(reader, answers)
        assert expected.casefold() in telegram.messages(reader)[-1]["text"].casefold(), command


async def test_an_alert_survives_a_lost_connection_and_a_wait(tmp_path: Path, sqlite_url: str) -> None:
    """Telegram asks to wait, then drops the connection unanswered: the alert still comes, in the end."""
    feeds = SampleServer(SystemClock(), (FEED,))
    async with TelegramServer() as telegram, SlackServer() as slack:
        await feeds.start()
        channel = telegram.chats.group(number=77)
        config = write_config(tmp_path, feeds, telegram, slack, channel, sqlite_url)
        telegram.fail("sendMessage", flood(1), Fault(drop="before"))
        async with running(config) as program:
            await feeds.wait_until_asked(2)
            feeds.publish_next()
            await program.logged("alert platform=telegram")
            assert len(alerts(telegram, channel)) == 1
        await feeds.stop()


async def test_tokens_that_all_platforms_refuse_end_it_with_a_sentence(tmp_path: Path, sqlite_url: str) -> None:
    feeds = SampleServer(SystemClock(), (FEED,))
    async with TelegramServer() as telegram, SlackServer() as slack:
        await feeds.start()
        config = write_config(tmp_path, feeds, telegram, slack, telegram.chats.group(number=77), sqlite_url)
        telegram.token = "7000000001:another-token-than-the-one-in-the-file"
        slack.bot_token = "xoxb-another-token-than-the-one-in-the-file"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "main.py"), "run", cwd=config.parent, stderr=asyncio.subprocess.PIPE
        )
        try:
            _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 1
        assert "telegram.token" in err.decode()
        assert "slack.bot_token" in err.decode()
        assert "Traceback" not in err.decode()
        await feeds.stop()
