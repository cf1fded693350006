"""Pages of articles: the text and no more, in a process that can be ended, whatever the bytes."""

from __future__ import annotations

import ast
import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ParseError
from core.model import Outcome
from feeds.extract import extract_text
from feeds.options import FeedOptions
from feeds.pages import PageWorker
from tests.patience import PATIENCE, hurry
from tests.polling import until

PARAGRAPH = "The envoy came to Minsk for two days and spoke with those who count the prisoners, {n} hours in all."
ARTICLE = "".join(f"<p>{PARAGRAPH.format(n=number)}</p>" for number in range(8))
PAGE = f"""<!doctype html><html><head><title>Envoy in Minsk</title><script>var released = 1;</script></head><body>
<nav><a href="/">Home</a><a href="/s">Sanctions lifted in full</a></nav>
<article><h1>Envoy in Minsk</h1>{ARTICLE}</article>
<aside><h3>Read also</h3><a href="/1">All prisoners were released yesterday</a></aside>
<form><div class="g-recaptcha">captcha</div></form><footer>Contact</footer></body></html>"""
URL = "https://news.example/1"
LONG = timedelta(seconds=PATIENCE)


@pytest.fixture
async def pages() -> AsyncIterator[PageWorker]:
    worker = PageWorker(FeedOptions(parse_timeout=LONG))
    yield worker
    await worker.close()


async def test_the_article_is_read_and_what_stands_around_it_is_not(pages: PageWorker) -> None:
    text = await pages.read(PAGE.encode(), url=URL)
    assert PARAGRAPH.format(n=7) in text
    for other in ("Home", "Sanctions lifted", "All prisoners were released", "var released", "Contact"):
        assert other not in text


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "koi8-r"])
async def test_pages_in_old_encodings_are_read(pages: PageWorker, encoding: str) -> None:
    words = "Посланник приехал в Минск и два дня говорил о тех, кто сидит в тюрьмах страны, и об их семьях."
    body = f"<html><head><meta charset={encoding}></head><body><article>{f'<p>{words}</p>' * 6}</article></body></html>"
    assert words in await pages.read(body.encode(encoding), url=URL, content_type="text/html")


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        (b"\x89PNG\r\n", Outcome.NOT_A_FEED, "PNG"),
        (b"no markup at all", Outcome.PARSE, "no web page"),
        (b"<html><title>Just a moment...</title><body>Enable JavaScript", Outcome.BLOCKED, "browser check"),
    ],
)
async def test_what_is_no_article_is_told(pages: PageWorker, body: bytes, outcome: Outcome, said: str) -> None:
    with pytest.raises(ParseError, match=said) as caught:
        await pages.read(body, url=URL)
    assert caught.value.outcome is outcome


async def test_a_page_that_takes_too_long_is_stopped_and_the_next_is_read() -> None:
    options = FeedOptions(parse_timeout=LONG)
    pages = PageWorker(options)
    storm = b"<a " + b" ".join(b"a%d=1" % number for number in range(60_000)) + b">"
    try:
        await pages.read(PAGE.encode(), url=URL)
        hurry(options, parse_timeout=timedelta(seconds=1))
        with pytest.raises(ParseError, match="Reading the document took over 1 s"):
            await pages.read(storm, url=URL)
        assert pages.deaths == 1
        hurry(options, parse_timeout=LONG)
        assert await pages.read(PAGE.encode(), url=URL)
    finally:
        await pages.close()


async def test_the_process_ends_when_there_is_nothing_to_read() -> None:
    pages = PageWorker(FeedOptions(parse_timeout=LONG), idle_seconds=0)
    await pages.read(PAGE.encode(), url=URL)
    await until(lambda: not pages.pids)
    assert await pages.read(PAGE.encode(), url=URL)  # it is started again
    await pages.close()


async def test_many_pages_at_once_are_read_one_after_the_other(pages: PageWorker) -> None:
    texts = await asyncio.gather(*(pages.read(PAGE.encode(), url=URL) for _ in range(5)))
    assert len(set(texts)) == 1
    assert len(pages.pids) == 1
    assert pages.pids[0] != os.getpid()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from([*PAGE.split("<"), "<p>", "&#0;", "&#xD83D;", "\x00", "<!--", "<![CDATA[", "</body>", "ж"])
    ),
    st.binary(max_size=30),
)
def test_any_page_ends_in_text_or_a_parse_error(parts: list[str], tail: bytes) -> None:
    body = "<".join(parts).encode() + tail
    with suppress(ParseError):
        assert isinstance(extract_text(body, URL), str)


def test_only_the_page_process_imports_the_library() -> None:
    for file in (Path(__file__).parents[2]).glob("[abcfmsw]*/**/*.py"):
        if ".venv" in file.parts or file.name == "extract.py":
            continue
        text = file.read_text(encoding="utf-8")
        if not re.search("trafilatura|extract|pageworker", text):  # parsing all takes seconds
            continue
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith(("trafilatura", "feeds.extract", "feeds.pageworker")) for name in names) or (
                file.name == "pageworker.py"
            ), file
