"""Numbers in text: every language, every form, and what is no count of people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.cues import languages, pack_languages
from matching.numbers import Number, find_numbers
from matching.text import read_passage


def numbers(text: str, lang: str = "") -> list[Number]:
    return list(find_numbers(read_passage(text, "body"), lang))


def counts(text: str, lang: str = "") -> list[int]:
    return [number.value for number in numbers(text, lang) if number.kind == "count"]


FIFTY_TWO = {
    "en": "fifty-two", "ru": "пятьдесят два", "be": "пяцьдзясят два", "uk": "п'ятдесят два", "bg": "петдесет и два",
    "pl": "pięćdziesiąt dwa", "cs": "padesát dva", "sk": "päťdesiatdva", "lt": "penkiasdešimt du",
    "lv": "piecdesmit divi", "et": "viiskümmend kaks", "de": "zweiundfünfzig", "fr": "cinquante-deux",
    "es": "cincuenta y dos", "it": "cinquantadue", "ro": "cincizeci și doi", "sv": "femtiotvå",
}  # fmt: skip
HUNDRED_FOURTEEN = {
    "en": "a hundred and fourteen", "ru": "ста четырнадцати", "be": "ста чатырнаццаці", "uk": "ста чотирнадцятьох",
    "bg": "сто и четиринадесет", "pl": "stu czternastu", "cs": "sto čtrnáct", "sk": "stoštrnásť",
    "lt": "šimto keturiolikos", "lv": "simt četrpadsmit", "et": "sada neliteist", "de": "hundertvierzehn",
    "fr": "cent quatorze", "es": "ciento catorce", "it": "centoquattordici", "ro": "o sută paisprezece",
    "sv": "hundrafjorton",
}  # fmt: skip
AT_LEAST = {
    "en": "more than 100", "ru": "более 100", "be": "больш за 100", "uk": "понад 100", "bg": "над 100",
    "pl": "ponad 100", "cs": "více než 100", "sk": "viac ako 100", "lt": "daugiau kaip 100", "lv": "vairāk nekā 100",
    "et": "üle 100", "de": "mehr als 100", "fr": "plus de 100", "es": "más de 100", "it": "oltre 100",
    "ro": "peste 100", "sv": "över 100",
}  # fmt: skip
UP_TO = {
    "en": "up to 150", "ru": "до 150", "be": "да 150", "uk": "до 150", "bg": "до 150", "pl": "do 150", "cs": "až 150",
    "sk": "až 150", "lt": "iki 150", "lv": "līdz 150", "et": "kuni 150", "de": "bis zu 150", "fr": "jusqu'à 150",
    "es": "hasta 150", "it": "fino a 150", "ro": "până la 150", "sv": "upp till 150",
}  # fmt: skip
YEARS = {
    "en": "five years", "ru": "пять лет", "be": "пяць гадоў", "uk": "п'ять років", "bg": "пет години", "pl": "pięć lat",
    "cs": "pět let", "sk": "päť rokov", "lt": "penkerius metus, 5 metus", "lv": "piecus gadus", "et": "viis aastat",
    "de": "fünf Jahre", "fr": "cinq ans", "es": "cinco años", "it": "cinque anni", "ro": "cinci ani", "sv": "fem år",
}  # fmt: skip
DATES = {
    "en": "September 11", "ru": "11 сентября", "be": "11 верасня", "uk": "11 вересня", "bg": "11 септември",
    "pl": "11 września", "cs": "11. září", "sk": "11. septembra", "lt": "rugsėjo 11", "lv": "11. septembrī",
    "et": "11. septembril", "de": "11. September", "fr": "11 septembre", "es": "11 de septiembre", "it": "11 settembre",
    "ro": "11 septembrie", "sv": "11 september",
}  # fmt: skip
DECLINED = [  # cases, collective numbers, dozens, compounds with one and with "one hundred"
    ("ru", "двумястами пятьюдесятью", 250), ("ru", "пятерыми", 5), ("ru", "полтора десятка", 15),
    ("be", "трынаццаццю", 13), ("be", "пяцярых", 5), ("be", "дзвюма сотнямі", 200), ("be", "piaciora", 5),
    ("uk", "тринадцятьма", 13), ("uk", "сорока сімома", 47), ("uk", "двомастами п'ятдесятьма", 250),
    ("bg", "петнайсетима", 15), ("pl", "pięćdziesięcioro dwoje", 52), ("pl", "dwudziestoma pięcioma", 25),
    ("cs", "pětadvaceti", 25), ("sk", "dvadsiatim piatim", 25), ("sk", "osemnástimi", 18), ("lt", "septyniems", 7),
    ("lt", "penkiasdešimčiai", 50), ("lv", "trijām", 3), ("et", "kolmeteistkümmet", 13),
    ("et", "neljateistkümnest", 14),
    ("de", "einhundertdreiundzwanzig", 123), ("de", "zwei Dutzend", 24), ("it", "trentuno", 31), ("sv", "tjugoett", 21),
    ("sv", "etthundratjugotre", 123), ("fr", "dix-sept", 17), ("fr", "deux douzaines", 24), ("es", "dos docenas", 24),
    ("ro", "două duzini", 24), ("en", "two dozen", 24), ("en", "one hundred and fourteen", 114),
]  # fmt: skip
HEAP = [
    "1",
    "2",
    ".",
    ",",
    "-",
    "–",
    ":",
    "сто",
    "fifty",
    "and",
    "und",
    "tausend",
    "of",
    "1000",
    "999999999",
    "%",
    "\n",
]
EVERY_TABLE = (FIFTY_TWO, HUNDRED_FOURTEEN, AT_LEAST, UP_TO, YEARS, DATES)


@pytest.mark.parametrize(("lang", "text", "value"), DECLINED)
def test_numbers_in_every_case(lang: str, text: str, value: int) -> None:
    assert counts(text, lang) == [value]


@pytest.mark.parametrize("table", EVERY_TABLE)
def test_no_language_is_left_out(table: dict[str, str]) -> None:
    assert set(table) == set(pack_languages())


@pytest.mark.parametrize("lang", FIFTY_TWO)
def test_compounds_are_one_number(lang: str) -> None:
    assert counts(FIFTY_TWO[lang], lang) == [52]


@pytest.mark.parametrize("lang", HUNDRED_FOURTEEN)
def test_hundreds_in_any_case(lang: str) -> None:
    assert counts(HUNDRED_FOURTEEN[lang], lang) == [114]


@pytest.mark.parametrize("lang", AT_LEAST)
def test_lower_bounds(lang: str) -> None:
    assert [(number.value, number.bound) for number in numbers(AT_LEAST[lang], lang)] == [(100, "over")]


@pytest.mark.parametrize("lang", UP_TO)
def test_upper_bounds(lang: str) -> None:
    assert [(number.value, number.bound) for number in numbers(UP_TO[lang], lang)] == [(150, "under")]


@pytest.mark.parametrize("lang", YEARS)
def test_durations_count_nobody(lang: str) -> None:
    assert counts(YEARS[lang], lang) == []


@pytest.mark.parametrize("lang", DATES)
def test_dates_count_nobody(lang: str) -> None:
    assert counts(DATES[lang], lang) == []


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("1,100 people", "en", [1100]),
        ("1 100 человек", "ru", [1100]),
        ("1\u00a0100 osób", "pl", [1100]),
        ("1.239 чалавек", "be", [1239]),
        ("1,3 тыс. чалавек", "be", [1300]),
        ("12,8 tūkst. žmonių", "lt", [12800]),
        ("eleven hundred", "en", [1100]),
        ("тысяча сто", "ru", [1100]),
        ("a quarter of a thousand", "en", [250]),
        ("четверть тысячи", "ru", [250]),
        ("более полусотни", "ru", [50]),
        ("quatre-vingt-dix-sept et vingt et un", "fr", [97, 21]),
        ("обоих граждан", "ru", [2]),
        ("abi pilsoņi", "lv", [2]),
        ("тринадцятеро", "uk", [13]),
        ("szesnaścioro", "pl", [16]),
        ("kolmekümnele", "et", [30]),
        ("stotrinástimi", "sk", [113]),
        ("52-ма и 16-имата", "bg", [52, 16]),
        ("123-х человек", "ru", [123]),
        ("sto dvaccać try", "be", [123]),
        ("Zweihundertfünfzig", "de", [250]),
        ("centoventidue", "it", [122]),
        ("двадцать пять и двести пятьдесят", "ru", [25, 250]),
        ("о тысяче трехстах заключенных", "ru", [1300]),
        ("двомастами сорока дев'ятьма іншими", "uk", [249]),
        ("пяццюдзесяццю двума іншымі", "be", [52]),
        ("dwustoma czterdziestoma dziewięcioma", "pl", [249]),
        ("dviem šimtais keturiasdešimt devyniais", "lt", [249]),
        ("jednatřicet vězňů", "cs", [31]),
        ("zwölfhundert Gefangene", "de", [1200]),
        ("Sechs Litauer, zwei Deutsche", "de", [6, 2]),
        ("sześciu Litwinów", "pl", [6]),
        ("sei lituani", "it", [6]),
        ("six Lithuanians and two Europeans", "en", [6, 2]),
        ("двух банкиров", "ru", [2]),
        ("takes in 114 prisoners", "en", [114]),
    ],
)
def test_forms_seen_in_the_news(text: str, lang: str, expected: list[int]) -> None:
    assert counts(text, lang) == expected


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("in 2025", "en"),
        ("1,613 days", "en"),
        ("1613 дней", "ru"),
        ("two and a half years", "en"),
        ("Levaya, 39, had served", "en"),
        ("приз, врученный 37. человеку", "ru"),
        ("order przyznany jako 37. osobie", "pl"),
        ("просыпаюсь в шесть", "ru"),
        ("I wake up at six.", "en"),
        ("po 1800 dniach", "pl"),
        ("po 1500 parų", "lt"),
        ("nach zwölf Nächten", "de"),
        ("из пяти колоний", "ru"),
        ("der 46-Jährige", "de"),
        ("69-летний политик", "ru"),
        ("rugpjūčio 15-ąją", "lt"),
        ("87%", "en"),
        ("$23", "en"),
        ("3.1 million", "en"),
        ("General License 13", "en"),
        ("№ 13", "ru"),
        ("Zapad-2025", "en"),
        ("6-3, 6-2", "en"),
        ("5:2", "en"),
        ("at 14:30", "en"),
        ("12.12.2025", "de"),
        ("due to him", "en"),
        ("the sex of the angels", "en"),
        ("du pain", "fr"),
        ("elf and once", "en"),
        ("une amie, un ami", "fr"),
        ("сотни людей, тысячи протестов", "ru"),
    ],
)
def test_what_is_no_count(text: str, lang: str) -> None:
    assert counts(text, lang) == []


@pytest.mark.parametrize(
    ("text", "lang", "low", "high"),
    [
        ("between 1,100 and 1,300", "en", 1100, 1300),
        ("10-12 человек", "ru", 10, 12),
        ("от 10 до 12", "ru", 10, 12),
        ("astoņas vai deviņas", "lv", 8, 9),
        ("zwischen zehn und zwölf", "de", 10, 12),
    ],
)
def test_ranges(text: str, lang: str, low: int, high: int) -> None:
    (number,) = numbers(text, lang)
    assert (number.value, number.high, number.bound) == (low, high, "over")


def test_a_number_knows_its_place_in_the_text() -> None:
    text = "Minsk freed “forty-two” of 1,100."
    for number in numbers(text, "en"):
        assert text[number.start : number.end] == number.text
    assert [number.text for number in numbers(text, "en")] == ["forty-two", "1,100"]


def test_an_undeclared_language_is_guessed_from_small_words() -> None:
    text = "Les otages ont quitté la prison, dont deux femmes et une mère"
    assert languages([read_passage(text, "body")], "") == ("fr",)
    assert counts(text) == [2]


def test_a_wrongly_declared_language_does_not_hide_the_numbers() -> None:
    text = "Он и его друзья, как и двадцать два других, вышли на свободу, но не по своей воле, что из того"
    assert 22 in counts(text, "en")


@given(st.text(max_size=300), st.sampled_from(["", "xx", *pack_languages()]))
def test_any_text_gives_numbers_within_it(text: str, lang: str) -> None:
    passage = read_passage(text, "body")
    for number in find_numbers(passage, lang):
        assert 0 <= number.first <= number.last < len(passage.tokens)
        assert 0 <= number.value <= number.high
        assert passage.text[number.start : number.end] == number.text


@given(st.lists(st.sampled_from(HEAP), max_size=60))
def test_heaps_of_numbers_are_bounded(parts: list[str]) -> None:
    found = numbers(" ".join(parts))
    assert len(found) <= 400
    assert all(number.value <= 1_000_000 for number in found)


def test_a_table_of_figures_is_not_read_to_its_end() -> None:
    assert len(numbers("7 " * 5000)) == 400
