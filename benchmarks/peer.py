"""The peer: lemon24/reader, in an environment of its own that never mixes with the program's.

Run by that environment's Python it is the contestant: `python peer.py FILE.db`, addresses on standard input, an empty
line, then "poll" lines; each is answered by the CPU milliseconds of one update of all feeds. Imports nothing of ours.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-bench.lock"
FOLDER = ROOT / ".venv-peer"


class Peer:
    """A running contestant."""

    def __init__(self, database: Path, urls: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [str(peer_python()), str(Path(__file__)), str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._say("\n".join(urls) + "\n")
        self._hear()

    def poll(self) -> float:
        """CPU milliseconds of one update of all feeds."""
        self._say("poll")
        return float(self._hear())

    def close(self) -> float:
        """End it; its peak memory in MiB."""
        self._say("end")
        peak = float(self._hear())
        self._process.communicate()
        return peak

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the peer has ended; try it by hand: see benchmarks/peer.py")
        return line


def peer_python() -> Path:
    """The interpreter of the peer's environment, which is made from its lock file when it is missing or older."""
    python, ready = FOLDER / "bin" / "python", FOLDER / ".ready"
    if not ready.exists() or ready.stat().st_mtime < LOCK.stat().st_mtime:
        venv.create(FOLDER, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "-r", str(LOCK)], check=True)  # noqa: S603 - our own interpreter
        ready.touch()
    return python


def _contest() -> None:
    from reader import make_reader  # type: ignore[import-not-found]  # an environment of its own

    feeds = make_reader(sys.argv[1])
    while url := sys.stdin.readline().strip():
        feeds.add_feed(url)
    print("ready", flush=True)
    while sys.stdin.readline().strip() == "poll":
        before = _cpu()
        feeds.update_feeds(scheduled=False)
        print((_cpu() - before) * 1000, flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    _contest()
