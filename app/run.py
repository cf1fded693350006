"""`run`: poll feeds and deliver alerts until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
from collections.abc import Callable
from typing import Any

from app.loop import run_async
from app.roles import ALL, HELP, faults, roles
from core.errors import ConfigError
from core.settings import Settings

log = logging.getLogger("minskwatch")


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("run", help="poll the feeds and deliver alerts until stopped (SIGTERM, Ctrl-C)")
    parser.add_argument("--role", metavar="ROLES", type=roles, default=ALL, help=HELP)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from app.configured import NO_FEEDS, configured, enabled_platforms
    from core import log as logs
    from core.config import secrets

    settings = configured(args, complete=False)
    chosen: frozenset[str] = getattr(args, "role", ALL)
    if found := faults(chosen, settings.telegram.mode, settings.slack.mode):
        raise ConfigError(found)
    logs.set_up(settings.log.level, settings.log.format, secrets(settings))
    if not enabled_platforms(settings):
        log.warning("no chat platform is configured: alerts are shown here; fill in telegram.token or slack.bot_token")
    if not settings.feed_specs:
        log.warning(NO_FEEDS)
    run_async(serve(settings, chosen, lambda: configured(args, complete=False)))
    return 0


async def serve(settings: Settings, chosen: frozenset[str], read: Callable[[], Settings]) -> None:
    """Run the program until SIGTERM or SIGINT; a second signal does not hurry the orderly stop. SIGHUP reads anew."""
    from app.parts import make_parts
    from app.program import Program
    from app.reload import Reloader

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parts = make_parts(settings, roles=chosen)
    gc.freeze()  # all that is loaded: searching it for garbage, of which it has none, would take 0.2 s each time
    reloader, reloading = Reloader(parts, read), set[asyncio.Task[None]]()

    async def read_anew() -> None:
        if await reloader.reload():
            gc.unfreeze()
            gc.collect()  # the packs as they were
            gc.freeze()

    def reload() -> None:
        task = asyncio.create_task(read_anew())
        reloading.add(task)
        task.add_done_callback(reloading.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        await Program(parts).run(stop)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
