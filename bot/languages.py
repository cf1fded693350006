"""The languages of the interface: which there are, who decides, and their translations (bot/locales/LANG/LC_MESSAGES).

A chat's own setting decides, else what the asker's client speaks, else the configuration (`chat.language`).
"""

from __future__ import annotations

import gettext
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from bot.speech import ENGLISH, Texts
from bot.timing import zone_of
from core.model import Target
from core.options import Options

LOCALES = Path(__file__).parent / "locales"
DOMAIN = "minskwatch"

# Code -> what its speakers call it.
INTERFACE = {
    "en": "English",
    "be": "Беларуская",
    "ru": "Русский",
    "uk": "Українська",
    "pl": "Polski",
    "lt": "Lietuvių",
    "de": "Deutsch",
}
_MOST_REMEMBERED = 1_000


def understood(code: str) -> str:
    """ "be-tarask" -> "be"; "" for a language that the interface does not speak."""
    short = code.replace("_", "-").partition("-")[0].lower()
    return short if short in INTERFACE else ""


def po_file(lang: str) -> Path:
    """The translations of a language, as people edit them."""
    return LOCALES / lang / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def texts_in(lang: str) -> Texts:
    """The interface in a language of INTERFACE; its translations are read at the first call and kept."""
    return ENGLISH if lang == "en" else Texts(lang, _translations(lang))


def spoken(lang: str) -> Texts:
    """The interface in a language by its code, for words that a platform adds; English when it is none of ours."""
    return texts_in(understood(lang) or "en")


def speak(options: Options | None, client: str, default: Texts) -> Texts:
    """The texts for a chat: by its options, else by its reader's client, else the default; by the chat's own clock."""
    lang = understood(options.language if options else "") or understood(client)
    say = texts_in(lang).knowing(default.people) if lang else default
    return say.at_home(zone_of(options)) if options and options.zone else say


class TopicTitles:
    """Names of topics -> what readers call them, in each language; what has no translation is English."""

    def __init__(self, english: Mapping[str, str], translated: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._english = english
        self._in = {lang: {**english, **titles} for lang, titles in (translated or {}).items()}

    def in_(self, say: Texts) -> Mapping[str, str]:
        return self._in.get(say.lang, self._english)


class Chosen:
    """Languages chosen in chats that are not subscribed: in memory alone, until as many others came."""

    def __init__(self) -> None:
        self._chosen: OrderedDict[Target, str] = OrderedDict()

    def keep(self, target: Target, lang: str) -> None:
        """Remember a choice; "" forgets it."""
        self._chosen.pop(target, None)
        if lang:
            self._chosen[target] = lang
        if len(self._chosen) > _MOST_REMEMBERED:
            self._chosen.popitem(last=False)

    def find(self, target: Target) -> str:
        return self._chosen.get(target, "")


def _translations(lang: str) -> gettext.NullTranslations:
    """Compiled in memory, so that nothing has to be built before a start."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with po_file(lang).open("rb") as file:
        catalogue = read_po(file, locale=lang)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
