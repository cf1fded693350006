"""Where the freed were taken, in many languages."""

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


def place(title: str, body: str = "", lang: str = "en") -> str | None:
    return extract(read(lexicon(), title, body, lang, ("belarus",)), lexicon()).destination


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Belarus frees 123 prisoners: nine were brought to Lithuania, 114 to Ukraine", "en"),
        ("Освобождены 123 человека: девять приняла Литва, 114 — Украина", "ru"),
        ("Білорусь звільнила 123 в'язнів: 9 поїхали до Литви, 114 до України", "uk"),
        ("Uwolniono 123 więźniów: dziewięciu trafiło na Litwę, 114 do Ukrainy", "pl"),
        ("Belarus lässt 123 Gefangene frei, neun kamen nach Litauen, 114 in die Ukraine", "de"),
    ],
)
def test_where_numbers_go_two_ways_the_greater_decides(text: str, lang: str) -> None:
    assert place(text, "", lang) == "Ukraine"


def test_those_who_stay_are_no_place_and_a_total_goes_nowhere() -> None:
    assert place("250 pardoned in Belarus, 235 stay, 15 are taken to Lithuania") == "Lithuania"
    assert place("Ninety went to Ukraine, nine to Vilnius, in total 99 were freed by Minsk") == "Ukraine"


@pytest.mark.parametrize(
    ("text", "lang", "where"),
    [
        ("Thirty-one Ukrainians pardoned by Lukashenko return home", "en", "Ukraine"),
        ("31 украинец возвращается домой после помилования в Беларуси", "ru", "Ukraine"),
        ("31 українець повертається додому з колоній Білорусі", "uk", "Ukraine"),
        ("31 Ukraińców wraca do domu po ułaskawieniu na Białorusi", "pl", "Ukraine"),
        ("31 Ukrainer kehren nach der Begnadigung in Belarus heim", "de", "Ukraine"),
        ("Six Lithuanians freed by Minsk are home", "en", "Lithuania"),
        ("Ukrainians ask Minsk to let the prisoners go home", "en", None),
    ],
)
def test_a_people_that_comes_home_names_its_country(text: str, lang: str, where: str | None) -> None:
    assert place(text, "", lang) == where


@pytest.mark.parametrize(
    ("title", "body", "lang", "where"),
    [
        ("52 freed in Belarus", "The buses were on their way to Vilnius by noon.", "en", "Lithuania"),
        ("Вызвалілі 14 палітвязняў", "Усе яны ўжо ў Вільні.", "be", "Lithuania"),
        ("Minsk lässt 52 Gefangene frei", "Der Gesandte begleitet sie nach Vilnius.", "de", "Lithuania"),
        ("Zwolniono dziennikarza z kolonii na Białorusi", "Jest już w Polsce.", "pl", "Poland"),
        ("Tre prigionieri liberati a Minsk", "Sono già a Vilnius con il diplomatico.", "it", "Lithuania"),
        ("Prisoners freed in Belarus", "The reporter and an American citizen are in Vilnius.", "en", "Lithuania"),
        ("Заключённых вывезли к литовской границе", "", "ru", "Lithuania"),
        ("Więźniów przekazano polskiej stronie", "", "pl", "Poland"),
    ],
)
def test_the_only_place_after_in_or_to_is_where_they_are(title: str, body: str, lang: str, where: str) -> None:
    assert place(title, body, lang) == where


@pytest.mark.parametrize(
    ("title", "body", "lang"),
    [
        ("Наталью Левую освободили", "Она вернулась в Беларусь из Польши два года назад.", "ru"),
        ("Natallia Levaya freed", "She had come home from Poland in 2024.", "en"),
        ("Варшава: обмен заключёнными сорван", "Помилования в Минске не будет.", "ru"),
        ("Freed Kalesnikava makes plans", "She will go to Germany for treatment.", "en"),
        ("Statkevich, let out of the colony, refused to go to Lithuania", "", "en"),
        ("Two citizens of Latvia pardoned in Belarus", "", "en"),
        ("Liberado tras la reunión con el enviado para Ucrania", "", "es"),
    ],
)
def test_where_they_came_from_who_speaks_and_what_is_planned_is_no_destination(
    title: str, body: str, lang: str
) -> None:
    assert place(title, body, lang) is None


def test_a_word_at_the_edge_of_a_text_does_no_harm() -> None:
    for text in ("Vilnius", "Vilnius:", "in Vilnius", "prisoners Vilnius", "Freed: Lithuania", "", ":"):
        place(text, text)
