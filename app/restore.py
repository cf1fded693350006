"""`restore`: a backup put into an empty database, of the same kind or the other."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "restore",
        help="put a backup into an empty database, also of the other kind",
        description="Put FILE, made by `backup`, into the database named by storage.url, which must be empty or not "
        "exist yet. All or nothing: rows and checksums are compared at the end, and a damaged file leaves nothing. So "
        "a SQLite database moves to PostgreSQL: stop the program, back up, change storage.url, restore, start.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.backup import table
    from core.config import load_settings, mask_url
    from storage.restore import restore

    url = load_settings(args.config).storage.url
    print(table(asyncio.run(restore(args.file, url))))
    print(f"{args.file} was restored into {mask_url(url)}; rows and checksums are those of the backup.")
    return 0
