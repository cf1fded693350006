"""`watch-import`: a list of people as CSV onto the watchlist of a chat."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadTarget, ConfigError, UnknownName
from core.model import Target

if TYPE_CHECKING:
    from core.watch import WatchSpec

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
    from matching.rosterfile import read_people

    settings = configured(args, complete=False)
    target = _target(args.target)
    roster = Roster(make_matcher(settings).lexicon, pack_files(settings))
    specs, left_out = read_people(_rows(args.file), roster)
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    if not specs:
        raise ConfigError([f"{args.file}: names nobody; `watch-import --help` says how a list is written."])
    if args.dry_run:
        for spec in specs:
            print(f"{spec.label}: {', '.join(roster.spellings(spec)[:6])}")
        return 0
    added = asyncio.run(_store(settings.storage.url, target, specs))
    print(f"{added} of {len(specs)} people are new on the watchlist of {target}.")
    return 0


def _target(text: str) -> Target:
    """A chat of a platform that there is. Raises ConfigError."""
    from app.configured import read_target

    try:
        return read_target(text)
    except (BadTarget, UnknownName) as error:
        raise ConfigError([f"--target {text}: {error}"]) from None


def _rows(file: Path) -> list[list[str]]:
    from matching.rosterfile import ListError, read_rows

    try:
        return read_rows(file.read_bytes())
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read ({error.strerror}); check the path."]) from None
    except ListError as error:
        raise ConfigError([f"{file}: {error}"]) from None


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
