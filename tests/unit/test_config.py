"""Configuration: the example shows every key, faults are told all at once, secrets stay masked."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.configured import configured, semantic_faults, with_groups
from core.config import (
    load_settings,
    mask_url,
    parse_duration,
    read_settings,
    secrets,
    show_duration,
    show_settings,
    unread_variables,
)
from core.errors import ConfigError
from core.settings import FeedSettings, FeedsSettings, Settings, TelegramSettings
from feeds.catalogue import groups, load_catalogue

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_example_shows_every_key_with_its_default() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    settings, faults = read_settings(EXAMPLE, {})
    assert faults == []
    without_groups = dataclasses.replace(settings, feeds=dataclasses.replace(settings.feeds, groups=()))
    assert without_groups == Settings()
    for path, value in show_settings(Settings()):
        key = path.partition(".")[2]
        if key and path not in ("feeds.feed", "feeds.groups"):
            assert f"\n{key} = {value}" in text, path
    for field in dataclasses.fields(FeedSettings):
        assert f"#   {field.name} = " in text
        assert field.metadata["doc"] in text


def test_example_polls_every_group_of_the_catalogue() -> None:
    settings = load_settings(EXAMPLE, {})
    assert set(settings.feeds.groups) == set(groups())
    feeds = with_groups(settings).feed_specs
    assert len(feeds) >= 40
    assert len({feed.url for feed in feeds}) == len(feeds)
    assert all(feed.name and feed.owner for feed in feeds)  # a channel in two languages has no one lang


def test_designated_sources_can_be_left_out_of_all_groups() -> None:
    settings = load_settings(EXAMPLE, {"MINSK_FEEDS__SKIP_DESIGNATED": "true"})
    urls = {spec.url for spec in with_groups(settings).feed_specs}
    marked = {entry.url for entry in load_catalogue() if entry.designated_in_belarus}
    assert marked
    assert urls
    assert not urls & marked


def test_all_faults_are_told_at_once_with_key_value_and_remedy(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [telegram]
        tokn = "x"
        mode = "pushing"
        [feeds]
        interval = "soon"
        max_bytes = 3
        [http]
        port = 70000
        [[feeds.feed]]
        url = "ftp://example.org/feed"
        [[feeds.feed]]
        name = "nameless"
        [nonsense]
        """,
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    faults = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 8
    assert "telegram.tokn: unknown key; did you mean 'token'?" in faults
    assert "telegram.mode = 'pushing': choose one of polling, webhook." in faults
    assert "feeds.interval = 'soon': write a duration" in faults
    assert "feeds.max_bytes = 3: too small, the least is 1024." in faults
    assert "http.port = 70000: too large, the most is 65535." in faults
    assert "feeds.feed[0].url = 'ftp://example.org/feed': not a usable address" in faults
    assert "feeds.feed[1].url is missing" in faults
    assert "nonsense: unknown key" in faults


def test_a_file_that_is_no_toml_is_a_sentence_not_a_traceback(tmp_path: Path) -> None:
    _, faults = read_settings(write(tmp_path, "[telegram\ntoken="), {})
    assert len(faults) == 1
    assert "cannot be read" in faults[0]
    _, (fault,) = read_settings(tmp_path / "absent.toml", {})
    assert "absent.toml: cannot be read (No such file or directory); check path" in fault
    (tmp_path / "latin.toml").write_bytes(b"x = '\xe9'")
    _, (fault,) = read_settings(tmp_path / "latin.toml", {})
    assert "latin.toml: cannot be read (it is no UTF-8 text); check path" in fault


@pytest.mark.parametrize("unreadable", ["[telegram\n", None])
def test_of_a_file_that_cannot_be_read_nothing_is_missed(tmp_path: Path, unreadable: str | None) -> None:
    file = write(tmp_path, unreadable) if unreadable else tmp_path / "absent.toml"
    with pytest.raises(ConfigError) as caught:
        configured(Namespace(config=str(file)))
    (fault,) = caught.value.faults
    assert f"{file}: cannot be read" in fault


def test_tokens_of_the_wrong_form_are_told_before_anything_starts() -> None:
    wrong = ("nonsense", "bot:letters", "12 34:letters", "1234:", "1234:two words")
    telegram = TelegramSettings(token=wrong[0], spare_tokens=wrong[1:])
    faults = semantic_faults(Settings(telegram=telegram), complete=True)
    told = ": a token has the form 123456:letters"
    keys = ["telegram.token", *["telegram.spare_tokens"] * 4]
    assert [fault.partition(";")[0] for fault in faults] == [f"{key}{told}" for key in keys]
    assert not [token for token in wrong if token in "".join(faults)]
    well = TelegramSettings(token="1:good", spare_tokens=("2:good",))
    assert semantic_faults(Settings(telegram=well), complete=True) == []


def test_environment_wins_over_file_and_secret_files_work(tmp_path: Path) -> None:
    file = write(tmp_path, '[telegram]\ntoken = "from-file"\n[feeds]\ninterval = "1h"\n')
    secret = tmp_path / "secret"
    secret.write_text("from-secret-file\n")
    environ = {
        "MINSK_TELEGRAM__TOKEN_FILE": str(secret),
        "MINSK_FEEDS__INTERVAL": "90s",
        "MINSK_FEEDS__ALLOW_PRIVATE": "127.0.0.1:80, localhost:81",
        "MINSK_FEEDS__FEED": '[{url = "http://127.0.0.1/x"}]',
        "MINSK_HTTP__PORT": "0",
        "PATH": "/bin",
    }
    settings = load_settings(file, environ)
    assert settings.telegram.token == "from-secret-file"
    assert settings.feeds.interval == timedelta(seconds=90)
    assert settings.feeds.allow_private == ("127.0.0.1:80", "localhost:81")
    assert settings.feeds.feed[0].url == "http://127.0.0.1/x"
    assert settings.http.port == 0
    assert load_settings(file, {**environ, "MINSK_TELEGRAM__TOKEN": "direct"}).telegram.token == "direct"


def test_faulty_environment_is_told(tmp_path: Path) -> None:
    environ = {"MINSK_FEEDS__INTERVL": "1", "MINSK_TELEGRAM__TOKEN_FILE": str(tmp_path / "none")}
    _, faults = read_settings(write(tmp_path, ""), environ)
    assert len(faults) == 2
    assert "did you mean 'MINSK_FEEDS__INTERVAL'" in faults[0]
    assert "cannot be read" in faults[1]


def test_a_variable_of_ours_that_nothing_reads_is_told_with_the_nearest_one() -> None:
    read = {"MINSK_TELEGRAM__TOKEN": "1:a", "MINSK_STORAGE__URL_FILE": "url", "MINSK_SUBSCRIPTIONS": "[]", "PATH": "/"}
    assert list(unread_variables(read)) == []
    told = list(unread_variables({**read, "MINSK_NOPE": "1", "MINSK_TELEGRAM_TOKEN": "1:a"}))
    assert [line.partition(":")[0] for line in told] == ["MINSK_NOPE", "MINSK_TELEGRAM_TOKEN"]
    assert told[1] == (
        "MINSK_TELEGRAM_TOKEN: unknown environment variable, it is not read; the nearest one is MINSK_TELEGRAM__TOKEN."
    )


@pytest.mark.parametrize("path", ["", " "])
def test_an_empty_name_is_no_configuration(path: str) -> None:
    settings, faults = read_settings(path, {})
    assert settings == Settings()
    assert faults == ["--config is empty: name a file, or leave it out to read config.toml if it exists."]


def test_secrets_are_masked_and_listed(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[telegram]\ntoken = "12345:secret"\n[storage]\nurl = "postgresql+asyncpg://watch:hunter2@db/watch"\n',
    )
    settings = load_settings(file, {})
    shown = "\n".join(f"{key} = {value}" for key, value in show_settings(settings))
    assert "12345:secret" not in shown
    assert "hunter2" not in shown
    assert set(secrets(settings)) == {"12345:secret", "hunter2"}
    assert mask_url("postgresql://u:p@h/d") == "postgresql://u:***@h/d"


def test_a_secret_in_a_faulty_address_is_not_repeated(tmp_path: Path) -> None:
    _, faults = read_settings(write(tmp_path, '[[feeds.feed]]\nurl = "https://me:hunter2@host/feed"\n'), {})
    assert len(faults) == 1
    assert "hunter2" not in faults[0]


def test_no_feed_undercuts_the_floor(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[feeds]\ninterval = "10m"\nmin_interval = "5m"\n[[feeds.feed]]\nurl = "https://a.example/f"\ninterval = "1s"\n'
        '[[feeds.feed]]\nurl = "https://b.example/f"\n[[feeds.feed]]\nurl = "https://c.example/f"\nenabled = false\n',
    )
    specs = load_settings(file, {}).feed_specs
    assert [spec.interval for spec in specs] == [timedelta(minutes=5), timedelta(minutes=10)]
    assert specs[0].name == "a.example"


@pytest.mark.parametrize("bad", ["", "5 weeks", "-5m", True, None, [], "1e400", "9" * 400])
def test_bad_durations(bad: object) -> None:
    with pytest.raises(ValueError, match="write a duration"):
        parse_duration(bad)


@given(st.integers(min_value=0, max_value=10**8))
def test_durations_round_trip(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert parse_duration(show_duration(value)) == value


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.one_of(
            st.lists(inner), st.dictionaries(st.sampled_from(["feeds", "feed", "url", "x"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_tree_gives_settings_or_faults(tree: object) -> None:
    from core.config import _build

    faults: list[str] = []
    assert isinstance(_build(Settings, tree, "", faults), Settings)


def test_a_feed_without_news_waits_longer_unless_it_has_its_own_interval(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            '[feeds]\nmax_interval = "30m"\n[[feeds.feed]]\nurl = "https://a.example/f"\n'
            '[[feeds.feed]]\nurl = "https://b.example/f"\ninterval = "10m"\n',
        ),
        {},
    )
    assert [spec.max_interval for spec in settings.feed_specs] == [timedelta(minutes=30), None]
    quick = replace(settings, feeds=replace(settings.feeds, interval=timedelta(minutes=1), min_interval=timedelta(0)))
    assert quick.feed_specs[0].max_interval == timedelta(minutes=12)
    slow = replace(settings, feeds=replace(settings.feeds, interval=timedelta(hours=1)))
    assert slow.feed_specs[0].max_interval is None


def test_feeds_on_own_hosts_are_polled_side_by_side() -> None:
    """At half of the places, whatever the letter case, and with the port that the scheme stands for."""
    own = ("RSSHub:1200", "[fd00::1]:8080", "feeds.lan:80")
    urls = {
        "http://rsshub:1200/a": 4,
        "http://[fd00::1]:8080/a": 4,
        "http://Feeds.lan/a": 4,
        "https://feeds.lan/a": 1,
        "http://rsshub:1201/a": 1,
        "https://news.example/a": 1,
    }
    feeds = tuple(FeedSettings(url=url) for url in urls)
    for places, share in ((9, 4), (1, 1)):
        specs = Settings(feeds=FeedsSettings(allow_private=own, concurrency=places, feed=feeds)).feed_specs
        assert {spec.url: spec.lanes for spec in specs} == {url: min(lanes, share) for url, lanes in urls.items()}
