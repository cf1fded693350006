"""Every command of the README is run as it stands, or checked as far as this machine allows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LEAVE_OUT = (".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "data", "config.toml")
# Not run here: these tests are what `make test` runs, and there is no container engine (test_docker looks at those).
ELSEWHERE = ("make test", "docker build", "docker run", "docker exec")
TOKEN = {"MINSK_TELEGRAM__TOKEN": "1234567:not-a-real-one"}


def commands() -> list[str]:
    """The lines of all shell blocks, continued lines joined, comments removed."""
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines if line.strip()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the repository in an empty folder, with the environment that `make install` makes."""
    folder = tmp_path_factory.mktemp("clone") / "minsk-watch"
    shutil.copytree(ROOT, folder, ignore=lambda path, names: _ignored(path, names))
    binaries = Path(sys.executable).parent
    assert (binaries / "python").exists()
    (folder / ".venv").symlink_to(binaries.parent)
    (folder / ".venv/.runtime-ready").touch()
    return folder


def _ignored(path: str, names: list[str]) -> set[str]:
    ignored = shutil.ignore_patterns(*LEAVE_OUT)(path, names)
    return set(ignored) if Path(path) == ROOT else {name for name in ignored if name == "__pycache__"}


def run(clone: Path, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    line = re.sub(r"^python ", f"{sys.executable} ", command)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=clone,
        env={"PATH": os.environ["PATH"], "HOME": str(clone), "LANG": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_there_are_commands() -> None:
    assert len(commands()) >= 13
    assert {"make run", "make test"} <= set(commands())


def test_make_run_is_the_demonstration(clone: Path) -> None:
    result = run(clone, "make run")
    assert result.returncode == 0, result.stderr
    for language in ("English", "Belarusian", "Russian", "Ukrainian", "Polish", "Lithuanian"):
        assert f"({language})" in result.stdout
    last = re.findall(r"(\d+) stories, (\d+) alerts, (\d+) updates", result.stdout)[-1]
    assert last[0] == last[1] != "0"
    assert int(last[2]) >= 1
    assert "To go live" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    "command", [line for line in commands() if line.startswith(("cp ", "python ")) and not line.endswith(" run")]
)
def test_command_runs(clone: Path, command: str) -> None:
    """In the order of the README; `run` is tested with local platforms in test_whole."""
    if command.startswith("cp "):
        assert run(clone, command).returncode == 0
        return
    if " backup " in command:  # the tests of this list may be spread over processes, each with a clone of its own
        assert run(clone, "python main.py migrate").returncode == 0
    no_feeds = {"MINSK_FEEDS__GROUPS": "[]"} if " poll-once " in command else {}  # no test calls the real ones
    result = run(clone, command.replace("check --live", "check"), **TOKEN, **no_feeds)
    if command.endswith(" health"):
        assert "is the program running" in result.stdout  # it is not
        return
    assert result.returncode == 0, result.stderr
    assert result.stdout


def test_every_command_is_run_or_named_here() -> None:
    known = ("make run", "cp ", "python main.py ", *ELSEWHERE)
    assert [line for line in commands() if not line.startswith(known)] == []


def test_docker_commands_agree_with_the_dockerfile() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (build,) = [line for line in commands() if line.startswith("docker build")]
    (start,) = [line for line in commands() if line.startswith("docker run")]
    assert build.split()[-2:] == ["minsk-watch", "."]
    assert start.split()[-1] == "minsk-watch"
    assert ":/data " in start
    assert 'VOLUME ["/data"]' in dockerfile
    assert ":/app/config.toml:ro" in start
    assert "/app/config.toml" in dockerfile
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, flags=re.MULTILINE):
        for part in name.split():
            assert (ROOT / part).exists(), part


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)#]+)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
