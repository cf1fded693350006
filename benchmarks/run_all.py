"""All benchmarks one after the other, each in a process of its own; ends at the first that fails.

    PYTHONPATH=. python benchmarks/run_all.py [--quick]

`--quick` takes as little of everything as still runs every line that matters, without the peer and with PostgreSQL only
where nothing else is measured: it shows that the benchmarks work, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
# The arguments of a quick run, by file.
QUICK = {
    "bench_alerts.py": ["--subscribers", "20"],
    "bench_growth.py": ["--feeds", "20"],
    "bench_host.py": ["--feeds", "20", "--seconds", "1"],
    "bench_latency.py": ["--commands", "4"],
    "bench_matching.py": [],
    "bench_polling.py": ["--feeds", "5", "--rounds", "1", "--no-peer"],
    "bench_processes.py": ["--processes", "1", "--chats", "40", "--feeds", "50"],
    "bench_storage.py": ["--rounds", "1", "--sqlite-only"],
    "bench_stored.py": ["--stories", "100", "--sqlite-only"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="as little as shows that the benchmarks work")
    quick = parser.parse_args().quick
    for file in sorted(FOLDER.glob("bench_*.py")):
        print(f"== {file.name}", flush=True)
        arguments = QUICK[file.name] if quick else []
        ended = subprocess.run([sys.executable, str(file), *arguments], check=False)  # noqa: S603 - our own interpreter
        if ended.returncode:
            print(f"{file.name} ended with {ended.returncode}; the benchmarks stop here.", file=sys.stderr)
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
