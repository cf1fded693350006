"""`migrate` on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from app import migrate
from core.errors import StoreError
from storage.schema import REVISION


def arguments(tmp_path: Path, url: str) -> argparse.Namespace:
    config = tmp_path / "config.toml"
    config.write_text(f'[storage]\nurl = "{url}"\n', encoding="utf-8")
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    migrate.register(parser.add_subparsers())
    return parser.parse_args(["--config", str(config), "migrate"])


def test_it_makes_the_tables_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = arguments(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/made/x.db")
    assert args.run(args) == 0
    assert capsys.readouterr().out.endswith(f"/made/x.db was brought from empty to schema {REVISION}.\n")
    assert args.run(args) == 0
    assert capsys.readouterr().out.endswith(f"/made/x.db is at schema {REVISION} already.\n")


def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    args = arguments(tmp_path, "postgresql+asyncpg://user:hunter2@127.0.0.1:9/x")
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        args.run(args)
    assert "hunter2" not in str(caught.value)
