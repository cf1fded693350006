"""`explain`: what a text matches and why, or what is missing."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.standard_input import read_text
from core.errors import ConfigError

_ADDRESS = re.compile(r"https?://\S+")
_ADDRESS_HINT = (
    "Give the words of the page: --title, TEXT, and the address as --url. What became of a page that a feed "
    "named, `/why ADDRESS` says in a chat."
)


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("explain", help="say what a text matches and why, or what is missing")
    parser.add_argument("text", nargs="?", default="", metavar="TEXT", help="the body; - reads standard input")
    parser.add_argument("--title", default="", help="the headline, which counts double")
    parser.add_argument("--lang", default="", help="language of the text (en, be, ru, ...), if known")
    parser.add_argument(
        "--implies", action="append", default=[], metavar="CONCEPT", help="a concept the source implies"
    )
    parser.add_argument("--url", default="", help="address of the text: some sites imply what they speak of")
    parser.add_argument(
        "--published",
        type=_moment,
        metavar="DAY",
        help="when the text was published, such as 2025-12-13: who had long been free by then is no prisoner any more",
    )
    parser.add_argument("--pack", type=Path, action="append", help="a pack file or folder instead of the shipped packs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-05-21") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def run(args: argparse.Namespace) -> int:
    from app.configured import unknown_concepts
    from matching import explain
    from matching.matcher import load_matcher

    text = args.text
    if text == "-" or (not text and not args.title and not sys.stdin.isatty()):
        text = read_text()
    if not text.strip() and not args.title.strip():
        print("explain: nothing to read. Give a TEXT, a --title, or - for standard input.", file=sys.stderr)
        return 2
    if not args.title and _ADDRESS.fullmatch(text.strip()):
        print(
            f"explain: {text.strip()[:200]} is an address, and no page is fetched here. {_ADDRESS_HINT}",
            file=sys.stderr,
        )
        return 2
    matcher = load_matcher(args.pack)
    if faults := [f"explain: --implies {fault}" for fault in unknown_concepts(args.implies, matcher)]:
        raise ConfigError(faults)
    implies = (*args.implies, *matcher.implied_by(args.url))
    analysis = matcher.analyse(args.title, text, lang=args.lang, implies=implies, when=args.published)
    if args.json:
        print(json.dumps(explain.as_json(analysis), ensure_ascii=True))
        return 0
    needed = {name: topic.alert for name, topic in matcher.lexicon.topics.items()}
    for line in explain.lines(analysis, matcher.topics, needed):
        print(line.encode("utf-8", "replace").decode("utf-8"))
    return 0
