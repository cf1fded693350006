"""The image is small in rights and holds what it needs; what a build would show, as far as reading can tell."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import babel
import pytest
from babel.core import get_global

from bot.languages import INTERFACE
from core.settings import Settings
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
ROOMS = {"core", "matching", "feeds", "storage", "bot", "web", "app"}
TRIAL = ROOT / "tools" / "try_image.sh"
SECRET = ("config.toml", ".env", ".git", "data", "tests", ".venv", "docs", "bot/config.toml", "core/.env.a", "app/x.db")
Step = tuple[str, str]


def steps(text: str) -> list[Step]:
    """Instruction and argument of each step, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(word.upper(), " ".join(rest.split())) for word, rest in found]


@pytest.fixture(scope="module")
def dockerfile() -> list[Step]:
    return steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def values(dockerfile: list[Step], word: str) -> list[str]:
    return [argument for name, argument in dockerfile if name == word]


def final_stage(dockerfile: list[Step]) -> list[Step]:
    last = max(number for number, (word, _) in enumerate(dockerfile) if word == "FROM")
    return dockerfile[last:]


def copied(dockerfile: list[Step]) -> list[str]:
    """What is copied from the repository."""
    arguments = [argument.split() for argument in values(dockerfile, "COPY")]
    return [source for words in arguments if not words[0].startswith("--from=") for source in words[:-1]]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore leaves a path out: the last rule that fits it or a folder above it decides.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    ignored = False
    for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n"):
        pattern = rule.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        parts = path.split("/")
        heads = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        if pattern.startswith("**/"):
            fits = any(fnmatch(part, pattern.removeprefix("**/")) for part in parts)
        else:
            fits = any(fnmatch(head, pattern) for head in heads)
        ignored = not rule.startswith("!") if fits else ignored
    return ignored


def test_all_stages_stand_on_one_pinned_base(dockerfile: list[Step]) -> None:
    bases = {argument.split()[0] for argument in values(dockerfile, "FROM")}
    (base,) = bases
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", base)


def test_it_runs_without_rights(dockerfile: list[Step]) -> None:
    (user,) = values(final_stage(dockerfile), "USER")
    uid, _, gid = user.partition(":")
    assert int(uid) >= 10_000
    assert int(gid) >= 10_000
    words = [word for word, _ in final_stage(dockerfile)]
    assert "RUN" not in words[words.index("USER") :]


def test_the_program_is_process_1_and_hears_signals(dockerfile: list[Step]) -> None:
    (entry,), (command,) = values(dockerfile, "ENTRYPOINT"), values(dockerfile, "CMD")
    assert json.loads(entry) == ["python", "main.py"]
    assert json.loads(command) == ["run"]
    assert values(dockerfile, "STOPSIGNAL") == ["SIGTERM"]


def test_the_health_check_needs_the_standard_library_only(dockerfile: list[Step]) -> None:
    (check,) = values(final_stage(dockerfile), "HEALTHCHECK")
    options, _, command = check.partition("CMD ")
    interpreter, *flags, probe, config = json.loads(command)
    assert (interpreter, flags) == ("python", ["-S", "-I"])
    assert (probe, config) == ("/app/web/probe.py", "/app/config.toml")
    assert set(re.findall(r"--([a-z-]+)=", options)) == {"interval", "timeout", "start-period", "retries"}
    script = ROOT / probe.removeprefix("/app/")
    run = subprocess.run(
        [sys.executable, *flags, script, "absent.toml"],
        env={"MINSK_HTTP__PORT": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 1
    assert "no answer from 127.0.0.1:1" in run.stdout
    assert run.stderr == ""


def test_nothing_that_some_builders_refuse(dockerfile: list[Step]) -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "<<" not in text
    assert "--link" not in text
    assert values(dockerfile, "ADD") == []


def test_what_is_copied_exists_and_reaches_the_builder(dockerfile: list[Step]) -> None:
    sources = copied(dockerfile)
    assert set(sources) >= ROOMS | {"main.py", "config.example.toml", "LICENSE", "requirements.lock"}
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not is_ignored(source), source


def test_every_room_is_in_the_image(dockerfile: list[Step]) -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages <= set(copied(dockerfile))


@pytest.mark.parametrize("path", SECRET)
def test_nothing_private_reaches_the_builder(path: str) -> None:
    assert is_ignored(path)


def test_the_dependencies_are_installed_before_the_program_is_copied(dockerfile: list[Step]) -> None:
    install = next(number for number, (word, rest) in enumerate(dockerfile) if word == "RUN" and "pip install" in rest)
    earlier = copied(dockerfile[:install])
    assert earlier == ["requirements.lock"]
    assert "--require-hashes" in dockerfile[install][1]


def test_the_image_makes_no_settings(dockerfile: list[Step]) -> None:
    assert not any("MINSK_" in argument for argument in values(dockerfile, "ENV") + values(dockerfile, "ARG"))


def test_what_is_written_by_default_goes_to_the_volume(dockerfile: list[Step]) -> None:
    (volume,) = json.loads(values(final_stage(dockerfile), "VOLUME")[0])
    (folder,) = values(final_stage(dockerfile), "WORKDIR")
    link = next(rest for word, rest in dockerfile if word == "RUN" and "ln -s" in rest)
    target, place = link.split("ln -s ")[1].split()[:2]
    written = Settings().storage.url.partition(":///")[2].split("/")[0]
    assert (target, place) == (volume, f"{folder}/{written}")


def test_what_needs_a_temporary_folder_finds_one_though_the_root_is_read_only(dockerfile: list[Step]) -> None:
    """Docker, unlike Podman, mounts nothing at /tmp then: the demonstration ended with a traceback."""
    (volume,) = json.loads(values(final_stage(dockerfile), "VOLUME")[0])
    assert f"TMPDIR={volume}" in values(final_stage(dockerfile), "ENV")[0].split()


def test_babel_keeps_what_the_languages_of_the_interface_need(dockerfile: list[Step]) -> None:
    install = next(rest for word, rest in dockerfile if word == "RUN" and "pip install" in rest)
    (pattern,) = re.findall(r"! -regex '([^']+)' -delete", install)
    data = Path(babel.__file__).parent / "locale-data"
    kept = {file.stem for file in data.glob("*.dat") if re.fullmatch(pattern, str(file))}
    assert kept >= {"root", *INTERFACE}
    assert not kept & {"fr", "zh", "bem", "lts", "rue"}
    parents = get_global("parent_exceptions")
    assert {parents.get(name, name.rpartition("_")[0] or "root") for name in kept} <= kept


def test_the_trial_says_when_there_is_nothing_to_run_it_with(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "dirname")
    bash = shutil.which("bash") or "bash"
    for options, missing in (([], "neither Docker nor Podman"), (["--engine", "podman"], "podman is not installed")):
        command = [bash, str(TRIAL), *options]
        run = subprocess.run(
            command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert (run.returncode, run.stdout) == (77, "")
        assert missing in run.stderr


def test_the_trial_looks_for_all_that_is_copied(dockerfile: list[Step]) -> None:
    text = TRIAL.read_text(encoding="utf-8")
    listed = [name for line in re.findall(r"^(?:ROOMS|FILES)=\((.+)\)$", text, re.M) for name in line.split()]
    assert {*listed, "requirements.lock"} == set(copied(dockerfile))


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed on this platform")
    run = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (run.returncode, run.stdout) == (0, "")
