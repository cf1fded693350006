"""Entries known by what they say, or by their headlines without what all of them have in common."""

from __future__ import annotations

from core.model import Entry
from feeds.retelling import count_retold

LONG = "The council met in the evening and spoke for three hours about the bridge, the harvest and report {}."


def entries(*titles: str, text: str = "") -> list[Entry]:
    return [Entry(f"id-{title}", title, summary=text.format(n)) for n, title in enumerate(titles)]


def test_headlines_are_known_without_what_all_of_them_got_or_lost() -> None:
    stored = entries("A bridge is built", "The river has risen", "Trains run again today")
    site = [f"Example: {entry.title.upper()} — News" for entry in stored]
    assert count_retold(entries(*site, "Example: Nobody knew of it — News"), stored) == dict.fromkeys(site, 1)
    named = entries(*site)
    assert count_retold(stored, named) == {entry.title: 1 for entry in stored}


def test_texts_are_known_by_how_they_begin_and_counted() -> None:
    stored = entries("one", "two", text=LONG) + entries("uno", text=LONG)
    fresh = entries("eins", "zwei", "drei", text=LONG.replace(" ", "\n "))
    assert count_retold(fresh, stored) == {"eins": 2, "zwei": 1}


def test_what_is_short_or_the_same_for_several_tells_nothing() -> None:
    stored = entries("one", "two", "three", text="Read more on our site.")
    assert count_retold(entries("four", "five", "six", text="Read more on our site."), stored) == {}
    same = "This site is run by volunteers in many towns, who write of what they see every day. " * 2
    assert count_retold(entries("four", "five", text=same), entries("one", text=same)) == {}
    assert count_retold(entries("The daily count", "The daily count"), entries("The daily count")) == {}
    assert count_retold(entries("Day 5", "Day 6"), entries("Day 5", "Day 4")) == {}


def test_series_go_on() -> None:
    stored = entries(*(f"Prisoners of the regime: day {day}" for day in range(1, 9)))
    assert count_retold(entries(*(f"Prisoners of the regime: day {day}" for day in range(9, 17))), stored) == {}
