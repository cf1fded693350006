"""`check`: what is wrong with the configuration; with --live, whether platforms and feeds answer.

The verdict and what needs a hand come last, where a terminal stands when the command is done.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.loop import run_async
from core.sentence import counted

if TYPE_CHECKING:
    from app.parts import Parts
    from core.ports import ChatPlatform
    from core.settings import Settings
    from feeds.probing import Probe

Row = tuple[str, str, str]

OWN_FEEDS = "[[feeds.feed]]"
# Tables of feeds, of which there may be hundreds.
FEED_TABLE = "feeds.feed["
# No fault, but seldom meant.
NO_OPERATORS = """
Nobody is named in access.operators: what needs a hand is told in the log alone, and feeds cannot be changed in chats.
/feed in your own chat with the bot says what to write there."""


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("check", help="check the configuration and print it with secrets masked")
    parser.add_argument(
        "--live", action="store_true", help="also ask the platforms who we are and fetch each feed once"
    )
    parser.add_argument("--verbose", action="store_true", help="also print the settings of every feed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.configured import configured
    from app.crowded import crowded
    from core import log as logs
    from core.config import secrets, show_settings
    from feeds.crowding import crowds

    settings = configured(args)
    logs.set_up("warning", settings.log.format, secrets(settings))
    for key, value in show_settings(settings):
        if args.verbose or not key.startswith(FEED_TABLE):
            print(f"{key} = {value}")
    if settings.feeds.feed:
        print("", *_by_group(settings), sep="\n")
        if not args.verbose:
            print("(--verbose prints the settings of each)")
    asked = {feed.url: feed.interval or settings.feeds.interval for feed in settings.feeds.feed}
    raised = [spec.name for spec in settings.feed_specs if asked[spec.url] < spec.interval]
    feeds, chats = counted(len(settings.feed_specs), "feed"), counted(len(settings.subscriptions), "chat")
    print(f"\nThe configuration is sound: {feeds}, {chats} from the start.")
    if raised:
        print(f"\nRaised to the floor feeds.min_interval: {', '.join(raised)}.")
    for crowd in crowds(settings.feed_specs, settings.feeds.host_pause):
        print(f"\n{crowded(crowd)}")
    if not settings.access.operators:
        print(NO_OPERATORS)
    return run_async(_live(settings)) if args.live else 0


def _by_group(settings: Settings) -> Iterator[str]:
    """The feeds, a line for each group of the catalogue that is on, and one for those of the configuration's own."""
    from app.configured import feed_settings
    from feeds.catalogue import groups

    of_group = {feed_settings(entry): name for name in settings.feeds.groups for entry in groups()[name].entries}
    counts = Counter(of_group.get(feed, OWN_FEEDS) for feed in settings.feeds.feed)
    width = max(map(len, counts), default=0)
    for name in (*dict.fromkeys(settings.feeds.groups), OWN_FEEDS):
        if counts[name]:
            title = f"  {groups()[name].title}" if name in groups() else ""
            yield f"{name:{width}}  {counted(counts[name], 'feed')}{title}"


async def _live(settings: Settings) -> int:
    from app.parts import make_parts
    from feeds.probing import Prober

    parts = make_parts(settings)
    try:
        await parts.store.open()  # platforms may ask it which events were handled
        rows = [await _platform(parts, name) for name in parts.platforms]
        for platform in parts.platforms.values():
            rows += await _tokens(platform)
        prober = Prober(parts.fetcher, parts.parser, parts.clock, concurrency=settings.feeds.concurrency)
        rows += [_feed(probe) for probe in await prober.probe_all(settings.feed_specs)]
    finally:
        await parts.close()
    print("", *_table(rows), sep="\n")
    return 1 if any(state != "ok" for _, state, _ in rows) else 0


async def _platform(parts: Parts, name: str) -> Row:
    from core.errors import DeliveryError

    platform = parts.platforms[name]
    try:
        who = await platform.open()
    except DeliveryError as error:
        return name, "failed", str(error)
    finally:
        await platform.close()
    return name, "ok", f"we are {who}"


async def _tokens(platform: ChatPlatform) -> list[Row]:
    """Tokens that stand by are of use only if they are accepted."""
    from core.ports import HasSpareTokens

    if not isinstance(platform, HasSpareTokens):
        return []
    return [(one.name, "ok" if one.accepted else "failed", one.detail) for one in await platform.check_tokens()]


def _feed(probe: Probe) -> Row:
    return probe.name, "ok" if probe.state.well else probe.state.value, probe.detail or f"{probe.entries} entries"


def _table(rows: list[Row]) -> Iterator[str]:
    """What is not well comes last, with its number."""
    rows = sorted(rows, key=lambda row: row[1] != "ok")
    unwell = sum(state != "ok" for _, state, _ in rows)
    width = max([*(len(name) for name, _, _ in rows), 4])
    yield f"{'what':{width}}  {'state':20}  details"
    for name, state, details in rows:
        yield f"{name:{width}}  {state:20}  {details}"
    yield (
        f"\nNeed a hand: {unwell} of {len(rows)}, the last of the table." if unwell else f"\nAll {len(rows)} are well."
    )
