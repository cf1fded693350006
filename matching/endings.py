"""Endings of names in the languages of the packs, by the shape of the name. Closed sets: an open one hits other words.

All forms are folded (no accents, no soft sign): Polish -ą is "a" here, Lithuanian -ų is "u".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """How a name ends: `cut` letters give way to endings; `fleeting` marks a last vowel that drops (Дзядок, Дзядка)."""

    kind: str
    cut: int
    fleeting: bool = False

    def forms(self, script: str) -> frozenset[str]:
        return _FORMS[self.kind, script]

    @property
    def rare(self) -> frozenset[str]:
        """Endings that make other words of a short stem more often than forms of the name."""
        return _RARE.get(self.kind, frozenset())

    def changed(self, script: str) -> frozenset[str]:
        """Endings of the changed stem, empty when the stem never changes."""
        if self.fleeting:
            return _FLED[script]
        return _SOFT[script] if self.kind == "vowel" else frozenset()


def _set(words: str) -> frozenset[str]:
    return frozenset("" if word == "-" else word for word in words.split())


_ADJECTIVE_M = (
    "i y ij yj iy yi ii j is ys ijs yjs jis iego ego iemu emu im ym em om ich ych eho ogo aho aha omu amu io iui iu ja "
    "am a u as ais ie ijam ija iju ajs is io ije yje iem it ile iga ilt il ist yy"
)
_ADJECTIVE_F = (
    "a aja aya aia ia aja ja iej ej e ou oj oy aj ay uju uyu u os ai oje as ajas ajai aju ajos aje ayas aias aiei ojoj "
    "ajoj ają ajoje es ei ajat ajale ajaga ajalt ajal at ale aga alt al ast ajast ayi o eia"
)
_OVA = "a e ei u ej oj oy aj ay ou os ai oje as ą o ie ova ove ovej ovou ovu at ale aga alt al ast i oi"
_CONSONANT_M = (
    "- a u s i em om owi ovi ie as o ui us ius iaus iui iu is io am iem es ev ov uv ova ovo ovy ovu ovou ovym "
    "ovych ow ia ja ju iumi je yje uje ile iga ilt il it ist ul ului iul iului cie"
)
_CONSONANT_F = "- s i a u ova ove ovej ovou ovu ile iga ilt il it as os ai"
_VOWEL = (
    "a o y i e u oj oy ou os ai oje as ie om am em ovi owi ov ova ovo ovy ovu uv ui us ka ze ovou ovym ovych ow "
    "at ale aga alt al ast ot ole oga olt ol ost oi aj ay ami am uju ej iu io ia ovmu"
)
_YOT = (
    "i y j ia ya ja iu yu ju ius jus iaus jaus iui jui js is ys iem yem jem iom jom iovi jovi jowi iowi ie je "
    "ejem ile iga ilt il it jile jiga jilt jil jit"
)
_PLAIN = (
    "- s a u i e m n om em ovi ove ovej ova ovo ovu ovou ovy ovym ovych owi ui as us is o am iem ga "
    "le lt l t st ile iga ilt il it ist ul ului uv ova ie y"
)

_FORMS: dict[tuple[str, str], frozenset[str]] = {
    ("adjective-m", "latin"): _set(_ADJECTIVE_M),
    ("adjective-m", "cyrillic"): _set("і и ий ый ій й ого ому им ым ім ом ага аму е их ых іх ими ымі імі а у ия ият"),
    ("adjective-f", "latin"): _set(_ADJECTIVE_F),
    ("adjective-f", "cyrillic"): _set("ая а ой ую ою ай аю ае оі ій у яя"),
    ("ova", "latin"): _set(_OVA),
    ("ina", "latin"): _set(_OVA + " y"),  # Polish: Czekiny, but Rabkowej
    ("ina", "cyrillic"): _set("а ой у ою ай аю оі ій"),
    ("ova", "cyrillic"): _set("а ой у ою ай аю оі ій"),
    ("consonant-m", "latin"): _set(_CONSONANT_M),
    ("consonant-m", "cyrillic"): _set("- а у ю я ом ем е ові еві ам ым им ім ы и і ів ов ей аў ау ами амі ах э ь єм"),
    ("consonant-f", "latin"): _set(_CONSONANT_F),
    ("consonant-f", "cyrillic"): _set("- ова ы и і у а"),
    ("vowel", "latin"): _set(_VOWEL),
    ("vowel", "cyrillic"): _set("а о у ы и і е э ой ою ай аю ам ом ем ові ів ау ов ами у кам ку"),
    ("ya", "latin"): _set(_VOWEL + " ia ya ja iu ju yu iej iei ii iai iou ies ios iaj ias yas jas"),
    ("ya", "cyrillic"): _set("я ю е і и ей ею ёй ёю єю яй яю а у ой іи іі еі ям"),
    ("yot", "latin"): _set(_YOT),
    ("yot", "cyrillic"): _set("й я ю ем єм е і и еві ям ями іи еі ію ія ієм - іем"),
    ("still", "latin"): _set(_PLAIN + " iui io owie ovym ovu ovej ovou es"),
    ("still", "cyrillic"): _set("- "),
    ("plain", "latin"): _set(_PLAIN),
    ("plain", "cyrillic"): _set("- а у я ю ом ем е ові еві ам ым и ы і й"),
}
# Possessives (Czech Znakova), plurals and the Estonian genitive.
_POSSESSIVE = _set("ov ova ove ovo ovy ovu ovou ovej ovym ovych ow uv ami ов ів аў ау ами амі ах")
_RARE = {"vowel": _POSSESSIVE, "consonant-m": _POSSESSIVE | {"i"}}
_FLED = {  # a vowel drops before the Slavic endings of one man
    "latin": _set("a u e em iem om owi ovi ie"),
    "cyrillic": _set("а у ю я ом ем е ові еві ам ым єм"),
}
_SOFT = {"latin": _set("e y ie"), "cyrillic": _set("ы е э і")}

_SHAPES_M = (
    (("скі", "цкі", "ский", "цкий", "ской", "цкой", "ський", "цький"), "adjective-m"),
    (("ski", "cki", "sky", "cky", "skij", "ckij", "tsky", "tski", "ský", "cký", "skyi", "ckis", "skis"), "adjective-m"),
    (("ый", "ий", "ы", "і"), "adjective-m"),
)
_SHAPES_F = (
    (("ская", "цкая", "ська", "цька", "ска", "цка"), "adjective-f"),
    (("skaja", "ckaja", "skaya", "tskaya", "skaia", "ckaia", "ska", "cka"), "adjective-f"),
    (("ова", "ева", "ава", "ёва", "эва", "ява"), "ova"),
    (("іна", "ина", "ына"), "ina"),
    (("ova", "eva", "ava", "owa", "ewa", "awa", "ieva"), "ova"),
    (("ina", "yna"), "ina"),
    (("ая", "яя"), "adjective-f"),
)


def endings_of(name: str, sex: str) -> Ending:
    """The ending of a lower-case name in Cyrillic or folded Latin letters; sex is "m" or "f"."""
    for tails, kind in _SHAPES_F if sex == "f" else _SHAPES_M:
        for tail in sorted(tails, key=len, reverse=True):
            if name.endswith(tail) and len(name) > len(tail) + 1:
                return Ending(kind, _cut(tail))
    if not name:
        return Ending("plain", 0)
    last = name[-1]
    if last == "й":
        return Ending("yot", 1)
    if last in "яюya" and last in "яю":
        return Ending("ya", 1)
    if last in "аоao":
        return Ending("vowel", 1)
    if last in "еёиіуыэeiuy" or name.endswith(("ых", "іх", "их")):
        return Ending("still", 0)
    if last == "ь":
        return Ending("consonant-" + ("f" if sex == "f" else "m"), 1)
    if sex == "f":
        return Ending("consonant-f", 0)
    return Ending("consonant-m", 0, fleeting=len(name) > 4 and name[-2:] in _FLEETING)


_FLEETING = frozenset(("ок", "ек", "ёк", "эк", "ец", "эц", "ёл", "ел", "ok", "ek", "ec"))


def _cut(tail: str) -> int:
    """Letters of a tail that change: -ский keeps ск, -ова keeps ов, -ий gives way whole."""
    for hard in ("ськ", "цьк", "ск", "цк", "sk", "ck", "tsk"):
        if tail.startswith(hard):
            return len(tail) - len(hard)
    if tail[-1] in "аa" and len(tail) in (3, 4) and tail not in ("ая", "яя"):
        return 1
    return len(tail)
