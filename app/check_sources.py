"""`check-sources`: which sources of the catalogue and of the configuration are alive, moved, blocked or gone."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.loop import run_async
from core.errors import ConfigError
from core.sentence import Sentence, counted

if TYPE_CHECKING:
    from core.model import FeedSpec
    from core.settings import Settings
    from feeds.probing import Probe

DESCRIPTION = """\
Fetches each source once, by the same client and parsers as polling, at most one request at a time to a host, and stores
nothing. Sources that the catalogue lists as dead, and those whose terms of use bind, are left out unless configured."""


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "check-sources", help="fetch every source of the catalogue and the configuration once", description=DESCRIPTION
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--group", metavar="G", help="only this group of the catalogue")
    what.add_argument("--configured", action="store_true", help="only the feeds of the configuration")
    what.add_argument("--page", metavar="URL", help="find the feeds of this web page and probe those")
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.configured import NO_FEEDS, configured
    from feeds.desk_texts import NOT_FOUND, NOT_FOUND_HINT

    settings = configured(args, complete=False)
    own = {spec.url for spec in settings.feed_specs}
    probes = run_async(_probe(settings, choose(settings, args.group, only=args.configured), args.page))
    print(as_json(probes) if args.json else "\n".join(as_table(probes)))
    if args.configured and not own:
        print(NO_FEEDS, file=sys.stderr)
    if args.page and not any(probe.state.well for probe in probes):
        print(f"{Sentence(NOT_FOUND, url=args.page)} {Sentence(NOT_FOUND_HINT)}", file=sys.stderr)
        return 1
    return 1 if any(probe.url in own and not probe.state.well for probe in probes) else 0


def choose(settings: Settings, group: str | None, *, only: bool = False) -> list[FeedSpec]:
    """The feeds to probe: those of a group, or those configured and (without `only`) the rest of the catalogue."""
    from app.configured import feed_settings
    from feeds.catalogue import groups, load_catalogue

    if group is not None and group not in groups():
        raise ConfigError([f"--group {group}: no such group; known are {', '.join(groups())}."])
    entries = groups()[group].entries if group else load_catalogue()
    mine = {spec.url: spec for spec in settings.feed_specs}
    wanted = (entry for entry in entries if entry.ship != "no" and (not entry.terms or entry.url in mine))
    feeds = dataclasses.replace(settings.feeds, feed=tuple(map(feed_settings, wanted)))
    listed = {spec.url: mine.get(spec.url, spec) for spec in dataclasses.replace(settings, feeds=feeds).feed_specs}
    if group:
        return list(listed.values())
    return list((mine if only else mine | listed).values())


async def _probe(settings: Settings, specs: Sequence[FeedSpec], page: str | None) -> tuple[Probe, ...]:
    from app.parts import feed_options
    from core.clock import SystemClock
    from feeds.fetch import Fetcher
    from feeds.parsing import ParseWorker
    from feeds.probing import Prober

    options, clock = feed_options(settings), SystemClock()
    async with Fetcher(options, clock) as fetcher, ParseWorker(options) as parser:
        prober = Prober(fetcher, parser, clock)
        return await (prober.probe_page(page) if page else prober.probe_all(specs))


def as_table(probes: Sequence[Probe]) -> Iterator[str]:
    """Lines for people: state, entries, newest date, name; what there is to say below; the sum at the end."""
    yield f"{'state':10}  {'entries':>7}  {'newest':10}  source"
    for probe in probes:
        newest = f"{probe.newest_at:%Y-%m-%d}" if probe.newest_at else "-"
        yield f"{probe.state:10}  {probe.entries or '-':>7}  {newest:10}  {probe.name}  {probe.url}"
        if probe.detail:
            yield f"{'':12}{probe.detail}"
    counts = Counter(probe.state.value for probe in probes)
    yield (
        counted(len(probes), "source") + "".join(f", {number} {state}" for state, number in counts.most_common()) + "."
    )


def as_json(probes: Sequence[Probe]) -> str:
    rows = [
        {
            "name": probe.name,
            "url": probe.url,
            "state": probe.state.value,
            "entries": probe.entries,
            "newest_at": probe.newest_at.isoformat() if probe.newest_at else None,
            "detail": probe.detail,
        }
        for probe in probes
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)
