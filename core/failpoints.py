"""Named steps of the program, so that a test can end it exactly between two of them.

`reach` does nothing unless a hook is set; only tests set one. The names are listed in STEPS and documented in
docs/reliability.md, because "killed between any two steps" is a promise.
"""

from __future__ import annotations

from collections.abc import Callable

STEPS = (
    "poll.claimed",
    "poll.fetched",
    "poll.parsed",
    "poll.matched",
    "poll.stored",
    "poll.committed",
    "look.claimed",
    "look.read",
    "look.stored",
    "look.committed",
    "delivery.claimed",
    "delivery.rendered",
    "delivery.shown",
    "delivery.marked",
)

hook: Callable[[str], None] | None = None


def reach(step: str) -> None:
    """Report that a named step was passed. Raises KeyError (only under a hook) when the step is not in STEPS."""
    if hook is not None:
        if step not in STEPS:
            raise KeyError(step)
        hook(step)
