"""Searching stored entries by words.

Each entry keeps the words of its headline and beginning, folded as the matcher folds them and set between spaces, and a
search is plain LIKE over them. So the same words find the same entries on SQLite and on PostgreSQL, whose own full-text
searches cut words differently; and folding knows Łukaszenka, Мінск and look-alike letters, which theirs do not. It
reads the entries from the newest on until enough are found.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from core.search import SearchTerm
from matching.text import distinct_words
from storage.schema import entries

BEGINNING = 1_000  # characters of the body that are searched


def words_of(title: str, body: str) -> str:
    """The words of an entry, each once, between spaces."""
    words = dict.fromkeys((*distinct_words(title), *distinct_words(body[:BEGINNING])))
    return f" {' '.join(words)} "


def all_of(terms: Sequence[SearchTerm]) -> list[ColumnElement[bool]]:
    """Conditions that hold for entries with all the words."""
    return [entries.c.words.contains(f" {term.word}" + ("" if term.prefix else " "), autoescape=True) for term in terms]
