"""Stories: what joins, what splits, and how much the order of reports matters. All texts are our own."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import codec
from core.model import Action, Analysis, Level, Story
from matching.evaluate import Item, read_items, run
from matching.measures import compare_clusters
from tests.story_desk import DATA, START, Desk, matcher

SIX_LANGUAGES = [
    ("Belarus frees Tsikhanouski and 13 others after Kellogg's visit", "They arrived in Lithuania on Saturday.", "en"),
    ("Тихановский и ещё 13 политзаключённых освобождены после визита Келлога в Минск", "Они прибыли в Литву.", "ru"),
    ("Ціханоўскага і яшчэ 13 палітвязняў вызвалілі пасля візіту Келага ў Мінск", "Яны ўжо ў Вільні.", "be"),
    ("Cichanouski i 13 innych więźniów uwolnieni po wizycie Kellogga w Mińsku", "Są już w Wilnie.", "pl"),
    ("Po Kelloggo vizito Minske paleistas Cichanouskis ir dar 13 kalinių", "Jie atvyko į Vilnių.", "lt"),
    ("Тихановського та ще 13 політв'язнів звільнили після візиту Келлога до Мінська", "Вони вже у Литві.", "uk"),
]


def test_the_same_release_in_six_languages_is_one_story() -> None:
    desk = Desk()
    for number, (title, body, lang) in enumerate(SIX_LANGUAGES):
        desk.report(title, body, lang=lang, hours=number)
    assert len(desk.stories) == 1
    (story,) = desk.stories.values()
    assert story.facts.released == 14


def test_two_releases_a_week_apart_are_two_stories() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 political prisoners", "John Coale met Lukashenko in Minsk.")
    placed = desk.report("Belarus frees 52 political prisoners", "John Coale is in Minsk again.", hours=7 * 24)
    assert placed.action is Action.OPEN
    assert len(desk.stories) == 2


def test_two_counts_on_one_day_are_two_stories() -> None:
    desk = Desk()
    desk.report("Lukashenko pardons 25 convicts in Belarus")
    placed = desk.report("Belarus frees 52 political prisoners", hours=1)
    assert placed.action is Action.OPEN, placed.reason


def test_a_part_told_with_its_whole_stays_in_the_story() -> None:
    desk = Desk()
    desk.report("Belarus frees 123 prisoners", "Of them 114 were taken to Ukraine and nine to Lithuania.")
    placed = desk.report("114 prisoners freed by Belarus arrive in Ukraine", hours=1)
    assert placed.action is Action.JOIN, placed.reason


def test_a_later_release_that_mentions_the_earlier_one_opens_its_own_story() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 political prisoners", "They were taken to Lithuania after Coale's visit.")
    placed = desk.report("Lukashenko pardons 25 convicts, five days after the 52", hours=5 * 24)
    assert placed.action is Action.OPEN, placed.reason


def test_a_reaction_joins_as_an_update_that_does_not_alert_anew() -> None:
    desk = Desk()
    desk.report("Belarus frees Tsikhanouski and 13 other political prisoners", "Kellogg was in Minsk.")
    placed = desk.report("Freed Tsikhanouski speaks to the press in Vilnius about Belarus prisons", hours=26)
    assert (placed.action, placed.update) == (Action.JOIN, True), placed.reason


def test_a_second_report_of_the_event_is_no_mere_update() -> None:
    desk = Desk()
    desk.report("Belarus frees 14 political prisoners")
    placed = desk.report("Minsk releases 14 political prisoners, Tsikhanouski among them", hours=1)
    assert (placed.action, placed.update) == (Action.JOIN, False)


def test_an_exact_reprint_is_recognised() -> None:
    desk = Desk()
    title, body, lang = SIX_LANGUAGES[0]
    desk.report(title, body, lang=lang, source="agency")
    placed = desk.report(title.upper(), body, lang=lang, hours=2, source="paper")
    assert placed.action is Action.JOIN
    assert placed.update
    assert "reprint" in placed.reason


def test_a_reprint_that_says_more_where_it_stands_is_no_mere_update() -> None:
    """An agency's text may fall short of an alert, and make one in a paper that writes of Belarus alone."""
    desk = Desk()
    title, body = "US envoy arrives for talks on prisoners", "He will be received in the palace tomorrow."
    there = matcher().analyse(title, body, implies=("belarus",))
    desk.take(replace(there, level=Level.DIGEST), title, source="agency")
    assert [story.level for story in desk.stories.values()] == [Level.DIGEST]
    placed = desk.take(there, title, hours=1, source="paper")
    (story,) = desk.stories.values()
    assert "reprint" in placed.reason
    assert (story.level, placed.update) == (Level.ALERT, False)
    again = desk.take(matcher().analyse(title, body, implies=("belarus",)), title, hours=2, source="another paper")
    assert again.update


def test_an_interview_days_later_joins_the_release_of_whom_it_tells() -> None:
    desk = Desk()
    desk.report("Belarus frees Tsikhanouski and 13 other political prisoners", "They are in Vilnius.")
    late = desk.report("Tsikhanouski: five years without a letter", "The freed blogger of Belarus talks.", hours=24 * 5)
    assert (late.action, late.update) == (Action.JOIN, True), late.reason
    other = desk.report("Statkevich, a freed political prisoner of Belarus, gives an interview", hours=24 * 5)
    assert other.action is not Action.JOIN, other.reason


def test_counts_that_nearly_agree_on_one_day_are_one_release() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 political prisoners", "They were taken to Lithuania.")
    placed = desk.report("51 political prisoners let go by Belarus reach Lithuania", hours=3)
    assert placed.action is Action.JOIN, placed.reason
    assert "nearly the same count 51" in placed.reason


def test_some_of_those_freed_do_not_part_from_all_of_them() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 political prisoners", "They were taken to Lithuania.")
    placed = desk.report("Two Latvian citizens freed by Belarus are on their way home", hours=3)
    assert placed.action is Action.JOIN, placed.reason
    apart = Desk()
    apart.report("Belarus pardons two Catholic priests")
    placed = apart.report("Belarus frees 31 Ukrainian citizens", hours=60)
    assert placed.action is Action.OPEN, placed.reason


def test_a_new_count_beside_the_earlier_one_is_a_new_release_when_reports_of_that_still_come() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 political prisoners", "Statkevich refused to go to Lithuania.")
    desk.report("Statkevich, one of the 52 whom Belarus freed, is back in the colony", hours=24 * 4)
    placed = desk.report("Belarus frees 25 convicts, days after the 52", "Lukashenko pardoned them.", hours=24 * 5)
    assert placed.action is Action.OPEN, placed.reason


# --- two stories that turn out to be one ------------------------------------------------------------------------------

LAUREATE = ("Freed Nobel laureate Ales Bialiatski arrives in Vilnius", "He spent 1,613 days behind bars in Belarus.")
FLAUTIST = ("Belarus lets Maria Kalesnikava go", "The flautist has crossed into Ukraine.")
WHOLE = ("Belarus frees 123 prisoners, Bialiatski and Kalesnikava among them", "They were pardoned by Lukashenko.")


def test_a_report_of_the_whole_makes_one_of_two_stories() -> None:
    desk = Desk()
    for hour, news in enumerate((LAUREATE, FLAUTIST)):
        assert desk.report(*news, hours=hour).action is Action.OPEN
    placed = desk.report(*WHOLE, hours=2)
    assert (placed.action, placed.same) == (Action.JOIN, (1,)), placed.reason
    assert "one: #2, #1" in placed.reason
    assert [len(story.members) for story in desk.stories.values()] == [3]


def test_a_report_of_two_single_releases_does_not_make_one_of_them() -> None:
    desk = Desk()
    desk.report("Natallia Levaya, pregnant artist, pardoned in Belarus", "She is home in Brest.")
    desk.report("Статкевича отпустили домой из колонии", "Политик перенёс инсульт.", hours=1, lang="ru")
    placed = desk.report("Statkevich and Levaya are home", "Belarus let both go on one day.", hours=2)
    assert not placed.same, placed.reason
    assert len(desk.stories) == 2


def test_talks_are_not_made_one_with_the_release_that_follows() -> None:
    desk = Desk()
    desk.report("Trump's envoy Coale back in Minsk for talks with Lukashenko", "A second day of talks is planned.")
    desk.report(*LAUREATE, hours=8)
    placed = desk.report("After talks with Coale Lukashenko frees Bialiatski", "The laureate is in Vilnius.", hours=9)
    assert not placed.same, placed.reason


def test_what_an_operator_has_split_stays_apart() -> None:
    desk = Desk()
    for hour, news in enumerate((LAUREATE, FLAUTIST)):
        desk.report(*news, hours=hour)
    desk.stories[1] = replace(desk.stories[1], parted=True)
    assert not desk.report(*WHOLE, hours=2).same


HALF_TITLE = "Tsikhanouski hugs his daughter"


def half(title: str = HALF_TITLE) -> Analysis:
    """Half a match: what the matcher makes of a report, were its level only HALF."""
    whole = matcher().analyse(title, "He was freed in Belarus.", lang="en")
    return Analysis(level=Level.HALF, people=whole.people, signature=whole.signature)


def test_half_a_match_joins_a_story_with_the_same_person() -> None:
    desk = Desk()
    desk.report("Belarus frees Tsikhanouski and 13 other political prisoners")
    placed = desk.take(half(), HALF_TITLE, hours=5)
    assert placed.action is Action.JOIN, placed.reason


def test_half_a_match_of_its_own_is_ignored() -> None:
    placed = Desk().take(half(), HALF_TITLE)
    assert placed.action is Action.IGNORE
    assert placed.story_id is None


def test_half_a_match_does_not_join_an_old_story() -> None:
    desk = Desk()
    desk.report("Belarus frees Tsikhanouski and 13 other political prisoners")
    assert desk.take(half(), HALF_TITLE, hours=24 * 9).action is Action.IGNORE


def test_half_a_match_needs_more_than_the_subject() -> None:
    desk = Desk()
    desk.report("US and Belarus discuss reopening the embassy in Minsk", "Envoy John Coale met Lukashenko.")
    other = matcher().analyse("US and Belarus discuss the embassy", "Envoy John Coale met Lukashenko.", lang="en")
    signature = {**other.signature, "w": [], "h": 1}
    placed = desk.take(Analysis(level=Level.HALF, signature=signature), "A title", hours=1)
    assert placed.action is Action.IGNORE, placed.reason


def test_what_lacks_only_the_country_joins_a_story_that_is_like_it() -> None:
    desk = Desk()
    desk.report("Belarus pardons eighteen political prisoners", "Eleven women and seven men go home.")
    lacking = matcher().analyse("Eighteen go home", "The pardoned prisoners are eleven women and seven men.")
    assert lacking.level is Level.HALF
    assert desk.take(lacking, "Eighteen go home", hours=3).action is Action.JOIN
    assert Desk().take(lacking, "Eighteen go home").action is Action.IGNORE


def test_half_a_match_joins_by_the_number_freed_or_by_a_subject_of_its_own() -> None:
    def half_of(title: str, body: str = "", lang: str = "en") -> Analysis:
        """Half a match that shares no person and no wording."""
        whole = matcher().analyse(title, body, lang=lang)
        return Analysis(level=Level.HALF, signature={**whole.signature, "w": [], "h": len(title)})

    pardon = ("Belarus pardons eighteen prisoners", "They go home for the holiday.")
    again = half_of("Одиннадцать женщин и семеро мужчин помилованы в Беларуси", "Указ подписан к празднику.", "ru")
    assert again.signature["r"] == 18
    call = ("Trump telephones Lukashenko on his way to Alaska", "They spoke of Minsk and Washington.")
    rang = half_of("Трамп позвонил Лукашенко по пути на Аляску", "Говорили о Минске и Вашингтоне.", "ru")
    for news, reading in ((pardon, again), (call, rang)):
        desk = Desk()
        desk.report(*news)
        placed = desk.take(reading, "A title", hours=2)
        assert placed.action is Action.JOIN, placed.reason
    desk = Desk()
    desk.report("Belarus pardons sixteen prisoners", "They go home for the holiday.")
    assert desk.take(again, "A title", hours=2).action is Action.IGNORE


def test_events_of_one_day_stay_apart() -> None:
    desk = Desk()
    desk.report("Natallia Levaya, pregnant artist, pardoned in Belarus", "She is home in Brest.")
    desk.report("Belarus foreign minister Ryzhankou denied US visa for the Board of Peace", hours=1)
    assert len(desk.stories) == 2


def test_signatures_are_small_and_survive_storage() -> None:
    long_text = " ".join(f"{title}. {body}" for title, body, _ in SIX_LANGUAGES) * 30
    analysis = matcher().analyse("Belarus frees 14 prisoners", long_text)
    text = json.dumps(codec.dump(analysis.signature))
    assert len(text) < 2500
    assert codec.load(Analysis, codec.dump(analysis)).signature == analysis.signature


def test_placing_looks_at_a_bounded_number_of_members() -> None:
    desk = Desk()
    desk.report("Belarus frees 14 prisoners, Tsikhanouski among them")
    (story,) = desk.stories.values()
    (first,) = story.members
    crowd = tuple(first for _ in range(3000))
    desk.stories[story.id] = Story(
        story.id, 3000, story.level, story.topics, story.facts, story.opened_at, story.updated_at, crowd
    )
    started = desk.stories[story.id]
    placed = desk.book.place(first, [started])
    assert placed.action is Action.JOIN


def test_the_same_reports_in_the_same_order_always_make_the_same_stories() -> None:
    assert groups(list(window())) == groups(list(window()))


# --- order dependence -----------------------------------------------------------------------------------------------


def window() -> list[Item]:
    """The labelled reports of three busy days."""
    items = read_items(DATA / "news-dev.jsonl")
    return [
        item for item in items if item.relevant and "2025-12-12" <= item.published_at.date().isoformat() <= "2025-12-14"
    ]


def groups(items: list[Item]) -> dict[str, int | None]:
    """Item -> story, for items handled in the order given."""
    made = run(items, matcher())
    return {result.item.id: result.story_id for result in made.results}


def test_the_order_of_feeds_changes_little() -> None:
    """Shuffled within the window, so that every report carries the same time: stories agree with each other mostly.

    Stated in docs: B-cubed agreement of at least 0.95 on average with the stories of the first order.
    """
    items = window()
    same_time = [
        Item(one.id, one.lang, START, one.source, one.url, one.title, one.summary, True, story=one.story)
        for one in items
    ]
    shuffler = random.Random(7)
    first = {key: str(value) for key, value in groups(same_time).items() if value is not None}
    agreements = []
    for _ in range(8):
        shuffled = same_time[:]
        shuffler.shuffle(shuffled)
        agreements.append(compare_clusters(first, groups(shuffled)).bcubed_f1)
    assert sum(agreements) / len(agreements) >= 0.95, agreements


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(range(len(SIX_LANGUAGES))), min_size=1, max_size=8))
def test_any_order_and_repetition_of_one_event_is_one_story(order: list[int]) -> None:
    desk = Desk()
    for number in order:
        title, body, lang = SIX_LANGUAGES[number]
        desk.report(title, body, lang=lang)
    assert len(desk.stories) == 1


@pytest.mark.parametrize("signature", [{}, {"v": {}}, {"v": {"p:x": 1.0}, "r": 3, "x": [], "w": [], "k": []}])
def test_signatures_of_another_release_do_no_harm(signature: dict[str, object]) -> None:
    desk = Desk()
    analysis = Analysis(level=Level.ALERT, topics=("sanctions",), signature=signature)
    desk.take(analysis, "One")
    assert desk.take(analysis, "Two").action in (Action.OPEN, Action.JOIN)
