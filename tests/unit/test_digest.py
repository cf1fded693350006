"""Digests read well and fit: whatever the stories, nothing is cut on any platform."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.changes import changes, told_of
from bot.digest import MOST, MOST_IN_FULL, Chapter, digest, discreet_alert, discreet_digest, plain_digest
from bot.platforms import slack_blocks, telegram_render
from bot.platforms.console import wrap
from bot.split import Limits, cut
from core.message import MAX_COMMAND_BYTES, Message
from core.model import Facts, Story
from tests.fake_chat import NOON, TOPICS, make_member, make_story

titles = st.text(max_size=400) | st.text(alphabet="😀<&>*_~ ы", min_size=200, max_size=400)
addresses = st.sampled_from(
    [
        "",
        "https://news.example/1",
        "javascript:x",
        "https://n.example/" + "long/" * 90,
        "https://n.example/" + "ы" * 300,
    ]
)
told_stories = st.tuples(
    titles,
    addresses,
    st.text(max_size=80),
    st.sampled_from(["be", "uk-Latn", "", "x" * 40]),
    st.none() | st.integers(0, 10**9),
    st.integers(1, 2**62),
)


def a_story(title: str, url: str, source: str, lang: str, released: int | None, number: int) -> Story:
    member = make_member(title, source or "Wire", url=url, lang=lang)
    facts = Facts(released=released, counts=((source, 1), ("B" * 60, 2)))
    return make_story(member, id=number, facts=facts, topics=tuple(TOPICS))


def fits(message: Message, limits: Limits) -> bool:
    return cut(message, limits) == message


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(told_stories, min_size=1, max_size=MOST))
def test_a_digest_is_cut_nowhere_and_leads_to_every_story(
    rows: list[tuple[str, str, str, str, int | None, int]],
) -> None:
    told = [a_story(*row) for row in rows]
    news = changes(told_of(make_story(facts=Facts(released=1, people=("Ales",)))), told[0])
    chapters = [Chapter(story, news if place == 0 else ()) for place, story in enumerate(told)]
    for message in (digest(chapters, TOPICS), digest(chapters, TOPICS, many=True), plain_digest(chapters)):
        assert fits(message, telegram_render.LIMITS)
        assert fits(message, slack_blocks.WORDS)
        blocks = slack_blocks.render(message).blocks
        assert len(blocks) <= slack_blocks.MAX_BLOCKS
        assert slack_blocks._size(blocks) <= slack_blocks.MAX_JSON
        for story in told:
            assert f"#{story.id} " in message.text
            assert f"#{story.id} " in slack_blocks.render(message).text
    lines = [button.command for row in digest(chapters, TOPICS).buttons for button in row]
    assert lines == [f"story {story.id}" for story in told]
    assert all(len(line.encode()) <= MAX_COMMAND_BYTES for line in lines)


def test_few_stories_are_told_with_facts_many_in_a_line_each() -> None:
    story = make_story(
        make_member("Чатырнаццаць вызваленых", lang="be"), make_member(source="BelTA"), facts=Facts(released=14)
    )
    few = digest([Chapter(story)] * 2, TOPICS)
    assert [line.text for line in few.lines[:3]] == [
        "2 stories",
        "#12 Чатырнаццаць вызваленых (Belarusian)",
        "Prisoner releases · 2 sources · freed: 14 · 19 Mar 2026 12:00 UTC",
    ]
    assert few.lines[1].spans[1].url == "https://nasha-niva.example/1"
    assert few.lines[2].spans[-1].at == NOON
    many = digest([Chapter(story)] * (MOST_IN_FULL + 1), TOPICS)
    assert [line.text for line in many.lines[:2]] == ["9 stories", "#12 Чатырнаццаць вызваленых · freed: 14"]


def test_a_digest_tells_what_is_new_of_a_story_told_before() -> None:
    before = told_of(make_story(facts=Facts(released=14)))
    after = make_story(facts=Facts(released=16))
    message = digest([Chapter(after, changes(before, after))] * 2, TOPICS)
    assert "new: Reported freed: 16 (before: 14)" in message.text


def test_a_digest_stands_in_a_terminal() -> None:
    message = digest([Chapter(make_story())] * 3, TOPICS)
    rows = [row for line in message.lines for row in wrap(line.spans, 60, lambda span: span.text)]
    assert all(len(row) <= 61 for row in rows)


def test_what_a_chat_knows_it_keeps_knowing() -> None:
    first = make_story(facts=Facts(released=14, people=("Ales",), in_return=("potash",)))
    told = told_of(make_story(facts=Facts()), told_of(first))
    assert (told.released, told.people, told.in_return, told.independent) == (14, ("Ales",), ("potash",), True)
    assert changes(told, first) == ()
    assert changes(None, first) == ()


def test_discreet_messages_are_the_same_whatever_the_story() -> None:
    one, other = make_story(), make_story(make_member("Sanctions lifted"), facts=Facts(released=52))
    assert discreet_alert(one) == discreet_alert(other)
    assert discreet_digest([one]) == discreet_digest([other])
    assert slack_blocks.render(discreet_alert(one)).metadata is None
