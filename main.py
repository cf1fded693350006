"""Minsk Watch: `python main.py --help` lists what it can do. Nothing imports this file."""

from __future__ import annotations

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
