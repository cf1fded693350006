"""The interface in one language: sentences translated and filled; numbers, dates and lists by the language's rules.

English needs no library, so that programs without chats start quickly; a test compares it with CLDR (en_GB). The other
languages ask Babel, which is imported at their first use.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from string import Formatter
from typing import Any

from core.message import Line, LineKind, Span, foreign
from core.sentence import Sentence
from core.sentence import Template as Template

Value = str | int | Span | Sequence[Span]
Names = tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]

AGE_DAYS = ("{n} day", "{n} days")
AGE_HOURS = ("{n} hour", "{n} hours")
AGE_MINUTES = ("{n} minute", "{n} minutes")
AGE_SECONDS = ("{n} second", "{n} seconds")
QUOTED = "“{text}”"

# Languages that reports are written in; their names in other languages come from CLDR.
LANGUAGES = {
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bs": "Bosnian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hr": "Croatian",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}

_AGES = (
    (timedelta(days=2), timedelta(days=1), AGE_DAYS),
    (timedelta(hours=2), timedelta(hours=1), AGE_HOURS),
    (timedelta(minutes=2), timedelta(minutes=1), AGE_MINUTES),
    (timedelta(0), timedelta(seconds=1), AGE_SECONDS),
)


class People:
    """What the persons of the packs are called: `english` by ID; `spelled` by language, then by English name.

    `read` gives both, and is asked at the first use.
    """

    def __init__(self, read: Callable[[], Names] = lambda: ({}, {})) -> None:
        self._read = read
        self._names: Names | None = None

    def change(self, read: Callable[[], Names]) -> None:
        """Go by other packs from now on."""
        self._read, self._names = read, None

    @property
    def english(self) -> Mapping[str, str]:
        return self._known[0]

    def spelled(self, lang: str) -> Mapping[str, str]:
        return self._known[1].get(lang, {})

    @property
    def _known(self) -> Names:
        if self._names is None:
            self._names = self._read()
        return self._names


NOBODY = People()


class Texts:
    """The interface in one language and one time zone. Without translations it is English."""

    def __init__(
        self,
        lang: str = "en",
        translations: gettext.NullTranslations | None = None,
        zone: tzinfo = UTC,
        people: People = NOBODY,
    ) -> None:
        self.lang = lang
        self.zone = zone
        self.people = people
        self._translations = translations or gettext.NullTranslations()

    def at_home(self, zone: tzinfo) -> Texts:
        """The same language, with moments by the clocks of a zone."""
        return self if zone is self.zone else Texts(self.lang, self._translations, zone, self.people)

    def knowing(self, people: People) -> Texts:
        """The same, with people called by these names."""
        return self if people is self.people else Texts(self.lang, self._translations, self.zone, people)

    # --- sentences --------------------------------------------------------------------------------------------------

    def translate(self, text: str) -> str:
        """A text without gaps in this language; one that is not in the catalogue stays as it is."""
        return self._translations.gettext(text) if text else ""

    def say(self, template: Template, /, **values: str | int) -> str:
        """The filled text; raises KeyError when a value is missing."""
        return self._template(template, values).format(**{key: self._plain(value) for key, value in values.items()})

    def tell(self, text: str) -> str:
        """A sentence of another room in this language; any other text as it is."""
        if not isinstance(text, Sentence):
            return text
        values = {key: self.tell(one) if isinstance(one, str) else one for key, one in text.values.items()}
        return self.say(text.template, **values)

    def line(self, template: Template, /, kind: LineKind = LineKind.TEXT, **values: Value) -> Line:
        """The filled text as a line, with spans where spans were given."""
        spans: list[Span] = []
        for literal, field, _, _ in Formatter().parse(self._template(template, values)):
            if literal:
                spans.append(Span(literal))
            if field is not None:
                spans.extend(self._spans(values[field]))
        return Line(tuple(spans), kind)

    def quoted(self, text: str) -> str:
        """A text in the language's quotation marks."""
        return self.say(QUOTED, text=text)

    def age(self, then: datetime, now: datetime) -> str:
        """How long ago, in the largest unit that is over twice full: "3 minutes"."""
        passed = max(timedelta(0), now - then)
        for least, unit, template in _AGES:
            if passed >= least:
                return self.say(template, n=passed // unit)
        raise ValueError(passed)

    def language(self, code: str) -> str:
        """ "be-Latn" -> "Belarusian"; a code that is not known stays as it is."""
        short = code.replace("_", "-").partition("-")[0].lower()
        name = LANGUAGES.get(short)
        if name is not None and self._locale is not None:
            name = self._locale.languages.get(short, name)
        return name or foreign(code, 12)

    def country(self, name: str) -> str:
        """A country by its English name, as CLDR calls it in this language; what is no country stays as it is."""
        if self._locale is None:
            return name
        from babel import Locale

        code = next((code for code, known in Locale("en").territories.items() if known == name), "")
        return str(self._locale.territories.get(code, name))

    def person(self, name: str) -> str:
        """A person by the English name; one that the packs do not call otherwise here stays as it is."""
        return self.people.spelled(self.lang).get(name, name)

    # --- numbers, times, lists --------------------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """ "1,150", or as the language groups digits."""
        if self._locale is None:
            return f"{value:,}"
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self._locale)

    def decimal(self, value: float) -> str:
        """A number with one digit after the point, or the language's comma."""
        if self._locale is None:
            return f"{value:,.1f}"
        from babel.numbers import format_decimal

        return format_decimal(round(value, 1), format="#,##0.0", locale=self._locale)

    def percent(self, whole: int) -> str:
        """ "83%"."""
        if self._locale is None:
            return f"{whole}%"
        from babel.numbers import format_percent

        return format_percent(whole / 100, locale=self._locale)

    def moment(self, at: datetime) -> str:
        """Day, time and zone, for platforms that cannot show the reader's own: "26 Nov 2026 09:05 UTC"."""
        here = at.astimezone(self.zone)
        return f"{self.day(here)} {here:%H:%M} {zone_name(here)}"

    def near_moment(self, at: datetime) -> str:
        """The same without the year: "26 Nov 09:05 UTC"."""
        here = at.astimezone(self.zone)
        return f"{self._date(here, 'MMMd', '%b')} {here:%H:%M} {zone_name(here)}"

    def day(self, day: date) -> str:
        """ "26 Nov 2026"."""
        return self._date(day, "yMMMd", "%b %Y")

    def month(self, day: date) -> str:
        """ "Nov 2026"."""
        if self._locale is None:
            return f"{day:%b %Y}"
        from babel.dates import format_skeleton

        return format_skeleton("yMMM", day, locale=self._locale)

    def day_and_month(self, day: date) -> str:
        """ "26 Nov"."""
        return self._date(day, "MMMd", "%b")

    def short_month(self, day: date) -> str:
        """ "Nov 2026": the month as it stands alone, for axes."""
        if self._locale is None:
            return f"{day:%b %Y}"
        from babel.dates import format_date

        return f"{format_date(day, 'LLL', locale=self._locale)} {day:%Y}"

    def clock(self, at: time) -> str:
        """ "09:05"; every language here counts 24 hours."""
        return f"{at:%H:%M}"

    def listed(self, items: Sequence[str]) -> str:
        """ "a, b and c"."""
        if self._locale is None or len(items) < 2:
            return ", ".join(items[:-1]) + " and " + items[-1] if len(items) > 1 else "".join(items)
        from babel.lists import format_list

        return format_list(list(items), locale=self._locale)

    # --- inside -----------------------------------------------------------------------------------------------------

    @cached_property
    def _locale(self) -> Any:
        """Babel's locale; None for English."""
        if self.lang == "en":
            return None
        from babel import Locale

        return Locale(self.lang)

    def _date(self, day: date, skeleton: str, english: str) -> str:
        if self._locale is None:
            return f"{day.day} {day:{english}}"
        from babel.dates import format_skeleton

        return format_skeleton(skeleton, day, locale=self._locale)

    def _template(self, template: Template, values: object) -> str:
        if isinstance(template, str):
            return self.translate(template)
        assert isinstance(values, dict)
        return self._translations.ngettext(template[0], template[1], int(values["n"]))

    def _plain(self, value: str | int) -> str:
        return self.number(value) if isinstance(value, int) else value

    def _spans(self, value: Value) -> Sequence[Span]:
        if isinstance(value, Span):
            return (value,)
        if isinstance(value, (str, int)):
            return (Span(self._plain(value)),)
        return value


def zone_name(at: datetime) -> str:
    """ "UTC", "CET"; zones without letters of their own by their distance: "UTC+3"."""
    name = f"{at:%Z}"
    if name[:1] not in ("+", "-"):
        return name
    hours, minutes = name[1:3].lstrip("0") or "0", name[3:5]
    return f"UTC{name[0]}{hours}{':' + minutes if minutes.strip('0') else ''}"


ENGLISH = Texts()
