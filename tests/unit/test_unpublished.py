"""Names that libraries do not publish and we use all the same: each is known, has its reason, and is still there."""

from __future__ import annotations

import ast
import importlib
import sqlite3
from pathlib import Path

import aiohttp
import aiosqlite
import pytest

from feeds.connecting import Connector
from tests.unit.test_structure import ROOMS, ROOT, sources

# Where, which names, and why there is no other way. What belongs to an object is looked for below.
USED = {
    "feeds/dates.py": {
        "feedparser.datetimes:_parse_date": "a date is read as feedparser reads it, without a document around it",
    },
    "feeds/quick.py": {
        "feedparser.urls:_urljoin": "and so is a link",
        "feedparser.parsers.strict:_StrictFeedParser": "which elements it knows decides what is left to it",
        "feedparser.mixin:_FeedParserMixin": "the half of the parser where they stand",
    },
    "feeds/connecting.py": {
        "aiohttp.client_proto:ResponseHandler": "what reads an answer, and takes the body of a 304 for a broken one",
        "_factory": "the only place where a connector says what reads its answers",
        "_payload": "the body that is being read, which a broken chunk has to end",
    },
    "feeds/inflate.py": {"_Decompress": "typeshed's name of what zlib.decompressobj returns, in an annotation"},
    "storage/connection.py": {
        "sqlalchemy.util.concurrency:greenlet_spawn": "SQLAlchemy under asyncio without the 6 MiB of its ORM",
    },
    "storage/sqlite.py": {
        "_conn": "several statements in one step into the connection's thread",
        "_execute": "the same",
        "_tx": "the end of a transaction that nobody waits for",
        "_thread": "a program that ends does not wait for it; SQLAlchemy's dialect does the same",
    },
    "bot/platforms/telegram_api.py": {
        "_connector_init": "aiogram's options of the connection, for a session that follows the proxy of the system",
        "_session": "the same",
    },
}
ON_NAMED_TUPLES = {"_replace", "_asdict", "_make", "_fields"}


def foreign_names(file: Path) -> set[str]:
    """Attributes with one underscore that the file reads and does not make itself."""
    own, read = set(ON_NAMED_TUPLES), set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                own.add(node.name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                own.add(name)
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__"):
                read.add(name)
    return read - own


def test_nothing_else_of_that_kind_is_used() -> None:
    known = {(file, name.rpartition(":")[2]) for file, names in USED.items() for name in names}
    found = {(str(file.relative_to(ROOT)), name) for file in sources(*ROOMS) for name in foreign_names(file)}
    assert found - known == set(), "say in USED why there is no published way"


@pytest.mark.parametrize(
    ("file", "place"), [(file, name) for file, names in USED.items() for name in names if ":" in name]
)
def test_what_is_imported_is_there(file: str, place: str) -> None:
    module, _, name = place.partition(":")
    assert hasattr(importlib.import_module(module), name), f"{place} is gone or renamed: {file} leans on it"
    assert name in (ROOT / file).read_text(encoding="utf-8"), f"{file} uses {name} no more: strike it from USED"


async def test_a_connector_of_aiohttp_still_says_what_reads_its_answers() -> None:
    theirs, ours = aiohttp.TCPConnector(), Connector()
    try:
        made = getattr(theirs, "_factory", None)
        assert made is not None, "aiohttp has renamed _factory: feeds/connecting.py leans on it"
        assert isinstance(ours._factory(), type(made()))
        assert "_payload" in vars(made()), "aiohttp has renamed _payload: feeds/connecting.py leans on it"
    finally:
        await theirs.close()
        await ours.close()


def test_a_connection_of_aiosqlite_still_has_its_thread_and_its_queue() -> None:
    connection = aiosqlite.Connection(lambda: sqlite3.connect(":memory:"), 64)
    missing = [name for name in USED["storage/sqlite.py"] if name not in {*vars(connection), *dir(type(connection))}]
    assert missing == [], "aiosqlite has changed: storage/sqlite.py leans on these"
