"""Why a feed fails is stored in English and told in the reader's language."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import texts_in
from core.errors import FetchError, ParseError
from core.history import FeedHistory
from core.model import FeedSpec, FeedState
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.gate import Gate
from feeds.health import assess, recognise
from feeds.sources import SOURCES
from tests.messages import OTHERS
from tests.telling import check_told

FEEDS = Path(__file__).parents[2] / "feeds"
TEMPLATES = {name: value for name, value in vars(told).items() if name.isupper()}
# What is raised there is answered at once (lists of feeds, pages of articles) and recorded for no feed.
NOT_OF_POLLS = ("opml.py", "extract.py")
# Calls that take a reason -> at which place.
REASONS = {"FetchError": 1, "ParseError": 1, "BlockedAddress": 0, "_blocked": 0, "no_feed": 0, "fail": 2}
HANDED_ON = ("error.words", "seen.words", "answer['error']", "str(error)")


class Module:
    """What the code of a module hands over as reasons."""

    def __init__(self, file: Path) -> None:
        self.tree = ast.parse(file.read_text(encoding="utf-8"))

    @cached_property
    def reasons(self) -> list[ast.expr]:
        found: list[ast.expr] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                at = REASONS.get(ast.unparse(node.func).rpartition(".")[2], len(node.args))
                found += node.args[at : at + 1]
            elif isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                found += [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "error"]
        return found

    def is_told(self, reason: ast.expr) -> bool:
        """Whether a reason is a sentence, or handed on from where it was raised."""
        if ast.unparse(reason) in HANDED_ON:
            return True
        if isinstance(reason, ast.IfExp):
            return self.is_told(reason.body) and self.is_told(reason.orelse)
        if isinstance(reason, ast.Name):
            return reason.id in self._typed or (
                bool(values := self._assigned(reason.id)) and all(map(self.is_told, values))
            )
        if not isinstance(reason, ast.Call):
            return False
        name = ast.unparse(reason.func)
        return name == "Sentence" or name in self._typed or (name == "str" and self.is_told(reason.args[0]))

    @cached_property
    def _typed(self) -> set[str]:
        """Arguments and functions that are sentences by their types, which mypy looks after."""
        arguments = [node for node in ast.walk(self.tree) if isinstance(node, ast.arg) and node.annotation]
        functions = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef) and node.returns]
        return {one.arg for one in arguments if one.annotation and ast.unparse(one.annotation) == "Sentence"} | {
            one.name for one in functions if one.returns and ast.unparse(one.returns) == "Sentence"
        }

    def _assigned(self, name: str) -> list[ast.expr]:
        assigned = [node for node in ast.walk(self.tree) if isinstance(node, ast.Assign)]
        return [node.value for node in assigned if any(ast.unparse(one) == name for one in node.targets)]


def test_every_reason_that_a_poll_can_fail_for_is_a_sentence() -> None:
    modules = {file: Module(file) for file in sorted(FEEDS.rglob("*.py")) if file.name not in NOT_OF_POLLS}
    assert sum(len(module.reasons) for module in modules.values()) > 60
    untold = [
        f"{file.name}:{reason.lineno}: {ast.unparse(reason)}"
        for file, module in modules.items()
        for reason in module.reasons
        if not module.is_told(reason)
    ]
    assert untold == []
    wording = "\n".join(ast.unparse(module.tree) for module in modules.values()) + " "
    assert [name for name in TEMPLATES if not any(f"told.{name}{end}" in wording for end in ",)} \n")] == []


def test_a_reason_that_is_no_sentence_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text('why = f"it {x}"\nraise FetchError(1, why)\nno_feed("x")\nParseError(1, str(x))\n{"error": "y"}\n')
    module = Module(file)
    assert [module.is_told(reason) for reason in module.reasons] == [False] * 4


@pytest.mark.parametrize("name", TEMPLATES)
def test_stored_reasons_are_recognised_and_told_in_every_language(name: str) -> None:
    template = TEMPLATES[name]
    gaps = [gap for _, gap, _, _ in Formatter().parse(template) if gap]
    values = {gap: "news.example" if gap == "host" else f"{gap} ('x', 1), “<{gap}>”" for gap in gaps}
    stored = template.format(**values)
    read = recognise(stored)
    assert isinstance(read, Sentence)
    assert (read, read.template, dict(read.values)) == (stored, template, values)
    for lang in OTHERS:
        said = texts_in(lang).tell(read)
        assert said != stored
        assert all(value in said for value in values.values())


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from([*TEMPLATES.values(), ". ", "; ", "{", "}", " ", "503"]), max_size=4).map("".join),
    )
)
def test_reading_a_reason_never_changes_its_english(text: str) -> None:
    assert recognise(text) == text
    assert texts_in("en").tell(recognise(text)) == text


def test_what_is_none_of_ours_stays() -> None:
    assert not isinstance(recognise("HTTP 500"), Sentence)
    assert texts_in("be").tell(recognise("HTTP 500")) == "HTTP 500"


BODIES = [
    *(
        ("rss", body)
        for body in (b"", b"{}", b"word", b"GIF89a", b"%PDF-1", b"RIFF", b"<opml/>", b"<urlset/>", b"<x/>")
    ),
    ("rss", b"<html><title>Just a moment</title>"),
    ("rss", b"<html><title>A shop</title>"),
    ("rss", b"<html>"),
    ("rss", b"<!DOCTYPE rss [<rss/>"),
    ("rss", b"<rss" + b" a=''" * 2000 + b"/>"),
    ("rss", b"<rss>" + b"<a>" * 3000),
    ("jsonfeed", b"<rss/>"),
    ("jsonfeed", b"[]"),
    ("jsonfeed", b'{"a": '),
    ("jsonfeed", b"{}"),
    ("jsonfeed", b'{"version": "https://jsonfeed.org/version/1.1"}'),
    ("gdelt", b'{"a": 1}'),
    ("federalregister", b"{}"),
    ("telegram-web", b"<rss/>"),
    ("telegram-web", b"<html><title>Telegram</title>"),
    ("newssitemap", b"<sitemapindex/>"),
    ("newssitemap", b"<urlset><url><loc>https://a.example/</loc></url></urlset>"),
    ("newssitemap", b"<urlset><"),
    ("newssitemap", b"<x/>"),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_what_came_instead_of_a_feed_is_told(kind: str, body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        SOURCES.get(kind).parse(body, url="https://a.example/feed")
    check_told(str(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "a.example",
        "http://a b/",
        "http://u@a.example/",
        "http://0x7f.1/",
        "http://[",
        "http://10.0.0.1/",
    ],
)
def test_why_an_address_is_refused_is_told(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        Gate().check_url(url)
    check_told(str(caught.value))
    assert isinstance(caught.value.words, Sentence)


def test_the_health_of_a_feed_is_told_in_the_readers_language() -> None:
    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    error = f"The server answered 503 (Busy. Sorry). {told.SERVERS_FAULT}"
    state = FeedState(
        next_poll_at=now, failures=3, last_error=error, first_polled_at=now, history=FeedHistory(failing_since=now)
    )
    reason = assess(FeedSpec("News", "https://news.example/"), state, now).reason
    assert reason.startswith(error)
    assert texts_in("de").tell(reason) == (
        "Der Server antwortete mit 503 (Busy. Sorry). Der Fehler liegt beim Server; später wird es erneut versucht. "
        "Gestört seit 2026-11-26 12:00 UTC. Nächster Versuch 2026-11-26 12:00 UTC."
    )
    new = FeedState(
        next_poll_at=now, last_error="The name a.example cannot be found; check the address, or the network."
    )
    reason = assess(FeedSpec("News", "https://news.example/"), new, now).reason
    assert texts_in("ru").tell(reason).endswith(" Имя a.example не находится; проверьте адрес или сеть.")
