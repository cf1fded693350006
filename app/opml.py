"""`opml`: the configured feeds as OPML for other readers, and lists of other readers as [[feeds.feed]] tables."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, ParseError

if TYPE_CHECKING:
    from core.feed import FeedSpec
    from feeds.opml import Outline


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("opml", help="write the feeds as OPML, or turn OPML into [[feeds.feed]] tables")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    export = actions.add_parser("export", help="write the configured feeds as OPML")
    export.add_argument("file", type=Path, nargs="?", metavar="FILE", help="where to (default: standard output)")
    export.add_argument(
        "--added",
        action="store_true",
        help="also the feeds that chats added, among the others by name; which chat it was is not written anywhere",
    )
    export.set_defaults(run=run_export)
    imported = actions.add_parser("import", help="print the feeds of an OPML file as [[feeds.feed]] tables")
    imported.add_argument("file", type=Path, metavar="FILE", help="the list")
    imported.set_defaults(run=run_import)


def run_export(args: argparse.Namespace) -> int:
    from app.configured import configured
    from feeds.opml import write_opml

    settings = configured(args, complete=False)
    specs = settings.feed_specs
    if args.added:
        specs = with_added(specs, asyncio.run(_added(settings.storage.url)))
    text = write_opml(specs, "Minsk Watch")
    if args.file is None:
        print(text, end="")
        return 0
    try:
        args.file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{args.file}: cannot be written ({error.strerror}); choose another place."]) from None
    return 0


def with_added(configured: Sequence[FeedSpec], added: Sequence[FeedSpec]) -> tuple[FeedSpec, ...]:
    """All feeds by name: neither place nor order tells which were added in chats, or when."""
    known = {spec.url for spec in configured}
    new = [spec for spec in added if spec.url not in known]
    return tuple(sorted((*configured, *new), key=lambda spec: (spec.name.casefold(), spec.url)))


async def _added(url: str) -> tuple[FeedSpec, ...]:
    """The feeds that chats added. Raises StoreError."""
    from core.health import Origin
    from storage.store import Store

    store = Store(url)
    await store.open()
    try:
        return tuple(record.spec for record in await store.list_feeds() if record.origin is Origin.CHAT)
    finally:
        await store.close()


def run_import(args: argparse.Namespace) -> int:
    from app.configured import configured
    from feeds.opml import read_opml

    try:
        body = args.file.read_bytes()
    except OSError as error:
        raise ConfigError([f"{args.file}: cannot be read ({error.strerror}); check the path."]) from None
    try:
        outlines = read_opml(body)
    except ParseError as error:
        raise ConfigError([f"{args.file}: {error}"]) from None
    present = {feed.url for feed in configured(args, complete=False).feeds.feed}
    print("\n\n".join(tables([outline for outline in outlines if outline.url not in present])))
    kept = sum(outline.usable and outline.url not in present for outline in outlines)
    print(f"{kept} of {len(outlines)} feeds; add them to the configuration, then `check-sources`.", file=sys.stderr)
    return 0


def tables(outlines: Sequence[Outline]) -> Iterator[str]:
    """A [[feeds.feed]] table in TOML for each feed; what cannot be fetched becomes a comment saying so."""
    from feeds.sources import SOURCES

    for outline in outlines:
        if not outline.usable:
            yield f"# Left out, no web address: {_quote(outline.url)}"
            continue
        kind = outline.kind if outline.kind in SOURCES.names else "rss"
        pairs = {
            "name": outline.name,
            "url": outline.url,
            "kind": "" if kind == "rss" else kind,
            "lang": outline.lang,
            "owner": outline.owner,
            "user_agent": outline.user_agent,
            "full_text": outline.full_text,
        }
        lines = [f"{key} = {_quote(value)}" for key, value in pairs.items() if value]
        for key, values in (("mirrors", outline.mirrors), ("implies", outline.implies)):
            lines += [f"{key} = [{', '.join(map(_quote, values))}]"] if values else []
        lines += ["audit = true"] if outline.audit else []
        yield "\n".join(["[[feeds.feed]]", *lines])


def _quote(text: str) -> str:
    """A TOML basic string; JSON's escapes are among TOML's. https://toml.io/en/v1.0.0#string"""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
