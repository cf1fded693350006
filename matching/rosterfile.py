"""Lists of people as CSV, for watchlists: a line per person. With a header, the columns `name`, `be` and `ru` count
(any of them, others are left aside); without one, the first column is the name. Pure.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence

from core.errors import MinskError
from core.sentence import Sentence
from core.watch import WatchSpec
from matching import list_texts as told
from matching.people import Roster, guess_spec, has_letters, make_spec

MOST_ROWS = 2_000
LONGEST_NAME = 200
_COLUMNS = ("name", "be", "ru")
_HEADS = dict.fromkeys(("имя", "фио", "имя и фамилия", "імя", "імя і прозвішча", "піб", "ім'я"), "name")
_NO_NAME = "=+-@<|#/\\"  # what formulas, handles, addresses and comments begin with
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MIXED = re.compile(r"[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")  # another encoding taken for windows-1251


class ListError(MinskError):
    """The list cannot be read; the text says why and what to do."""


def read_rows(body: bytes) -> list[list[str]]:
    """The lines of a list, divided by comma, semicolon or tab. Raises ListError.

    It may be UTF-8 with or without a mark, UTF-16 with one, or windows-1251, as spreadsheets save them.
    """
    text = _decode(body)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error as error:
        raise ListError(Sentence(told.NOT_SOUND, error=str(error))) from None
    if len(rows) > MOST_ROWS:
        raise ListError(Sentence(told.LONG, n=len(rows), most=MOST_ROWS))
    return rows


def _decode(body: bytes) -> str:
    if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):  # XLSX and ODS are ZIP; XLS is OLE
        raise ListError(Sentence(told.SPREADSHEET))
    encodings = ("utf-16",) if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "cp1251")
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _NO_TEXT.search(text) is None and (encoding != "cp1251" or _MIXED.search(text) is None):
            return text
    raise ListError(Sentence(told.NOT_UTF8))


def read_people(rows: Sequence[Sequence[str]], roster: Roster) -> tuple[list[WatchSpec], list[str]]:
    """The persons of a list, each once, and a sentence for every line that names nobody."""
    header = [_HEADS.get(cell, cell) for cell in (cell.strip().casefold() for cell in rows[0])] if rows else []
    named = bool(set(_COLUMNS) & set(header))
    found: dict[str, WatchSpec] = {}
    left_out: list[str] = []
    for number, row in enumerate(rows[1:] if named else rows, 2 if named else 1):
        cells = dict(zip(header, row, strict=False)) if named else {"name": row[0] if row else ""}
        name, be, ru = (" ".join(cells.get(key, "").split())[:LONGEST_NAME] for key in _COLUMNS)
        if not has_letters(name + be + ru) or any(one[0] in _NO_NAME for one in (name, be, ru) if one):
            left_out.append(Sentence(told.NAMES_NOBODY, number=str(number)))
            continue
        known = next((known for known in map(roster.find, filter(None, (name, be, ru))) if known.sure), None)
        spec = roster.spec(known.people[0]) if known else make_spec(be, ru, name) if be or ru else guess_spec(name)
        found.setdefault(spec.key, spec)
    return list(found.values()), left_out
