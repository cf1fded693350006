"""Sentences of rooms that know no languages: English at once, and in another language wherever one is spoken.

The templates stand in modules named `*_texts`, from where the catalogue of translations takes them (tests/messages.py).
"""

from __future__ import annotations

from collections.abc import Mapping

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
