"""An alert answers at a glance, hides nothing that matters and shows nothing that could deceive."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import render, texts
from bot.languages import speak, texts_in
from bot.links import MOST, clean_link
from bot.speech import People
from bot.texts import ENGLISH
from core.message import LineKind, Message, Span
from core.model import Analysis, Facts, Level, Member, Story
from core.options import Options
from matching.lexicon import load_lexicon
from matching.people import Roster
from tests.fake_chat import NOON, TOPICS, found, make_member, make_story

STATE = make_member("Помилованы 16 человек", "BelTA", owner="state media", lang="ru", at=NOON + timedelta(minutes=9))


def alert(story: Story) -> Message:
    return render.alert(story, TOPICS)


def one_line(message: Message, part: str) -> str:
    return next(line.text for line in message.lines if part in line.text)


def test_everything_that_is_known_is_said() -> None:
    facts = Facts(
        released=14,
        at_least=True,
        remaining=1100,
        people=("Siarhei Tsikhanouski", "Maria Kalesnikava"),
        refused=("Mikola Statkevich",),
        held=("Ales Bialiatski",),
        mediators=("Keith Kellogg",),
        destination="Lithuania",
        in_return=("belavia", "visas"),
    )
    told = alert(make_story(facts=facts, topics=("prisoner-release", "us-diplomacy"))).text.split("\n")
    assert told[0] == "Prisoner releases · US-Belarus diplomacy · 1 source · #12"
    assert told[1] == "Fourteen prisoners freed in Belarus (English)"
    assert told[2:10] == [
        "Reported freed: at least 14",
        "Named: Siarhei Tsikhanouski and Maria Kalesnikava",
        "Refused to leave: Mikola Statkevich",
        "Still held: Ales Bialiatski",
        "Mediation: Keith Kellogg",
        "Taken to: Lithuania",
        "In return: relief for Belavia and visas",
        "Reported still imprisoned: 1,100",
    ]
    assert told[10] == "Nasha Niva (independent), 19 Mar 2026 12:00 UTC"
    assert told[11] == "Matched: “freed”, “prisoners”"


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert [line.kind for line in alert(make_story(facts=Facts())).lines] == [
        LineKind.SMALL,
        LineKind.TITLE,
        LineKind.QUOTE,
        LineKind.SMALL,
    ]


def test_nobody_freed_is_said_as_such() -> None:
    assert "Reported freed: 0" in alert(make_story(facts=Facts(released=0))).text


def test_differing_counts_name_who_says_what() -> None:
    facts = Facts(released=14, counts=(("Nasha Niva", 14), ("BelTA", 16)))
    assert "Reported freed: 14 (sources differ: Nasha Niva 14, BelTA 16)" in alert(make_story(facts=facts)).text
    many = Facts(released=14, counts=(*((f"Wire {n}", 14) for n in range(9)), ("BelTA", 16)))
    assert "Reported freed: 14 (sources differ: BelTA 16)" in alert(make_story(facts=many)).text
    same = Facts(released=14, counts=(("Nasha Niva", 14), ("BelTA", 14)))
    assert "differ" not in alert(make_story(facts=same)).text


def test_the_first_official_and_the_first_independent_source_are_always_told() -> None:
    agencies = [make_member(source=f"Agency {n}", owner="") for n in range(12)]
    state, paper = make_member(source="BelTA", owner="state media"), make_member(source="Paper", owner="independent")
    late = alert(make_story(*agencies, state, paper, make_member(source="ONT", owner="state media")))
    told = [line.text.partition(" (")[0].partition(",")[0] for line in late.lines if line.kind is LineKind.QUOTE]
    assert told == [*(f"Agency {n}" for n in range(6)), "BelTA", "Paper"]
    assert "and 7 more sources" in late.text
    early = alert(make_story(state, *agencies[:9]))
    assert next(line.text for line in early.lines if line.kind is LineKind.QUOTE).startswith("BelTA (")


def test_people_are_called_as_the_language_calls_them() -> None:
    facts = Facts(released=2, people=("Ales Bialiatski", "Somebody Else"), mediators=("John Coale",))
    people = People(Roster(load_lexicon()).called)
    expected = {
        "be": "Алесь Бяляцкі і Somebody Else",
        "ru": "Алесь Беляцкий и Somebody Else",
        "en": "Ales Bialiatski and",
    }
    for lang, named in expected.items():
        said = render.alert(make_story(facts=facts), TOPICS, texts_in(lang).knowing(people)).text
        assert named in said
        assert {"be": "Джон Коўл", "ru": "Джон Коул", "en": "John Coale"}[lang] in said
    assert render.concept_name("person.coale", texts_in("ru").knowing(people)) == "Джон Коул"
    assert render.concept_name("person.coale", ENGLISH.knowing(people)) == "John Coale"
    assert render.concept_name("person.nobody", ENGLISH.knowing(people)) == "person.nobody"
    say = speak(Options(language="be", zone="Europe/Vilnius"), "", ENGLISH.knowing(people))
    assert say.person("John Coale") == "Джон Коўл", "kept by language and clock"


def test_long_lists_of_names_are_counted() -> None:
    names = tuple(f"Person {number}" for number in range(40))
    assert one_line(alert(make_story(facts=Facts(people=names))), "Named").endswith("Person 11 and 28 more")


def test_sources_are_counted_once_each_with_their_kind_and_time() -> None:
    again = make_member("Fourteen prisoners freed: the list", at=NOON + timedelta(hours=1))
    message = alert(make_story(make_member(), STATE, again))
    assert "2 sources" in message.lines[0].text
    assert "Reported by state and by independent sources." in message.text
    quoted = [line for line in message.lines if line.kind is LineKind.QUOTE]
    assert [line.text for line in quoted] == [
        "Nasha Niva (independent), 19 Mar 2026 12:00 UTC",
        "BelTA (state media), 19 Mar 2026 12:09 UTC",
    ]
    assert quoted[1].spans[-1].at == NOON + timedelta(minutes=9)


def test_many_sources_end_in_a_count() -> None:
    members = [make_member(source=f"Wire {number}", owner="wire") for number in range(12)]
    message = alert(make_story(*members))
    assert "12 sources" in message.text
    assert "and 4 more sources" in message.text
    assert "state and" not in message.text


@pytest.mark.parametrize(
    ("published", "shown"),
    [(None, NOON), (NOON - timedelta(hours=3), NOON - timedelta(hours=3)), (NOON + timedelta(days=1), NOON)],
)
def test_a_source_cannot_have_published_after_it_was_seen(published: object, shown: object) -> None:
    assert render.told_at(make_member(published_at=published)) == shown


def test_a_follow_up_does_not_take_the_headline() -> None:
    early = make_member("Reaction: Brussels welcomes", "Wire", update=True)
    assert alert(make_story(early, make_member())).lines[1].text.startswith("Fourteen prisoners freed")
    assert alert(make_story(early)).lines[1].text.startswith("Reaction")


def test_the_headline_fits_the_count() -> None:
    def telling(title: str, count: int) -> Member:
        return make_member(title, title, analysis=Analysis(facts=Facts(released=count)))

    members = telling("Two freed", 2), telling("Fourteen freed", 14), telling("All fourteen freed", 14)
    assert alert(make_story(*members)).lines[1].text == "Fourteen freed (English)"
    assert alert(make_story(*members, facts=Facts(released=15))).lines[1].text == "Two freed (English)"
    assert alert(make_story(*members, facts=Facts())).lines[1].text == "Two freed (English)"


@pytest.mark.parametrize(
    ("code", "name"),
    [("be", "Belarusian"), ("be-tarask", "Belarusian"), ("UK_ua", "Ukrainian"), ("xx", "xx"), ("", "")],
)
def test_languages_are_named(code: str, name: str) -> None:
    assert ENGLISH.language(code) == name


def test_buttons_ask_why_and_lead_to_the_sources() -> None:
    row = alert(make_story(make_member(), STATE)).buttons[0]
    assert [(button.label, button.command, button.url) for button in row] == [
        ("Why?", "why 12", ""),
        ("Nasha Niva ↗", "", "https://nasha-niva.example/1"),
        ("BelTA ↗", "", "https://belta.example/1"),
    ]


def test_markup_and_direction_marks_in_foreign_text_are_only_text() -> None:
    title = "<b>5 < 6</b> &amp; *bold* _it_ ~no~ \u202eevil\u202c \u200fשלום\u200b\nsecond line"
    shown = alert(make_story(make_member(title))).lines[1].spans[0].text
    assert shown == "<b>5 < 6</b> &amp; *bold* _it_ ~no~ evil שלום second line"


def test_words_that_matched_are_told_without_pairs() -> None:
    analysis = Analysis(
        evidence=(found("freed … prisoners", 9), found("freed", 1), found("sport", -3), found("freed", 1))
    )
    assert alert(make_story(make_member(analysis=analysis))).lines[-1].text == "Matched: “freed”"


def test_plain_alert_is_short_and_without_links_or_buttons() -> None:
    message = render.plain_alert(make_story(make_member("x" * 5000)), TOPICS)
    assert message.buttons == ()
    assert all(not span.url and span.at is None for line in message.lines for span in line.spans)
    assert len(message.text) < 500
    assert "https://nasha-niva.example/1" in message.text


def test_of_much_evidence_the_heaviest_words_are_told_and_the_rest_is_summed() -> None:
    words = [found(f"word {number}", 0.5 * number) for number in range(1, 9)]
    evidence = (*words, found("", -1.0, concept="rule"))
    lines = render.evidence_lines(evidence, TOPICS, {"prisoner-release": 17.0}, ENGLISH)
    assert [line.text.partition(" (")[0] for line in lines] == [
        "Prisoner releases: 17",
        "+4 release: “word 8”",
        "+3.5 release: “word 7”",
        "+3 release: “word 6”",
        "+2.5 release: “word 5”",
        "+4.0 from 5 further parts of the score",
    ]


def test_evidence_is_grouped_by_topic_heaviest_first() -> None:
    evidence = (found("Minsk", 1.0), found("freed", 2.0), found("envoy", 3.0, "us-diplomacy"), found("sport", -2.5))
    lines = render.evidence_lines(evidence, TOPICS, {"prisoner-release": 5.5, "us-diplomacy": 3}, ENGLISH)
    assert [line.text.partition(" (")[0] for line in lines] == [
        "Prisoner releases: 5.5",
        "-2.5 release: “sport”",
        "+2 release: “freed”",
        "+1 release: “Minsk”",
        "US-Belarus diplomacy: 3",
        "+3 release: “envoy”",
    ]


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://example.org/a?utm_source=x&id=1&fbclid=2", "https://example.org/a?id=1"),
        ("https://example.org/a?utm_source=x", "https://example.org/a"),
        ("https://example.org/a#utm_medium=x", "https://example.org/a"),
        ("https://example.org/a#part-2", "https://example.org/a#part-2"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("HTTPS://Example.ORG/A", "https://example.org/A"),
        ("https://приклад.укр/шлях", "https://xn--80aikifvh.xn--j1amh/%D1%88%D0%BB%D1%8F%D1%85"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
        ("https://example.org/50%", "https://example.org/50%25"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ("https://example.org/\u202egpj.exe", "https://example.org/%E2%80%AEgpj.exe"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("javascript:alert(1)", ""),
        ("https://user:pw@example.org/", ""),
        ("https://example.org@evil.example/", ""),
        ("https://exa mple.org/", ""),
        ("https:///path", ""),
        ("http://[::1", ""),
        ("https://example.org/" + "a" * 2000, ""),
        ("", ""),
    ],
)
def test_links_are_clean(url: str, clean: str) -> None:
    assert clean_link(url) == clean


foreign_texts = st.text(max_size=400) | st.sampled_from(["<b>&", "*_~`", "\u202e\u2066", "\ud800", "e" + "\u0301" * 99])
urls = st.one_of(foreign_texts, foreign_texts.map(lambda text: f"https://example.org/{text}"))
members = st.builds(
    lambda title, url, source, lang, owner: replace(
        make_member(title, source), url=url, lang=lang, owner=owner, analysis=Analysis(evidence=(found(title[:50]),))
    ),
    foreign_texts,
    urls,
    foreign_texts,
    foreign_texts,
    foreign_texts,
)
facts = st.builds(
    Facts,
    released=st.none() | st.integers(0, 10**6),
    at_least=st.booleans(),
    people=st.lists(foreign_texts, max_size=20).map(tuple),
    destination=st.none() | foreign_texts,
    in_return=st.lists(foreign_texts, max_size=3).map(tuple),
    counts=st.lists(st.tuples(foreign_texts, st.integers(0, 99)), max_size=4).map(tuple),
)
stories = st.builds(
    lambda reports, known: Story(2**62, 1, Level.ALERT, ("prisoner-release",), known, NOON, NOON, tuple(reports)),
    st.lists(members, min_size=1, max_size=12),
    facts,
)


@given(stories)
def test_whatever_comes_from_outside_the_alert_is_safe(story: Story) -> None:
    for message in (alert(story), render.plain_alert(story, TOPICS)):
        assert message.lines
        for span in (span for line in message.lines for span in line.spans):
            assert_safe(span)
        for button in (button for row in message.buttons for button in row):
            assert button.label.strip()
            assert not button.url or urlsplit(button.url).scheme in ("http", "https")
    for line in render.brief(story, TOPICS):
        assert line.text.strip()


def assert_safe(span: Span) -> None:
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in span.text)
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", span.text)
    assert span.url == "" or re.fullmatch(r"https?://[!-~]+", span.url)
    assert len(span.url) <= MOST


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7200, "2 hours"),
        (172800, "2 days"),
    ],
)
def test_ages(seconds: int, told: str) -> None:
    assert ENGLISH.age(NOON, NOON + timedelta(seconds=seconds)) == told


def test_every_text_can_be_filled() -> None:
    """Templates are well formed; both forms of a pair have the same places, but for the number in the first."""
    places = re.compile(r"\{(\w+)\}")
    for name, value in vars(texts).items():
        if not name.isupper():
            continue
        templates = value.values() if isinstance(value, dict) else [value]
        for template in templates:
            if isinstance(template, tuple) and all(isinstance(part, str) for part in template):
                assert {*places.findall(template[0]), "n"} == set(places.findall(template[1])), name
            elif isinstance(template, str):
                assert template.format(**dict.fromkeys(places.findall(template), "x")), name


def test_a_missing_value_is_an_error_not_a_gap() -> None:
    with pytest.raises(KeyError):
        ENGLISH.say(texts.UNKNOWN_COMMAND)


def test_member_is_unchanged_by_rendering() -> None:
    member: Member = make_member()
    alert(make_story(member))
    assert member == make_member()
