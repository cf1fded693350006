"""Reasons that are stored as English sentences, said in the reader's language.

A stored text says which of our templates it was made of; what is none of ours, such as the words of a server, stays.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from bot.texts import Texts
from core.sentence import Sentence
from matching import story_texts

_BETWEEN = "; "


def retell(reason: str, say: Texts) -> str:
    """Why a report was placed where it was, in the language of `say`."""
    if say.lang == "en":
        return reason
    return _BETWEEN.join(say.tell(_read(part)) for part in reason.split(_BETWEEN))


def _read(part: str) -> str:
    for template, pattern in _patterns():
        found = pattern.fullmatch(part)
        if found is not None:
            return Sentence(template, **found.groupdict())
    return part


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Templates of fixed words first, so that a gap never swallows them."""
    templates = [value for name, value in vars(story_texts).items() if name.isupper()]
    return tuple((one, _pattern(one)) for one in sorted(templates, key=lambda one: one.count("{")))


def _pattern(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    return re.compile("".join(re.escape(words) + (f"(?P<{gap}>.+)" if gap else "") for words, gap, _, _ in parts))
