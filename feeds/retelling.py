"""Entries that were read before under another headline, as after a redesign that changes addresses, ids and titles of a
whole feed at once. Pure.

Two things survive a redesign: what the entries say, and their headlines but for what all of them got or lost, such as
"... | News of Example".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from core.model import Entry

_WORD = re.compile(r"\w+")
_SAID = 200  # characters of a text that are compared
_SAYS_MUCH = 60  # characters; shorter ones may be the same by custom
_HEADLINE = 3  # words, for the same reason

_Words = tuple[str, ...]


def count_retold(fresh: Sequence[Entry], stored: Sequence[Entry]) -> Mapping[str, int]:
    """Headline -> how many of the entries `stored` of the same feed say the same; those without are left out.

    What several of the fresh entries have in common tells nothing about any of them.
    """
    by_text = Counter(text for entry in stored for text in _texts(entry))
    by_headline = Counter(key for keys in _headlines(stored) for key in keys)
    common = Counter(text for entry in fresh for text in _texts(entry))
    shared = Counter(key for keys in _headlines(fresh) for key in keys)
    counts = {}
    for entry, keys in zip(fresh, _headlines(fresh), strict=True):
        told = [by_text[text] for text in _texts(entry) if common[text] == 1]
        told += [by_headline[key] for key in keys if shared[key] == 1]
        if times := max(told, default=0):
            counts[entry.title] = times
    return counts


def _texts(entry: Entry) -> set[str]:
    """How summary and full text begin, if they say much."""
    texts = (" ".join(text[: 4 * _SAID].casefold().split())[:_SAID] for text in (entry.summary, entry.text))
    return {text for text in texts if len(text) >= _SAYS_MUCH}


def _headlines(entries: Sequence[Entry]) -> Iterator[set[_Words]]:
    """The words of each headline, whole and without those with which all of the entries begin or end."""
    titles = [tuple(_WORD.findall(entry.title.casefold())) for entry in entries]
    start = _common(titles)
    end = _common([title[::-1] for title in titles])
    for title in titles:
        yield {words for words in (title, title[start : len(title) - end]) if len(words) >= _HEADLINE}


def _common(titles: Iterable[_Words]) -> int:
    """How many words all begin with."""
    return sum(1 for _ in takewhile(lambda words: len({*words}) == 1, zip(*titles, strict=False)))
