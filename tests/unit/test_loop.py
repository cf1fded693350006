"""The program's event loop: uvloop's where there is one, and the program works without."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from types import FrameType

import pytest

from app.loop import loop_factory, run_async


@pytest.fixture
def exits_on_a_signal() -> Iterator[None]:
    """As main.py does while the program loads: a handler of Python's own, unknown to any loop."""

    def leave(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGUSR1, leave)
    yield
    signal.signal(signal.SIGUSR1, before)


async def which_loop() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


@pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop has no wheels for this platform")
async def test_the_program_and_the_tests_run_on_uvloop() -> None:
    assert await which_loop() == "uvloop"
    assert await asyncio.to_thread(run_async, which_loop()) == "uvloop"


async def test_without_uvloop_the_program_runs_on_the_loop_of_the_standard_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is asyncio.new_event_loop
    assert await asyncio.to_thread(run_async, which_loop()) == "asyncio"


@pytest.mark.parametrize("missing", [False, True])
def test_a_signal_that_the_loop_does_not_know_ends_its_wait(
    missing: bool, exits_on_a_signal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, "uvloop", None)

    async def wait() -> None:
        threading.Timer(0, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        await asyncio.Event().wait()

    with pytest.raises(SystemExit) as ended:
        run_async(wait())
    assert ended.value.code == 128 + signal.SIGUSR1
