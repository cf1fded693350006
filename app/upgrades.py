"""Whether an upgrade was left half done: the processes at work on one database run different releases."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.replicas import Replica

_MOST_NAMED = 5


def upgrade_pending(replicas: Sequence[Replica], revision: str) -> str:
    """A sentence on the processes that were left behind, "" when there are none.

    Left behind are those of an older release than another at work, and those that know an older revision of the tables
    than the database has.
    """
    newest = max((_number(one.version) for one in replicas), default=())
    old = [one for one in replicas if one.revision < revision or _number(one.version) < newest]
    if not old:
        return ""
    of_release = f"release {', '.join(sorted({one.version for one in old}))}"
    names = ", ".join(one.name for one in old[:_MOST_NAMED]) + (", ..." if len(old) > _MOST_NAMED else "")
    if any(one.revision < revision for one in old):
        why = f"a newer release has changed the tables since (schema {revision})"
    else:
        why = f"others run release {max(replicas, key=lambda one: _number(one.version)).version}"
    runs = "1 process still runs" if len(old) == 1 else f"{len(old)} processes still run"
    return f"An upgrade is pending: {runs} {of_release} ({names}), but {why}: start them anew."


def _number(version: str) -> tuple[int, ...]:
    """ "1.10.2" -> (1, 10, 2), so that releases can be compared."""
    return tuple(map(int, re.findall(r"\d+", version)))
