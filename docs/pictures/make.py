"""Draw the README's picture: one alert as the real renderers make it for Telegram and for Slack.

    PYTHONPATH=. .venv/bin/python docs/pictures/make.py [PAGE.html]

draws alert.png beside this file with an installed Chromium (a third as big with pngquant), or writes only the page.
Sample reports go through the real matcher, story book and renderers; here is only the frame around the two payloads.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from aiogram.utils.text_decorations import HtmlDecoration

from bot import render
from bot.platforms import slack_blocks, telegram_render
from core.message import Message
from core.model import Member, Story
from core.ports import Matcher
from matching.matcher import load_matcher
from matching.stories import StoryBook

FOLDER = Path(__file__).parent
FIRST_AT = datetime(2025, 9, 11, 12, 4, tzinfo=UTC)
WIDTH, SCALE = 1000, 2
# The event and its day are real; the wording is ours, and so are the outlets, whose names mean "sample".
REPORTS = (
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


def sample_story(matcher: Matcher) -> Story:
    """The sample reports, a few minutes apart, read by the matcher and seen together as a story."""
    members = []
    for number, (source, owner, lang, title, summary) in enumerate(REPORTS):
        at = FIRST_AT + timedelta(minutes=7 * number)
        analysis = matcher.analyse(title, summary, lang=lang)
        url = f"https://news{number + 1}.example/52"
        members.append(Member(number + 1, source, owner, lang, title, url, at, analysis))
    summed = StoryBook().summarise(members)
    return Story(12, 1, summed.level, summed.topics, summed.facts, FIRST_AT, members[-1].at, tuple(members))


def sample_alert() -> Message:
    matcher = load_matcher()
    return render.alert(sample_story(matcher), matcher.topics)


def page(message: Message) -> str:
    """The message in both payloads, as an HTML page of its own."""
    frame = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    telegram, slack = telegram_render.render(message), slack_blocks.render(message)
    return frame.substitute(telegram=_bubble(telegram), slack=_blocks(slack.blocks))


# --- Telegram -------------------------------------------------------------------------------------------------------


class _Shown(HtmlDecoration):
    """aiogram's own reading of entities; moments as Telegram writes them in the reader's zone, here UTC."""

    def link(self, value: str, link: str) -> str:
        return f'<a href="{escape(link)}">{value}</a>'

    def date_time(self, value: str, unix_time: int | datetime, date_time_format: str | None = None) -> str:
        at = unix_time if isinstance(unix_time, datetime) else datetime.fromtimestamp(unix_time, UTC)
        return f"<time>{at:%B} {at.day}, {at.year} at {at:%H:%M}</time>"


def _bubble(rendered: telegram_render.Rendered) -> str:
    outer_first = sorted(rendered.entities, key=lambda entity: (entity.offset, -entity.length))
    text = _Shown().unparse(rendered.text, outer_first)
    text = text.replace("\n<blockquote", "<blockquote").replace(
        "</blockquote>\n", "</blockquote>"
    )  # a block of its own
    rows = rendered.keyboard.inline_keyboard if rendered.keyboard else []
    keys = "".join(_row("keys", [escape(key.text) for key in row]) for row in rows)
    stamp = f'<div class="stamp">edited {FIRST_AT:%H:%M}</div>'
    return f'<div class="bubble"><div class="name">Minsk Watch</div><div class="text">{text}</div>{stamp}</div>{keys}'


# --- Slack ----------------------------------------------------------------------------------------------------------


def _blocks(blocks: tuple[Mapping[str, Any], ...]) -> str:
    stamp = f'<span class="stamp">{FIRST_AT:%H:%M}</span>'
    head = f'<div><span class="name">Minsk Watch</span><span class="app">APP</span>{stamp}</div>'
    return head + "".join(map(_block, blocks)) + '<div class="stamp">(edited)</div>'


def _block(block: Mapping[str, Any]) -> str:
    kind = block["type"]
    if kind == "rich_text":
        return "".join(map(_part, block["elements"]))
    if kind == "actions":
        return _row(kind, [button["text"]["text"] if "text" in button else "⋯" for button in block["elements"]])
    text = block["text"]["text"] if kind == "header" else block["elements"][0]["text"]
    return f'<div class="{kind}">{text}</div>'  # escaped by the renderer already, as Slack asks


def _part(part: Mapping[str, Any]) -> str:
    if part["type"] == "rich_text_list":
        return "<ul>" + "".join(f"<li>{_part(item)}</li>" for item in part["elements"]) + "</ul>"
    tag = "blockquote" if part["type"] == "rich_text_quote" else "div"
    return f"<{tag}>{''.join(map(_words, part['elements']))}</{tag}>"


def _words(element: Mapping[str, Any]) -> str:
    if element["type"] == "date":
        at = datetime.fromtimestamp(element["timestamp"], UTC)
        words = f"<time>{at:%b} {at.day}, {at.year} {at:%H:%M}</time>"
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


def draw(browser: str, html: str, picture: Path) -> None:
    """Photograph the page, as high as it is. Raises CalledProcessError when the browser fails."""
    with tempfile.TemporaryDirectory() as folder:
        page_file = Path(folder) / "alert.html"
        page_file.write_text(html + "<script>document.title = document.body.offsetHeight</script>", encoding="utf-8")
        dom = _browse(browser, folder, "--dump-dom", page_file.as_uri())
        height = int(dom.partition("<title>")[2].partition("</title>")[0])
        _browse(browser, folder, f"--screenshot={picture}", page_file.as_uri(), height=height)
    quantizer = shutil.which("pngquant")
    if quantizer:
        subprocess.run([quantizer, "--force", "--strip", "--ext=.png", "128", str(picture)], check=True)  # noqa: S603


def _browse(browser: str, folder: str, *last: str, height: int = 1000) -> str:
    quiet = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")
    shape = (f"--window-size={WIDTH},{height}", f"--force-device-scale-factor={SCALE}", "--hide-scrollbars")
    profile = ("--headless", "--no-sandbox", "--disable-sync", f"--user-data-dir={folder}/profile")
    command = [browser, *profile, *quiet, *shape, *last]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout  # noqa: S603


def main(page_file: str = "") -> int:
    html = page(sample_alert())
    if page_file:
        Path(page_file).write_text(html, encoding="utf-8")
        return 0
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("No Chromium found to draw with; install it, or name a file to write the page to.", file=sys.stderr)
        return 1
    draw(browser, html, FOLDER / "alert.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
