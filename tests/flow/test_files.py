"""Files in chats over the wire: what answers bring along, and what comes with a command, with every way to fail."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.platforms.console import ConsolePlatform, Look
from core.errors import MinskError
from core.files import MOST_GIVEN, Attachment
from core.message import Button, Message, line
from core.ports import Request
from tests.echo import Echo
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE
from tests.slack_bot import receiving as slack_receiving
from tests.slack_server import SlackServer
from tests.slack_server_values import Fault as SlackFault
from tests.slack_server_values import Posted
from tests.telegram_bot import receiving
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, refuse

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
TABLE = Attachment("minsk-watch.csv", "text/csv", "a,b\r\n1,Мінск\r\n".encode(), "Two columns")
PICTURE = Attachment("stats.png", "image/png", PNG, "A chart of releases")
KEYS = ((Button("As JSONL", command="export jsonl"),),)


def answer(file: Attachment = TABLE, *, words: str = "12 rows", private: bool = False) -> Message:
    return Message((line(words),), KEYS, private=private, file=file)


async def read(request: Request) -> str:
    """What came with a command, or why it could not be had."""
    assert request.file is not None
    try:
        return (await request.file.read()).decode()
    except MinskError as error:
        return str(error)


async def reading(request: Request) -> Message:
    """Answer with the file that came along."""
    words = (await read(request))[:120].split()
    assert request.file is not None
    return Message((line(f"{request.line}: {request.file.name}: {' '.join(words)}"),))


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


# --- Telegram -------------------------------------------------------------------------------------------------------


async def test_telegram_shows_a_document_with_words_and_buttons(telegram: TelegramServer) -> None:
    chat = telegram.chats.group()
    async with receiving(telegram) as bench:
        bench.echo.answer = answer()
        asked = telegram.user_says(chat, "/export")
        (shown,) = await telegram.sent(chat)
    assert shown["bytes"].encode("latin-1") == TABLE.body
    assert shown["document"]["file_name"] == "minsk-watch.csv"
    assert shown["caption"] == "12 rows"
    assert shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "export jsonl"
    assert shown["reply_to_message"]["message_id"] == asked["message_id"]


async def test_telegram_shows_a_picture_and_long_words_before_it(telegram: TelegramServer) -> None:
    chat = telegram.chats.private()
    async with receiving(telegram) as bench:
        bench.echo.answer = answer(PICTURE, words="word " * 300)
        telegram.user_says(chat, "/stats")
        words, picture = await telegram.sent(chat, 2)
    assert words["text"].strip() == ("word " * 300).strip()
    assert picture["photo"][0]["file_size"] == len(PNG)
    assert picture["caption"] == "A chart of releases"


@pytest.mark.parametrize("fault", [refuse(413, "Request Entity Too Large"), refuse(400, "Bad Request: PHOTO_INVALID")])
async def test_telegram_refuses_a_file_and_the_words_come_all_the_same(telegram: TelegramServer, fault: Fault) -> None:
    chat = telegram.chats.private()
    async with receiving(telegram) as bench:
        bench.echo.answer = answer(PICTURE)
        telegram.fail("sendphoto", fault)
        telegram.user_says(chat, "/stats")
        (shown,) = await telegram.sent(chat)
    assert shown["text"] == "12 rows\nThe file stats.png could not be shown here."


async def test_telegram_asks_to_wait_and_gets_the_file_later(telegram: TelegramServer) -> None:
    chat = telegram.chats.private()
    async with receiving(telegram) as bench:
        bench.echo.answer = answer()
        telegram.fail(
            "senddocument", Fault(refusal=refuse(429, "Too Many Requests: retry after 3", retry_after=3).refusal)
        )
        telegram.user_says(chat, "/export")
        (shown,) = await telegram.sent(chat)
    assert shown["document"]["file_size"] == len(TABLE.body)


async def test_a_press_brings_a_file_to_the_asker_and_no_pop_up(telegram: TelegramServer) -> None:
    chat = telegram.chats.group()
    async with receiving(telegram) as bench:
        bench.echo.answer = answer(private=True)
        telegram.user_says(chat, "/export")
        (shown,) = await telegram.sent(chat)
        press = telegram.press(chat, shown, "As JSONL")
        assert not (await telegram.pressed(press)).get("text")
        (given,) = [one for one in chat.alone.values() if one["from"]["is_bot"]]
    assert given["document"]["file_name"] == shown["document"]["file_name"]
    assert len(telegram.messages(chat)) == 1


async def test_telegram_gives_a_document_to_the_command_in_its_caption(telegram: TelegramServer) -> None:
    chat, body = telegram.chats.private(), "name\nАлесь Бяляцкі\n"
    async with receiving(telegram) as bench:
        bench.echo.answer = reading
        sent = telegram.user_sends(chat, body.encode(), "/watch import", name="roster.csv")
        (first,) = await telegram.sent(chat)
        telegram.user_says(chat, "/watch import", reply_to=sent["message_id"])
        second = (await telegram.sent(chat, 2))[1]
        telegram.user_sends(chat, b"x" * (MOST_GIVEN + 1), "/watch import")
        third = (await telegram.sent(chat, 3))[2]
        telegram.user_sends(chat, b"no caption")
        telegram.fail("getfile", refuse(400, "Bad Request: file is too big"))
        telegram.user_sends(chat, b"x", "/watch import")
        fourth = (await telegram.sent(chat, 4))[3]
    assert first["text"] == "watch import: roster.csv: name Алесь Бяляцкі"
    assert second["text"] == first["text"]
    assert "larger than 1,024 kB" in third["text"]
    assert "Telegram did not give the file (Bad Request: file is too big)" in fourth["text"]
    assert len(bench.echo.requests) == 4, "a file without a caption is no command"


# --- Slack ----------------------------------------------------------------------------------------------------------


async def test_slack_shows_a_file_in_the_private_chat_where_it_was_asked_for(slack: SlackServer) -> None:
    async with slack_receiving(slack, Echo(answer(private=True))):
        await slack.slash("U1", "DU1", "export")
        await slack.wait_until(lambda: bool(slack.files_in("DU1")))
    (file,) = slack.files_in("DU1")
    assert (file.name, file.body) == ("minsk-watch.csv", TABLE.body)
    assert slack.by_bot("DU1")[-1].shown.startswith("12 rows")


async def test_what_is_for_the_asker_alone_goes_to_their_own_chat(slack: SlackServer) -> None:
    async with slack_receiving(slack, Echo(answer(PICTURE, private=True))):
        await slack.slash("U1", "C1", "stats")
        await slack.wait_until(lambda: bool(slack.files_in("DU1")))
    assert (await slack.whispered("C1", "U1")).shown.startswith("12 rows")
    assert "own chat" in slack.whispers("C1", "U1")[-1].shown
    assert slack.by_bot("C1") == []
    assert slack.files_in("C1") == []
    assert slack.files_in("DU1")[0].alt == "A chart of releases"
    assert "asked for in a channel" in slack.by_bot("DU1")[-1].shown


async def test_a_file_for_all_stands_in_the_thread(slack: SlackServer) -> None:
    async with slack_receiving(slack, Echo(answer())):
        await slack.user_says("U1", "C1", "@minskwatch export", thread_ts="1760000000.000001")
        await slack.wait_until(lambda: bool(slack.files_in("C1")))
    assert slack.files_in("C1")[0].thread_ts == "1760000000.000001"


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "files.completeUploadExternal", "upload"])
@pytest.mark.parametrize("error", ["ratelimited", "missing_scope", "internal_error", "drop"])
async def test_a_file_that_slack_does_not_take_is_said(slack: SlackServer, step: str, error: str) -> None:
    if step == "upload":
        slack.refuse_upload = 500
    elif error == "drop":
        slack.fail(step, SlackFault(drop="before"))
    else:
        slack.fail(step, SlackFault(error=error, retry_after="3" if error == "ratelimited" else ""))
    async with slack_receiving(slack, Echo(answer())):
        await slack.user_says("U1", "DU1", "export")
        await slack.wait_until(lambda: "could not be shown" in "".join(one.shown for one in said(slack)))
    assert slack.files_in("DU1") == []
    assert any(one.shown.startswith("12 rows") for one in slack.by_bot("DU1")), "the words come all the same"


def said(slack: SlackServer) -> list[Posted]:
    return [*slack.messages("DU1"), *slack.whispers("DU1", "U1")]


async def test_slack_gives_a_file_to_the_command_beside_it(slack: SlackServer) -> None:
    reader, body = Echo(reading), "name\nАлесь Бяляцкі\n"
    async with slack_receiving(slack, reader):
        await slack.user_says("U1", "DU1", "watch import", file=slack.given(body.encode(), "roster.csv"))
        first = await slack.posted("DU1", 1)
        await slack.user_says("U1", "C1", "@minskwatch watch import", file=slack.given(b"x" * (MOST_GIVEN + 1), "b"))
        second = await slack.posted("C1", 1)
        slack.scopes.discard("files:read")
        await slack.user_says("U1", "DU1", "watch import", file=slack.given(b"x", "c.csv"))
        third = await slack.posted("DU1", 2)
        stolen = {"name": "x", "url_private_download": "https://evil.example/files/1", "size": 3}
        await slack.user_says("U1", "DU1", "watch import", file=stolen)
        fourth = await slack.posted("DU1", 3)
    assert first.shown.strip() == "watch import: roster.csv: name Алесь Бяляцкі"
    assert "larger than 1,024 kB" in second.shown
    assert "files:read" in third.shown
    assert "no address of its own" in fourth.shown


# --- the terminal ---------------------------------------------------------------------------------------------------


async def typed(lines: str, handler: Echo, files: Path | None) -> str:
    """What the terminal shows after these lines were typed."""
    out = io.StringIO()
    look = Look(width=200, commands=True)
    console = ConsolePlatform(out, FakeClock(), look, typed=io.StringIO(lines), files=files)
    running = asyncio.create_task(console.run(handler, ()))
    await handler.asked(lines.count("\n"))
    async with asyncio.timeout(PATIENCE):
        while out.getvalue().count("──\n") < lines.count("\n"):  # noqa: ASYNC110 - waits for the answer's turn only
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return out.getvalue()


async def test_the_terminal_saves_files_and_says_where(tmp_path: Path) -> None:
    shown = await typed("export\nexport\n", Echo(answer()), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1-minsk-watch.csv", "2-minsk-watch.csv"]
    assert (tmp_path / "out" / "1-minsk-watch.csv").read_bytes() == TABLE.body
    assert f"File: {tmp_path / 'out' / '2-minsk-watch.csv'}" in shown
    (tmp_path / "file").write_text("in the way")
    blocked = await typed("export\n", Echo(answer()), tmp_path / "file")
    assert "12 rows" in blocked
    assert "could not be shown here: " in blocked


async def test_the_terminal_gives_a_file_to_a_command(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("name\n")
    shown = await typed(f"watch import < {tmp_path / 'roster.csv'}\nwatch import < /no/such\n", Echo(reading), tmp_path)
    assert "watch import: roster.csv: name" in shown
    assert "cannot be read" in shown
