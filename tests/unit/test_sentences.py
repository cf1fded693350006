"""What rooms without languages say is said in the reader's."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence_texts import CONCEPTS
from bot.languages import spoken, texts_in
from bot.platforms.slack_views import Place, modal_view
from bot.render import concept_name, where_name
from bot.retelling import retell
from core.errors import CommandError
from core.message import Message, line
from core.sentence import Sentence, pack, unpack
from feeds.desk_texts import FAILING, READ_ALREADY, SEVERAL, UNREAD
from feeds.finding import read_address
from matching import story_texts
from matching.lint import compile_packs
from matching.packfile import pack_paths
from matching.rules import RuleError, read_rule
from matching.timeline import load_timeline, untranslated
from tests.messages import OTHERS

MISTAKES = [
    *("minsk)", "NOT minsk", '"open', "a NEAR b", "a NEAR/5 NOT b", "(a", "a AND", "OR a", "colour:red x", "title:(x)"),
    *("a and b", "a && b", "a*b", "a*", "?", '""', "source:? x", "(" * 14 + "a", "a " * 60, "a" * 1200),
]


def test_a_sentence_is_its_english_and_knows_how_it_was_made() -> None:
    said = Sentence(SEVERAL, n=2000, names="A, B")
    assert said == "2,000 feeds are called like this: A, B."
    assert (said.template, dict(said.values)) == (SEVERAL, {"n": 2000, "names": "A, B"})
    assert Sentence(SEVERAL, n=1, names="A") == "1 feed is called like this: A."
    with pytest.raises(KeyError):
        Sentence(READ_ALREADY, name="A")


def test_sentences_within_sentences_are_told_too() -> None:
    inner = Sentence(FAILING, reason=Sentence(UNREAD), at="now")
    assert texts_in("pl").tell(inner) == "Jeszcze nie był czytany. Następna próba now."
    assert texts_in("pl").tell("HTTP 500") == "HTTP 500"


@given(st.text(max_size=30), st.integers(0, 10**6))
def test_what_fills_a_sentence_is_never_read_as_a_template(name: str, number: int) -> None:
    for lang in OTHERS:
        assert name in texts_in(lang).tell(Sentence(SEVERAL, n=number, names=name))
    assert name in Sentence(SEVERAL, n=number, names=name)


@given(st.text(), st.integers(-(10**12), 10**12), st.text())
def test_a_packed_sentence_is_the_same_again(name: str, number: int, english: str) -> None:
    said = Sentence(FAILING, reason=Sentence(SEVERAL, n=number, names=name), at=english)
    again = unpack(pack(said), english)
    assert again == said
    assert [texts_in(lang).tell(again) for lang in OTHERS] == [texts_in(lang).tell(said) for lang in OTHERS]
    assert unpack(pack(english), english) == english


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_what_was_not_packed_here_leaves_the_english_as_it_is(value: object) -> None:
    assert isinstance(unpack(json.dumps(value), "English"), str)
    assert unpack("[", "English") == unpack('["{a}", {}]', "English") == unpack('["{a.b}", {"a": 1}]', "English")


@pytest.mark.parametrize("rule", MISTAKES)
def test_every_mistake_of_a_rule_is_told_in_every_language(rule: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(rule)
    told = {texts_in(lang).tell(caught.value.words) for lang in OTHERS}
    assert len(told) == len(OTHERS)
    assert str(caught.value) not in told
    if caught.value.hint:
        hints = [texts_in(lang).tell(caught.value.hint) for lang in OTHERS]
        assert caught.value.hint not in hints


def test_an_address_that_is_none_is_told_in_the_readers_language() -> None:
    with pytest.raises(CommandError) as caught:
        read_address("{nowhere}")
    assert texts_in("de").tell(caught.value.words) == "„{nowhere}“ ist keine Webadresse."
    assert texts_in("de").tell(caught.value.hint).startswith("Geben Sie die Adresse")


def test_countries_and_months_are_called_as_cldr_calls_them() -> None:
    assert [texts_in(lang).country("Lithuania") for lang in ("en", "be", "pl", "de")] == [
        *("Lithuania", "Літва", "Litwa", "Litauen"),
    ]
    assert texts_in("lt").country("United States") == "Jungtinės Valstijos"
    assert texts_in("be").country("Hrodna") == "Hrodna"
    may = date(2026, 5, 1)
    assert [texts_in(lang).short_month(may) for lang in ("en", "be", "de")] == ["May 2026", "май 2026", "Mai 2026"]
    assert [texts_in(lang).day_and_month(may) for lang in ("en", "ru")] == ["1 May", "1 мая"]


def test_the_shipped_timeline_is_told_in_every_language() -> None:
    events = load_timeline()
    assert list(untranslated(events, OTHERS)) == []
    assert next(event for event in events if event.id == "freed-52-2025-09-11").title_in("be").startswith("Пяцьдзесят")
    for event in events:
        assert event.title_in("en") == event.title_in("xx") == event.title
        assert len({event.title_in(lang) for lang in ("en", *OTHERS)}) == len(OTHERS) + 1


def test_forms_of_slack_speak_the_language_of_their_answer_or_of_who_looks() -> None:
    view = modal_view(Place("C1", form="watch", label="A name, or a rule", lang="uk"))
    assert view["submit"]["text"] == spoken("uk").translate("Go") != "Go"
    assert view["close"]["text"] == spoken("uk").translate("Close") != "Close"
    assert view["blocks"][0]["label"]["text"] != "A name, or a rule"
    answered = modal_view(Place("C1", lang="uk"), Message((line("x"),), lang="be"))
    assert answered["close"]["text"] == spoken("be").translate("Close")
    assert spoken("fr").lang == spoken("").lang == "en"


FILLED = {"score": "0.71", "things": "p:losik, 52", "days": "3", "count": "52", "others": "14, 16", "stories": "#3, #4"}
REASONS = [value for name, value in vars(story_texts).items() if name.isupper()]


@pytest.mark.parametrize("template", REASONS)
def test_reasons_that_are_stored_in_english_are_told_in_every_language(template: str) -> None:
    stored = template.format(**FILLED)
    assert retell(stored, texts_in("en")) == stored
    for lang in OTHERS:
        say = texts_in(lang)
        assert retell(stored, say) == say.translate(template).format(**FILLED) != stored
        both = f"{story_texts.LIKENESS.format(score='0.40')}; {stored}; HTTP 500"
        assert retell(both, say).endswith(f"; {retell(stored, say)}; HTTP 500")


def test_what_the_matcher_found_is_named_in_the_readers_language() -> None:
    say = texts_in("be")
    assert concept_name("group.freed | role.prisoner", say) == "вызваленне | палітвязень"
    assert concept_name("person.losik", say) == "person.losik"
    assert where_name("first", say) == "першы сказ"
    concepts = {concept for concept in compile_packs(pack_paths()).concepts if "." not in concept}
    assert sorted(
        set(CONCEPTS) - concepts - {"number", "same sentence", "rule", "wording", "by_person", "people", "long_ago"}
    ) == [*sorted(name for name in CONCEPTS if name.startswith(("group.", "role.")))]
