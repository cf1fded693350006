"""SIGHUP: what can change does, what cannot is named, and what is faulty changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.configured import with_groups
from app.parts import Parts, make_parts
from app.reload import Reloader, later
from core.config import load_settings
from core.errors import StoreError
from core.model import Target
from core.settings import Settings
from tests.fake_clock import FakeClock


@dataclass
class Bench:
    """A configuration file, the parts made of it, and what reads it again."""

    file: Path
    parts: Parts
    reloader: Reloader

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")

    async def feeds(self) -> dict[str, float]:
        return {one.spec.url: one.spec.interval.total_seconds() for one in await self.parts.store.list_feeds()}


def config(folder: Path, more: str = "", feed: str = "https://a.example/feed", interval: str = "10m") -> str:
    return (
        f'[storage]\nurl = "sqlite+aiosqlite:///{folder}/x.db"\n[feeds]\ninterval = "{interval}"\n'
        f'[[feeds.feed]]\nurl = "{feed}"\n{more}'
    )


@pytest.fixture
async def bench(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Bench]:
    from app.configured import semantic_faults
    from core.config import read_settings
    from core.errors import ConfigError

    file = tmp_path / "config.toml"
    file.write_text(config(tmp_path), encoding="utf-8")

    def read() -> Settings:
        settings, faults = read_settings(str(file))
        faults += semantic_faults(settings, complete=False)
        if faults:
            raise ConfigError(faults)
        return with_groups(settings)

    parts = make_parts(load_settings(file, {}), clock=clock)
    await parts.open_store()
    yield Bench(file, parts, Reloader(parts, read))
    await parts.close()


async def test_feeds_intervals_chats_and_operators_change_at_once(bench: Bench, tmp_path: Path) -> None:
    more = '[[subscriptions]]\ntarget = "console:desk"\n[access]\noperators = ["console:boss"]\n[platforms.console]\n'
    bench.write(config(tmp_path, more, feed="https://b.example/feed", interval="20m"))
    assert await bench.reloader.reload()
    assert await bench.feeds() == {"https://b.example/feed": 1200.0}
    assert await bench.parts.store.find_subscription(Target("console", "desk")) is not None
    assert bench.parts.dispatcher._operators == {"console:boss"}
    assert bench.parts.attention.present == ()


@pytest.mark.parametrize("wrong", ["[feeds\n", "typo = 1\n", '[matching]\npacks = ["missing.toml"]\n'])
async def test_a_faulty_file_changes_nothing_and_says_why(
    bench: Bench, tmp_path: Path, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, version = await bench.feeds(), bench.parts.matcher.version
    bench.write(config(tmp_path, feed="https://b.example/feed") + wrong)
    assert not await bench.reloader.reload()
    assert await bench.feeds() == before
    assert bench.parts.matcher.version == version
    (told,) = bench.parts.attention.present
    assert told.startswith("The configuration stays as it was: ")
    assert told.removeprefix("The configuration stays as it was: ") in caplog.text
    bench.write(config(tmp_path))
    assert await bench.reloader.reload()
    assert bench.parts.attention.present == ()


async def test_a_good_pack_comes_in_and_a_bad_one_does_not_replace_it(bench: Bench, tmp_path: Path) -> None:
    pack = tmp_path / "more.toml"
    pack.write_text('[concept.flood]\nen = ["flood*2"]\n[topic.floods]\ntitle = "Floods"\nall = ["flood"]\n')
    bench.write(config(tmp_path, f'[matching]\npacks = ["{pack}"]\n'))
    before = bench.parts.matcher.version
    assert await bench.reloader.reload()
    good = bench.parts.matcher.version
    assert good != before
    assert bench.parts.matcher.topics["floods"] == "Floods"
    pack.write_text("[[[ this is no pack", encoding="utf-8")
    assert not await bench.reloader.reload()
    assert bench.parts.matcher.version == good
    assert bench.parts.matcher.topics["floods"] == "Floods"


async def test_a_database_that_fails_changes_nothing_in_memory(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise StoreError("the server is restarting")

    bench.write(config(tmp_path, '[access]\noperators = ["console:boss"]\n'))
    with monkeypatch.context() as patched:
        patched.setattr(bench.parts.store, "sync_feeds", broken)
        assert not await bench.reloader.reload()
    assert bench.parts.dispatcher._operators == frozenset()
    assert "the server is restarting" in bench.parts.attention.present[0]


async def test_what_needs_a_restart_is_named_without_its_value(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    more = '[telegram]\ntoken = "1:secret"\n[http]\nport = 9999\n[delivery]\nedit_after = "9m"\n'
    bench.write(config(tmp_path, more))
    assert await bench.reloader.reload()
    for key in ("telegram.token", "http.port", "delivery.edit_after"):
        assert f"{key} has changed, which a restart brings about" in caplog.text
    assert "1:secret" not in caplog.text
    assert bench.parts.settings.telegram.token == ""


def test_nothing_changed_is_nothing_to_restart_for() -> None:
    assert list(later(Settings(), Settings())) == []


async def test_two_signals_at_once_are_done_one_after_the_other(bench: Bench, tmp_path: Path) -> None:
    bench.write(config(tmp_path, feed="https://b.example/feed"))
    assert all(await asyncio.gather(bench.reloader.reload(), bench.reloader.reload()))
    assert set(await bench.feeds()) == {"https://b.example/feed"}
