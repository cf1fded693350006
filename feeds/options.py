"""How polling behaves; main fills these from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

VERSION = "0.1.0"


def identify(contact: str = "") -> str:
    """The User-Agent: program, version, and how to reach whoever runs it."""
    return f"MinskWatch/{VERSION} (news feed reader{'; +' + contact if contact else ''})"


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """Sizes in bytes, times as timedelta.

    `timeout` bounds a whole fetch with all its redirects, `max_bytes` a body after decompression (compressed bodies may
    be as long), `max_entries` the entries read from one document, `parse_*` what a parser process may use for one body.
    `allow_private` holds "host:port" on private networks that may be reached. `backfill` lets the first poll of a feed
    alert on entries published that recently. Edits of alerts wait `edit_after`, so that reports gather. `host_pause` is
    kept between two requests to a host, but for those of `allow_private`, which are the operator's own. `full_text_*`
    is how many entries may be read in full.
    """

    user_agent: str = identify()
    allow_private: tuple[str, ...] = ()
    timeout: timedelta = timedelta(seconds=30)
    connect_timeout: timedelta = timedelta(seconds=10)
    max_bytes: int = 8 * 1024 * 1024
    max_redirects: int = 5
    max_entries: int = 5000
    parse_workers: int = 2
    parse_timeout: timedelta = timedelta(seconds=20)
    parse_memory: int = 1024 * 1024 * 1024
    concurrency: int = 20
    host_pause: timedelta = timedelta(seconds=1)
    lease: timedelta = timedelta(minutes=5)
    full_text_per_poll: int = 5
    full_text_per_hour: int = 60
    backfill: timedelta = timedelta(0)
    edit_after: timedelta = timedelta(seconds=60)
