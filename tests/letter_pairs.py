"""How likely one letter follows another in a language, counted from our own texts: the maker of feeds/letters.txt.

`python -m tests.letter_pairs` writes it anew.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import log2
from pathlib import Path
from string import ascii_lowercase

from feeds.letters import CYRILLIC, PAIRS, RARE

DATA = Path(__file__).parent / "data"
DOUBT = 4  # of every letter so many times more something else could follow: what was seen seldom proves little
_LETTERS = {
    "cyrillic": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåé",
    "de": "äöüßé",
    "es": "áéíñóúü",
    "et": "äõöüšž",
    "fi": "äöå",
    "fr": "àâçéèêëîïôùûüœæ",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "it": "àèéìòù",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "pl": "ąćęłńóśźż",
    "pt": "áâãàçéêíóôõú",
    "ro": "ăâîşţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "sv": "åäöé",
    "tr": "çğıöşüâ",
    "western": "àáâãäåæçèéêëìíîïñòóôõöøùúûüœß",
}
# What is written in the same encodings with much the same letters is counted together.
_TOGETHER = {
    **dict.fromkeys(("be", "ru", "uk", "bg"), ("cyrillic",)),
    "en": ("western",),
    **{language: (language, "western") for language in ("de", "fr", "es", "it", "pt", "sv", "da")},
}
_AS_SENT = str.maketrans("șț", "şţ")  # the older encodings have Romanian with cedillas
_WORD = re.compile(r"[^\W\d_]+")
_HEAD = """\
# How likely one letter follows another, for feeds/letters.py: language, bits (-log2 of the share), pairs of letters.
# Only pairs with a letter beyond ASCII; "_" is the beginning or end of a word. Counted from the texts of tests/data by
# `python -m tests.letter_pairs`, which writes this file.
"""


def texts() -> Iterator[tuple[str, str]]:
    """(language, text) of our own news, and of `letters-more.txt` for languages that these have little of."""
    for path in sorted(DATA.glob("news-*.jsonl")):
        if path.name == "news-closed.jsonl":
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "lang" in row:
                yield row["lang"], f"{row.get('title', '')} {row.get('summary', '')}"
    for line in (DATA / "letters-more.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, text = line.split("\t")
            yield language, text


def counted() -> dict[str, dict[int, list[str]]]:
    """The pairs by language and bits."""
    found: dict[str, dict[int, list[str]]] = {}
    for language, words in sorted(_words().items()):
        seen: Counter[str] = Counter()
        for word, times in words.items():
            marked = f"_{word}_"
            for pair in map("".join, pairwise(marked)):
                seen[pair] += times
        firsts: Counter[str] = Counter()
        for pair, times in seen.items():
            firsts[pair[0]] += times
        levels: dict[int, list[str]] = defaultdict(list)
        for pair, times in sorted(seen.items()):
            bits = max(round(-log2(times / (firsts[pair[0]] + DOUBT))), 1)
            if not pair.isascii() and bits < RARE:
                levels[bits].append(pair)
        found[language] = dict(sorted(levels.items()))
    return found


def _words() -> dict[str, Counter[str]]:
    """The words of each language in its own letters; names of others would prove wrong things."""
    words: dict[str, Counter[str]] = defaultdict(Counter)
    for language, text in texts():
        seen = _WORD.findall(text.lower().translate(_AS_SENT))
        for name in _TOGETHER.get(language, (language,)):
            own = {*_LETTERS[name], *(ascii_lowercase if name not in CYRILLIC else "")}
            words[name].update(word for word in seen if own.issuperset(word))
    return words


def main() -> None:
    rows = [
        f"{language} {bits} {' '.join(pairs)}\n"
        for language, levels in counted().items()
        for bits, pairs in levels.items()
    ]
    PAIRS.write_text(_HEAD + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
