"""The interface in its languages: nothing is missing, everything fills, and the right one is chosen."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.dates import format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.command import Commands, Context, command, load_commands
from bot.commands.speaking import language
from bot.dispatch import Dispatcher
from bot.languages import INTERFACE, Chosen, TopicTitles, speak, texts_in, understood
from bot.speech import ENGLISH, LANGUAGES, zone_name
from bot.telling import Teller
from bot.tools import Tools
from core.message import LineKind, Message, plain
from core.model import Actor, Role, Subscription, Target
from core.options import Options
from core.ports import ChatStore, Request
from core.settings import ChatSettings
from matching.matcher import load_matcher
from tests.fake_clock import FakeClock
from tests.messages import OTHERS, collect, forms, key, read

NOON = datetime(2026, 11, 6, 9, 5, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
MESSAGES = collect()
TELEGRAM = Target("telegram", "5")


def gaps(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("lang", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(lang: str) -> None:
    catalogue = read(lang)
    known = {key(one): one for one in catalogue if one.id}
    assert set(known) == set(MESSAGES), "run: make messages"
    assert [text for text, one in known.items() if one.fuzzy or not all(form.strip() for form in forms(one))] == []
    assert not catalogue.obsolete


@pytest.mark.parametrize("lang", OTHERS)
def test_translations_have_the_gaps_of_the_english_and_all_plural_forms(lang: str) -> None:
    catalogue = read(lang)
    for one in catalogue:
        if not one.id:
            continue
        text = key(one)
        if isinstance(text, str):
            # What has no gaps is shown as it is, so braces mean nothing there.
            assert gaps(forms(one)[0]) == gaps(text), text
            continue
        assert len(forms(one)) == catalogue.num_plurals, text
        assert all(gaps(form) == gaps(text[1]) for form in forms(one)[1:]), text
        # A form that also stands for 21 must say the number; one for 1 alone may leave it out.
        alone = [n for n in range(200) if Locale(lang).plural_form(n) == Locale(lang).plural_form(1)] == [1]
        assert gaps(forms(one)[0]) in ([gaps(text[0]), gaps(text[1])] if alone else [gaps(text[1])]), text


@pytest.mark.parametrize("lang", OTHERS)
def test_plural_forms_are_those_of_cldr(lang: str) -> None:
    say, text = texts_in(lang), texts.SOURCES
    catalogue = read(lang)
    pairs = set()
    for n in range(1200):
        shown = say.say(text, n=n)
        form = next(i for i, one in enumerate(forms(catalogue[text[0]])) if one.format(n=say.number(n)) == shown)
        pairs.add((Locale(lang).plural_form(n), form))
    assert len(pairs) == len({tag for tag, _ in pairs}) == catalogue.num_plurals


@pytest.mark.parametrize("lang", tuple(INTERFACE))
@given(number=st.integers(0, 10**9), word=st.text(max_size=20))
def test_every_message_fills(lang: str, number: int, word: str) -> None:
    say = texts_in(lang)
    for template in MESSAGES:
        fields = gaps(template if isinstance(template, str) else template[1])
        values = {field: number if field == "n" else word for field in fields}
        if not fields and isinstance(template, str):
            assert say.translate(template)
            continue
        filled = say.say(template, **values)
        assert filled == say.line(template, LineKind.TEXT, **values).text
        assert all(value in filled for value in [word] if fields - {"n"})


def test_sentences_stand_in_the_catalogue_and_not_in_the_code() -> None:
    """`say` and `line` of Texts are given names of texts; a literal would never be translated."""
    literal = []
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                owner = ast.unparse(node.func.value)
                if node.func.attr in ("say", "line", "translate") and owner.endswith("say"):
                    literal += [f"{file.name}:{node.lineno}"] if isinstance(node.args[0], ast.Constant) else []
    assert literal == []


def test_help_of_every_command_is_translated() -> None:
    say = texts_in("uk")
    for one in load_commands():
        for text in (one.summary, *one.details):
            assert say.translate(text) != text
        assert one.usage_in(say).split()[0] == one.name


@pytest.mark.parametrize("lang", OTHERS)
def test_topics_have_titles_in_every_language(lang: str) -> None:
    matcher = load_matcher()
    assert set(matcher.titles[lang]) == set(matcher.topics)
    assert TopicTitles(matcher.topics, matcher.titles).in_(texts_in(lang)) == matcher.titles[lang]
    assert TopicTitles(matcher.topics, {}).in_(texts_in(lang)) == matcher.topics


def test_languages_are_called_as_cldr_calls_them_and_can_be_configured() -> None:
    for code, name in INTERFACE.items():
        assert name.casefold() == str(Locale(code).get_language_name(code)).casefold()
    for code, name in LANGUAGES.items():
        assert name == Locale("en").languages[code]
    (field,) = dataclasses.fields(ChatSettings)
    assert tuple(field.metadata["choices"]) == tuple(INTERFACE)


@given(
    number=st.integers(-(10**12), 10**12), day=st.dates(date(1990, 1, 1), date(2090, 1, 1)), items=st.lists(st.text())
)
def test_english_says_without_babel_what_babel_says(number: int, day: date, items: list[str]) -> None:
    assert ENGLISH.number(number) == format_decimal(number, locale="en_GB")
    assert ENGLISH.listed(items) == format_list(items, locale="en_GB")
    assert ENGLISH.day(day) == format_skeleton("yMMMd", day, locale="en_GB").replace("Sept", "Sep")
    assert ENGLISH.month(day) == format_skeleton("yMMM", day, locale="en_GB").replace("Sept", "Sep")


def test_numbers_dates_and_names_follow_the_language_and_the_zone() -> None:
    say = texts_in("de").at_home(ZoneInfo("Europe/Vilnius"))
    assert say.number(1150) == "1.150"
    assert say.decimal(2.25) == "2,2"
    assert say.percent(50) == "50\xa0%"
    assert say.moment(NOON) == "6. Nov. 2026 11:05 EET"
    assert say.near_moment(NOON) == "6. Nov. 11:05 EET"
    assert say.language("be-tarask") == "Belarussisch"
    assert texts_in("pl").listed(["a", "b", "c"]) == "a, b i c"
    assert [texts_in("ru").age(NOON - timedelta(minutes=n), NOON) for n in (2, 5, 21)] == [
        "2 минуты",
        "5 минут",
        "21 минуту",
    ]


@pytest.mark.parametrize(
    ("zone", "name"),
    [("UTC", "UTC"), ("Europe/Minsk", "UTC+3"), ("Asia/Kathmandu", "UTC+5:45"), ("America/New_York", "EST")],
)
def test_zones_are_named(zone: str, name: str) -> None:
    assert zone_name(NOON.astimezone(ZoneInfo(zone))) == name


def test_the_chat_decides_then_the_client_then_the_operator() -> None:
    default = texts_in("lt")
    assert speak(Options(language="be"), "ru", default).lang == "be"
    assert speak(Options(), "ru-RU", default).lang == "ru"
    assert speak(None, "fr", default).lang == "lt"
    assert speak(Options(language="xx"), "", default).lang == "lt"
    assert speak(Options(zone="Europe/Vilnius"), "", default).zone == ZoneInfo("Europe/Vilnius")
    assert [understood(code) for code in ("be-tarask", "PL", "pt-br", "")] == ["be", "pl", "", ""]
    assert not Options(language="be").are_wishes
    assert Options(confirmed=2, language="be").are_wishes


def test_alerts_are_told_in_the_language_of_their_chat() -> None:
    teller = Teller.of(Options(language="be"), TopicTitles({"x": "X"}, {"be": {"x": "Ікс"}}), ENGLISH)
    assert teller.say.say(texts.SOURCES, n=22) == "22 крыніцы"
    assert teller.titles == {"x": "Ікс"}
    assert Teller.of(Options(), TopicTitles({"x": "X"}), ENGLISH).say is ENGLISH


def test_choices_in_chats_without_subscription_are_kept_in_bounds() -> None:
    chosen = Chosen()
    for number in range(1100):
        chosen.keep(Target("telegram", str(number)), "be")
    assert chosen.find(Target("telegram", "50")) == ""
    assert chosen.find(Target("telegram", "1099")) == "be"
    chosen.keep(Target("telegram", "1099"), "")
    assert chosen.find(Target("telegram", "1099")) == ""


class Book:
    """A store of one chat's subscription."""

    def __init__(self) -> None:
        self.mine: Subscription | None = None

    async def find_subscription(self, target: Target) -> Subscription | None:
        return self.mine

    async def set_options(self, target: Target, options: Options, now: datetime) -> bool:
        assert self.mine is not None
        self.mine = dataclasses.replace(self.mine, options=options)
        return True

    async def record_change(self, target: Target, role: Role, line: str, now: datetime) -> None:
        """Not looked at here."""


@command(role=Role.EDITOR)
async def join(ctx: Context) -> Message:
    """Subscribe."""
    book = cast(Book, ctx.store)
    book.mine = book.mine or Subscription(1, TELEGRAM, ("x",), created_at=NOON)
    return plain(ctx.say.say(texts.SUBSCRIBED, topics=ctx.topics["x"]))


class Asker:
    """A private chat whose client speaks a language."""

    def __init__(self) -> None:
        self.book = Book()
        titles = TopicTitles({"x": "X"}, {"uk": {"x": "Ікс"}})
        self._dispatcher = Dispatcher(
            Commands([join, language]),
            cast(ChatStore, self.book),
            titles,
            FakeClock(),
            say=texts_in("pl"),
            tools=Tools(),
        )

    async def ask(self, line: str, client: str = "") -> str:
        answer = await self._dispatcher(Request(Actor("telegram", "5", client), TELEGRAM, line, private=True))
        assert answer is not None
        return answer.text


async def test_a_chat_keeps_the_language_in_which_it_subscribed() -> None:
    chat = Asker()
    assert await chat.ask("join", "uk") == "Тепер цей чат отримує сповіщення на теми: Ікс."
    assert chat.book.mine is not None
    assert chat.book.mine.options.language == "uk"
    assert (await chat.ask("nonsense", "de")).startswith("Немає команди")


async def test_a_client_that_speaks_none_of_ours_gets_the_operators_choice_and_nothing_is_stored() -> None:
    chat = Asker()
    assert await chat.ask("join", "fr") == "Ten czat otrzymuje teraz powiadomienia na tematy: X."
    assert chat.book.mine is not None
    assert chat.book.mine.options.language == ""


async def test_a_language_chosen_before_subscribing_is_kept_when_subscribing() -> None:
    chat = Asker()
    assert (await chat.ask("language be", "de")).startswith("Minsk Watch чытае навіны")
    assert "апавяшчэнні" in await chat.ask("join", "de")
    assert chat.book.mine is not None
    assert chat.book.mine.options.language == "be"


@pytest.mark.parametrize("name", ["lt", "Lithuanian", "lietuvių", "litewski"])
async def test_a_language_is_named_by_code_or_in_words(name: str) -> None:
    chat = Asker()
    await chat.ask("join")
    assert await chat.ask(f"language {name}") == "Žinutės čia rašomos lietuviškai."
    assert chat.book.mine is not None
    assert chat.book.mine.options.language == "lt"
    assert "automat" not in await chat.ask("language")
    assert "w języku Twojej aplikacji" in await chat.ask("language auto")
    assert chat.book.mine.options.language == ""
    assert "klingon" in await chat.ask("language klingon")


def test_programs_that_speak_to_nobody_do_not_load_babel() -> None:
    code = "import sys, app.parts, bot.delivery, bot.dispatch; assert 'babel' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
