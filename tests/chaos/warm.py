"""What takes seconds to import, read once by the process from which the programs of a run are forked."""

from __future__ import annotations

import alembic.command  # noqa: F401
import apscheduler.schedulers.asyncio  # noqa: F401

import storage.store  # noqa: F401
from matching.matcher import load_matcher
from matching.packfile import PACKS

MATCHER = load_matcher([PACKS])
