"""Where the freed were taken, in many languages."""

from __future__ import annotations

from functools import cache

import pytest

from matching.facts import extract
from matching.lexicon import Lexicon
from matching.matcher import load_matcher
from matching.reading import read
from matching.scene import set_scene


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


@pytest.mark.parametrize(
    ("title", "body", "lang", "expected"),
    [
        # where most went, and the rest
        ("Сто двадцать три помилованных: девятеро в Вильнюсе, остальные в Чернигове", "", "ru", "Ukraine"),
        ("Most of those freed are in Ukraine, nine in Lithuania", "", "en", "Ukraine"),
        ("Помилвани: деветима пристигнаха в Литва, 114 души – в Украйна", "", "bg", "Ukraine"),
        # the title decides before the text
        ("Kalesnikava ist schon in der Ukraine", "Neun Freigelassene empfing Vilnius.", "de", "Ukraine"),
        # a border is named with the country beyond
        ("Кордон із Литвою перетнули чотирнадцятеро звільнених", "", "uk", "Lithuania"),
        ("Buses with freed Belarusians roll up at the Lithuanian frontier", "", "en", "Lithuania"),
        ("Колонна с освобожденными пересекла украинскую границу", "", "ru", "Ukraine"),
        # a capital that hopes, is glad or closed something; what was months ago; whose ministry it is
        ("Freed prisoners left Belarus", "Vilnius hopes that the bus will not be empty.", "en", None),
        ("Почобута освободили", "Варшава закрыла переход раньше.", "ru", None),
        ("Домой вернулся Статкевич", "Осенью его вывезли к литовской границе.", "ru", None),
        ("Освобождены 14 человек", "Латвийский МИД благодарит посредников.", "ru", None),
    ],
)  # fmt: skip
def test_most_titles_borders_and_those_who_only_speak(title: str, body: str, lang: str, expected: str | None) -> None:
    assert place(title, body, lang) == expected


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


IN_THEIR_CASES = {  # Lithuania, Ukraine, Poland, Vilnius, Kyiv, Warsaw, after "in" and "to"
    "en": "Lithuania Ukraine Poland Vilnius Kyiv Warsaw",
    "ru": "Литву Литве Украину Украине Польшу Польше Вильнюс Вильнюсе Киев Киеве Варшаву Варшаве",
    "be": "Літву Літве Летуву Летуве Украіну Украіне Польшчу Польшчы Вільню Вільні Кіеў Кіеве Варшаву Варшаве",
    "uk": "Литву Литві Україну Україні Польщу Польщі Вільнюс Вільнюсі Київ Києві Варшаву Варшаві",
    "pl": "Litwę Litwie Ukrainę Ukrainie Polski Polsce Wilna Wilnie Kijowa Kijowie Warszawy Warszawie",
    "lt": "Lietuvą Lietuvoje Ukrainą Ukrainoje Lenkiją Lenkijoje Vilnių Vilniuje Kyjivą Kyjive Varšuvą Varšuvoje",
    "lv": "Lietuvu Lietuvā Ukrainu Ukrainā Poliju Polijā Viļņu Viļņā Kijivu Kijivā Varšavu Varšavā",
    "et": "Leetu Leedus Ukrainasse Ukrainas Poola Poolas Vilniusse Vilniuses Kiievisse Kiievis Varssavisse Varssavis",
    "de": "Litauen Ukraine Polen Vilnius Wilna Kiew Warschau",
    "fr": "Lituanie Ukraine Pologne Vilnius Kiev Varsovie",
    "cs": "Litvy Litvě Ukrajiny Ukrajině Polska Polsku Vilniusu Kyjeva Kyjevě Varšavy Varšavě",
    "sk": "Litvy Litve Ukrajiny Ukrajine Poľska Poľsku Vilniusu Vilniuse Kyjeva Kyjeve Varšavy Varšave",
    "bg": "Литва Украйна Полша Вилнюс Киев Варшава",
    "ro": "Lituania Ucraina Polonia Vilnius Kiev Varșovia",
    "it": "Lituania Ucraina Polonia Vilnius Kiev Varsavia",
    "es": "Lituania Ucrania Polonia Vilna Kiev Varsovia",
    "sv": "Litauen Ukraina Polen Vilnius Kiev Warszawa",
}


@pytest.mark.parametrize("lang", sorted(IN_THEIR_CASES))
def test_places_are_known_in_the_cases_of_every_language(lang: str) -> None:
    unknown = []
    for word in IN_THEIR_CASES[lang].split():
        cues = set_scene(read(lexicon(), f"xx {word} xx", "", lang)).title.cues
        if not any(name.startswith("place:") for name in cues):
            unknown.append(word)
    assert unknown == []
