"""Reasons that are stored in English are told in the reader's language."""

from __future__ import annotations

from core.sentence import Sentence
from feeds.health import recognise


def check_told(stored: str) -> None:
    """The reason for a failed poll is read in whole, down to the sentences in its gaps."""
    read = recognise(stored)
    assert isinstance(read, Sentence), stored
    for gap, value in read.values.items():
        assert isinstance(value, Sentence) or gap not in ("what", "why", "advice"), stored
