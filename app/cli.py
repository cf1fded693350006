"""The command line: one module per subcommand, one line here.

Exit codes: 0 done, 1 it failed (the reason is on standard error), 2 the command line or the configuration is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from core.config import DEFAULT_PATH, PREFIX, unread_variables
from core.errors import ConfigError, MinskError, PackError

COMMANDS = (
    "run",
    "demo",
    "check",
    "migrate",
    "reconcile",
    "backup",
    "restore",
    "poll_once",
    "check_sources",
    "opml",
    "explain",
    "evaluate",
    "names",
    "watch_import",
    "pack",
    "health",
)


class _Parser(argparse.ArgumentParser):
    """Names the nearest where a word is none of the choices; subcommands' parsers are of this class too."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = get_close_matches(str(value), [str(choice) for choice in action.choices or ()], n=1)
            if not near:
                raise
            raise argparse.ArgumentError(action, f"there is no {value!r}. Did you mean {near[0]}?") from error


def build_parser() -> argparse.ArgumentParser:
    """The parser with all subcommands registered."""
    parser = _Parser(
        prog="main.py",
        description="Minsk Watch: news on Belarus-US diplomacy and freed political prisoners, to Telegram and Slack.",
        epilog="Without a command: `run` if there is a configuration, else `demo`.",
    )
    parser.add_argument("--config", metavar="FILE", help=f"configuration file (default: {DEFAULT_PATH} if it exists)")
    subparsers = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name in COMMANDS:
        import_module(f"app.{name}").register(subparsers)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    parser = build_parser()
    args = parser.parse_args(arguments)
    for warning in unread_variables():
        print(warning, file=sys.stderr)
    if not hasattr(args, "run"):
        args = parser.parse_args([*arguments, "run" if _is_configured(args.config) else "demo"])
    try:
        return int(args.run(args))
    except (ConfigError, PackError) as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return 2
    except MinskError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _is_configured(path: str | None) -> bool:
    return path is not None or Path(DEFAULT_PATH).exists() or any(name.startswith(PREFIX) for name in os.environ)
