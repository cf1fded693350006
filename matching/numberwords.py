"""The number words of all pack languages: what a word may be worth, and what two of them make together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from matching.cues import phrases, read_table, words
from matching.fold import fold
from matching.patterns import lacinka

UNIT_SIGNS = frozenset("%‰°$€£₽")  # beside a number of something else than people
LABEL_SIGNS = frozenset("№#§$€£₽")  # before a number that is a name
_SHORTEST = 4  # letters of a word that is declined by rule; shorter ones stand in the table


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


def is_number_word(folded: str) -> bool:
    """Does a word mean two or more in some language, and is it no common word in another?"""
    rows = meanings().get(folded)
    return rows is not None and any(row.value >= 2 and not row.known for row in rows)


def is_join(folded: str, langs: Sequence[str]) -> bool:
    """May this word stand inside a compound, as in "vingt et un"?"""
    table = read_table("numbers")
    return any(folded == fold(table[lang].get("join", "")) for lang in langs or table)


@cache
def meanings() -> dict[str, tuple[Meaning, ...]]:
    """Folded word -> what it may mean, languages in the order of the table."""
    found: dict[str, list[Meaning]] = {}
    alike: dict[Any, Any] = {}  # equal ones are kept once

    def add(form: str, value: float, lang: str) -> None:
        bare = form.lstrip("?+")
        meaning = Meaning(value, lang, form[0] == "?", form[0] == "+")
        found.setdefault(fold(bare), []).append(alike.setdefault(meaning, meaning))

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
    return {word: alike.setdefault(tuple(rows), tuple(rows)) for word, rows in found.items()}


def _inflected(lang: str, form: str) -> list[str]:
    """Other cases of a number word, by the endings of its language; Belarusian in Latin letters too."""
    forms = [
        form[: -len(old)] + ending
        for old, endings in _cases(lang)
        if form.endswith(old) and len(form) >= _SHORTEST
        for ending in endings
    ]
    if lang == "be":
        forms += [lacinka(word) for word in (form, *forms) if not word.isascii()]
    return forms


@cache
def _cases(lang: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rules "ending > endings" of a language."""
    rules = [rule.split(" > ") for rule in phrases(read_table("numbers")[lang].get("cases", ""))]
    return tuple((old.strip(), tuple(new.split())) for old, new in rules)


_ONES = {"it": ("uno", "una"), "sv": ("ett",), "cs": ("jedn",)}  # other words for one in a compound
_ONE_HUNDRED = {"de": ("einhundert",), "sv": ("etthundra",)}


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
            if unit == 1:
                yield from ((rule[lang].format(unit=form, ten=first), ten + 1) for form in _ONES.get(lang, ()))
    if lang == "cs":
        return
    hundred = one[100]
    for hundreds in range(1, 10):
        stem = one.get(hundreds * 100, (one[hundreds] if hundreds > 1 else "") + hundred)
        for whole in (stem, *(_ONE_HUNDRED.get(lang, ()) if hundreds == 1 else ())):
            yield whole, hundreds * 100
            yield from ((whole + form, hundreds * 100 + value) for value, form in below.items() if value >= 1)


def combined(current: float, value: float) -> float | None:
    """What "forty" and "two" make together; None when the second word begins another number."""
    if not current and value != 1000:
        return value
    if value == 100 and 1 <= current < 20:
        return current * 100
    if value in (10, 12) and 1 < current < 10:
        return current * value  # two dozen
    if value == 20 and current == 4:
        return 80.0
    rest = current % 100
    if rest == 10 and 7 <= value <= 9:
        return current + value  # dix-sept
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


def counts_people(folded: str, langs: Sequence[str]) -> bool:
    """Is a number word of a form that counts people only, as Russian "пятеро" or "a trio"?"""
    forms, endings = _people_forms(tuple(langs))
    return folded in forms or folded.endswith(endings)


@cache
def _people_forms(langs: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    table = read_table("numbers")
    forms = [form for lang in langs or table for form in table[lang].get("people", "").split()]
    endings = tuple(fold(form[1:]) for form in forms if form[0] == "-")
    return frozenset(fold(form) for form in forms if form[0] != "-"), endings
