"""The read-only JSON API's own part: where its description lies, and the counts. Stories: core/story_json.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.model import Status
from core.story_json import time_json

DESCRIPTION = Path(__file__).with_name("openapi.json")


def status_json(status: Status, attention: tuple[str, ...]) -> dict[str, Any]:
    """The counts of /status, and what needs a hand."""
    return {
        "feeds": status.feeds,
        "feeds_failing": status.feeds_failing,
        "entries": status.entries,
        "hits": status.hits,
        "stories": status.stories,
        "subscriptions": status.subscriptions,
        "alerts_sent": status.alerts_sent,
        "outbox_waiting": status.outbox_waiting,
        "outbox_dead": status.outbox_dead,
        "oldest_waiting_at": time_json(status.oldest_waiting_at),
        "last_poll_at": time_json(status.last_poll_at),
        "last_ok_at": time_json(status.last_ok_at),
        "needs_a_hand": list(attention),
    }
