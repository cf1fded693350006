"""Which encoding a feed is in: our own headlines, as their publishers would send them, declared in every way."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feeds.charset import decode_bytes
from feeds.letters import CODECS, MARK, read, words_of
from tests.encodings import LABELS, USED, WRONG, cases, document, is_right, sendable, sentences
from tests.letter_pairs import counted

# One word alone, of which nobody could say it: it is a word in the other encoding too, or by chance valid UTF-8.
_UNKNOWABLE = {("mac-cyrillic", "Ўрад"), ("mac-cyrillic", "Ёлки"), ("mac-cyrillic", "Їжа"), ("cp866", "Ёлки")}
_RARE = ("cp866", "mac-cyrillic")


@pytest.mark.parametrize("label", ["", "right", "utf-8"])
def test_what_is_declared_rightly_or_not_at_all_is_read(label: str) -> None:
    wrong = [
        (case.language, case.codec, case.texts[0])
        for case in cases((label,))
        if not is_right(case) and not (case.size == 1 and (case.codec, case.texts[0]) in _UNKNOWABLE)
    ]
    assert [one for one in wrong if one[1:] != ("cp866", "Ўрад")] == []


@pytest.mark.parametrize("label", WRONG)
def test_wrong_declarations_are_seen_through(label: str) -> None:
    """In feeds of 3 and 40 items all; of one headline alone, 29 of 30."""
    tried = list(cases((label,)))
    wrong = [case for case in tried if not is_right(case)]
    longer = [case for case in wrong if case.size > 1 and case.language != "en"]  # of three in English, one has a sign
    assert [(case.language, case.codec, case.texts) for case in longer if case.codec not in _RARE] == []
    assert len(wrong) * 30 < len(tried)


@pytest.mark.parametrize("codec", ["cp1250", "iso8859-2"])
@pytest.mark.parametrize("label", [None, "right", "utf-8", "iso-8859-1", "windows-1251", "koi8-r"])
@pytest.mark.parametrize("text", ["Źdźbło żółć", "Żółć", "Łódź", "Žluťoučký kůň", "Šťáva"])
def test_words_almost_without_a_letter_of_ascii_are_no_cyrillic(codec: str, label: str | None, text: str) -> None:
    declared = LABELS.get(codec, codec) if label == "right" else label
    assert f"<title>{text}</title>" in decode_bytes(document((text,), declared or "").encode(codec))


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_three_headlines_of_a_language_are_read(data: st.DataObject) -> None:
    language = data.draw(st.sampled_from(sorted(USED)))
    codec = data.draw(st.sampled_from(USED[language]))
    texts = [sent for text in sentences()[language] if (sent := sendable(text, codec))]
    assume(len(texts) >= 3)
    chosen = tuple(data.draw(st.lists(st.sampled_from(texts), min_size=3, max_size=8, unique=True)))
    label = data.draw(st.sampled_from(["", "utf-8", LABELS.get(codec, codec)]))
    sent = document(chosen, label)
    assert decode_bytes(sent.encode(codec)) == sent


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_bad_byte_in_utf8_costs_itself_only(data: st.DataObject) -> None:
    """Wherever it falls in a feed that has letters beyond ASCII, also in a short one."""
    language = data.draw(st.sampled_from(["be", "ru", "uk", "pl", "lt", "lv", "cs"]))
    texts = [text for text in sentences()[language] if sum(not char.isascii() for char in text) > 3]
    chosen = tuple(data.draw(st.lists(st.sampled_from(texts), min_size=3, max_size=6)))
    body = document(chosen, data.draw(st.sampled_from(["", "utf-8", "windows-1251", "iso-8859-2"]))).encode()
    place = data.draw(st.integers(body.index(b"<title>"), len(body)))
    bad = data.draw(st.sampled_from([b"\xff", b"\x92", b"\xe9", b"\x96", b"\xa0"]))
    damaged = body[:place] + bad + body[place:]
    assert decode_bytes(damaged) == damaged.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("text", "codec"),
    [("© News", "cp1252"), ("Prix : 5 €", "cp1252"), ("«Новости»", "cp1251"), ("Sąd – „nie”", "cp1250")],
)
def test_marks_in_their_places_cost_little(text: str, codec: str) -> None:
    words = words_of(text.encode(codec))
    own = read(words, codec)
    assert own.mean <= MARK + 1
    assert all(own.bits <= read(words, other).bits for other in CODECS if other != "utf-8")


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([*CODECS, "mac-roman", "iso8859-4"]))
def test_any_bytes_have_a_cost(body: bytes, codec: str) -> None:
    words = words_of(body)
    reading = read(words, codec)
    assert reading.bits >= 0
    assert reading.steps >= len(words) or codec == "utf-8"


def test_the_table_is_of_the_languages_that_its_maker_counts() -> None:
    made = counted()
    assert set(made) == {one for codec in CODECS.values() for one in codec.languages}
    for language in ("pl", "lt", "cyrillic"):
        text = {"pl": "wolność", "lt": "laisvė", "cyrillic": "свобода"}[language]
        codec = {"pl": "cp1250", "lt": "cp1257", "cyrillic": "cp1251"}[language]
        assert read(words_of(text.encode(codec)), codec).mean < 8
