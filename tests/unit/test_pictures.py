"""The README's picture shows what the renderers make, all of it."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path

import pytest

from bot.platforms import slack_blocks, telegram_render
from core import chart
from core.message import Button, LineKind, Message, Span, Style, line
from core.model import Level
from docs.pictures import make
from matching.matcher import load_matcher

ROOT = Path(__file__).parents[2]
MOMENT = re.compile(r"\d+ \w+ \d{4} \d\d:\d\d [A-Z]+")
SMALL = 200_000  # bytes; the README is read on slow lines too


@pytest.fixture(scope="module")
def alert() -> Message:
    return make.sample_alert()


def words(page: str) -> str:
    """What a reader sees of the page, blanks joined."""
    body = page.partition("</style>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def pieces(text: str) -> list[str]:
    """The words of a payload without its moments, which each platform writes in its own way."""
    return [" ".join(piece.split()) for piece in re.split(r"[\n•(),]", MOMENT.sub("\n", text)) if piece.strip()]


def test_the_sample_is_one_event_told_in_four_languages() -> None:
    story = make.sample_story(load_matcher())
    assert [member.lang for member in story.members] == ["en", "be", "ru", "pl"]
    assert all(member.analysis.level is Level.ALERT for member in story.members)
    assert (story.facts.released, story.facts.destination) == (52, "Lithuania")
    assert story.facts.mediators == ("John Coale",)
    assert "belavia" in story.facts.in_return


def test_all_words_of_both_payloads_are_on_the_page(alert: Message) -> None:
    telegram, slack = telegram_render.render(alert), slack_blocks.render(alert)
    shown = words(make.page(alert))
    assert pieces(telegram.text)
    for piece in pieces(telegram.text) + pieces(html.unescape(slack.text)):
        assert shown.count(piece) >= 2, piece
    assert telegram.keyboard is not None
    for key in telegram.keyboard.inline_keyboard[0]:
        assert shown.count(key.text) >= 2
    assert "September 11, 2025 at 12:04" in shown
    assert "Sep 11, 2025 12:04" in shown


def test_all_links_of_both_payloads_are_on_the_page(alert: Message) -> None:
    entities = telegram_render.render(alert).entities
    links = [entity.url for entity in entities if entity.type == "text_link"]
    assert len(links) >= 5
    page = make.page(alert)
    assert all(page.count(f'href="{url}"') >= 2 for url in links)


def test_foreign_text_stays_text() -> None:
    message = Message(
        (
            line("A <b>title</b> & more", kind=LineKind.TITLE),
            line(Span("<script>", url="https://a.example/?x=1&y=2")),
            line(Span("minsk", Style.CODE), kind=LineKind.BULLET),
            *(line(f"quoted {number}", kind=LineKind.QUOTE) for number in range(8)),
            line("<small>", kind=LineKind.SMALL),
        ),
        ((Button("<Why>", "why 1"),),),
    )
    page = make.page(message)
    body = page.partition("</style>")[2]
    for text in ("A <b>title</b> & more", "<script>", "<small>", "<Why>"):
        assert body.count(html.escape(text)) == 2, text
    assert body.count("https://a.example/?x=1&amp;y=2") == 2
    assert "<script>" not in body
    assert words(page).count("quoted 7") == 2


def test_the_page_can_be_written_without_a_browser(tmp_path: Path, alert: Message) -> None:
    page = tmp_path / "page.html"
    assert make.main(str(page)) == 0
    assert page.read_text(encoding="utf-8") == make.page(alert)


def test_a_digest_is_drawn_whole() -> None:
    digest = make.sample_digest()
    shown = words(make.page(digest))
    for piece in pieces(digest.text):
        assert shown.count(piece) >= 2, piece
    assert "edited" not in shown


async def test_the_home_tab_is_drawn_whole_by_the_real_command() -> None:
    home = await make.sample_home()
    assert not home.failed
    shown = words(make.home_page(home))
    for piece in pieces(home.text):
        assert piece in shown, piece
    for row in home.buttons:
        for button in row:
            assert button.label in shown
    assert "✓ Hourly" in shown
    assert "Ales Bialiatski" in shown


@pytest.mark.parametrize("name", ["alert", "digest", "home"])
def test_every_picture_is_kept_and_small(name: str) -> None:
    picture = (make.FOLDER / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) <= SMALL
    assert int.from_bytes(picture[16:20]) == make.WIDTH * make.SCALE


SHOWN = re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SHOWN)
def test_the_readme_shows_pictures_that_exist(path: str) -> None:
    picture = (ROOT / path).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) <= SMALL
    width = chart.WIDTH if "stats" in path else make.WIDTH
    assert int.from_bytes(picture[16:20]) == width * make.SCALE


def test_the_first_picture_is_an_alert() -> None:
    assert SHOWN[0] == "docs/pictures/alert.png"


def test_the_alert_of_another_language_and_the_picture_of_stats_are_real() -> None:
    shown = words(make.page(make.sample_alert("be"), "be"))
    assert "Вызваленне зняволеных" in shown
    assert "Куды вывезлі: Літва" in shown
    assert "Куды вывезлі: Lithuania" not in shown  # as a word that was found the English text's own may stand there
    for lang in ("en", "be"):
        assert asyncio.run(make.sample_stats(lang)).startswith(b"\x89PNG")
    for name in ("alert-be", "stats", "stats-be"):
        assert (ROOT / "docs" / "pictures" / f"{name}.png").stat().st_size < SMALL
