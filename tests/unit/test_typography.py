"""What a careful typesetter would mend in the interface's languages, as far as a program can see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.messages import OTHERS, collect, forms, key, read

QUOTES = {"en": "“”", "be": "«»", "ru": "«»", "uk": "«»", "pl": "„”", "lt": "„“", "de": "„“"}
DASHES = {"en": "", "be": "—", "ru": "—", "uk": "—", "pl": "–", "lt": "–", "de": "–"}  # between blanks
ENDS = ".:?!…"
# Letters that the neighbours' alphabets have and the language's own does not; Belarusian writes ў after a vowel.
FOREIGN = {
    "be": "[ищъИЩЪ]|[аеёіоуыэюя] у(?![а-яёіў]*-)",
    "ru": "[іїєґўІЇЄҐЎ]",
    "uk": "[ыэёъўЫЭЁЪЎ]",
}


def told(lang: str) -> Iterator[tuple[str, str]]:
    """(English, what is said) of every message and form."""
    if lang == "en":
        yield from ((text, text) for one in collect() for text in ((one,) if isinstance(one, str) else one))
        return
    for message in read(lang):
        if message.id:
            one = key(message)
            yield from ((one if isinstance(one, str) else one[1], form) for form in forms(message))


def faults(lang: str, english: str, said: str) -> Iterator[str]:
    if lang != "en" and re.search(r"\w['`ʼ]\w", said):
        yield "the apostrophe is ’"
    if (set("“”„«»‚‘‹›") - set(QUOTES[lang])) & set(said):
        yield f"quotation marks are {QUOTES[lang]}"
    if (set("–—") - set(DASHES[lang])) & set(said):
        yield f"the dash is {DASHES[lang]}"
    for sign in '"`':
        if said.count(sign) != english.count(sign):
            yield f"as many {sign} as in English"
    if "  " in said and "  " not in english:
        yield "one blank"
    if re.search(r"\s[,.;:!?](?:\s|$)", said):
        yield "no blank before a sign"
    if (said[:1].isspace(), said[-1:].isspace()) != (english[:1].isspace(), english[-1:].isspace()):
        yield "blanks at the ends as in English"
    if {said.strip()[-1], english.strip()[-1]} & set(ENDS) and said.strip()[-1] != english.strip()[-1]:
        yield "the end is that of the English"
    if re.match(r"\s*[A-Z](?![A-Z])", english) and said.strip()[0].islower():  # JSON is no beginning of a sentence
        yield "a capital first"
    if lang in FOREIGN and re.search(FOREIGN[lang], said):
        yield "a letter of another language"


@pytest.mark.parametrize("lang", ["en", *OTHERS])
def test_signs_are_those_of_the_language(lang: str) -> None:
    found = [f"{said!r}: {fault}" for english, said in told(lang) for fault in faults(lang, english, said)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("lang", "english", "said"),
    [
        ("uk", "Merged.", "Об'єднано."),
        ("be", "“{name}” is gone.", "„{name}“ знікла."),
        ("pl", "Rule: {name}", "Reguła: «{name}»"),
        ("ru", "Done.", "Готово"),
        ("ru", "Done.", "Готово ."),
        ("de", "All is well.", "Alles  ist gut."),
        ("lt", "Two, or three.", "Du — trys."),
        ("be", "It is in the list.", "Гэта у спісе."),
        ("uk", "People", "люди"),
        ("ru", "Write `yes`.", "Напишите yes."),
    ],
)
def test_faults_are_seen(lang: str, english: str, said: str) -> None:
    assert list(faults(lang, english, said))
