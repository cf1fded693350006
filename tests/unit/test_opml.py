"""Lists of feeds as OPML: what is written is read back, what others write is read, hostile lists are refused."""

from __future__ import annotations

import asyncio
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.opml import tables, with_added
from core.config import read_settings
from core.errors import ParseError
from core.model import FeedSpec, Outcome
from feeds.decode import drop_impossible
from feeds.opml import Outline, read_opml, write_opml
from storage.store import Store

_texts = st.text(st.characters(codec="utf-8"), max_size=30)
_words = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
_urls = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z?&=%;'<>\"]{0,12}", fullmatch=True)
_specs = st.builds(
    FeedSpec,
    name=_texts,
    url=_urls,
    kind=st.sampled_from(["rss", "jsonfeed", "telegram-web"]),
    lang=st.sampled_from(["", "be", "sr-latn"]),
    owner=st.sampled_from(["", "wire", "state media"]),
    user_agent=_texts,
    mirrors=st.lists(_urls, max_size=2).map(tuple),
    implies=st.lists(_words, max_size=2).map(tuple),
    full_text=st.sampled_from(["auto", "always", "never"]),
    audit=st.booleans(),
)


NOW = datetime(2026, 3, 19, 12, tzinfo=UTC)


@given(st.lists(_specs, max_size=5, unique_by=lambda spec: spec.url), _texts)
def test_what_is_written_is_read_back(specs: list[FeedSpec], title: str) -> None:
    found = read_opml(write_opml(specs, title).encode())
    assert len(found) == len({outline.url for outline in found})
    for spec in specs:
        outline = next(o for o in found if _plain(o.url) == _plain(spec.url))
        assert (outline.lang, outline.owner, outline.implies) == (spec.lang, spec.owner, spec.implies)
        assert len(outline.mirrors) == len(spec.mirrors)
        assert outline.kind == spec.kind
        assert (outline.full_text or "auto", outline.audit) == (spec.full_text, spec.audit)
        (table,) = tomllib.loads(next(tables([outline])))["feeds"]["feed"]
        assert (table.get("full_text", "auto"), table.get("audit", False)) == (spec.full_text, spec.audit)
        assert outline.name == " ".join(drop_impossible(spec.name).split())


def _plain(url: str) -> str:
    return url.replace('"', "%22").replace("<", "%3C").replace(">", "%3E")


def test_lists_of_other_programs_are_read() -> None:
    body = """<?xml version="1.0" encoding="windows-1251"?>
    <opml version="1.0"><head><title>Мои</title></head><body>
      <outline text="Папка" title="Папка"><outline text="Первый канал новостей" type="rss"
        xmlUrl=" https://one.example/rss?a=1&amp;b=2 " htmlUrl="https://one.example/" language="ru_RU"/>
        <outline text="Again" xmlUrl="https://one.example/rss?a=1&amp;b=2"/></outline>
      <outline title="Two &lt;2&gt;" text="x" xmlurl="https://two.example/feed.json"/>
      <outline text="T" xmlUrl="https://t.me/s/example"/>
      <outline text="Bad" xmlUrl="javascript:alert(1)"/>
    </body></opml>"""
    assert read_opml(body.encode("cp1251")) == (
        Outline("Первый канал новостей", "https://one.example/rss?a=1&b=2", lang="ru-ru"),
        Outline("Two <2>", "https://two.example/feed.json", "jsonfeed"),
        Outline("T", "https://t.me/s/example", "telegram-web"),
        Outline("Bad", "javascript:alert(1)", usable=False),
    )


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml><body/></opml>", Outcome.PARSE, "document type"),
        (b"<!DOCTYPE opml SYSTEM 'file:///etc/passwd'><opml/>", Outcome.PARSE, "document type"),
        (b"<rss/>", Outcome.NOT_A_FEED, "outermost element is <rss>"),
        (b"<opml><body>", Outcome.PARSE, "no sound XML"),
        (b"", Outcome.PARSE, "no sound XML"),
        (b"<opml>" + b"<outline>" * 200, Outcome.PARSE, "nested over 100 deep"),
        (b"<opml>" + b"<outline xmlUrl='https://a.example/'/>" * 10_002 + b"</opml>", Outcome.PARSE, "too long"),
        (b"%PDF-1.4", Outcome.NOT_A_FEED, "a PDF document"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, outcome: Outcome, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_opml(body)
    assert caught.value.outcome is outcome
    assert said in str(caught.value)


@given(st.one_of(st.binary(max_size=80), st.text("<>/opml outline xmlUrl='\"=!&;", max_size=80).map(str.encode)))
def test_any_bytes_give_a_list_or_a_parse_error(body: bytes) -> None:
    for text in (body, b"<opml><outline xmlUrl='" + body + b"'/></opml>"):
        try:
            outlines = read_opml(text)
        except ParseError:
            continue
        tomllib.loads("\n".join(tables(outlines)))


@given(st.lists(st.builds(Outline, name=_texts, url=_urls, owner=_texts, user_agent=_texts, usable=st.booleans())))
def test_tables_are_toml_whatever_the_names(outlines: list[Outline]) -> None:
    tree = tomllib.loads("\n\n".join(tables(outlines)))
    kept = [outline for outline in outlines if outline.usable]
    found = tree.get("feeds", {}).get("feed", [])
    assert [(table.get("name", ""), table["url"]) for table in found] == [(o.name, o.url) for o in kept]


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = tmp_path / "config.toml"
    file.write_text(
        '[feeds]\ngroups = ["rights-groups"]\n[[feeds.feed]]\nurl = "https://one.example/rss"\nname = "One & all"\n',
        encoding="utf-8",
    )
    return str(file)


def test_the_configured_feeds_are_exported_with_those_of_their_groups(
    configuration: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", configuration, "opml", "export"]) == 0
    printed = capsys.readouterr().out
    assert [outline.name for outline in read_opml(printed.encode())] == ["One & all", "Viasna on Telegram"]
    file = tmp_path / "out.opml"
    assert main(["--config", configuration, "opml", "export", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == printed
    assert main(["--config", configuration, "opml", "export", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_an_imported_list_is_a_configuration(
    configuration: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.opml"
    known, new, bad = (
        f'<outline text="{name}" xmlUrl="{url}"/>'
        for name, url in (("Old", "https://one.example/rss"), ("New", "https://t.me/s/new_one"), ("Bad", "mailto:x"))
    )
    file.write_text(f"<opml><body>{known}{new}{bad}</body></opml>", encoding="utf-8")
    assert main(["--config", configuration, "opml", "import", str(file)]) == 0
    shown = capsys.readouterr()
    assert "# Left out, no web address" in shown.out
    assert shown.err.startswith("1 of 3 feeds")
    made = tmp_path / "made.toml"
    made.write_text(shown.out, encoding="utf-8")
    settings, faults = read_settings(made, {})
    assert faults == []
    assert [(feed.name, feed.kind) for feed in settings.feeds.feed] == [("New", "telegram-web")]
    assert main(["--config", configuration, "opml", "import", str(tmp_path / "none")]) == 2
    file.write_text("<rss/>", encoding="utf-8")
    assert main(["--config", configuration, "opml", "import", str(file)]) == 2


def test_feeds_that_chats_added_do_not_stand_out() -> None:
    own = (FeedSpec("Zebra", "https://z.example/f"), FeedSpec("Mast", "https://m.example/f"))
    added = (FeedSpec("novel", "https://n.example/f"), FeedSpec("Apple", "https://a.example/f"), own[0])
    assert [spec.name for spec in with_added(own, added)] == ["Apple", "Mast", "novel", "Zebra"]
    assert with_added(own, added) == with_added(own[::-1], added[::-1])


def test_feeds_that_chats_added_are_exported_when_asked_for(
    configuration: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/kept.db"
    file = Path(configuration)
    file.write_text(f'[storage]\nurl = "{url}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")

    async def added() -> None:
        store = Store(url)
        await store.open()
        await store.sync_feeds([FeedSpec("Gone", "https://gone.example/f")], NOW)
        await store.sync_feeds([], NOW)
        await store.add_feed(FeedSpec("Our own", "https://own.example/f"), NOW)
        await store.close()

    asyncio.run(added())
    for asked, names in (([], []), (["--added"], ["Our own"])):
        assert main(["--config", configuration, "opml", "export", *asked]) == 0
        outlines = read_opml(capsys.readouterr().out.encode())
        assert [one.name for one in outlines] == ["One & all", *names, "Viasna on Telegram"]
