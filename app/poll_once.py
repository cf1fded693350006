"""`poll-once`: poll what is due, deliver what follows from it, end."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.loop import run_async
from core.errors import ConfigError, DeliveryError
from core.sentence import counted

if TYPE_CHECKING:
    from app.parts import Parts
    from core.model import PollResult
    from core.settings import Settings

DELIVERY_PATIENCE = 120.0  # seconds in all, for chats that ask to wait
LOOK_PATIENCE = 60.0  # seconds for reading pages in full; the rest is left to the next run
ALL_FAILED = (
    "Every feed that was polled failed, so nothing new could be read: the result says why for each. Where that is the "
    "same for all of them, look at this machine's network and proxy first."
)
NEXT_WITHIN = 10.0  # seconds: what is due later (an edit, a long pause) is left to the next run


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "poll-once",
        help="poll what is due once, deliver, and end",
        description="Poll what is due once, deliver what follows from it, and end. Exit code 1 when all feeds that "
        "were polled failed, or when no chat could be reached; 0 otherwise, also when nothing was due.",
    )
    parser.add_argument("--feed", metavar="URL", nargs="+", default=[], help="only these feeds of the configuration")
    parser.add_argument("--force", action="store_true", help="poll also what is not due yet")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.configured import NO_FEEDS, configured
    from core import log as logs
    from core.config import secrets

    settings = configured(args, complete=False)
    logs.set_up(
        "warning" if settings.log.level == "info" else settings.log.level, settings.log.format, secrets(settings)
    )
    results, stories, alerts, trouble = run_async(_poll(settings, args.feed, force=args.force))
    print(_as_json(results, stories, alerts) if args.json else _as_table(results, stories, alerts))
    if not settings.feed_specs:
        print(NO_FEEDS, file=sys.stderr)
    unread = bool(results) and all(result.outcome.failed for result in results)
    if unread:
        print(ALL_FAILED, file=sys.stderr)
    if trouble:
        print(f"{trouble}\nThe alerts are kept and go out with the next run.", file=sys.stderr)
    return 1 if trouble or unread else 0


async def _poll(settings: Settings, urls: Sequence[str], *, force: bool) -> tuple[Sequence[PollResult], int, int, str]:
    """Poll and deliver: results, stories opened, alerts shown, and why none could be shown (or "")."""
    from app.configured import enabled_platforms
    from app.parts import make_parts

    parts = make_parts(settings, chats=bool(enabled_platforms(settings)))
    try:
        await parts.open_store()
        known = {record.spec.url for record in await parts.store.list_feeds()}
        if unknown := [url for url in urls if url not in known]:
            raise ConfigError(
                [f"--feed {url}: not in the configuration; add a [[feeds.feed]] table for it." for url in unknown]
            )
        results = await parts.poller.poll_once(urls, force=force)
        stories = sum(result.stories for result in results)
        try:
            alerts = await deliver(parts)
            if await parts.looks.run_due(LOOK_PATIENCE):  # only now: no alert waits for a page
                alerts += await deliver(parts)
        except DeliveryError as error:
            return results, stories, 0, str(error)
        return results, stories + parts.looks.opened, alerts, ""
    finally:
        for platform in parts.platforms.values():
            await platform.close()
        await parts.close()


async def deliver(parts: Parts) -> int:
    """Show what is due, waiting a little for chats that ask for it; returns the number of alerts shown."""
    first = await parts.store.next_delivery_at()
    if first is None or first > parts.clock.now():
        return 0
    for platform in parts.platforms.values():
        await platform.open()
    return await _until_nothing_is_due(parts)


async def _until_nothing_is_due(parts: Parts) -> int:
    shown, waited = 0, 0.0
    while True:
        shown += await parts.deliverer.deliver_due()
        next_at = await parts.store.next_delivery_at()
        wait = (next_at - parts.clock.now()).total_seconds() if next_at else NEXT_WITHIN + 1
        wait = max(wait, 0.2)
        if wait > NEXT_WITHIN or waited > DELIVERY_PATIENCE:
            return shown
        await parts.clock.sleep(wait)
        waited += wait


def _as_json(results: Sequence[PollResult], stories: int, alerts: int) -> str:
    feeds = [
        {
            "url": result.url,
            "outcome": result.outcome.value,
            "entries": result.entries,
            "new": result.new,
            "hits": result.hits,
            "error": result.error,
            "next_poll_at": result.next_poll_at.isoformat() if result.next_poll_at else None,
        }
        for result in results
    ]
    return json.dumps({"feeds": feeds, "stories": stories, "alerts": alerts}, ensure_ascii=False, indent=2)


def _as_table(results: Sequence[PollResult], stories: int, alerts: int) -> str:
    rows = [f"{'entries':>7} {'new':>5} {'hits':>5}  {'outcome':20} feed"]
    for result in sorted(results, key=lambda result: result.name):
        rows.append(f"{result.entries:7} {result.new:5} {result.hits:5}  {result.outcome.value:20} {result.name}")
        if result.error:
            rows.append(f"{'':21}{result.error}")
    entries, hits = sum(result.entries for result in results), sum(result.hits for result in results)
    totals = f"{counted(len(results), 'feed')} polled, {counted(entries, 'entry', 'entries')} read, "
    totals += f"{counted(hits, 'hit')}, {counted(stories, 'story', 'stories')} opened, {counted(alerts, 'alert')} sent."
    return "\n".join([*rows, totals])
