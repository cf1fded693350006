"""How long tests wait for what must come."""

from datetime import timedelta
from typing import Any

# Seconds of real time until a wait in vain fails. The end of a hang and no measure of speed: a machine that tests may
# be fifteen times as slow as a quiet one.
PATIENCE = 300.0


def hurry(options: Any, **limits: timedelta) -> None:
    """Shorten limits of parts that are at work, by their frozen options: only what never ends is to feel a short one,
    since what is well may take its time on a busy machine.
    """
    for name, limit in limits.items():
        object.__setattr__(options, name, limit)
