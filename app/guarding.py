"""Rounds that survive their own failures. What fails round after round is said once, then at growing intervals, then
that it works again: a database that is away would fill the log with a line a second of every round.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.errors import MinskError, StoreError
from core.ports import Clock

log = logging.getLogger("minskwatch")

FIRST_AGAIN = timedelta(minutes=1)
LONGEST_AGAIN = timedelta(hours=1)
SAME_WITHIN = timedelta(minutes=1)  # what fails again so soon was not over
_DATABASE = "database"  # all rounds need it, so that it fails for all of them at once


@dataclass
class _Spell:
    """A time of failures: `rounds` have failed; it is said again at `again_at`, and its end where it was `told`."""

    since: datetime
    again_at: datetime
    wait: timedelta = FIRST_AGAIN
    rounds: set[str] = field(default_factory=set)
    over_at: datetime | None = None
    told: bool = True


class Guard:
    """`worked` is told the name of each round that ended well."""

    def __init__(self, clock: Clock, worked: Callable[[str], None]) -> None:
        self._clock = clock
        self._worked = worked
        self._spells: dict[str, _Spell] = {}

    def guard(self, name: str, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """The round of this name, which raises nothing."""

        async def run() -> None:
            try:
                await work()
            except Exception as error:
                self._failed(name, error)
            else:
                self._works(name)
                self._worked(name)

        return run

    def _failed(self, name: str, error: Exception) -> None:
        now = self._clock.now()
        what = _DATABASE if isinstance(error, StoreError) else name
        spell = self._spells.get(what)
        if spell is None or (spell.over_at is not None and now - spell.over_at > SAME_WITHIN):
            self._spells[what] = _Spell(now, now + FIRST_AGAIN, rounds={name})
            _say(f"{name} round failed", error)
            return
        spell.rounds.add(name)
        spell.over_at = None
        if now >= spell.again_at:
            spell.wait = min(2 * spell.wait, LONGEST_AGAIN)
            spell.again_at = now + spell.wait
            spell.told = True
            _say(f"{name} round still fails, since {spell.since:%Y-%m-%d %H:%M} UTC", error)

    def _works(self, name: str) -> None:
        now = self._clock.now()
        for what, spell in self._spells.items():
            if name in spell.rounds and spell.over_at is None:
                spell.over_at = now
                if not spell.told:
                    continue
                spell.told = False
                back = "the database answers again" if what == _DATABASE else f"{name} round works again"
                log.warning("%s, after %.0f s", back, (now - spell.since).total_seconds())


def _say(what: str, error: Exception) -> None:
    if isinstance(error, MinskError):
        log.error("%s: %s", what, error)
    else:
        log.error(what, exc_info=error)
