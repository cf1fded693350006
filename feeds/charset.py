"""Which encoding a body is really in. The bytes are believed before the labels, which are wrong often.

Order: byte order mark, the pattern of UTF-16 and UTF-32, UTF-8 (also with a few bad bytes), then which encoding
makes the likeliest words (feeds/letters.py) with some trust in the label, then chardet.
"""

from __future__ import annotations

import codecs
import re

from feeds.letters import CODECS, CYRILLIC, Reading, read, words_of

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
_UNICODE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
# Further ones of Latin letters, which are named oftener than they are used.
_LATIN = ("iso8859-4", "mac-roman")
# Bits a step, on average, from which a reading is doubtful: Cyrillic reads at 4, Greek or Hebrew as Cyrillic at 5 to 7,
# Latin letters at up to 8, Chinese as whatever it may be at 10.
_DOUBTFUL, _DOUBTFUL_CYRILLIC = 9.0, 5.0
# By so many bits another reading must be better than the declared one. Servers that do not know say "iso-8859-1".
_TRUST, _LITTLE_TRUST = 8, 4
_FEW_WORDS, _FAR_BEHIND = 20, 60
_TOO_SHORT = 6  # bytes beyond ASCII, in which chardet sees Chinese everywhere

_HIGH = re.compile(rb"[\x80-\xff]")
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xc2[\x80-\xbf]")
_SAMPLE = 20_000


def decode_bytes(body: bytes, content_type: str = "") -> str:
    """Read a body as text. Never raises; what cannot be read becomes U+FFFD."""
    return decode(body, content_type)[0]


def decode(body: bytes, content_type: str = "") -> tuple[str, bool]:
    """As decode_bytes, and whether the body is that text in UTF-8 as it stands."""
    for mark, name in _BOMS:
        if body.startswith(mark) and (name != "utf-16-le" or _looks_wide(body[2:]) != ""):
            return body[len(mark) :].decode(name, "replace"), False
    wide = _looks_wide(body)
    if wide:
        return body.decode(wide, "replace"), False
    labels = _labels(body, content_type)
    shifting = [name for name in labels if name.startswith(("iso2022", "hz"))]
    if shifting and (b"\x1b" in body or b"~{" in body):
        return body.decode(shifting[0], "replace"), False
    try:
        return body.decode("utf-8"), True
    except UnicodeDecodeError:
        pass_on = _mostly_utf8(body, "utf-8" in labels)
    if pass_on:
        return body.decode("utf-8", "replace"), False
    return body.decode(_legacy(body, labels), "replace"), False


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
    if labelled and labelled not in CODECS and labelled not in _LATIN and _decodes(body, labelled):
        return labelled
    words = words_of(body[: _SAMPLE * 20])
    best = _likeliest(words)
    if labelled:
        trust = _LITTLE_TRUST if labelled == "cp1252" else _TRUST
        better = best.mean < _DOUBTFUL and _with_rarity(best) + trust < read(words, labelled).bits
        return best.codec if better else labelled
    cyrillic = CODECS[best.codec].languages == CYRILLIC
    if best.mean < (_DOUBTFUL_CYRILLIC if cyrillic else _DOUBTFUL):
        return best.codec
    if best.mean < _DOUBTFUL and len(_HIGH.findall(b"".join(words))) < _TOO_SHORT:
        return best.codec
    guess = _guess(body)
    return best.codec if best.mean < _DOUBTFUL and guess in CODECS else guess


def _likeliest(words: list[bytes]) -> Reading:
    """The best reading of all; what is far behind after a few words is read no further."""
    few = words[:_FEW_WORDS]
    names = [name for name in CODECS if name != "utf-8" or any(map(_MULTIBYTE.search, words))]
    first = sorted((read(few, name) for name in names), key=_with_rarity)
    near = [one.codec for one in first if one.bits <= first[0].bits + _FAR_BEHIND]
    return min((read(words, name) for name in near), key=_with_rarity) if len(few) < len(words) else first[0]


def _with_rarity(reading: Reading) -> int:
    return reading.bits + CODECS[reading.codec].rarity


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _guess(body: bytes) -> str:
    """chardet's opinion of the parts that are not ASCII, as a codec name."""
    import chardet  # only the parser process pays for it

    lines = b"\n".join(line for line in re.split(rb"[\r\n<>]+", body[: _SAMPLE * 20]) if _HIGH.search(line))
    found = chardet.detect(lines[:_SAMPLE], prefer_superset=True)["encoding"] or "cp1252"
    try:
        name = codecs.lookup(found).name
    except LookupError:
        return "cp1252"
    return "cp1252" if name in _UNICODE or name in _REFUSED else _SUPERSETS.get(name, name)
