"""The ranker of numbers: it overrules the rules where it is sure, only there, and is trained without chance."""

from __future__ import annotations

import tomllib
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pack import train_counts
from matching import facts
from matching.candidates import Count
from matching.cues import FOLDER
from matching.facts import extract, released_options
from matching.matcher import PackMatcher, load_matcher
from matching.ranker import SURE, TABLE, Option, learned, overrule, probabilities
from matching.rankertrain import LEAST_TOLD, Sample, as_toml, broken_by, of_sentences, train
from matching.reading import read
from matching.scene import Scene, set_scene

# Language, number freed, what the rules alone read, title / summary
OVERRULED = [
    (
        "en",
        None,
        2,
        "Kuznechyk home, Mouchuk sleeps again / The journalist and the woman from Pinsk told how they were put into a "
        "car without a word, and the sacks came off at the Lithuanian barrier.",
    ),
    (
        "pl",
        2,
        None,
        "Ks. Akałatowicz i o. Juchniewicz na wolności / Obaj duchowni zostali ułaskawieni po wizycie wysłannika "
        "papieża. Nie wiadomo jeszcze, dokąd pojadą.",
    ),
    (
        "ru",
        None,
        1,
        "Кузнечик дома, Мовшук спит без окрика / Журналист и жительница Пинска рассказали, как их посадили в машину "
        "и сняли мешки уже у литовского шлагбаума.",
    ),
    (
        "pl",
        None,
        1,
        "Komisja zdecyduje, kto wyjdzie. Łukaszenka wymienił Poczobuta / Mówi o stopniowym wypuszczaniu kolejnych "
        "osób po układzie z Amerykanami.",
    ),
]
TINY = """\
[en]
14 | Lukashenko frees 14 prisoners / Eight of them are women.
30 | Belarus frees 30 political prisoners / Nine of them were taken to Lithuania.
12 | Twelve prisoners freed in Minsk / Three of them are ill.
- | Minsk still holds 1,100 prisoners / Nobody was freed.
"""


WORDS = [
    *("14", "one", "1,100", "0", "52-летний", "двадцать", "12.10.2025", "99%", "№", "٣", "½", "of them", "others"),
    *("freed", "prisoners", "Losik and", "за 5 лет", "held", "Vilnius", ".", ",", ":", "?", "(", "»", "\u200b", "\0"),
]


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


def scene_of(matcher: PackMatcher, text: str, lang: str = "") -> Scene:
    title, _, body = text.partition(" / ")
    return set_scene(read(matcher.lexicon, title, body, lang), sure=True)


@pytest.mark.parametrize(("lang", "freed", "by_rules", "text"), OVERRULED)
def test_what_the_rules_get_wrong_is_read_right(
    matcher: PackMatcher, monkeypatch: pytest.MonkeyPatch, lang: str, freed: int | None, by_rules: int | None, text: str
) -> None:
    title, _, body = text.partition(" / ")
    assert matcher.analyse(title, body, lang=lang).facts.released == freed
    monkeypatch.setattr(facts, "overrule", lambda told, options: told)
    assert matcher.analyse(title, body, lang=lang).facts.released == by_rules


def test_the_reason_is_the_words_of_the_number(matcher: PackMatcher) -> None:
    lang, _, _, text = OVERRULED[1]
    assert matcher.analyse(*text.split(" / "), lang=lang).facts.evidence["released"] == "Obaj"


def option(value: int | None, *features: str) -> Option:
    return Option(None if value is None else Count(value, False, str(value)), features)


@pytest.mark.parametrize(("weight", "answer"), [(1.3, 14), (1.5, 8), (-3.0, 14)])
def test_below_its_gate_it_abstains(weight: float, answer: int) -> None:
    options = [option(14, "first"), option(8, "second")]
    told = overrule(Count(14, False, "14"), options, {"second": weight})
    assert (probabilities(options, {"second": weight})[1] >= SURE) == (answer == 8)
    assert told is not None
    assert told.value == answer


def test_the_options_that_tell_one_number_speak_together() -> None:
    options = [option(14, "title"), option(8), option(14, "body"), option(None)]
    told = overrule(Count(8, False, "eight"), options, {"title": 1.3, "body": 1.6})
    assert told == Count(14, False, "14")
    assert overrule(Count(8, False, "eight"), options[:2], {"title": 1.3}) == Count(8, False, "eight")


def test_nobody_is_an_answer_and_no_weights_are_none() -> None:
    options = [option(14, "first"), option(None, "nobody")]
    assert overrule(Count(14, False, "14"), options, {"nobody": 2.0}) is None
    assert overrule(None, options, {"first": 2.0}) == Count(14, False, "14")
    beyond = Count(3, False, "X, Y and an American")  # what no option tells
    assert overrule(beyond, options, {"first": 9.0}) == beyond
    assert overrule(Count(3, False, "3"), options, {}) == overrule(Count(3, False, "3"), []) == Count(3, False, "3")


def test_a_text_of_very_many_numbers_is_left_to_the_rules(matcher: PackMatcher) -> None:
    list_of_all = "Prisoners freed: " + ", ".join(f"{number} people" for number in range(10, 90))
    assert released_options(scene_of(matcher, list_of_all), matcher.lexicon)[1] == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=40,
    ).map(" ".join),
    st.sampled_from(["", "en", "ru", "xx"]),
)
def test_no_text_breaks_it(matcher: PackMatcher, text: str, lang: str) -> None:
    scene = scene_of(matcher, text, lang)
    told, options = released_options(scene, matcher.lexicon)
    assert (told, options) == released_options(scene, matcher.lexicon)
    assert sum(probabilities(options, learned())) == pytest.approx(1.0) if options else True
    extract(read(matcher.lexicon, text, text, lang), matcher.lexicon)


def test_the_same_files_give_the_same_weights(matcher: PackMatcher, tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    told.write_text(TINY, encoding="utf-8")
    first, second = (as_toml(train(list(of_sentences(told, matcher))), "told.txt") for _ in range(2))
    assert first == second
    weights = tomllib.loads(first)["weights"]
    assert list(weights) == sorted(weights)
    _, options = released_options(
        scene_of(matcher, "Belarus frees 20 prisoners / Two of them are ill.", "en"), matcher.lexicon
    )
    chances = probabilities(options, weights)
    assert options[chances.index(max(chances))].value == 20


def test_what_must_hold_counts_more_until_it_does() -> None:
    """A feature that misleads in thirty texts does not break the one sentence that has to come out right."""
    fourteen, nobody = option(14, "number"), option(None, "not")
    news = [Sample([fourteen, nobody], (False, True))] * 30
    told = Sample([fourteen, nobody], (True, False), Count(14, False, "14"), firm=True)
    assert not told.holds(train([*news, *[replace(told, firm=False)] * 3]))
    weights = train([*news, *[told] * 3])
    assert broken_by(weights, [told]) == []


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, out = tmp_path / "told.txt", tmp_path / "weights.toml"
    told.write_text(TINY, encoding="utf-8")
    news = tmp_path / "news.jsonl"
    news.write_text(
        '{"id": "1", "published": "2025-09-11", "title": "Belarus frees 52 political prisoners", "relevant": true, '
        '"topics": ["prisoner-release"], "facts": {"released": 52}}\n',
        encoding="utf-8",
    )
    assert train_counts(Namespace(files=[news, told], out=out)) == 0
    assert f"pack train-counts {news} {told}" in out.read_text(encoding="utf-8")
    assert "from 9 texts" in capsys.readouterr().out
    told.write_text("[en]\nmany | Lukashenko frees 14 prisoners\n", encoding="utf-8")
    assert train_counts(Namespace(files=[told], out=out)) == 2
    assert "told.txt" in capsys.readouterr().err
    told.write_text("", encoding="utf-8")
    assert train_counts(Namespace(files=[told], out=out)) == 2
    assert "nothing to learn from" in capsys.readouterr().err


def test_the_shipped_weights_are_what_training_writes() -> None:
    text = (FOLDER / f"{TABLE}.toml").read_text(encoding="utf-8")
    command, names = text.splitlines()[1], list(learned())
    assert command.startswith("# python main.py pack train-counts tests/data/")
    assert not {"closed", "twelfth", "thirteenth"} & set(command.replace("-", " ").replace(".", " ").split())
    assert all(abs(weight) >= LEAST_TOLD - 0.005 for weight in learned().values())
    assert names == sorted(names)
