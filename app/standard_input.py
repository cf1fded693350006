"""Reading standard input so that a signal always ends the wait."""

from __future__ import annotations

import os
import select
import sys

WAIT = 0.2  # seconds


def read_text() -> str:
    """All of standard input; bytes that are no UTF-8 become U+FFFD.

    Python runs signal handlers between its own instructions. One that arrives after the last of them and before the
    system call that waits is seen only when the wait ends, so no wait here is a long one.
    """
    source = sys.stdin.fileno()
    parts: list[bytes] = []
    while True:
        if not select.select([source], [], [], WAIT)[0]:
            continue
        part = os.read(source, 1 << 16)
        if not part:
            return b"".join(parts).decode("utf-8", "replace")
        parts.append(part)
