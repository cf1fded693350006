"""The number words of all pack languages: what a word may be worth, and what two of them make together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from matching.cues import read_table, words
from matching.fold import fold


class Meaning(NamedTuple):
    """One thing that a word may be worth."""

    value: float
    lang: str
    known: bool  # only where the language is known
    inside: bool  # only inside a compound


def meaning_of(folded: str, langs: Sequence[str]) -> Meaning | None:
    """What a word is worth in one of the languages; without any, if it is no common word elsewhere."""
    for meaning in meanings().get(folded, ()):
        if meaning.lang in langs or not (langs or meaning.known):
            return meaning
    return None


@cache
def number_words() -> frozenset[str]:
    """Folded words that mean two or more in some language and no common word in another."""
    return frozenset(word for word, rows in meanings().items() if any(row.value >= 2 and not row.known for row in rows))


def is_join(folded: str, langs: Sequence[str]) -> bool:
    """May this word stand inside a compound, as in "vingt et un"?"""
    table = read_table("numbers")
    return any(folded == fold(table[lang].get("join", "")) for lang in langs or table)


@cache
def meanings() -> dict[str, tuple[Meaning, ...]]:
    """Folded word -> what it may mean, languages in the order of the table."""
    found: dict[str, list[Meaning]] = {}

    def add(form: str, value: float, lang: str) -> None:
        bare = form.lstrip("?+")
        found.setdefault(fold(bare), []).append(Meaning(value, lang, form[0] == "?", form[0] == "+"))

    for lang, table in read_table("numbers").items():
        values = {float(key): words(text) for key, text in table.items() if key[0].isdigit()}
        for value, forms in values.items():
            for form in forms:
                for inflected in (form, *_inflected(lang, form)):
                    add(inflected, value, lang)
        for form in words(table.get("pair", "")):
            add(form, 2, lang)
        for form, value in _fused(lang, {value: forms[0].lstrip("?+") for value, forms in values.items()}):
            for inflected in (form, *_inflected(lang, form)):
                add(inflected, value, lang)
    return {word: tuple(rows) for word, rows in found.items()}


def _inflected(lang: str, form: str) -> list[str]:
    """Endings that a language puts on every number: Estonian cases on the genitive, Slovak ones on -ť."""
    if lang == "et" and form[-1] in "ae" and len(form) > 3:
        return [form + ending for ending in ("le", "l", "lt", "ga", "st", "s", "sse", "ks", "ta", "na", "ni")]
    if lang == "sk" and form.endswith("sť"):
        return [form[:-1] + "t" + ending for ending in ("i", "ich", "im", "imi")]
    return []


def _fused(lang: str, one: dict[float, str]) -> Iterator[tuple[str, float]]:
    """Compounds written as one word: zweiundfünfzig, centoventidue, femtiotvå, dvaapadesát, päťdesiatdva."""
    rule = {"de": "{unit}und{ten}", "cs": "{unit}a{ten}", "it": "{ten}{unit}", "sv": "{ten}{unit}", "sk": "{ten}{unit}"}
    if lang not in rule:
        return
    below = {value: form for value, form in one.items() if value < 100}
    for ten in range(20, 100, 10):
        for unit in range(1, 10):
            first = one[ten]
            if lang == "it" and unit in (1, 8):
                first = first[:-1]
            below[ten + unit] = rule[lang].format(unit=one[unit], ten=first)
            yield below[ten + unit], ten + unit
    if lang == "cs":
        return
    hundred = one[100]
    for hundreds in range(1, 10):
        stem = one.get(hundreds * 100, (one[hundreds] if hundreds > 1 else "") + hundred)
        yield stem, hundreds * 100
        for value, form in below.items():
            if value >= 1:
                yield stem + form, hundreds * 100 + value


def combined(current: float, value: float) -> float | None:
    """What "forty" and "two" make together; None when the second word begins another number."""
    if not current and value < 1000:
        return value
    if value == 100 and 1 < current < 20:
        return current * 100
    if value == 20 and current == 4:
        return 80.0
    rest = current % 100
    if current >= 100 and not rest and value < 100:
        return current + value
    if rest in (20, 30, 40, 50, 60, 70, 80, 90) and (value < 10 or (rest in (60, 80) and value < 20)):
        return current + value
    return None


@cache
def vague_words(langs: tuple[str, ...]) -> frozenset[str]:
    """ "Hundreds" and "thousands", which are counts only after a bound."""
    table = read_table("numbers")
    return frozenset(fold(word) for lang in langs or table for word in words(table[lang].get("vague", "")))
