"""Sentences of rooms that know no languages: English at once, and in another language wherever one is spoken.

The templates stand in modules named `*_texts`, from where the catalogue of translations takes them (tests/messages.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from string import Formatter
from types import ModuleType
from typing import Any

Template = str | tuple[str, str]


class Sentence(str):
    """A filled English text that knows its template, or pair (one, other) chosen by `n`, and what fills its gaps.

    Raises KeyError when a value is missing. Integers are written with commas; a value may be a sentence itself.
    """

    __slots__ = ("template", "values")

    template: Template
    values: Mapping[str, str | int]

    def __new__(cls, template: Template, /, **values: str | int) -> Sentence:
        text = template if isinstance(template, str) else template[values["n"] != 1]
        filled = text.format(**{key: f"{one:,}" if isinstance(one, int) else one for key, one in values.items()})
        sentence = super().__new__(cls, filled)
        sentence.template, sentence.values = template, values
        return sentence


def counted(n: int, one: str, more: str = "") -> str:
    """ "1 story", "2 stories": a count on the command line, which speaks English. `more` is by default `one` with s."""
    return f"{n:,} {one if n == 1 else more or f'{one}s'}"


def pack(text: str, clean: Callable[[str], str] = str) -> str:
    """A sentence as JSON text, with `clean` done to what fills it; "" for any other text."""
    return json.dumps(_apart(text, clean), ensure_ascii=False) if isinstance(text, Sentence) else ""


def unpack(packed: str, english: str) -> str:
    """The sentence that was packed; the English text as it is where there is none, or none that fills."""
    try:
        sentence = _together(json.loads(packed)) if packed else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return english
    return sentence if isinstance(sentence, Sentence) else english


def _apart(value: str | int, clean: Callable[[str], str]) -> Any:
    if isinstance(value, Sentence):
        return [value.template, {key: _apart(one, clean) for key, one in value.values.items()}]
    return clean(value) if isinstance(value, str) else value


def _together(packed: Any) -> Any:
    if not isinstance(packed, list):
        return packed
    template, values = packed
    filling = {key: _together(one) for key, one in values.items()}
    return Sentence(template if isinstance(template, str) else tuple(template), **filling)


class Recognised:
    """Reads stored English back into the sentences that it was made of: the templates (no pairs) of a `*_texts`
    module. Nothing is prepared before the first text comes."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        templates = [value for name, value in vars(self._module).items() if name.isupper()]
        # The most fixed words first, so that no gap swallows the words of another template.
        return [(one, _pattern(one)) for one in sorted(templates, key=lambda one: (one.count("{"), -len(one)))]

    def __call__(self, text: str) -> str:
        """The text as a sentence, whose gaps are read likewise; what is of no template stays as it is."""
        for template, pattern in self._patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                return Sentence(template, **{gap: self(value) for gap, value in found.groupdict().items()})
        return text


def _pattern(template: str) -> re.Pattern[str]:
    """A gap takes all it can, but for `host`, which holds no blank: the words behind it are not its own."""
    pattern = ""
    for words, gap, _, _ in Formatter().parse(template):
        pattern += re.escape(words)
        if gap:
            pattern += f"(?P<{gap}>{'[^ ]+' if gap == 'host' else '.+'})"
    return re.compile(pattern, re.DOTALL)
