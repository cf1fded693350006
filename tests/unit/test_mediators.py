"""Who got people out, and who is only named beside it."""

from __future__ import annotations

from functools import cache

import pytest

from matching.facts import extract
from matching.lexicon import Lexicon
from matching.matcher import load_matcher
from matching.reading import read


@cache
def lexicon() -> Lexicon:
    return load_matcher().lexicon


@pytest.mark.parametrize(
    ("title", "body", "lang", "expected"),
    [
        # a president who asked for it, or whose agreement it was
        ("Belarus frees 14 at Donald Trump's request", "", "en", {"Donald Trump"}),
        ("Белоруссия освободила 31 украинца по договоренности с Трампом", "", "ru", {"Donald Trump"}),
        ("Litwa dziękuje Trumpowi i wysłannikowi Kelloggowi za uwolnionych z Białorusi", "", "pl",
         {"Donald Trump", "Keith Kellogg"}),
        # a president as somebody's master
        ("Belarus frees 250 after a trip by Trump's man", "", "en", set()),
        ("Belarus frees 52, a move brokered by Trump's special envoy", "", "en", set()),
        ("Belarus lässt 52 Häftlinge frei, Trumps Sondergesandter Coale war in Minsk", "", "de", {"John Coale"}),
        # a president who lifts penalties or appoints an envoy
        ("Trump lockert Sanktionen, Lukaschenko begnadigt 123 Häftlinge", "", "de", set()),
        ("Тръмп назначи Джон Коул за пратеник в Беларус", "Той вече е договорил сто освобождавания.", "bg",
         {"John Coale"}),
        # whose deputy came
        ("Заступник Келлога Джон Коул домовився: Білорусь звільнила 52 людей", "", "uk", {"John Coale"}),
        ("Kellogg's deputy John Coale wins freedom for 52 in Belarus", "", "en", {"John Coale"}),
    ],
)  # fmt: skip
def test_who_brought_it_about(title: str, body: str, lang: str, expected: set[str]) -> None:
    reading = read(lexicon(), title, body, lang, ("belarus",))
    assert set(extract(reading, lexicon()).mediators) == expected
