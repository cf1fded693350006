"""`health`: ask the running program whether it works."""

from __future__ import annotations

import argparse
from typing import Any

from core.config import DEFAULT_PATH


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("health", help="ask the running program whether it works (exit 0 or 1)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from web import probe

    return probe.main(args.config or DEFAULT_PATH)
