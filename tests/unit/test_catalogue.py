"""The catalogue of real sources is complete and sound, and its groups can be switched on."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

import pytest

from app.configured import configured, with_groups
from bot.texts import OWNERS as SHOWN_OWNERS
from core.errors import ConfigError
from core.model import FeedSpec
from core.settings import FeedSettings, FeedsSettings, Settings
from feeds.catalogue import OWNERS, groups, load_catalogue, read_groups
from feeds.sources import SOURCES
from matching.matcher import load_matcher

GROUPS = ("belarus-exile", "belarus-state", "neighbours", "rights-groups", "us-government", "wires-and-world")
GOOD = """
[[source]]
id = "one"
name = "One"
url = "https://one.example/rss"
kind = "rss"
owner = "wire"
ship = "on"
confidence = "high"
evidence = "probe: 200"
"""


def write(folder: Path, text: str, name: str = "group.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def specs(settings: Settings) -> tuple[FeedSpec, ...]:
    return with_groups(settings).feed_specs


def test_the_shipped_catalogue_is_whole() -> None:
    entries = load_catalogue()
    assert tuple(groups()) == GROUPS
    assert len(entries) >= 120
    assert sum(entry.ship == "on" for entry in entries) >= 40
    assert all(group.title and group.entries for group in groups().values())
    assert set(OWNERS) == set(SHOWN_OWNERS)


def test_what_is_shipped_on_can_be_polled_and_names_its_language_and_evidence() -> None:
    for entry in load_catalogue():
        if entry.ship == "on":
            assert SOURCES.get(entry.kind).request(FeedSpec(entry.name, entry.url)).url
            assert entry.langs
            assert entry.evidence != "none"
            assert not entry.terms


def test_implied_concepts_are_those_of_the_shipped_pack() -> None:
    known = load_matcher().lexicon.concepts
    assert {concept for entry in load_catalogue() for concept in entry.implies} <= set(known)


def test_terms_that_bind_keep_a_source_off() -> None:
    google = [entry for entry in load_catalogue() if "news.google.com" in entry.url]
    assert len(google) == 6
    assert all(entry.terms and entry.ship == "off" for entry in google)


def test_groups_switch_on_what_is_shipped_on() -> None:
    found = specs(Settings(feeds=FeedsSettings(groups=GROUPS, min_interval=timedelta(minutes=7))))
    assert len(found) == sum(entry.ship == "on" for entry in load_catalogue())
    assert all(spec.interval == timedelta(minutes=7) and spec.name and spec.owner for spec in found)
    pul = next(spec for spec in found if spec.url == "https://t.me/s/pul_1")
    assert (pul.kind, pul.lang, pul.owner, pul.implies) == ("telegram-web", "ru", "government", ("belarus",))
    assert any("Mozilla" in spec.user_agent for spec in found if "state.gov" in spec.url)


def test_an_own_table_wins_and_may_switch_a_source_off() -> None:
    own = (
        FeedSettings(name="Mine", url="https://t.me/s/pul_1", kind="telegram-web"),
        FeedSettings(url="https://www.belta.by/rss", enabled=False),
    )
    found = specs(Settings(feeds=FeedsSettings(groups=("belarus-state", "belarus-state"), feed=own)))
    assert [spec.name for spec in found] == ["Mine", "Zviazda"]


def test_the_configuration_knows_the_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINSK_FEEDS__GROUPS", raising=False)
    file = tmp_path / "config.toml"
    file.write_text('[feeds]\ngroups = ["rights-groups"]\n', encoding="utf-8")
    settings = configured(argparse.Namespace(config=str(file)), complete=False)
    assert [spec.name for spec in settings.feed_specs] == ["Viasna on Telegram"]
    file.write_text('[feeds]\ngroups = ["rights"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"feeds\.groups = 'rights': no such group; known are belarus-exile, "):
        configured(argparse.Namespace(config=str(file)), complete=False)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (entry,) = read_groups(write(tmp_path, 'title = "All"\n' + GOOD + 'langs = ["be"]\n'))["group"].entries
    assert (entry.id, entry.group, entry.lang, entry.mirrors) == ("one", "group", "be", ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[source]\n", "group.toml: cannot be read"),
        (GOOD + 'nmae = "x"\n', "source 'one': unknown key 'nmae'"),
        (GOOD.replace('name = "One"', ""), "source 'one': name is missing"),
        (GOOD.replace('"One"', "1"), "name is 1; a text is expected"),
        (GOOD + 'langs = "be"\n', "langs is 'be'; a list is expected"),
        (GOOD + 'designated_in_belarus = "yes"\n', "true or false is expected"),
        (GOOD.replace('"wire"', '"somebody"'), "owner is 'somebody'; choose one of state media"),
        (GOOD.replace('"on"', '"maybe"'), "ship is 'maybe'"),
        (GOOD.replace('"rss"\n', '"html"\n', 1), "kind is 'html'; known are"),
        (GOOD.replace('kind = "rss"', 'kind = "none"'), "no source type reads it"),
        (GOOD.replace('"on"', '"off"'), "the note must say why"),
        (GOOD.replace("https:", "ftp:"), "is no web address"),
        (GOOD + 'mirrors = ["x"]\n', "'x' is no web address"),
        (GOOD + GOOD, "the id of 'one' again"),
    ],
)
def test_faults_of_a_catalogue_are_told(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_groups(write(tmp_path, text))
    assert fault in str(caught.value)


def test_the_documentation_lists_what_ships_on_and_every_group_and_kind() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    for entry in load_catalogue():
        mark = "yes" if entry.designated_in_belarus else ""
        row = f"| {entry.name} | {', '.join(entry.langs)} | {entry.owner} | {entry.kind} | {mark} |"
        assert (row in text) == (entry.ship == "on"), entry.id
    assert f"{len(load_catalogue())} sources in {'six' if len(groups()) == 6 else len(groups())} groups" in text
    for group in groups().values():
        ships = [sum(entry.ship == ship for entry in group.entries) for ship in ("on", "off", "no")]
        assert "### `{}`\n\n{} {} on, {} off, {} dead or unreadable.".format(group.name, group.title, *ships) in text
    for kind in SOURCES.names:
        assert f"| `{kind}` |" in text
