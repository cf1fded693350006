"""A short run of `make chaos`: real processes on a PostgreSQL that crashes, a Slack that fails; the ledger is even.

Judged by the ledger alone, never by speed: a slow machine only leaves more to explain. Death at each named step is in
test_kill.py; `make chaos` does all of it for minutes, and with Telegram.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
RUN = (
    "--only",
    "postgresql:2",
    "--seed",
    "4",
    "--lease",
    "4",
    "--platforms",
    "slack",
    "--kinds",
    "database crash,kill",
)


def test_nothing_is_lost_and_every_repeat_is_explained(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *RUN],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("| postgresql"))
    due, sent, lost = (int(cell) for cell in row.split("|")[4:7])
    assert due == sent > 0 == lost, done.stdout
    assert "1 database crash, 1 kill" in done.stdout
