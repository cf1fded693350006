"""`make soak`: days of news and trouble for the real program, judged by what the platforms took.

python -m tests.soak [--days N] [--seed N] [--minutes N] [--only KIND:PROCESSES] [--keep]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from math import inf
from pathlib import Path

from tests.chaos.database import database_of
from tests.soak import growth, life
from tests.soak.oracle import Known, Verdict, judge, spans
from tests.soak.soak import Soak

RUNS = ("sqlite:1", "postgresql:2")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=float, default=1)
    parser.add_argument("--minutes", type=float, default=inf, help="end with the day at which so many are over")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=RUNS, action="append")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    args = parser.parse_args()
    return max(one(name, args) for name in args.only or RUNS)


def one(name: str, args: argparse.Namespace) -> int:
    """One run; the folder with the logs is kept when it was not sound."""
    kind, _, count = name.partition(":")
    folder, began = Path(tempfile.mkdtemp(prefix="minsk-soak-")), time.monotonic()
    with database_of(kind, folder) as url:
        run = Soak(kind, url, folder, processes=int(count), hours=24 * args.days, seed=args.seed)
        run.minutes = args.minutes
        run.live()
    (folder / "measured.jsonl").write_text("\n".join(run.measured.lines()), encoding="utf-8")
    (folder / "diary.txt").write_text("\n".join(run.diary.lines()), encoding="utf-8")
    verdict = judge(run.diary, known_of(run))
    verdict.faults += growth.faults(run.measured)
    tell(name, run, verdict, time.monotonic() - began)
    if verdict.faults or args.keep:
        print(f"the logs are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return bool(verdict.faults)


def known_of(run: Soak) -> Known:
    """What the oracle is to know of a run."""
    telegram = [chat for chat in run.equal if chat.startswith("telegram")]
    equals = [(life.CONTROL, chat) for chat in (*telegram, life.BLOCKER, life.CONTROL_SLACK)]
    equals += [(life.CONTROL_SLACK, life.SLACK_PLAIN)]
    facts = run.facts
    return Known(
        equals=equals,
        ends=facts.ends,
        away=spans(facts.away),
        silent=spans(facts.silences),
        frozen=facts.frozen,
        muted=facts.muted,
        night=(life.QUIET,),
        moved=facts.moved,
        early=[f"too early: {text}, {count} times" for text, count in Counter(map(_who, run.storm.early)).items()],
        answered=run.press.answered,
        troubled={one.paper.name: one.troubled for one in run.press.papers},
        operator=life.OPERATOR,
        logs=[log.read_text(errors="replace") for log in run.folder.glob("*.log")],
        secrets=(run.telegram.token, run.telegram.token.partition(":")[2], run.slack.bot_token, run.slack.app_token),
        bad_ends=facts.bad_ends,
    )


def _who(early: str) -> str:
    return early.partition(",")[0]


def tell(name: str, run: Soak, verdict: Verdict, took: float) -> None:
    """What was, on standard output."""
    happened = ", ".join(f"{count} {what}" for what, count in sorted(run.facts.done.items()))
    faults = {name: dict(counted) for name, counted in run.storm.faults.items() if counted}
    print(f"{name}: {run.hours:g} hours in {took:.0f} s, {verdict.stories} stories told, {verdict.letters} messages.")
    print(f"  Happened: {happened}. Answers: {faults}. {len(run.facts.ends)} processes killed.")
    print(f"  Shown again: {dict(verdict.repeats) or 'nothing'}.")
    print(f"  Edits that changed nothing: {verdict.idle}.")
    for line in growth.report(run.measured):
        print(f"  {line}")
    for line in verdict.told:
        print(f"    {line}")
    for fault in verdict.faults:
        print(f"  FAULT {fault}")
    print(f"  {len(verdict.faults)} faults", flush=True)


if __name__ == "__main__":
    sys.exit(main())
