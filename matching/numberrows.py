"""What numbers that stand beside one another make together: ranges and scores, terms, two dozen and one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from matching.cues import phrases, read_table
from matching.fold import fold
from matching.text import Passage

if TYPE_CHECKING:
    from matching.numbers import Number

_OF = 2  # tokens from a number to one that only "of" parts from it
_TERM = 3  # the same with a unit: "four years of eleven"
_PLUS = 3  # words that may stand between "two dozen" and "one": "and yet"
_COLLECTIVE = (12, 24, 36, 48, 60, 72, 84, 96)
_TEN = 10
_DASH = re.compile(r"\s?[-–—‑:]\s?")


def in_a_row(passage: Passage, numbers: list[Number], langs: Sequence[str]) -> Iterator[Number]:
    """The numbers of a passage with those joined or marked that only their neighbours explain."""
    return _ranges(passage, _added(passage, _terms(passage, numbers), langs))


def _terms(passage: Passage, numbers: list[Number]) -> list[Number]:
    """ "He served four of eleven", "four years of eleven": with the first number the second is no count either; nor is
    the first of "eleven and thirteen years"."""
    for at in range(1, len(numbers)):
        before, number = numbers[at - 1], numbers[at]
        gap = number.first - before.last
        if number.kind == "count" and (
            (before.kind == "label" and gap == _OF)
            or (before.kind == "measure" and _OF <= gap <= _TERM and passage.folded[number.first - 1] in _words("of"))
        ):
            numbers[at] = number._replace(kind="label" if before.kind == "label" else "measure")
        elif (
            before.kind == "count"
            and number.kind == "measure"
            and gap == _OF
            and passage.folded[number.first - 1] in _words("and")
        ):
            numbers[at - 1] = before._replace(kind="measure")
    return numbers


def _added(passage: Passage, numbers: list[Number], langs: Sequence[str]) -> list[Number]:
    """ "Two dozen and one", "half a hundred and two more": numbers that only words for "and" part are one."""
    found: list[Number] = []
    for number in numbers:
        before = found[-1] if found else None
        if before is not None and _completes(passage, before, number, langs):
            text = passage.text[before.start : number.end]
            value = before.value + number.value
            found[-1] = before._replace(
                value=value, high=value, last=number.last, end=number.end, kind="count", bound="", text=text
            )
        else:
            found.append(number)
    return found


def _completes(passage: Passage, before: Number, number: Number, langs: Sequence[str]) -> bool:
    tens = before.value in _COLLECTIVE or (before.value % _TEN == 0 and before.value > _TEN)
    between = passage.folded[before.last + 1 : number.first]
    return (
        tens
        and number.kind == "count"
        and before.kind in ("count", "vague")
        and 0 < number.value < _TEN
        and not (before.text[:1].isdigit() or number.text[:1].isdigit())
        and 0 < len(between) <= _PLUS
        and passage.sentences[before.first] == passage.sentences[number.first]
        and all(word in _plus(tuple(langs)) for word in between)
    )


@cache
def _words(name: str) -> frozenset[str]:
    """The single words of a list of facts.toml, of all languages, folded."""
    table = read_table("facts")
    lists = [phrases(of[name]) for of in table.values() if isinstance(of, dict) and isinstance(of.get(name), str)]
    return frozenset(fold(word) for words in lists for word in words if " " not in word)


@cache
def _plus(langs: tuple[str, ...]) -> frozenset[str]:
    table = read_table("numbers")
    return frozenset(fold(word) for lang in langs or table for word in table[lang].get("plus", "").split())


def _ranges(passage: Passage, numbers: Sequence[Number]) -> Iterator[Number]:
    """Join "10-12" and "between 1,100 and 1,300" into one number with a high end; take scores for what they are."""
    index = 0
    while index < len(numbers):
        number = numbers[index]
        following = numbers[index + 1] if index + 1 < len(numbers) else None
        if following is not None and number.kind == following.kind == "count" and _is_range(passage, number, following):
            if number.value < following.value:
                text = passage.text[number.start : following.end]
                yield following._replace(
                    value=number.value,
                    high=following.value,
                    first=number.first,
                    start=number.start,
                    text=text,
                    bound="over",
                )
            else:
                yield number._replace(kind="measure")
                yield following._replace(kind="measure")
            index += 2
            continue
        yield number
        index += 1


def _is_range(passage: Passage, low: Number, high: Number) -> bool:
    between = passage.text[low.end : high.start]
    if _DASH.fullmatch(between):
        return bool(low.text[:1].isdigit() and high.text[:1].isdigit())
    if high.first - low.last != 2 or not between.strip():
        return False
    joiner, opener = passage.folded[low.last + 1], passage.folded[low.first - 1] if low.first else ""
    return any(opener in opens or either for opens, either in _joiners().get(joiner, ()))


@cache
def _joiners() -> dict[str, list[tuple[frozenset[str], bool]]]:
    """Words that join the ends of a range -> per language, the words that open one, and whether it joins without."""
    found: dict[str, list[tuple[frozenset[str], bool]]] = {}
    for lang, lists in read_table("numbers").items():
        opens = frozenset(map(fold, phrases(lists.get("between", ""))))
        for joiner in dict.fromkeys(map(fold, phrases(lists.get("to", "")))):
            found.setdefault(joiner, []).append((opens, joiner in _EITHER.get(lang, ())))
    return found


_EITHER = {  # "eight or nine"
    "en": ("or",), "ru": ("или",), "be": ("ці", "або"), "uk": ("чи", "або"), "bg": ("или",), "pl": ("lub", "albo"),
    "cs": ("nebo",), "sk": ("alebo",), "lt": ("ar", "arba"), "lv": ("vai",), "et": ("voi",), "de": ("oder",),
    "fr": ("ou",), "es": ("o",), "it": ("o",), "ro": ("sau",), "sv": ("eller",),
}  # fmt: skip
