"""Lists of people as CSV, for watchlists: a line per person. With a header, the columns `name`, `be` and `ru` count
(any of them, others are left aside); without one, the first column is the name. Pure.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from core.errors import MinskError
from core.sentence import Sentence
from core.watch import WatchSpec
from matching import list_texts as told
from matching.people import Roster, guess_spec, make_spec

MOST_ROWS = 2_000
LONGEST_NAME = 200
_COLUMNS = ("name", "be", "ru")


class ListError(MinskError):
    """The list cannot be read; the text says why and what to do."""


def read_rows(body: bytes) -> list[list[str]]:
    """The lines of a list in UTF-8 (with or without a mark), divided by comma, semicolon or tab. Raises ListError."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListError(Sentence(told.NOT_UTF8)) from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error as error:
        raise ListError(Sentence(told.NOT_SOUND, error=str(error))) from None
    if len(rows) > MOST_ROWS:
        raise ListError(Sentence(told.LONG, n=len(rows), most=MOST_ROWS))
    return rows


def read_people(rows: Sequence[Sequence[str]], roster: Roster) -> tuple[list[WatchSpec], list[str]]:
    """The persons of a list, each once, and a sentence for every line that names nobody."""
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    named = bool(set(_COLUMNS) & set(header))
    found: dict[str, WatchSpec] = {}
    left_out: list[str] = []
    for number, row in enumerate(rows[1:] if named else rows, 2 if named else 1):
        cells = dict(zip(header, row, strict=False)) if named else {"name": row[0] if row else ""}
        name, be, ru = (" ".join(cells.get(key, "").split())[:LONGEST_NAME] for key in _COLUMNS)
        if not any(map(str.isalpha, name + be + ru)):
            left_out.append(Sentence(told.NAMES_NOBODY, number=str(number)))
            continue
        known = next((known for known in map(roster.find, filter(None, (name, be, ru))) if known.sure), None)
        spec = roster.spec(known.people[0]) if known else make_spec(be, ru, name) if be or ru else guess_spec(name)
        found.setdefault(spec.key, spec)
    return list(found.values()), left_out
