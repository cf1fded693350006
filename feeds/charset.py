"""Which encoding a body is really in. The bytes are believed before the labels, which are wrong often.

Order: byte order mark, the pattern of UTF-16 and UTF-32, UTF-8 (also with a few bad bytes), then the label and what the
bytes look like as Cyrillic, then chardet.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_LABEL = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})""")
_HTTP_LABEL = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

# Text codecs that no feed is written in, or that could be used to smuggle markup past a filter.
_REFUSED = frozenset({"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "charmap"})
# Supersets that publishers mean when they name the smaller set, as browsers read them: https://encoding.spec.whatwg.org/
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "koi8-r": "koi8-u",
}
_CYRILLIC = ("cp1251", "koi8-u", "iso8859-5")
_UNICODE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "iso8859-15", "iso8859-4", "iso8859-13", "mac-roman")

_LATIN_NAMES = ("windows-1252", "windows-1250", "windows-1254", "windows-1257", "iso-8859-2")

_HIGH_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]{2,}+(?![A-Za-z])")
_HIGH = re.compile(rb"[\x80-\xff]")
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xc2[\x80-\xbf]")
_SAMPLE = 20_000
_LOWER = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўђјљњћџ")
_FREQUENT = frozenset("оаеинтсрвліуОАЕИНТСРВЛІУ")


def decode_bytes(body: bytes, content_type: str = "") -> str:
    """Read a body as text. Never raises; what cannot be read becomes U+FFFD."""
    for mark, name in _BOMS:
        if body.startswith(mark) and (name != "utf-16-le" or _looks_wide(body[2:]) != ""):
            return body[len(mark) :].decode(name, "replace")
    wide = _looks_wide(body)
    if wide:
        return body.decode(wide, "replace")
    labels = _labels(body, content_type)
    if b"\x1b" in body or b"~{" in body:
        for name in labels:
            if name.startswith(("iso2022", "hz")):
                return body.decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass_on = _mostly_utf8(body, "utf-8" in labels)
    if pass_on:
        return body.decode("utf-8", "replace")
    return body.decode(_legacy(body, labels), "replace")


def _labels(body: bytes, content_type: str) -> list[str]:
    """The encodings named by the XML declaration and the HTTP header, as Python's codec names; the wide ones too."""
    names = []
    found = _XML_LABEL.match(body[:400])
    if found:
        names.append(found[1].decode("ascii"))
    header = _HTTP_LABEL.search(content_type)
    if header:
        names.append(header[1])
    known = []
    for name in names:
        try:
            codec = codecs.lookup(name).name
            b"".decode(codec)
        except LookupError:
            continue
        if codec not in _REFUSED:
            known.append(_SUPERSETS.get(codec, codec))
    return known


def _looks_wide(body: bytes) -> str:
    """The kind of UTF-16 or UTF-32 that the zero bytes of ASCII markup betray, or ""."""
    head = body[:128]
    if head.count(0) * 3 < len(head) or len(head) < 8:
        return ""
    zeros = [head[start::4].count(0) for start in range(4)]
    few = len(head) // 16
    if zeros[0] > few and zeros[2] > few and zeros[1] <= few and zeros[3] <= few:
        return "utf-16-be"
    if zeros[1] > few and zeros[3] > few and zeros[0] <= few and zeros[2] <= few:
        return "utf-16-le"
    if zeros[0] <= few < min(zeros[1:]):
        return "utf-32-le"
    if zeros[3] <= few < min(zeros[:3]):
        return "utf-32-be"
    return ""


def _mostly_utf8(body: bytes, labelled: bool) -> bool:
    """Whether a body that is not quite UTF-8 is UTF-8 with bad bytes, not another encoding."""
    sequences = _MULTIBYTE.findall(body)
    bad = len(_HIGH.findall(body)) - sum(map(len, sequences))
    return len(sequences) > 3 * bad or (labelled and len(sequences) >= bad)


def _legacy(body: bytes, labels: list[str]) -> str:
    """The likeliest encoding of a body that is neither UTF-8 nor wide."""
    labelled = next((name for name in labels if name not in _UNICODE), "")
    # Words without any ASCII letter are the rule in Cyrillic and the exception in Latin scripts.
    sample = body[: _SAMPLE * 20]
    runs = b" ".join(_HIGH_WORD.findall(sample))[:_SAMPLE]
    dense = len(runs) * 2 > min(len(_HIGH.findall(sample)), _SAMPLE)
    if labelled and labelled not in _CYRILLIC and labelled not in _LATIN and _decodes(body, labelled):
        return labelled
    if not dense:
        return labelled or _guess(body, _LATIN_NAMES)
    guess = "" if labelled in _CYRILLIC else _guess(body)
    foreign = bool(guess) and guess not in _CYRILLIC and guess not in _LATIN
    if foreign and (not labelled or cyrillic_score(runs, _best_cyrillic(runs, "")) < 0.6):
        return labelled if labelled and _decodes(body, labelled) else guess
    best = _best_cyrillic(runs, labelled)
    return best if cyrillic_score(runs, best) >= 0.6 else labelled or guess


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _guess(body: bytes, among: tuple[str, ...] | None = None) -> str:
    """chardet's opinion of the parts that are not ASCII, as a codec name."""
    import chardet  # only the parser process pays for it

    lines = b"\n".join(line for line in re.split(rb"[\r\n<>]+", body[: _SAMPLE * 20]) if _HIGH.search(line))
    found = chardet.detect(lines[:_SAMPLE], prefer_superset=True, include_encodings=among)["encoding"] or "cp1252"
    try:
        name = codecs.lookup(found).name
    except LookupError:
        return "cp1252"
    return "cp1252" if name in _UNICODE or name in _REFUSED else _SUPERSETS.get(name, name)


def _best_cyrillic(runs: bytes, labelled: str) -> str:
    order = [labelled] if labelled in _CYRILLIC else []
    order += [name for name in _CYRILLIC if name not in order]
    return max(order, key=lambda name: cyrillic_score(runs, name) + (0.05 if name == labelled else 0.0))


def cyrillic_score(runs: bytes, name: str) -> float:
    """How much bytes above 127 look like Cyrillic words under a codec: about 1.4 for text, below 0.6 for a misreading.

    Letters count, frequent ones twice; a capital after a small letter, and what is no letter, counts against.
    """
    text = runs.decode(name, "replace")
    score = 0
    total = 0
    after_small = False
    for char in text:
        if char == " ":
            after_small = False
            continue
        total += 1
        small = char in _LOWER
        if small:
            score += 1
        elif after_small or not char.isalpha():
            score -= 2
        if char in _FREQUENT:
            score += 1
        after_small = small
    return score / total if total else 0.0
