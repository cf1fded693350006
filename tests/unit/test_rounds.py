"""The recurring jobs of a process."""

from __future__ import annotations

import asyncio
import logging

import pytest

from app.rounds import Rounds
from tests.patience import PATIENCE


async def test_a_job_that_the_stop_interrupts_has_not_failed(caplog: pytest.LogCaptureFixture) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    rounds = Rounds()
    hasten = rounds.every(3600, job)
    rounds.start()
    hasten()
    await asyncio.wait_for(begun.wait(), PATIENCE)
    rounds.stop()
    await asyncio.wait_for(ended.wait(), PATIENCE)
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
