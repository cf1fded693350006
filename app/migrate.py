"""`migrate`: bring the database's tables up to date. `run` does the same at its start."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "migrate",
        help="bring the database up to date (run does so at its start)",
        description="Create the tables of the database named by storage.url, or bring them up to date. "
        "Does nothing when they are. Several programs may do it at once; an upgrade that fails changes nothing.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from core.config import load_settings, mask_url

    url = load_settings(args.config).storage.url
    before, after = asyncio.run(_migrate(url))
    done = (
        f"is at schema {after} already"
        if before == after
        else f"was brought from {before or 'empty'} to schema {after}"
    )
    print(f"{mask_url(url)} {done}.")
    return 0


async def _migrate(url: str) -> tuple[str, str]:
    from storage.store import Store

    store = Store(url)
    try:
        return await store.open()
    finally:
        await store.close()
