"""Draw the README's pictures: an alert (also in Belarusian), a digest, the Home tab and /stats, by the real renderers.

    PYTHONPATH=. .venv/bin/python docs/pictures/make.py [PAGE.html]

draws them beside this file with an installed Chromium (a third as big with pngquant), or writes only the alert's page.
Sample reports go through the real matcher, story book, commands and renderers; here is only the frame around payloads.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from html import escape
from pathlib import Path
from string import Template
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from aiogram.utils.text_decorations import HtmlDecoration
from babel.dates import format_date

from bot import render
from bot.command import load_commands
from bot.digest import Chapter, digest
from bot.dispatch import Dispatcher
from bot.draw import png
from bot.languages import TopicTitles, texts_in
from bot.platforms import slack_blocks, telegram_render
from bot.platforms.slack_views import Place, home_view
from bot.speech import People
from bot.tools import Tools
from core.message import Message
from core.model import Actor, Member, Story, Subscription, Target
from core.options import Mode, Options, Quiet
from core.overview import StoryMark
from core.ports import ChatStore, Clock, Matcher, Request
from core.search import DayCount
from core.watch import RULE, WatchItem, WatchSpec
from matching.lexicon import load_lexicon
from matching.matcher import load_matcher
from matching.people import Roster
from matching.stories import StoryBook
from matching.timeline import load_timeline
from tests.browser import browsing, find_browser

FOLDER = Path(__file__).parent
FIRST_AT = datetime(2025, 9, 11, 12, 4, tzinfo=UTC)
WIDTH, SCALE = 1000, 2
# The event and its day are real; the wording is ours, and so are the outlets, whose names mean "sample".
Report = tuple[str, str, str, str, str]
REPORTS: tuple[Report, ...] = (
    (
        "Sample Wire",
        "wire",
        "en",
        "Belarus frees 52 political prisoners after talks with US envoy John Coale",
        "A bus took the group to Lithuania. In return Washington lifts sanctions on the airline Belavia.",
    ),
    (
        "Узор",
        "independent",
        "be",
        "Вызвалілі 52 палітвязняў: аўтобус прыехаў у Літву",
        "Спецпасланнік ЗША Джон Коўл быў у Мінску. Санкцыі з «Белавія» знятыя.",
    ),
    (
        "Образец",
        "state media",
        "ru",
        "Лукашенко помиловал 52 заключённых после переговоров с представителем США",
        "Помилованные выехали в Литву. Спецпосланник США Джон Коул сообщил, что санкции с «Белавиа» сняты.",
    ),
    (
        "Przykład",
        "independent",
        "pl",
        "Białoruś uwolniła 52 więźniów politycznych po wizycie wysłannika USA",
        "Grupa dotarła na Litwę, Waszyngton znosi sankcje na linie Belavia.",
    ),
)


OTHER: tuple[Report, ...] = (
    (
        "Sample Wire",
        "wire",
        "en",
        "US Treasury lifts sanctions on Belarusian airline Belavia",
        "The Treasury's office removed the carrier from its list after the envoy's visit to Minsk.",
    ),
    (
        "Узор",
        "independent",
        "be",
        "ЗША знялі санкцыі з авіякампаніі «Белавія»",
        "Рашэнне абвясцілі пасля перамоў спецпасланніка ЗША ў Мінску.",
    ),
)


def sample_story(
    matcher: Matcher, reports: Sequence[Report] = REPORTS, *, number: int = 12, later: timedelta = timedelta(0)
) -> Story:
    """The sample reports, a few minutes apart, read by the matcher and seen together as a story."""
    members = []
    for place, (source, owner, lang, title, summary) in enumerate(reports):
        at = FIRST_AT + later + timedelta(minutes=7 * place)
        analysis = matcher.analyse(title, summary, lang=lang, when=at)
        url = f"https://news{place + 1}.example/52"
        members.append(Member(place + 1, source, owner, lang, title, url, at, analysis))
    summed = StoryBook().summarise(members)
    opened = members[0].at
    return Story(number, 1, summed.level, summed.topics, summed.facts, opened, members[-1].at, tuple(members))


def sample_alert(lang: str = "en") -> Message:
    matcher = load_matcher()
    say = texts_in(lang).knowing(People(Roster(load_lexicon()).called))
    return render.alert(sample_story(matcher), TopicTitles(matcher.topics, matcher.titles).in_(say), say)


def sample_digest() -> Message:
    """The sample event and another one, as a daily digest."""
    matcher = load_matcher()
    other = sample_story(matcher, OTHER, number=13, later=timedelta(hours=3))
    return digest([Chapter(sample_story(matcher)), Chapter(other)], matcher.topics)


class _Chat:
    """What the page of a chat asks of the store."""

    def __init__(self, matcher: Matcher) -> None:
        self._story = sample_story(matcher)
        self._bialiatski = Roster(load_lexicon()).spec("bialiatski")

    async def find_subscription(self, target: Target) -> Subscription:
        options = Options(mode=Mode.HOURLY, quiet=Quiet(time(22), time(7)), zone="Europe/Vilnius", confirmed=2)
        return Subscription(1, target, self._story.topics[:2], FIRST_AT, options=options)

    async def watches(self, _: Target) -> tuple[WatchItem, ...]:
        rule = WatchSpec(RULE, "minsk AND potash NOT football", {})
        return WatchItem(1, self._bialiatski, FIRST_AT), WatchItem(2, rule, FIRST_AT)

    async def latest_stories(self, limit: int, **_: object) -> tuple[Story, ...]:
        return (self._story,)[:limit]


async def sample_home() -> Message:
    """The page of a chat, by the real command."""
    matcher = load_matcher()
    store = cast("ChatStore", _Chat(matcher))
    clock = cast("Clock", SimpleNamespace(now=lambda: FIRST_AT))
    dispatch = Dispatcher(load_commands(), store, TopicTitles(matcher.topics), clock)
    target = Target("slack", "D0SAMPLE")
    answer = await dispatch(Request(Actor("slack", "U0SAMPLE"), target, "home", private=True, prefix="/minsk "))
    assert answer is not None
    return answer


class _Month:
    """What /stats asks of the store: made-up days, so that every part of the picture has something to show."""

    DAYS: ClassVar = {
        "prisoner-release": "102013002104010",
        "us-diplomacy": "012001310020112",
        "sanctions": "000102001030010",
    }

    def __init__(self, matcher: Matcher) -> None:
        self._story = sample_story(matcher)
        self._other = sample_story(matcher, OTHER, number=13, later=timedelta(hours=3))

    async def find_subscription(self, _: Target) -> None:
        return None

    async def count_days(self, _: datetime) -> list[DayCount]:
        first = FIRST_AT.date() - timedelta(days=14)
        return [
            DayCount(first + timedelta(days=at), topic, int(count))
            for topic, counts in self.DAYS.items()
            for at, count in enumerate(counts)
            if count != "0"
        ]

    async def latest_stories(self, *_: object, before: int | None = None, **__: object) -> tuple[Story, ...]:
        return () if before else (self._other, self._story)

    async def list_marks(self, *_: object) -> tuple[StoryMark, ...]:
        return ()


async def sample_stats(lang: str = "en") -> bytes:
    """The picture of /stats, by the real command and the real drawing."""
    matcher = load_matcher()
    tools = Tools(timeline=load_timeline(), draw=png)
    clock = cast("Clock", SimpleNamespace(now=lambda: FIRST_AT))
    store, titles = cast("ChatStore", _Month(matcher)), TopicTitles(matcher.topics, matcher.titles)
    dispatch = Dispatcher(load_commands(), store, titles, clock, tools=tools)
    asked = Request(Actor("slack", "U0SAMPLE", lang), Target("slack", "D0SAMPLE"), "stats 15", private=True)
    answer = await dispatch(asked)
    assert answer is not None, "an answer to /stats"
    assert answer.file is not None, answer.text
    return answer.file.body


def page(message: Message, lang: str = "en") -> str:
    """The message in both payloads, as an HTML page of its own."""
    telegram, slack = telegram_render.render(message), slack_blocks.render(message)
    lives = message.revision > 0  # an alert is edited as more sources report; a digest is not
    return _framed(
        "page.html",
        lang=lang,
        telegram=_bubble(telegram, lang, edited=lives),
        slack=_blocks(slack.blocks, lang, edited=lives),
    )


def home_page(message: Message) -> str:
    """The Home tab as an HTML page of its own."""
    view = home_view(message, Place("D0SAMPLE", "/minsk "))
    return _framed("home.html", home="".join(_block(block, "en") for block in view["blocks"]))


def _framed(name: str, **parts: str) -> str:
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    return Template((FOLDER / name).read_text(encoding="utf-8")).substitute(style=style, **parts)


# --- Telegram -------------------------------------------------------------------------------------------------------


class _Shown(HtmlDecoration):
    """aiogram's own reading of entities; moments as Telegram writes them in the reader's zone, here UTC."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def link(self, value: str, link: str) -> str:
        return f'<a href="{escape(link)}">{value}</a>'

    def date_time(self, value: str, unix_time: int | datetime, date_time_format: str | None = None) -> str:
        at = unix_time if isinstance(unix_time, datetime) else datetime.fromtimestamp(unix_time, UTC)
        english = f"{at:%B} {at.day}, {at.year} at {at:%H:%M}"
        return f"<time>{english if self._lang == 'en' else _moment(at, 'd MMMM y', self._lang)}</time>"


def _moment(at: datetime, day: str, lang: str) -> str:
    return f"{format_date(at, day, locale=lang)}, {at:%H:%M}"


def _bubble(rendered: telegram_render.Rendered, lang: str, *, edited: bool) -> str:
    outer_first = sorted(rendered.entities, key=lambda entity: (entity.offset, -entity.length))
    text = _Shown(lang).unparse(rendered.text, outer_first)
    text = text.replace("\n<blockquote", "<blockquote").replace(
        "</blockquote>\n", "</blockquote>"
    )  # a block of its own
    rows = rendered.keyboard.inline_keyboard if rendered.keyboard else []
    keys = "".join(_row("keys", [escape(key.text) for key in row]) for row in rows)
    stamp = f'<div class="stamp">{"edited " if edited else ""}{FIRST_AT:%H:%M}</div>'
    return f'<div class="bubble"><div class="name">Minsk Watch</div><div class="text">{text}</div>{stamp}</div>{keys}'


# --- Slack ----------------------------------------------------------------------------------------------------------


def _blocks(blocks: tuple[Mapping[str, Any], ...], lang: str, *, edited: bool) -> str:
    stamp = f'<span class="stamp">{FIRST_AT:%H:%M}</span>'
    head = f'<div><span class="name">Minsk Watch</span><span class="app">APP</span>{stamp}</div>'
    return (
        head
        + "".join(_block(block, lang) for block in blocks)
        + ('<div class="stamp">(edited)</div>' if edited else "")
    )


def _block(block: Mapping[str, Any], lang: str) -> str:
    kind = block["type"]
    if kind == "rich_text":
        return "".join(_part(part, lang) for part in block["elements"])
    if kind == "divider":
        return "<hr>"
    if kind == "actions":
        return _row(kind, [button["text"]["text"] if "text" in button else "⋯" for button in block["elements"]])
    text = block["text"]["text"] if kind == "header" else block["elements"][0]["text"]
    return f'<div class="{kind}">{text}</div>'  # escaped by the renderer already, as Slack asks


def _part(part: Mapping[str, Any], lang: str) -> str:
    if part["type"] == "rich_text_list":
        return "<ul>" + "".join(f"<li>{_part(item, lang)}</li>" for item in part["elements"]) + "</ul>"
    tag = "blockquote" if part["type"] == "rich_text_quote" else "div"
    return f"<{tag}>{''.join(_words(one, lang) for one in part['elements'])}</{tag}>"


def _words(element: Mapping[str, Any], lang: str) -> str:
    if element["type"] == "date":
        at = datetime.fromtimestamp(element["timestamp"], UTC)
        english = f"{at:%b} {at.day}, {at.year} {at:%H:%M}"
        words = f"<time>{english if lang == 'en' else _moment(at, 'd MMM y', lang)}</time>"
    else:
        words = escape(element["text"])
    if element.get("url"):
        words = f'<a href="{escape(element["url"])}">{words}</a>'
    for style, tag in (("bold", "b"), ("italic", "i"), ("code", "code")):
        words = f"<{tag}>{words}</{tag}>" if element.get("style", {}).get(style) else words
    return words


def _row(name: str, labels: list[str]) -> str:
    return f'<div class="{name}">' + "".join(f"<span>{label}</span>" for label in labels) + "</div>"


# --- the picture ----------------------------------------------------------------------------------------------------


async def draw(browser: str, pages: Mapping[str, str]) -> None:
    """Photograph each page, as high as it is, into NAME.png beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        async with browsing(browser) as tab:
            for name, html in pages.items():
                page_file = Path(folder) / f"{name}.html"
                page_file.write_text(html, encoding="utf-8")
                await tab.open(page_file.as_uri(), width=WIDTH, height=1, scale=SCALE)
                (FOLDER / f"{name}.png").write_bytes(await tab.photograph(whole=True))
                shrink(FOLDER / f"{name}.png")


def shrink(picture: Path) -> None:
    quantizer = shutil.which("pngquant")
    if quantizer:
        subprocess.run([quantizer, "--force", "--strip", "--ext=.png", "128", str(picture)], check=True)  # noqa: S603


def pictures() -> dict[str, str]:
    """Name of each picture -> the page that is drawn."""
    return {
        "alert": page(sample_alert()),
        "alert-be": page(sample_alert("be"), "be"),
        "digest": page(sample_digest()),
        "home": home_page(asyncio.run(sample_home())),
    }


def main(page_file: str = "") -> int:
    if page_file:
        Path(page_file).write_text(page(sample_alert()), encoding="utf-8")
        return 0
    browser = find_browser()
    if browser is None:
        print("No Chromium found to draw with; install it, or name a file to write the page to.", file=sys.stderr)
        return 1
    asyncio.run(draw(str(browser), pictures()))
    for name, lang in (("stats", "en"), ("stats-be", "be")):
        picture = FOLDER / f"{name}.png"
        picture.write_bytes(asyncio.run(sample_stats(lang)))
        shrink(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
