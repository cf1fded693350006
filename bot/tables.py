"""Stories and entries as tables, written as CSV (RFC 4180) or as JSON lines. Pure.

Facts and addresses only, no text of reports. A cell of CSV that a spreadsheet would read as a formula gets an
apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection); JSON keeps it as it is.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.links import clean_link
from core.message import foreign
from core.model import Story
from core.reports import lead, one_per_source
from core.watch import StoredEntry

Cell = str | int | bool | None | tuple[str, ...]
Row = Mapping[str, Cell]

MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
LONGEST = 500  # characters of a cell of foreign text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def story_row(story: Story) -> Row:
    """A story with its facts; times in UTC."""
    first, facts = lead(story), story.facts
    return {
        "story": story.id,
        "opened_at": _time(story.opened_at),
        "updated_at": _time(story.updated_at),
        "level": story.level.value,
        "topics": story.topics,
        "headline": foreign(first.title, LONGEST),
        "language": first.lang,
        "link": clean_link(first.url),
        "sources": tuple(foreign(member.source, 100) for member in one_per_source(story.members)),
        "reports": len(story.members),
        "released": facts.released,
        "at_least": facts.at_least if facts.released is not None else None,
        "remaining": facts.remaining,
        "people": facts.people,
        "refused": facts.refused,
        "held": facts.held,
        "named": facts.named,
        "mediators": facts.mediators,
        "destination": facts.destination,
        "in_return": facts.in_return,
    }


def entry_row(stored: StoredEntry) -> Row:
    """An entry as it was read, with what became of it; times in UTC."""
    entry = stored.entry
    return {
        "seen_at": _time(stored.seen_at),
        "published_at": _time(entry.published_at),
        "source": foreign(stored.feed.name, 100),
        "kind": stored.feed.owner,
        "language": entry.lang or stored.feed.lang,
        "title": foreign(entry.title, LONGEST),
        "link": clean_link(entry.url),
        "outcome": stored.outcome,
        "topics": stored.analysis.topics,
        "story": stored.story_id,
    }


def write(rows: Iterable[Row], kind: str) -> bytes:
    """The rows in a file of that kind (see MEDIA_TYPES), in UTF-8; CSV with a mark by which spreadsheets know that."""
    out = io.StringIO()
    if kind == "jsonl":
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return out.getvalue().encode("utf-8", "replace")
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(row))
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else "; ".join(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
