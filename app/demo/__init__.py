"""`demo`: the whole program on sample feeds, alerts in the terminal, no network and no token."""

from __future__ import annotations

import argparse
from typing import Any

from app.loop import run_async


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("demo", help="the demonstration: sample feeds on loopback, alerts in this terminal")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.demo.play import play
    from core import log as logs

    logs.set_up("warning")
    return 0 if run_async(play()) else 130
