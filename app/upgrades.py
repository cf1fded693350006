"""Whether an upgrade was left half done: the processes at work on one database run different releases."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app import notice_texts as told
from core.replicas import Replica
from core.sentence import Sentence

_MOST_NAMED = 5


def upgrade_pending(replicas: Sequence[Replica], revision: str) -> Sentence | None:
    """A sentence on the processes that were left behind, None when there are none.

    Left behind are those of an older release than another at work, and those that know an older revision of the tables
    than the database has.
    """
    highest = max((_number(one.version) for one in replicas), default=())
    old = [one for one in replicas if one.revision < revision or _number(one.version) < highest]
    if not old:
        return None
    releases = ", ".join(sorted({one.version for one in old}))
    names = ", ".join(one.name for one in old[:_MOST_NAMED]) + (", ..." if len(old) > _MOST_NAMED else "")
    if any(one.revision < revision for one in old):
        return Sentence(told.UPGRADE_TABLES, n=len(old), releases=releases, names=names, revision=revision)
    newest = max(replicas, key=lambda one: _number(one.version)).version
    return Sentence(told.UPGRADE_RELEASE, n=len(old), releases=releases, names=names, newest=newest)


def _number(version: str) -> tuple[int, ...]:
    """ "1.10.2" -> (1, 10, 2), so that releases can be compared."""
    return tuple(map(int, re.findall(r"\d+", version)))
