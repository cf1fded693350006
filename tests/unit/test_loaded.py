"""What was loaded is not searched for garbage while the program runs: that would hold the event loop up for 0.2 s."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import app.parts
import app.program
import app.reload
from app.run import serve
from core.settings import Settings


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


async def test_the_program_begins_with_all_that_is_loaded_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[list[int]] = [[] for _ in range(1000)]
    seen = []

    class Program:
        def __init__(self, parts: object) -> None:
            assert parts is loaded

        async def run(self, stop: asyncio.Event) -> None:
            seen.append(not any(one is loaded for one in gc.get_objects()))

    monkeypatch.setattr(app.parts, "make_parts", lambda *_, **__: loaded)
    monkeypatch.setattr(app.program, "Program", Program)
    monkeypatch.setattr(app.reload, "Reloader", lambda *_: SimpleNamespace())
    await serve(Settings(), frozenset(), Settings)
    assert seen == [True]
