"""The rule language: what matches, how mistakes are answered, and that nothing makes it slow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import Entry, FeedSpec
from matching.rules import MAX_DEPTH, MAX_RULE, MAX_TERMS, RuleError, caret, looks_like_rule, read_rule
from matching.ruletext import Text

FEED = FeedSpec("BBC News", "https://feeds.bbci.co.uk/world.xml", lang="en")


def text(title: str = "", body: str = "", lang: str = "") -> Text:
    return Text(FEED, Entry("e", title, summary=body, lang=lang))


TITLE = "Minsk sells potash again, says Łukaszenka"
BODY = "Belavia flies. The political prisoners were freed in Minsk. Мінск маўчыць."


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ("minsk", True),
        ("MINSK", True),
        ("мінск", True),
        ("lukaszenka", True),
        ("football", False),
        ("minsk potash", True),
        ("minsk football", False),
        ("minsk AND (potash OR football) NOT hockey", True),
        ("minsk AND (hockey OR football)", False),
        ("minsk NOT potash", False),
        ("minsk AND NOT potash", False),
        ("minsk NOT NOT potash", True),
        ("hockey OR minsk potash", True),
        ("football hockey OR minsk", True),
        ('"political prisoners"', True),
        ("“political prisoners”", True),
        ('"prisoners political"', False),
        ('"мінск minsk"', False),
        ("lukasz*", True),
        ('"political prison*"', True),
        ("potas*", True),
        ("title:potash", True),
        ("title:belavia", False),
        ("body:belavia", True),
        ("body:potash", False),
        ('title:"potash again"', True),
        ("lang:en minsk", True),
        ("lang:pl minsk", False),
        ("source:bbc minsk", True),
        ('source:"bbc news" minsk', True),
        ("source:bb minsk", False),
        ("source:bbci.co.uk minsk", True),
        ("minsk NEAR/1 potash", True),
        ("minsk NEAR/0 potash", False),
        ("potash NEAR/1 minsk", True),
        ("freed NEAR/2 prisoners NEAR/3 minsk", True),
        ("again NEAR/50 belavia", False),
        ("(belavia OR hockey) NEAR/0 flies", True),
        ("minsk NEAR/3 minsk", False),
    ],
)
def test_what_matches(rule: str, matches: bool) -> None:
    assert read_rule(rule).matches(text(TITLE, BODY)) is matches


def test_the_language_of_the_entry_goes_before_that_of_the_feed() -> None:
    assert read_rule("minsk lang:be").matches(text("minsk", lang="be-Latn"))
    assert not read_rule("minsk lang:en").matches(text("minsk", lang="be"))


@pytest.mark.parametrize(
    ("rule", "at", "told", "hint"),
    [
        ('minsk "potash', 6, "not closed", "second"),
        ("minsk AND (potash", 10, "bracket is not closed", "Put a"),
        ("minsk) potash", 5, "“)” too many", "Remove"),
        ("minsk and potash", 6, "small letters", "Write AND"),
        ("minsk OR", 8, "word is missing", "Write"),
        ("AND minsk", 0, "stands where a word is needed", '"and"'),
        ("minsk NEAR potash", 6, "NEAR needs a number", "NEAR/5"),
        ("minsk NEAR/999 potash", 6, "NEAR needs a number", "NEAR/5"),
        ("minsk NEAR/3 lang:en", 13, "NEAR stands between", "AND"),
        ("autor:x minsk", 0, "no field “autor”", "title:"),
        ("title: minsk", 6, "After “title:” a word is missing", "title:sanctions"),
        ("minsk Lang:", 11, "After “lang:” a word is missing", "lang:en"),
        ("min*sk", 0, "end of a word", "beginning"),
        ("mi*", 0, "at least 3 letters", "more"),
        ("NOT football", 0, "not what to look for", "Add a word"),
        ("minsk OR NOT football", 0, "not what to look for", "Add a word"),
        ("lang:en", 0, "not what to look for", "Add a word"),
        ('""', 0, "quotes are empty", ""),
        ("minsk && potash", 6, "not known", "Write AND"),
        ("", 0, "word is missing", "Write"),
        ("x" * (MAX_RULE + 1), MAX_RULE, "characters long", ""),
        (" ".join(["minsk"] * (MAX_TERMS + 1)), MAX_TERMS * 6, "up to 40 terms", "two rules"),
        ("(" * (MAX_DEPTH + 2) + "minsk", MAX_DEPTH + 1, "nested", "flatter"),
    ],
)
def test_mistakes_are_told_with_their_place(rule: str, at: int, told: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(rule)
    assert caught.value.at == at
    assert told in str(caught.value)
    assert hint in caught.value.hint


def test_the_place_is_pointed_at() -> None:
    assert caret("minsk and potash", 6) == ("minsk and potash", "      ^")
    shown, pointer = caret("x" * 500 + "HERE" + "y" * 500, 500)
    assert shown[pointer.index("^") :].startswith("HERE")
    assert len(shown) == 60


def test_rules_and_names_are_told_apart() -> None:
    for rule in ("minsk AND potash", '"minsk"', "lukash*", "(minsk)", "title:minsk", "a NEAR/3 b", "autor:minsk"):
        assert looks_like_rule(rule)
    for name in ("Ales Bialiatski", "minsk", "be: Іван ru: Иван", "Anders Nordin"):
        assert not looks_like_rule(name)


PIECES = st.sampled_from(
    [
        "minsk",
        "a",
        "min*",
        '"',
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "NEAR/3",
        "NEAR/",
        "title:",
        "lang:en",
        "*",
        ":",
        "“",
        " ",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map(" ".join)))
@settings(max_examples=400, deadline=None)
def test_any_line_is_read_or_refused_with_a_place(line: str) -> None:
    try:
        rule = read_rule(line)
    except RuleError as error:
        place = error.at
        rule = None
    if rule is None:
        assert 0 <= place <= max(len(line), MAX_RULE)
        assert caret(line, place)[1].endswith("^")
        return
    assert rule.matches(text(TITLE, BODY)) in (True, False)


TERMS = st.sampled_from(["a", "b", "abc*", '"a b"', '"a a a a"', "(a OR b)", "title:a", "body:b", "abc"])


@given(
    st.lists(st.tuples(TERMS, st.sampled_from(["AND", "OR", "NEAR/50", "NEAR/0", "NOT"])), min_size=1, max_size=20),
    st.integers(0, 3000),
)
@settings(max_examples=150, deadline=None)
def test_the_work_grows_with_words_times_terms_and_no_faster(parts: list[tuple[str, str]], words: int) -> None:
    line = " ".join(f"{term} {join}" for term, join in parts) + " abc"
    try:
        rule = read_rule(line)
    except RuleError:  # NEAR beside a part that has no place
        return
    read = text("a b abc abcd " * 5, "a a b abc abcd " * (words // 5))
    rule.matches(read)
    assert read.steps <= 20 * (len(parts) + 1) * (len(read.words) + 10)
