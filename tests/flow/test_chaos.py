"""A short run of `make chaos`: two real processes on a PostgreSQL of their own, disturbed; the ledger must be even.

Judged by the ledger alone, never by speed: a slow machine only leaves less to count.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.chaos.harness import Chaos, database_of


@pytest.mark.parametrize("broken", ["kill", "connections lost"])
def test_nothing_is_lost_and_nothing_comes_too_early(tmp_path: Path, broken: str) -> None:
    with database_of("postgresql", tmp_path) as url:
        chaos = Chaos("postgresql", url, tmp_path, processes=2, seconds=1, seed=3, kinds=(broken,))
        ledger = asyncio.run(chaos.run())
    logs = [path.read_text()[-3000:] for path in tmp_path.glob("*.log")]
    assert ledger.due > 0, logs
    assert ledger.sent == ledger.due, (ledger, *logs)
    assert ledger.sound, (ledger, *logs)
