"""What a newcomer gets wrong on the command line: what happened, with which thing, and what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import cli
from app.configured import read_target, semantic_faults
from core.settings import (
    AccessSettings,
    FeedSettings,
    FeedsSettings,
    Settings,
    SlackSettings,
    SubscriptionSettings,
    TelegramSettings,
)

# Command line, exit code, words of the answer. The files are those of `folder`.
WRONG = {
    "opml import list.txt": (2, "list.txt: The file is no sound XML"),
    "explain Minsk --implies belarsu": (2, "--implies 'belarsu': no concept of the packs; did you mean 'belarus'?"),
    "explain Minsk --implies zzzz": (2, "no concept of the packs; `python main.py pack coverage` lists them"),
    "watch-import people.csv --target nowhere:1": (2, "--target nowhere:1: There is no platform 'nowhere'"),
    "watch-import people.csv --target me": (2, "--target me: 'me' is no chat address"),
    "watch-import empty --target telegram:1": (2, "empty: names nobody"),
    "evaluate empty": (2, "empty: no labelled items in it"),
    "pack train empty": (2, "no labelled items in these files"),
    "pack train empty --check": (2, "no labelled items in these files"),
    "evaluate list.txt": (2, "list.txt:1: not a labelled item (no JSON at character 1: expecting value)."),
    "evaluate people.csv --pack none.toml": (2, "people.csv:1: not a labelled item"),
    "explain Minsk --pack none.toml": (2, "none.toml: cannot be read (No such file or directory); check the path."),
    "explain Minsk --pack data": (2, "data: no pack in this folder; packs are files NAME.toml."),
    "explain Minsk --pack empty": (2, "empty: nothing stands in this pack; it needs a table such as [concept.NAME]."),
    "explain https://example.org/news/1": (2, "https://example.org/news/1 is an address, and no page is fetched here."),
    "backup data/minskwatch.db": (1, "data/minskwatch.db belongs to the database itself"),
    "names": (2, "names: give --be or --ru"),
    "poll-once --feed https://example.org/feed": (2, "--feed https://example.org/feed: not in the configuration"),
    "poll-once": (0, "No feed is configured: add [[feeds.feed]] tables or feeds.groups"),
    "check-sources --configured": (0, "No feed is configured: add [[feeds.feed]] tables or feeds.groups"),
    "reconcile": (1, "needs an upgrade (from empty to schema"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    for name, text in (("list.txt", "no list"), ("people.csv", "name\nAles Bialiatski\n"), ("empty", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "data" / "minskwatch.db").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_command_says_what_and_what_next(line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, words = WRONG[line]
    assert cli.main(line.split()) == code
    said = capsys.readouterr()
    assert words in said.err
    assert "Traceback" not in said.err + said.out


@pytest.mark.parametrize("command", [[], ["check"], ["migrate"]])
def test_an_empty_name_of_the_configuration_starts_nothing(
    command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in `--config "$CONFIG"` without that variable: neither the defaults nor the demonstration is meant."""
    assert cli.main(["--config", "", *command]) == 2
    assert "--config is empty: name a file" in capsys.readouterr().err


def test_a_variable_that_nothing_reads_is_told_and_stops_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINSK_STORAGE_URL", "sqlite+aiosqlite:///elsewhere.db")
    assert cli.main(["migrate"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("MINSK_STORAGE_URL: unknown environment variable, it is not read; the nearest one is")
    assert "MINSK_STORAGE__URL." in said.err
    assert "data/minskwatch.db was brought" in said.out


def test_what_only_looks_makes_no_tables(folder: Path) -> None:
    assert cli.main(["reconcile"]) == 1
    assert cli.main(["migrate"]) == 0
    assert cli.main(["reconcile"]) == 0


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (FeedSettings(lang="english"), "feeds.feed[0].lang = 'english': write a code such as be, ru or en"),
        (FeedSettings(owner="gov"), "feeds.feed[0].owner = 'gov': choose one of state media, independent"),
        (FeedSettings(implies=("belarus", "belarrus")), "feeds.feed[0].implies = 'belarrus': no concept of the packs"),
    ],
)
def test_a_word_that_would_do_nothing_is_told(feed: FeedSettings, words: str) -> None:
    (fault,) = semantic_faults(Settings(feeds=FeedsSettings(feed=(feed,))), complete=False)
    assert words in fault


def test_chats_and_operators_that_no_platform_can_have_are_told() -> None:
    chats = ("telegram:yourchannel", "telegram:@x", "slack:#general", "slack:general")
    operators = ("telegram:@me", "me", "nowhere:1", "slack:anna")
    settings = Settings(
        telegram=TelegramSettings(token="1:a"),
        slack=SlackSettings(bot_token="xoxb-1-a", app_token="xapp-1-A"),
        subscriptions=tuple(SubscriptionSettings(target=chat) for chat in chats),
        access=AccessSettings(operators=operators),
    )
    faults = semantic_faults(settings, complete=True)
    begins = [f"subscriptions[{n}].target = {one!r}: {one!r} is no chat address: " for n, one in enumerate(chats)]
    begins += [f"access.operators[{n}] = {one!r}: write platform and user id" for n, one in enumerate(operators)]
    assert [fault[: len(begin)] for fault, begin in zip(faults, begins, strict=True)] == begins


@pytest.mark.parametrize("chat", ["telegram:-100123/7", "telegram:@channel_1", "slack:C0123", "slack:T012.C0456"])
def test_chats_of_all_forms_are_taken(chat: str) -> None:
    assert str(read_target(chat)) == chat


@pytest.mark.parametrize(
    ("bot", "app", "key"),
    [("xapp-1-A", "xapp-1-A", "bot_token"), ("xoxb-1-a", "xoxb-1-a", "app_token"), ("xoxp-1-a", "xapp-1", "bot_token")],
)
def test_slack_tokens_in_each_others_place_are_told_before_anything_starts(bot: str, app: str, key: str) -> None:
    (fault,) = semantic_faults(Settings(slack=SlackSettings(bot_token=bot, app_token=app)), complete=True)
    assert fault.startswith(f"slack.{key}: such a token begins with xo" if key == "bot_token" else f"slack.{key}:")
    assert bot not in fault


def test_a_slack_token_that_is_renewed_is_taken() -> None:
    renewed = SlackSettings(bot_token="xoxe.xoxb-1-a", app_token="xapp-1-A")
    assert semantic_faults(Settings(slack=renewed), complete=True) == []
