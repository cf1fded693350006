"""What a process does: all of it by default, or a part, so that the parts can be scaled and placed apart."""

from __future__ import annotations

import argparse

POLL, DELIVER, CHAT, WEB = "poll", "deliver", "chat", "web"
ALL = frozenset((POLL, DELIVER, CHAT, WEB))

HELP = (
    "what this process does, a comma between: poll (read feeds), deliver (send alerts), chat (answer commands), "
    "web (the pages); default: all. Processes on the same database share the work."
)


def roles(text: str) -> frozenset[str]:
    """For argparse: "poll,deliver" -> the roles."""
    found = frozenset(word.strip() for word in text.split(",") if word.strip())
    if unknown := sorted(found - ALL):
        raise argparse.ArgumentTypeError(f"unknown role {unknown[0]!r}; known are {', '.join(sorted(ALL))}")
    if not found:
        raise argparse.ArgumentTypeError(f"no role given; known are {', '.join(sorted(ALL))}")
    return found


def faults(chosen: frozenset[str], telegram_mode: str, slack_mode: str) -> list[str]:
    """What does not go together, a sentence each."""
    hooked = [
        name for name, mode in (("telegram", telegram_mode), ("slack", slack_mode)) if mode in ("webhook", "http")
    ]
    if CHAT in chosen and WEB not in chosen and hooked:
        return [
            f"--role: {hooked[0]}.mode lets commands come in over HTTP, which the role web serves: run chat and web in "
            "one process."
        ]
    return []
