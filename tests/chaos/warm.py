"""What takes seconds to import, read once by the process from which the programs of a run are forked."""

from __future__ import annotations

import os
import secrets

import alembic.command  # noqa: F401
import apscheduler.schedulers.asyncio  # noqa: F401

import storage.store  # noqa: F401
from core import leadership
from matching.matcher import load_matcher
from matching.packfile import PACKS

MATCHER = load_matcher([PACKS])


def become_another() -> None:
    """In a forked process, before app is read: be told apart from those forked beside it."""
    leadership.OWNER = f"chaos:{os.getpid()}:{secrets.token_hex(4)}"
    defaults = leadership.Leadership.__init__.__kwdefaults__ or {}
    defaults["owner"] = leadership.OWNER
