"""A process does what its roles say and loads nothing else; jobs go on when the clock is set."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from app.roles import ALL, faults, roles
from app.rounds import JUMP_SECONDS, Rounds
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
BUILD = """
import sys
from app.parts import make_parts
from app.program import Program
from core.config import load_settings
from pathlib import Path
settings = load_settings(Path(sys.argv[1]), {})
program = Program(make_parts(settings, roles=frozenset(sys.argv[2].split(","))))
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"aiogram", "slack_bolt", "pydantic"}))
"""


def test_roles_are_read_and_mistakes_told() -> None:
    assert roles("poll, deliver") == {"poll", "deliver"}
    assert roles("poll,deliver,chat,web") == ALL
    for wrong, words in (("poll,dance", "unknown role 'dance'; known are chat, deliver, poll, web"), (" ,", "no role")):
        with pytest.raises(argparse.ArgumentTypeError, match=words):
            roles(wrong)


def test_webhooks_need_the_web() -> None:
    assert faults(ALL, "webhook", "http") == []
    assert faults(frozenset({"chat"}), "polling", "socket") == []
    assert faults(frozenset({"poll"}), "webhook", "http") == []
    assert "telegram.mode" in faults(frozenset({"chat"}), "webhook", "socket")[0]
    assert "slack.mode" in faults(frozenset({"chat", "deliver"}), "polling", "http")[0]


@pytest.mark.parametrize(("chosen", "loaded"), [("poll", ""), ("web", ""), ("poll,web", ""), ("deliver", "slack_bolt")])
def test_the_libraries_of_chats_are_loaded_where_they_are_needed(chosen: str, loaded: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    token = '[slack]\nbot_token = "xoxb-1"\napp_token = "xapp-1"\n'
    if chosen != "deliver":
        token += '[telegram]\ntoken = "1:token"\n'
    config.write_text(f'{token}[storage]\nurl = "sqlite+aiosqlite:///{tmp_path}/x.db"\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(config), chosen], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == loaded


async def test_jobs_go_on_when_the_clock_is_set_back() -> None:
    wall, ran = [10_000.0], asyncio.Event()

    async def job() -> None:
        ran.set()

    rounds = Rounds(lambda: wall[0], lambda: 0.0)
    rounds.every(3600, job)
    rounds.start()
    try:
        assert not rounds.look()
        wall[0] += JUMP_SECONDS / 2
        assert not rounds.look()
        wall[0] -= 3600
        assert rounds.look()
        await asyncio.wait_for(ran.wait(), PATIENCE)
        assert not rounds.look()
    finally:
        rounds.stop()


@pytest.mark.parametrize(("does", "tables"), [("poll", 1), ("deliver", 0)])
async def test_tables_of_matching_are_made_before_polling_begins(tmp_path: Path, does: str, tables: int) -> None:
    from app.parts import make_parts
    from core.config import load_settings
    from matching import scene
    from matching.numberwords import meanings

    file = tmp_path / "config.toml"
    file.write_text(f'[storage]\nurl = "sqlite+aiosqlite:///{tmp_path}/x.db"\n', encoding="utf-8")
    parts = make_parts(load_settings(file, {}), roles=roles(does))
    try:
        for table in (scene._cues, meanings):
            table.cache_clear()
        await parts.open_store()
        assert [table.cache_info().currsize for table in (scene._cues, meanings)] == [tables] * 2
    finally:
        await parts.close()
