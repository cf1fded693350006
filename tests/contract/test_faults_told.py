"""What a fault of the database says goes into the log, where no address of a chat and no watched name may stand."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core.errors import StoreError
from core.log import set_up
from storage.database import Database

CHAT = "-100471147114711"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    set_up("info", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("SELECT word FROM nowhere WHERE word = :chat", "nowhere"),
        ("INSERT INTO targets (platform, chat) VALUES ('telegram', :chat)", "thread"),
        (
            "INSERT INTO targets (platform, chat, thread, epoch, sent_total, moved_from) "
            "VALUES ('telegram', :chat, '', 0, 0, ''), ('telegram', :chat, '', 0, 0, '')",
            "targets",
        ),
    ],
    ids=["no such table", "a value is missing", "twice the same"],
)
async def test_a_fault_is_told_without_its_values(
    statement: str, word: str, database_url: str, log: io.StringIO
) -> None:
    database = Database(database_url, busy_timeout=5)
    await database.open()
    try:
        async with database.write() as connection:
            await connection.execute(text(statement), {"chat": CHAT})
    except StoreError as error:
        logging.getLogger("x").exception("a command failed: %s", error)
    finally:
        await database.close()
    assert word in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert CHAT not in log.getvalue()
