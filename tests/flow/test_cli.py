"""The command line as a person uses it: every subcommand as its own process, good input and bad."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app import check
from app.cli import COMMANDS, build_parser
from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
MAIN = str(ROOT / "main.py")
FEED = SampleFeed(
    "Sample",
    "feed.rss",
    "rss",
    "en",
    "wire",
    (
        SampleEntry(0, "Weather in Minsk", "Rain."),
        SampleEntry(1, "Belarus frees 52 political prisoners after US envoy Coale visits Minsk", "Now in Lithuania."),
    ),
)


async def run(folder: Path, *arguments: str, stdin: str = "", **environ: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `main.py ARGUMENTS` in a folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        MAIN,
        *arguments,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), PATIENCE)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def server() -> AsyncIterator[SampleServer]:
    server = SampleServer(SystemClock(), (FEED,))
    await server.start()
    yield server
    await server.stop()


def write(folder: Path, text: str) -> None:
    (folder / "config.toml").write_text(text, encoding="utf-8")


def feed_config(server: SampleServer, extra: str = "") -> str:
    url = server.url_of(FEED)
    return (
        f'{extra}\n[feeds]\nallow_private = ["{url.split("/")[2]}"]\nbackfill = "1h"\n[[feeds.feed]]\nurl = "{url}"\n'
    )


async def test_help_lists_every_command(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, "--help")
    assert code == 0
    for name in COMMANDS:
        assert name.replace("_", "-") in out


@pytest.mark.parametrize("arguments", [["frobnicate"], ["poll-once", "--nonsense"], ["check", "extra"]])
async def test_wrong_usage_is_two_and_a_sentence(tmp_path: Path, arguments: list[str]) -> None:
    code, _, err = await run(tmp_path, *arguments)
    assert code == 2
    assert "usage:" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "near"),
    [(["chek"], "check"), (["pol-once"], "poll-once"), (["pack", "lnt"], "lint"), (["--config", "x", "chek"], "check")],
)
def test_a_mistyped_command_names_the_nearest(words: list[str], near: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(words)
    assert ended.value.code == 2
    assert f"there is no {words[-1]!r}. Did you mean {near}?" in capsys.readouterr().err


def test_what_resembles_no_command_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["xyzzy"])
    told = capsys.readouterr().err
    assert "Did you mean" not in told
    assert "check-sources" in told


async def test_check_tells_all_faults_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [telegram]
        tokn = "1"
        [slack]
        bot_token = "xoxb-1234567890-secret"
        [storage]
        url = "mysql://u:hunter2@h/d"
        [feeds]
        interval = "soon"
        [[feeds.feed]]
        url = "https://example.org/feed"
        kind = "rsss"
        [[subscriptions]]
        target = "telegram:-100123"
        topics = ["prisoner-release", "weather"]
        [access]
        operators = ["somebody"]
        """,
    )
    code, out, err = await run(tmp_path, "check")
    assert code == 2
    for words in (
        "telegram.tokn: unknown key; did you mean 'token'?",
        "slack.app_token is empty",
        "storage.url = 'mysql://u:***@h/d': unknown database",
        "feeds.interval = 'soon'",
        "feeds.feed[0].kind = 'rsss'",
        "subscriptions[0].target = 'telegram:-100123': telegram is not configured",
        "subscriptions[0].topics = 'weather': unknown topic; known are prisoner-release",
        "access.operators[0] = 'somebody'",
    ):
        assert words in err, err
    assert "hunter2" not in out + err
    assert "secret" not in out + err


async def test_check_without_any_chat_says_where_the_token_goes(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, "check")
    assert code == 2
    assert "put the token from @BotFather into telegram.token" in err


async def test_check_prints_the_effective_configuration_with_secrets_masked(tmp_path: Path) -> None:
    code, out, err = await run(tmp_path, "check", MINSK_TELEGRAM__TOKEN="123456:hunter2hunter2")
    assert (code, err) == (0, "")
    assert 'telegram.token = "***"' in out
    assert 'feeds.interval = "5m"' in out
    assert "hunter2" not in out
    assert "Nobody is named in access.operators" in out
    code, out, _ = await run(tmp_path, "check", MINSK_TELEGRAM__TOKEN="1:x", MINSK_ACCESS__OPERATORS="telegram:5")
    assert (code, "Nobody is named" in out) == (0, False)


async def test_check_ends_with_its_verdict_and_lists_feeds_by_group(tmp_path: Path) -> None:
    own = '[[feeds.feed]]\nurl = "https://example.org/feed"\nname = "Ours"\n'
    write(tmp_path, f'[telegram]\ntoken = "1:x"\n[feeds]\ngroups = ["us-government", "rights-groups"]\n{own}')
    code, out, err = await run(tmp_path, "check")
    assert (code, err) == (0, "")
    settings, feeds, verdict, hand = out.split("\n\n")
    assert "feeds.feed[" not in settings
    rows = dict(line.split(maxsplit=1) for line in feeds.splitlines())
    assert list(rows) == ["us-government", "rights-groups", "[[feeds.feed]]", "(--verbose"]
    assert rows["[[feeds.feed]]"] == "1 feed"
    total = sum(int(row.split()[0]) for name, row in rows.items() if name != "(--verbose")
    assert verdict == f"The configuration is sound: {total} feeds, 0 chats from the start."
    assert hand.startswith("Nobody is named in access.operators")
    code, out, _ = await run(tmp_path, "check", "--verbose")
    assert code == 0
    assert out.count("].url = ") == total
    assert 'feeds.feed[0].name = "Ours"' in out


def test_check_live_puts_last_what_needs_a_hand() -> None:
    rows = [("one", "gone", "404"), ("two", "ok", "3 entries"), ("telegram", "ok", "we are @bot")]
    _, *table, verdict = check._table(rows)
    assert [line.split()[0] for line in table] == ["two", "telegram", "one"]
    assert verdict == "\nNeed a hand: 1 of 3, the last of the table."
    assert list(check._table(rows[1:]))[-1] == "\nAll 2 are well."


async def test_poll_once_reads_stores_and_does_not_repeat(tmp_path: Path, server: SampleServer) -> None:
    server.publish_next()
    write(tmp_path, feed_config(server))
    code, out, err = await run(tmp_path, "poll-once", "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    (feed,) = result["feeds"]
    assert set(feed) == {"url", "outcome", "entries", "new", "hits", "error", "next_poll_at"}
    assert (feed["outcome"], feed["entries"], feed["new"], feed["hits"]) == ("ok", 2, 2, 1)
    assert result["stories"] == 1
    assert json.loads((await run(tmp_path, "poll-once", "--json"))[1])["feeds"] == []  # nothing is due yet
    forced = json.loads((await run(tmp_path, "poll-once", "--force", "--json"))[1])
    assert (forced["feeds"][0]["outcome"], forced["feeds"][0]["new"], forced["stories"]) == ("not_modified", 0, 0)
    code, out, _ = await run(tmp_path, "poll-once", "--force")
    assert "1 feed polled" in out


@pytest.mark.parametrize("whole", [False, True])
async def test_poll_once_fails_when_every_feed_has_failed(tmp_path: Path, server: SampleServer, whole: bool) -> None:
    server.publish_next()
    url = server.url_of(FEED)
    missing = f'[[feeds.feed]]\nname = "Missing"\nurl = "{url}.none"\n'
    config = feed_config(server) + missing
    write(tmp_path, config if whole else config.replace(f'url = "{url}"', f'url = "{url}.neither"'))
    code, out, err = await run(tmp_path, "poll-once", "--json")
    failed = [feed["outcome"].startswith("error:") for feed in json.loads(out)["feeds"]]
    assert (sorted(failed), code) == (([False, True], 0) if whole else ([True, True], 1))
    assert ("Every feed that was polled failed" in err) is not whole


async def test_poll_once_refuses_a_feed_that_is_not_configured(tmp_path: Path, server: SampleServer) -> None:
    write(tmp_path, feed_config(server))
    code, _, err = await run(tmp_path, "poll-once", "--feed", "https://example.org/other")
    assert code == 2
    assert "not in the configuration" in err


async def test_migrate_then_a_broken_database(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, "migrate")
    assert code == 0, err
    assert (tmp_path / "data/minskwatch.db").exists()
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    code, _, err = await run(tmp_path, "migrate", MINSK_STORAGE__URL=f"sqlite+aiosqlite:///{tmp_path}/broken.db")
    assert code == 1
    assert "Traceback" not in err


async def test_health_without_a_program(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, "health", MINSK_HTTP__PORT="1")
    assert code == 1
    assert "is the program running" in out


async def test_explain_json_has_the_agreed_keys(tmp_path: Path) -> None:
    title = "Łukaszenka uwolnił 52 więźniów politycznych po wizycie wysłannika USA"
    code, out, err = await run(tmp_path, "explain", "--title", title, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert set(found) >= {"relevant", "topics", "scores", "evidence", "missing", "people", "facts"}
    assert found["relevant"] is True
    assert set(found["facts"]) >= {"released", "remaining", "mediators", "destination", "in_return"}
    assert found["facts"]["released"] == 52
    assert {"topic", "concept", "text", "where", "weight", "pattern"} <= set(found["evidence"][0])
    code, out, _ = await run(tmp_path, "explain", "-", stdin="Minsk weather: rain.\n")
    assert code == 0


async def test_names_says_which_words_it_matches(tmp_path: Path) -> None:
    words = ["Bialiacki", "Беляцкого", "Białystok"]
    code, out, err = await run(tmp_path, "names", "--be", "Алесь Бяляцкі", "--ru", "Алесь Беляцкий", "--json", *words)
    assert (code, err) == (0, "")
    assert json.loads(out) == {"matched": ["Bialiacki", "Беляцкого"], "not_matched": ["Białystok"]}


async def test_pack_lint_is_clean(tmp_path: Path) -> None:
    code, out, err = await run(tmp_path, "pack", "lint")
    assert code == 0, out + err


async def test_run_is_ready_answers_health_and_stops_on_sigterm(tmp_path: Path, server: SampleServer) -> None:
    write(tmp_path, feed_config(server, "[http]\nport = 0\n"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, MAIN, "run", cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    port = ""
    while not port:
        line = (await asyncio.wait_for(process.stderr.readline(), PATIENCE)).decode()
        assert line, "it ended before it was ready"
        found = re.search(r"ready .*http=http://127\.0\.0\.1:(\d+)", line)
        port = found[1] if found else ""
    await server.wait_until_asked(1)
    assert (await run(tmp_path, "health", MINSK_HTTP__PORT=port))[0] == 0
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert "stopped" in err.decode()
    assert "Traceback" not in err.decode()


async def test_backup_and_restore(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, "backup", "there.jsonl.gz")
    assert code == 1
    assert "python main.py migrate" in err
    assert (await run(tmp_path, "migrate"))[0] == 0
    code, out, _ = await run(tmp_path, "backup", "there.jsonl.gz")
    assert code == 0
    assert "there.jsonl.gz is a whole backup" in out
    before = (tmp_path / "there.jsonl.gz").stat()
    code, out, err = await run(tmp_path, "backup", "there.jsonl.gz")
    assert (code, out) == (1, "")
    assert "there.jsonl.gz is there already; name another file, or replace it with --force." in err
    assert (tmp_path / "there.jsonl.gz").stat() == before
    assert (await run(tmp_path, "backup", "there.jsonl.gz", "--force"))[0] == 0
    assert (tmp_path / "there.jsonl.gz").stat().st_ino != before.st_ino
    other = {"MINSK_STORAGE__URL": f"sqlite+aiosqlite:///{tmp_path}/other.db"}
    code, out, _ = await run(tmp_path, "restore", "there.jsonl.gz", **other)
    assert code == 0
    assert "rows and checksums are those of the backup" in out
    code, out, err = await run(tmp_path, "restore", "nothing.db", **other)
    assert (code, out) == (1, "")
    assert "nothing.db cannot be read" in err


async def test_a_taken_port_ends_with_a_sentence(tmp_path: Path, server: SampleServer) -> None:
    port = server.url_of(FEED).split(":")[2].split("/")[0]
    code, _, err = await run(tmp_path, "run", MINSK_HTTP__PORT=port)
    assert code == 2
    assert "choose another http.port" in err
    assert "Traceback" not in err


async def test_the_demonstration_can_be_interrupted(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, MAIN, "demo", cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout
    await asyncio.wait_for(process.stdout.readuntil(b"read silently"), PATIENCE)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 130
    assert out.decode().endswith("Interrupted.\n")
    assert err == b""
    assert os.listdir(tmp_path) == []


async def test_check_names_a_host_with_more_feeds_than_can_be_polled_in_time(tmp_path: Path) -> None:
    feeds = "".join(f'[[feeds.feed]]\nurl = "https://t.me/s/channel{n}"\n' for n in range(230))
    write(tmp_path, f'[telegram]\ntoken = "1:x"\n{feeds}')
    code, out, err = await run(tmp_path, "check")
    assert (code, err) == (0, "")
    assert "t.me has more feeds than can be asked for as often as wanted: 230," in out
