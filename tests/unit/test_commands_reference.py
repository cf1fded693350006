"""docs/commands.md says what the commands say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.command import load_commands
from bot.reference import PREFIXES, commands_page, main

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(load_commands()), (
        "run: python -m bot.reference docs/commands.md"
    )


def test_every_command_stands_there_with_role_and_example_for_each_platform() -> None:
    page = commands_page(load_commands())
    for one in load_commands():
        row = next(line for line in page.split("\n") if line.startswith(f"| [{one.name}]"))
        assert row.count("|") == 3 + len(PREFIXES)
        assert all(f"`{prefix}{one.examples[0]}`" in row for prefix in PREFIXES.values())
        assert f"`{one.usage}`" in page


def test_it_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    main([str(tmp_path / "page.md")])
    assert capsys.readouterr().out == (tmp_path / "page.md").read_text(encoding="utf-8") != ""
