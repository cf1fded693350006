"""What commands may use beyond the store; the composition fills it, and what is missing is said to be switched off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.languages import Chosen
from core.feedadmin import FeedDesk
from matching.people import Roster
from matching.timeline import KnownEvent


@dataclass(frozen=True)
class Tools:
    """`roster`: the persons of the packs; `timeline`: what happened before this installation watched; `feeds`: what is
    polled, and how to change it; `draw`: SVG to PNG.
    """

    roster: Roster | None = None
    timeline: tuple[KnownEvent, ...] = ()
    chosen: Chosen = field(default_factory=Chosen)
    feeds: FeedDesk | None = None
    draw: Callable[[str], Awaitable[bytes | None]] | None = None
