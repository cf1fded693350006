"""`check`: what is wrong with the configuration; with --live, whether platforms and feeds answer."""

from __future__ import annotations

import argparse
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

# No fault, but seldom meant.
NO_OPERATORS = """
Nobody is named in access.operators: what needs a hand is told in the log alone, and feeds cannot be changed in chats.
/feed in your own chat with the bot says what to write there."""


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("check", help="check the configuration and print it with secrets masked")
    parser.add_argument(
        "--live", action="store_true", help="also ask the platforms who we are and fetch each feed once"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.configured import configured
    from core import log as logs
    from core.config import secrets, show_settings

    settings = configured(args)
    logs.set_up("warning", settings.log.format, secrets(settings))
    for key, value in show_settings(settings):
        print(f"{key} = {value}")
    asked = {feed.url: feed.interval or settings.feeds.interval for feed in settings.feeds.feed}
    raised = [spec.name for spec in settings.feed_specs if asked[spec.url] < spec.interval]
    if raised:
        print(f"\nRaised to the floor feeds.min_interval: {', '.join(raised)}.")
    feeds, chats = counted(len(settings.feed_specs), "feed"), counted(len(settings.subscriptions), "chat")
    print(f"\nThe configuration is sound: {feeds}, {chats} from the start.")
    if not settings.access.operators:
        print(NO_OPERATORS)
    return run_async(_live(settings)) if args.live else 0


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
    print()
    print("\n".join(_table(rows)))
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
    width = max([*(len(name) for name, _, _ in rows), 4])
    yield f"{'what':{width}}  {'state':20}  details"
    for name, state, details in rows:
        yield f"{name:{width}}  {state:20}  {details}"
