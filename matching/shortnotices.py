"""Reads short notices with their topics from a text file: what training and tests put down by classes.

A line: day, language, topics, title, summary, as in

    2025-06-06 pl S | Trump przedłużył stan nadzwyczajny | Rozporządzenie z 2006 r. obowiązuje kolejny rok.

Topics are letters: P prisoner-release, D us-diplomacy, S sanctions, - none. A line that begins with "?" is told
otherwise as yet, # begins a comment. Notices in Belarusian and Russian are read as those of papers of Belarus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from matching.evaluate import BadItems, Item

TOPICS = {"P": "prisoner-release", "D": "us-diplomacy", "S": "sanctions"}
_PAPERS = {"be": "https://nashaniva.com/x", "ru": "https://zerkalo.io/x"}  # the packs know their country
_LINE = re.compile(r"([? ]) (\d{4}-\d\d-\d\d) ([a-z]{2}) ([PDS]+|-) \| ([^|]+?) \| ([^|]+)")


class Notice(NamedTuple):
    """A labelled notice, and whether it is known to be told otherwise."""

    item: Item
    wrong: bool


def read_notices(path: Path) -> Iterator[Notice]:
    """The notices of a file; raises BadItems with the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadItems(f"{path} cannot be read ({error}): give a text file of notices.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadItems(f'{path}:{number}: no notice. Write "  2025-06-06 pl S | title | summary".')
        mark, day, lang, letters, title, summary = found.groups()
        try:
            at = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
        except ValueError:
            raise BadItems(f"{path}:{number}: {day} is no day of the calendar.") from None
        topics = tuple(TOPICS[letter] for letter in letters if letter in TOPICS)
        item = Item(f"{path.stem}-{number}", lang, at, "", _PAPERS.get(lang, ""), title, summary, bool(topics), topics)
        yield Notice(item, mark == "?")
