"""What commands may use beyond the store; the composition fills it, and what is missing is said to be switched off."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import blake2b

from bot.languages import Chosen
from core.feedadmin import FeedDesk
from matching.people import Roster
from matching.timeline import KnownEvent

_REMEMBERED = 1_000
_FILES = 8


class Proposals:
    """Lines too long for a button, by a short mark, until as many others came. Knows no chat and no person."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, str] = OrderedDict()

    def keep(self, line: str) -> str:
        """The mark of a line: `#` and ten characters."""
        mark = "#" + blake2b(line.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
        self._lines[mark] = line
        self._lines.move_to_end(mark)
        if len(self._lines) > _REMEMBERED:
            self._lines.popitem(last=False)
        return mark

    def find(self, mark: str) -> str | None:
        return self._lines.get(mark)


class Drafts:
    """The last few files about which something was asked, by a short mark. Knows no chat and no person."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, body: bytes) -> str:
        """The mark of a file: `#` and twenty characters, so that nobody guesses another's."""
        mark = "#" + blake2b(body, digest_size=10).hexdigest()
        self._bodies[mark] = body
        self._bodies.move_to_end(mark)
        if len(self._bodies) > _FILES:
            self._bodies.popitem(last=False)
        return mark

    def find(self, mark: str) -> bytes | None:
        return self._bodies.get(mark)


@dataclass(frozen=True)
class Tools:
    """`roster`: the persons of the packs; `timeline`: what happened before this installation watched; `feeds`: what is
    polled, and how to change it; `drafts`: files that were asked about; `draw`: SVG to PNG.
    """

    roster: Roster | None = None
    timeline: tuple[KnownEvent, ...] = ()
    proposals: Proposals = field(default_factory=Proposals)
    chosen: Chosen = field(default_factory=Chosen)
    feeds: FeedDesk | None = None
    drafts: Drafts = field(default_factory=Drafts)
    draw: Callable[[str], Awaitable[bytes | None]] | None = None
