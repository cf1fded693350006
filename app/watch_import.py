"""`watch-import`: a list of people as CSV onto the watchlist of a chat."""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError
from core.model import Target

if TYPE_CHECKING:
    from core.watch import WatchSpec
    from matching.people import Roster

MOST_ROWS = 2_000
DESCRIPTION = """\
FILE has a line per person, in UTF-8: with a header, the columns `name`, `be` and `ru` (any of them, others are left
aside); without one, the first column is the name. Persons whom the packs know are found by any spelling."""


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "watch-import", help="put a list of people (CSV) onto the watchlist of a chat", description=DESCRIPTION
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the list")
    parser.add_argument("--target", required=True, metavar="CHAT", help="as telegram:-1001234567890 or slack:C0123456")
    parser.add_argument("--dry-run", action="store_true", help="show what would be watched and change nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.configured import configured
    from app.parts import make_matcher, pack_files
    from matching.people import Roster

    settings = configured(args, complete=False)
    target = Target.parse(args.target)
    roster = Roster(make_matcher(settings).lexicon, pack_files(settings))
    specs, left_out = read_people(_rows(args.file), roster)
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    if args.dry_run:
        for spec in specs:
            print(f"{spec.label}: {', '.join(roster.spellings(spec)[:6])}")
        return 0
    added = asyncio.run(_store(settings.storage.url, target, specs))
    print(f"{added} of {len(specs)} people are new on the watchlist of {target}.")
    return 0


def read_people(rows: list[list[str]], roster: Roster) -> tuple[list[WatchSpec], list[str]]:
    """The persons of a list, each once, and a sentence for every line that names nobody."""
    from matching.people import guess_spec, make_spec

    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    named = bool({"name", "be", "ru"} & set(header))
    found: dict[str, WatchSpec] = {}
    left_out: list[str] = []
    for number, row in enumerate(rows[1:] if named else rows, 2 if named else 1):
        cells = dict(zip(header, row, strict=False)) if named else {"name": row[0] if row else ""}
        name, be, ru = (cells.get(key, "").strip() for key in ("name", "be", "ru"))
        if not (name or be or ru):
            left_out.append(f"line {number} names nobody")
            continue
        known = next((known for known in map(roster.find, filter(None, (name, be, ru))) if known.sure), None)
        spec = roster.spec(known.people[0]) if known else make_spec(be, ru, name) if be or ru else guess_spec(name)
        found.setdefault(spec.key, spec)
    return list(found.values()), left_out


def _rows(file: Path) -> list[list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read ({error.strerror}); check the path."]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{file}: is not UTF-8; save the list as CSV in UTF-8."]) from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(map(str.strip, row))]
    if len(rows) > MOST_ROWS:
        raise ConfigError([f"{file}: has {len(rows)} lines; a chat can watch {MOST_ROWS} people. Divide the list."])
    return rows


async def _store(url: str, target: Target, specs: list[WatchSpec]) -> int:
    from core.clock import SystemClock
    from storage.store import Store

    clock = SystemClock()
    store = Store(url, clock=clock)
    await store.open()
    try:
        return await store.watch(target, specs, clock.now())
    finally:
        await store.close()
