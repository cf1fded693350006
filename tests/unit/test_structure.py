"""The house stays one to live in: sizes, import directions that the linter cannot see, what start-up may cost."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "matching", "feeds", "storage", "bot", "web", "app")
MAX_FILE, MAX_FUNCTION = 400, 60


def sources(*folders: str) -> list[Path]:
    files = [ROOT / "main.py"]
    for folder in folders:
        files += sorted((ROOT / folder).rglob("*.py"))
    return files


@pytest.mark.parametrize("file", sources(*ROOMS), ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_stay_small(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize("file", sources(*ROOMS), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("folder", [*ROOMS, "benchmarks"])
def test_what_a_checker_is_told_to_pass_over_has_a_reason(folder: str) -> None:
    told = re.compile(r"# (?:noqa|type: ignore)(?!(?:: [A-Z0-9]+ - |\[[\w-]+\]  # )\S)")
    lines = [line for file in sources(folder) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line.strip() for line in lines if told.search(line)] == []


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "docs"])
def test_other_files_stay_small_too(folder: str) -> None:
    sizes = {file.relative_to(ROOT): file.read_text(encoding="utf-8").count("\n") for file in sources(folder)}
    assert {str(file): size for file, size in sizes.items() if size > MAX_FILE} == {}


def test_no_group_is_possessive() -> None:
    """Python 3.11.2 matches such groups wrongly when they can match in several ways."""
    sets, possessive = re.compile(r"\[(?:\\.|[^\]\\])+\]"), re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+")
    assert possessive.search(sets.sub("x", r"(?:a|b)*+"))
    for file in sources(*ROOMS):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "(?" in node.value:
                assert not possessive.search(sets.sub("x", node.value)), f"{file}:{node.lineno}"


def test_nobody_imports_main() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in sources(*ROOMS, "tests", "benchmarks")}
    for file in [file for file, text in texts.items() if re.search(r"\bmain\b", text)]:  # parsing all takes seconds
        for node in ast.walk(ast.parse(texts[file])):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert "main" not in names, file


@pytest.mark.parametrize("room", ["core", "matching"])
def test_core_and_matching_use_the_standard_library_only(room: str) -> None:
    own = {*ROOMS}
    for file in sources(room):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                root = name.partition(".")[0]
                assert root in sys.stdlib_module_names or root in own, f"{file}: {name}"


def test_start_up_imports_nothing_heavy() -> None:
    """aiogram costs seconds of CPU: only the run of a program with Telegram may import it."""
    script = (
        "import sys\n"
        "from app.cli import build_parser\n"
        "build_parser()\n"
        "import app.configured, app.check, app.poll_once\n"
        "heavy = {'aiogram', 'slack_bolt', 'feedparser'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_who_uses_sqlite_loads_nothing_of_postgresql_and_nobody_the_orm(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from core.search import SearchTerm\n"
        "from storage.database import Database\n"
        "from storage.store import Store\n"
        "async def main():\n"
        "    database = Database(sys.argv[1], busy_timeout=9)\n"
        "    await database.open()\n"
        "    await database.close()\n"
        "    assert 'sqlalchemy.dialects.postgresql' not in sys.modules  # migrating loads it\n"
        "    store = Store(sys.argv[1])\n"
        "    await store.open()\n"
        "    assert await store.search_entries([SearchTerm('minsk')], 9) == ()\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
        "sys.exit(bool({'asyncpg', 'sqlalchemy.orm'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", script, f"sqlite+aiosqlite:///{tmp_path}/test.db"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_top_level_is_what_was_agreed() -> None:
    for name in ("bot", "feeds", "storage", "config.example.toml", "main.py", "tests", "Dockerfile"):
        assert (ROOT / name).exists()
    assert len((ROOT / "main.py").read_text(encoding="utf-8").splitlines()) < 40


def test_locks_have_hashes_and_no_download_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-audit.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for dependency in project["dependencies"]:
        name = dependency.partition("[")[0].partition(">")[0]
        assert f"\n{name}==" in f"\n{lock}", name
