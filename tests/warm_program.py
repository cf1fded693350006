"""What takes a second to read, imported once by the process from which programs are forked; see run_program."""

from __future__ import annotations

from matching.matcher import load_matcher
from matching.packfile import PACKS

MATCHER = load_matcher([PACKS])
MATCHER.prepare()
