"""The spellings of a name that people will recognise: one per tradition, for lists that are shown.

What is matched is wider: see matching.names, whose lattices every spelling made here fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.names import surname_of

_SOFT = "еёюяіь"
_VOWELS = "аеёиоуыэюяіў"

# tradition: (which of the two names, letters, endings of -скі/-ский and -ская)
_ALL = "а a|б b|в v|г g|ґ g|д d|е e|ё yo|ж zh|з z|и i|і i|й y|к k|л l|м m|н n|о o|п p|р r|с s|т t|у u|ў u|ф f|х kh|ц ts"
_EN_RU = _ALL + "|ч ch|ш sh|щ shch|ъ |ы y|ь |' |э e|ю yu|я ya"
_EN_BE = _EN_RU + "|г h|ё io|й i|ю iu|я ia"
_TRADITIONS: dict[str, tuple[str, str, str, str]] = {
    "English": ("be", _EN_BE, "i", "aya"),
    "English, from Russian": ("ru", _EN_RU, "y", "aya"),
    "Polish": ("be", _EN_BE + "|в w|ж ż|й j|л ł|х ch|ц c|ч cz|ш sz|ў u", "i", "a"),
    "German": ("ru", _EN_RU + "|в w|ж sch|з s|й j|х ch|ц z|ч tsch|ш sch|щ schtsch|ю ju|я ja|ё jo", "i", "aja"),
    "French": ("ru", _EN_RU + "|ж j|у ou|ч tch|ш ch|щ chtch|ю iou|я ia|й ï|ё io", "i", "aïa"),
    "Spanish": ("ru", _EN_RU + "|х j|ж zh", "i", "aya"),
    "Lacinka": ("be", _EN_BE + "|ж ž|й j|л ł|х ch|ц c|ч č|ш š|ў ŭ", "i", "aja"),
    "Czech, Lithuanian": ("ru", _EN_RU + "|ж ž|й j|х ch|ц c|ч č|ш š|щ šč|ю ju|я ja|ё jo", "ij", "aja"),
    "Swedish": ("ru", _EN_RU + "|ж zj|й j|х ch|ц ts|ч tj|ш sj|щ sjtj|ю ju|я ja|ё jo", "ij", "aja"),
}
_UKRAINIAN = str.maketrans({"ы": "и", "э": "е", "ё": "ьо", "ў": "в", "ъ": "'"})
_ADJECTIVE = re.compile(r"(?<=[сц]к)(і|ий|ая)$")


def by_tradition(be: str, ru: str) -> Iterator[tuple[str, str]]:
    """Pairs of a tradition's name and the surname in its letters, basic form; either name may be ""."""
    be, ru = surname_of(be or ru).lower(), surname_of(ru or be).lower()
    for tradition, (source, letters, masculine, feminine) in _TRADITIONS.items():
        table = dict(_pair(pair) for pair in letters.split("|"))
        yield tradition, _title(_latin(be if source == "be" else ru, tradition, table, masculine, feminine))
    yield "Belarusian", _title(be)
    yield "Russian", _title(ru)
    yield "Ukrainian", _title(_ukrainian(ru))


def _pair(pair: str) -> tuple[str, str]:
    letter, _, spelling = pair.partition(" ")
    return letter, spelling


def _latin(name: str, tradition: str, table: dict[str, str], masculine: str, feminine: str) -> str:
    ending = _ADJECTIVE.search(name)
    stem = name[: ending.start()] if ending else name
    tail = "" if ending is None else feminine if ending[1] == "ая" else masculine
    out: list[str] = []
    for position, letter in enumerate(stem):
        spelling = table.get(letter, letter)
        before = stem[position - 1] if position else ""
        if letter == "л" and spelling == "ł" and stem[position + 1 : position + 2] and stem[position + 1] in _SOFT:
            spelling = "l"
        if tradition == "Polish" and letter == "е" and before and before in "кг":
            spelling = "ie"
        if (
            letter in "яюё"
            and spelling[0] == "i"
            and tradition != "French"
            and (not before or before in _VOWELS + "ь'")
        ):
            spelling = ("y" if table["й"] in ("i", "y") else "j") + spelling[1:]
        out.append(spelling)
    return "".join(out) + tail


def _ukrainian(name: str) -> str:
    name = re.sub(r"(?<=[сц])к(ий|ая)$", lambda match: "ьк" + ("ий" if match[1] == "ий" else "а"), name)
    return name.translate(_UKRAINIAN)


def _title(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))
