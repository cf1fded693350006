"""`backup`: a whole copy of the database, of one moment, while the program goes on working."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.dump import Sums


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "backup",
        help="write a backup of the database, which may be at work",
        description="Write all that is kept to FILE, of one moment, while the program goes on. FILE.db is a copy of a "
        "SQLite database; FILE.jsonl, or packed FILE.jsonl.gz, is a portable dump of either kind of database, which "
        "`restore` puts into either kind. The file can be read by its owner alone: it holds the addresses of chats.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="where to")
    parser.add_argument("--force", action="store_true", help="replace an older file of that name")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from core.config import load_settings, mask_url
    from storage.backup import back_up

    url = load_settings(args.config).storage.url
    print(table(asyncio.run(back_up(url, args.file, replace=args.force))))
    print(f"{args.file} is a whole backup of {mask_url(url)}, checked.")
    return 0


def table(sums: Sums) -> str:
    """Rows and the beginning of the checksum of every table, and both of all together."""
    lines = [f"{name:<22}{one.rows:>12,}  {one.sha256[:16]}" for name, one in sums.items()]
    return "\n".join([f"{'table':<22}{'rows':>12}  checksum", *lines])
