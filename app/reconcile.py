"""`reconcile`: hold what is stored against itself. Nothing is changed, and the program may run meanwhile."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.reconcile import Finding


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "reconcile",
        help="look for entries without outcome, alerts that were not queued, and impossible rows (exit 0 or 1)",
        description="Every stored entry ends with one recorded outcome, and every alert that a chat is due stands in "
        "the outbox. This reads the database and says where that is not so. It changes nothing.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from core.config import load_settings, mask_url

    url = load_settings(args.config).storage.url
    findings = asyncio.run(_find(url))
    for finding in findings:
        print(f"{finding.sentence} Ids: {', '.join(finding.ids)}{' ...' if finding.rows > len(finding.ids) else ''}")
    if not findings:
        print(f"{mask_url(url)}: every entry has its outcome, every alert its place in the outbox.")
    return 1 if findings else 0


async def _find(url: str) -> tuple[Finding, ...]:
    from datetime import UTC, datetime

    from storage.dialect import must_be_there
    from storage.store import Store

    must_be_there(url)
    store = Store(url)
    await store.open(upgrade=False)
    try:
        return await store.reconcile(await store.read_clock() or datetime.now(UTC))
    finally:
        await store.close()
