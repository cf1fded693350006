"""Minsk Watch: `python main.py --help` lists what it can do. Nothing imports this file."""

from __future__ import annotations

import gc
import signal
import sys

from app.cli import main

if __name__ == "__main__":
    # As process 1 of a container, SIGTERM without a handler would be ignored while the program loads.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    code = main(sys.argv[1:])
    gc.freeze()  # Python would end by searching aiogram's classes for garbage, for seconds
    sys.exit(code)
