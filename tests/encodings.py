"""Feeds of our own sentences in every encoding that their publishers use, declared rightly, wrongly or not at all.

`python -m tests.encodings` prints how many are read rightly.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feeds.charset import decode_bytes

HEADLINES = Path(__file__).parent / "data" / "headlines.txt"
CYRILLIC = ("cp1251", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic")
USED = {
    **{language: CYRILLIC for language in ("be", "ru", "uk")},
    **{language: ("cp1250", "iso8859-2") for language in ("pl", "cs")},
    **{language: ("cp1257", "iso8859-13") for language in ("lt", "lv")},
    **{language: ("cp1252", "iso8859-15") for language in ("de", "fr", "en")},
}
LABELS = {"cp1251": "windows-1251", "cp1250": "windows-1250", "cp1257": "windows-1257", "cp1252": "windows-1252"}
# What servers and templates declare of bytes that are something else.
WRONG = ("utf-8", "iso-8859-1", "windows-1251", "windows-1250", "iso-8859-2", "koi8-r")
SIZES = (1, 3, 40)
_PLAIN = str.maketrans({"«": '"', "»": '"', "„": '"', "“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "£": "L"})


@dataclass(frozen=True, slots=True)
class Case:
    """One feed: its sentences and how they are sent."""

    language: str
    codec: str
    label: str
    size: int
    texts: tuple[str, ...]

    @property
    def kind(self) -> str:
        if self.label in ("", "utf-8"):
            return self.label or "none"
        return "right" if self.label == LABELS.get(self.codec, self.codec) else self.label

    @property
    def body(self) -> bytes:
        return document(self.texts, self.label).encode(self.codec)


def document(texts: tuple[str, ...], label: str) -> str:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else '<?xml version="1.0"?>'
    items = "".join(
        f"<item><title>{text}</title><link>https://news.example/{n}</link></item>\n" for n, text in enumerate(texts)
    )
    return f'{declaration}\n<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'


def sentences() -> dict[str, tuple[str, ...]]:
    """Our sentences by language."""
    found: dict[str, tuple[str, ...]] = {}
    for line in HEADLINES.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, text = line.split("\t")
            found[language] = (*found.get(language, ()), text)
    return found


def sendable(text: str, codec: str) -> str:
    """The text as somebody writes it who has this encoding only, or "" if its letters cannot be written."""
    for written in (text, text.translate(_PLAIN)):
        if written.encode(codec, "ignore").decode(codec) == written:
            return written
    return ""


def cases(labels: tuple[str, ...] = ("", "right", *WRONG), sizes: tuple[int, ...] = SIZES) -> Iterator[Case]:
    for language, texts in sentences().items():
        for codec in USED[language]:
            sent = [written for text in texts if (written := sendable(text, codec))]
            own = LABELS.get(codec, codec)
            for size in sizes if sent else ():
                starts = range(0, len(sent) if size < len(sent) else 1, size)
                for start in starts:
                    part = tuple(sent[(start + place) % len(sent)] for place in range(size))
                    for label in dict.fromkeys(own if label == "right" else label for label in labels):
                        yield Case(language, codec, label, size, part)


def is_right(case: Case) -> bool:
    return decode_bytes(case.body) == document(case.texts, case.label)


def main() -> None:
    all_of: Counter[tuple[str, str, str, int]] = Counter()
    right: Counter[tuple[str, str, str, int]] = Counter()
    for case in cases():
        key = (case.language, case.codec, case.kind, case.size)
        all_of[key] += 1
        good = is_right(case)
        right[key] += good
        if not good and "-v" in sys.argv:
            shown = decode_bytes(case.body).split("<title>")[2].split("<")[0]
            print("wrong", *key, "|", case.texts[0], "|", shown)
    kinds = ("none", "right", *WRONG)
    print("language codec        items " + " ".join(f"{kind:>12}" for kind in kinds))
    for language, codec, size in dict.fromkeys((key[0], key[1], key[3]) for key in all_of):
        cells = []
        for kind in kinds:
            key = (language, codec, kind, size)
            cells.append(f"{right[key]:>5}/{all_of[key]:<4}" if all_of[key] else "-")
        print(f"{language:8} {codec:13} {size:5} " + " ".join(f"{cell:>12}" for cell in cells))
    print("all", sum(right.values()), "of", sum(all_of.values()))


if __name__ == "__main__":
    main()
