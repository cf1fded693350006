"""Reasons that are stored as English sentences, said in the reader's language.

What a chat platform refused is told by its kind: its English has addresses and a service's words in it.

A stored text says which of our templates it was made of; what is none of ours, such as the words of a server, stays.
"""

from __future__ import annotations

import re

from bot import trouble_texts
from bot.texts import Texts
from core.message import foreign
from core.sentence import Recognised
from matching import story_texts

_BETWEEN = "; "
_recognise = Recognised(story_texts)
# What the platforms say of an error (bot/platforms), the first that fits.
_TROUBLES = (
    (trouble_texts.REMOVED, re.compile("app was removed from")),
    (trouble_texts.GONE, re.compile("may not write there|Nothing can be posted|no number of a topic")),
    (trouble_texts.WAIT, re.compile("ask(?:s|ed) to wait|[Tt]oo [Mm]any [Rr]equests")),
    (trouble_texts.UNSURE, re.compile("may have |does not say whether|did not answer")),
    (
        trouble_texts.AWAY,
        re.compile("out of order|no connection|reached|not connected|is tried again|could not be read"),
    ),
    (
        trouble_texts.REFUSED,
        re.compile("refuse|too large|larger than|not be sent|not take the file|no longer be edited|is gone"),
    ),
)


def retell(reason: str, say: Texts) -> str:
    """Why a report was placed where it was, in the language of `say`."""
    if say.lang == "en":
        return reason
    return _BETWEEN.join(say.tell(_recognise(part)) for part in reason.split(_BETWEEN))


def trouble(reason: str, say: Texts) -> str:
    """Why a chat was not shown something, without a full stop."""
    if say.lang != "en":
        for template, pattern in _TROUBLES:
            if pattern.search(reason):
                return say.say(template)
    return foreign(reason.rstrip("."), 300)
