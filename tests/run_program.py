"""Run the program as its own process, with the wire platform, a clock that is ahead, and death at a chosen step.

    python -m tests.run_program CONFIG [--die-at STEP] [--ahead SECONDS]

The process ends itself with SIGKILL when it passes STEP for the first time: as abruptly as a power cut of the process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.platforms import PLATFORMS
from core import failpoints
from core import log as logs
from core.clock import SystemClock
from core.config import load_settings


class AheadClock(SystemClock):
    """The system's clock, ahead by a fixed time: leases of a dead process have run out."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--die-at", default="")
    parser.add_argument("--ahead", type=float, default=0.0)
    args = parser.parse_args()
    if args.die_at:
        failpoints.hook = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == args.die_at else None
    PLATFORMS.add("wire", "tests.wire_platform:create")
    logs.set_up("info")
    asyncio.run(serve(args.config, args.ahead))


async def serve(config: Path, ahead: float) -> None:
    from app.parts import make_parts
    from app.program import Program

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Program(make_parts(load_settings(config, {}), clock=AheadClock(ahead)), web=False).run(stop)


if __name__ == "__main__":
    main()
