"""Ordinary news, which is nearly all that feeds carry: it must alert hardly ever, and be half a match seldom."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from core.model import Level
from matching.lexicon import Lexicon, load_lexicon
from matching.matcher import PackMatcher
from matching.text import read_passage
from tests.unit.test_own_news import ORDINARY

TOLD = (Level.ALERT, Level.DIGEST)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


def test_ordinary_news_alerts_hardly_ever(lexicon: Lexicon) -> None:
    """1,260 items by three hands, of weather, buses, courts, sport; 138 of the grey everyday of prisons and exile."""
    matcher = PackMatcher(lexicon)
    levels = Counter[tuple[bool, Level]]()
    for item in ORDINARY:
        when = datetime.fromisoformat(item["published"]).replace(tzinfo=UTC)
        implies = matcher.implied_by(item["url"])
        level = matcher.analyse(item["title"], item["summary"], lang=item["lang"], implies=implies, when=when).level
        levels["grey" in item["note"], level] += 1
    assert sum(levels.values()) == 1260
    assert levels[False, Level.ALERT] == 0
    assert sum(levels[grey, level] for grey in (False, True) for level in TOLD) <= 6
    assert levels[False, Level.HALF] + levels[True, Level.HALF] <= 50


@pytest.mark.parametrize(
    "text",
    [
        "На маршрут №100 выйдут электробусы",
        "Дваццаць гадзін у дарозе",
        "Черга стоїть десять годин",
        "Prices rise by 20 % in Minsk",
        "Admission is 12 euros",
        "Bilet za 15 złotych",
        "Truko šešias valandas",
        "Unfall auf der A15",
        "Ил-76 над Минском",
        "Мінус 22 на світанку",
        "Билет 110–140 рублей",
        "Цена 95 тысяч рублей",
        "Выйшлі з 60-метровым сцягам",
        "Пять новых автобусов",
        "Дзесяць новых аўтобусаў",
        "120 new electric buses",
        "Penki nauji autobusai",
    ],
)
def test_a_number_of_things_counts_nobody(lexicon: Lexicon, text: str) -> None:
    assert "number" not in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    "text",
    [
        "Двадцать вышли на свободу",
        "Fourteen freed, bus on its way",
        "Trente détenus libérés",
        "Deux cent personnes graciées",
        "Zwölf reisten nach Vilnius",
        "Siebenundzwanzig sitzen im Bus",
        "14 дамоў",
        "Freed: 14 by bus",
        "Двести человек дома, 15 в автобусе",
        "Uwolniono 52, autobus jedzie",
    ],
)
def test_a_number_of_people_does(lexicon: Lexicon, text: str) -> None:
    assert "number" in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Замак пускае наведвальнікаў", "let_go"),
        ("На экзамен пускают с паспортом", "let_go"),
        ("Маці напісалі Папу: ліст перадалі праз нунцыятуру", "let_go"),
        ("Прэмію аддалі рэпарцёрцы", "let_go"),
        ("Petition an den Minister: Brief übergeben", "let_go"),
        ("Belarussen feiern den Tag der Freiheit", "freedom"),
        ("На Дзень Волі сабраліся сотні", "freedom"),
        ("Belarusians mark Freedom Day in Warsaw", "freedom"),
    ],
)
def test_everyday_verbs_and_holidays_free_nobody(lexicon: Lexicon, text: str, concept: str) -> None:
    assert concept not in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    "text",
    [
        "Бывший узник открыл бар в Гданьске",
        "Бывший политзаключенный открыл в Белостоке мастерскую",
        "Former prisoner opens a bakery in Vilnius",
        "Były więzień otworzył w Gdańsku kawiarnię",
        "Ehemaliger Häftling eröffnet ein Café",
    ],
)
def test_what_a_former_prisoner_opens_is_life_afterwards(lexicon: Lexicon, text: str) -> None:
    assert "later_life" in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    "text",
    [
        "Урад зацвердзіў бюджэт",
        "Кніга надрукаваная ў Вільні",
        "Święto Wojska Polskiego",
        "Шелест листьев в Минске",
        "Крутой поворот под Гродно",
        "Мельник из Бобруйска",
    ],
)
def test_a_word_that_begins_a_sentence_is_nobodys_surname_even_in_news_of_belarus(lexicon: Lexicon, text: str) -> None:
    found = lexicon.find(read_passage(text, "title"), context=True)
    assert [item.concept for item in found if item.concept.startswith("person.")] == []
