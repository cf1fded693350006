"""Files in chats: what an answer brings along, and what comes with a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MOST_GIVEN = 1024 * 1024  # bytes of a file that comes with a command: some 20,000 lines

_SHOWN = ("image/png", "image/jpeg")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with a message: `name` with its ending, `alt` what it holds, in words for those who do not see it."""

    name: str
    media_type: str
    body: bytes
    alt: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether chats can show it by itself."""
        return self.media_type in _SHOWN


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that came with a command, `size` bytes large by what the platform says (0: it does not say).

    Nothing is fetched before `read`, which raises DeliveryError, also for more than MOST_GIVEN bytes.
    """

    name: str
    size: int
    read: Callable[[], Awaitable[bytes]]
