"""The benchmarks work: `make bench-quick` knows them all, and those of polling and storage are run in small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.run_all import FOLDER, QUICK
from tests.patience import PATIENCE

ROOT = FOLDER.parent


def test_the_quick_run_knows_every_benchmark() -> None:
    assert set(QUICK) == {file.name for file in FOLDER.glob("bench_*.py")}


@pytest.mark.parametrize(
    ("name", "shown"),
    [("bench_polling.py", ("first", "304", "same", "new")), ("bench_storage.py", ("entries/s", "claims of 20"))],
)
def test_a_benchmark_runs_in_small(name: str, shown: tuple[str, ...], tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / name), *QUICK[name]]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in shown), done.stdout
