"""`make chaos`: the table of docs/reliability.md.

python -m tests.chaos [--seconds N] [--seed N] [--only KIND:PROCESSES] [--kinds KINDS] [--takeover]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.database import database_of
from tests.chaos.harness import HEAD, Chaos, Ledger
from tests.chaos.process import LEASE

RUNS = ("sqlite:1", "postgresql:2", "postgresql:4")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each run is disturbed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=(*RUNS, "pgbouncer:2"), action="append")
    parser.add_argument("--kinds", help="disturb once by each of these, such as kill,freeze, instead of at random")
    parser.add_argument("--platforms", default="telegram,slack")
    parser.add_argument("--lease", type=float, default=LEASE, help="seconds; other waits follow it")
    parser.add_argument("--takeover", action="store_true", help="only measure how long a new leader takes")
    args = parser.parse_args()
    if args.takeover:
        return takeover()
    print(HEAD)
    ledgers = [one(name, args) for name in args.only or RUNS]
    print()
    for ledger in ledgers:
        print(ledger.broken())
        for repeat in (repeat for account in ledger.accounts for repeat in account.repeats):
            print(f"  {repeat}")
    return 1 if any(ledger.wrong for ledger in ledgers) else 0


def one(name: str, args: argparse.Namespace) -> Ledger:
    """One run of the table; the folder with the logs is kept when it was not sound."""
    kind, _, count = name.partition(":")
    folder = Path(tempfile.mkdtemp(prefix="minsk-chaos-"))
    with database_of(kind, folder) as url:
        run = Chaos(
            kind,
            url,
            folder,
            processes=int(count),
            seconds=args.seconds,
            seed=args.seed,
            kinds=[*filter(None, (args.kinds or "").split(","))],
            platforms=args.platforms.split(","),
            lease=args.lease,
        )
        ledger = asyncio.run(run.run())
    print(ledger.rows(), flush=True)
    for wrong in ledger.wrong:
        print(f"  {wrong}", file=sys.stderr)
    if ledger.wrong:
        print(f"the logs are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return ledger


def takeover() -> int:
    """Two processes with leases as they are; the leader is killed, then the next one frozen."""
    folder = Path(tempfile.mkdtemp(prefix="minsk-chaos-"))

    async def measure(url: str) -> None:
        chaos = Chaos("postgresql", url, folder, processes=2, seconds=0, seed=1)
        chaos.storm.trouble = 0.0
        chaos.arguments = ("--as-is",)
        async with chaos.world():
            for how in ("killed", "frozen"):
                while (leader := await chaos.leader()) is None or not chaos.telegram.polls:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
                await asyncio.sleep(5)
                began = time.monotonic()
                if how == "killed":
                    await chaos.kill(leader)
                else:
                    os.kill(chaos.running[leader].pid or 0, signal.SIGSTOP)
                took = await chaos.telegram.next_poll(began, 60)
                print(f"leader {how}: another one asks for updates after {took:.1f} s", flush=True)
                if how == "killed":
                    await chaos.start(leader)
                    await asyncio.sleep(15)

    with database_of("postgresql", folder) as url:
        asyncio.run(measure(url))
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
