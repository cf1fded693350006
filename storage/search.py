"""Searching stored entries by words.

Each entry keeps the words of its headline and beginning, folded as the matcher folds them and set between spaces, and a
search is plain LIKE over them. So the same words find the same entries on SQLite and on PostgreSQL, whose own full-text
searches cut words differently; and folding knows Łukaszenka, Мінск and look-alike letters, which theirs do not.

Words that few entries have are found by an index of the words: FTS5 on SQLite (`entry_words`), GIN on PostgreSQL. It
may name entries too many, never too few: LIKE decides. Into FTS5's, words are put by whoever inserts entries: a trigger
would have it write down all that it has gathered, before each statement. Triggers see to changes and deletions.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, Table, and_, column, func, literal, literal_column, select, table, text

from core.search import SearchTerm
from matching.text import distinct_words
from storage.columns import clean
from storage.connection import AsyncConnection
from storage.schema import entries

BEGINNING = 1_000  # characters of the body that are searched
LONGEST = 100  # characters of a word; PostgreSQL's index takes 2,047 bytes
NEAR = 100  # the newest stories or entries that are looked at before the index is asked

_entry_words = table("entry_words", column("rowid"))
# What FTS5's tokenizer `ascii` takes for parts of words (https://www.sqlite.org/fts5.html#ascii_tokenizer).
_PART = re.compile("[0-9A-Za-z\x80-\U0010ffff]+")


def words_of(title: str, body: str) -> str:
    """The words of an entry, each once, between spaces."""
    words = distinct_words(title, body[:BEGINNING])
    if max(map(len, words), default=0) > LONGEST:
        words = tuple(word[:LONGEST] for word in words)
    return f" {' '.join(words)} "


def index_words(database: sqlite3.Connection, words: Iterable[tuple[int, str]]) -> None:
    """Put words of entries, with their ids, into SQLite's index: within the transaction that inserts the entries."""
    database.executemany("INSERT INTO entry_words (rowid, words) VALUES (?, ?)", words)


async def index_all(connection: AsyncConnection) -> None:
    """Make SQLite's index anew from what is stored; PostgreSQL keeps its own."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("INSERT INTO entry_words (entry_words) VALUES ('rebuild')"))


def all_of(terms: Sequence[SearchTerm]) -> list[ColumnElement[bool]]:
    """Conditions that hold for entries with all the words."""
    return [
        entries.c.words.contains(f" {term.word[:LONGEST]}" + ("" if term.prefix else " "), autoescape=True)
        for term in terms
    ]


def indexed(terms: Sequence[SearchTerm], dialect: str) -> ColumnElement[bool]:
    """A condition by the index of words that holds for all that `all_of` holds for; at least one term."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import TSQUERY  # 2 MiB, which a program on SQLite spares

        words = func.array_to_tsvector(func.string_to_array(func.btrim(entries.c.words), literal_column("' '")))
        return and_(*(words.op("@@")(literal(_lexeme(term)).cast(TSQUERY)) for term in terms))
    asked = " ".join(part for term in terms for part in _tokens(term))
    if not asked:
        return literal(True)
    having = select(_entry_words.c.rowid).where(literal_column("entry_words").op("MATCH")(asked))
    return entries.c.id.in_(having)


def newest(of: Table, before: int | None = None) -> Select[int]:
    """The NEAR newest ids. A list of known length: PostgreSQL takes `id > max(id) - NEAR` for a third of all rows, and
    reads the whole table.
    """
    rows = of.alias()
    query = select(rows.c.id).order_by(rows.c.id.desc()).limit(NEAR)
    return query.where(rows.c.id < before) if before is not None else query


def _lexeme(term: SearchTerm) -> str:
    """As text of a tsquery (https://www.postgresql.org/docs/current/datatype-textsearch.html)."""
    word = clean(term.word[:LONGEST]).replace("\\", "\\\\").replace("'", "''")
    return f"'{word}'" + (":*" if term.prefix else "")


def _tokens(term: SearchTerm) -> list[str]:
    """As text of a query of FTS5: the parts of the word, the last of which may go on."""
    word = clean(term.word[:LONGEST])
    parts = [f'"{part.group()}"' for part in _PART.finditer(word)]
    if parts and term.prefix and _PART.fullmatch(word[-1]):
        parts[-1] += "*"
    return parts
