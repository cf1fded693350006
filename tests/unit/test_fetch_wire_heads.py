"""Heads of answers as no standard has them, and as the standard allows: https://www.rfc-editor.org/rfc/rfc9112"""

from __future__ import annotations

import pytest

from core.model import Outcome
from feeds import fault_texts as told
from tests.wire import BODY, closing, head, keeping, plain, wired

NETWORK = Outcome.NETWORK
LENGTH = f"Content-Length: {len(BODY)}"
OK = "HTTP/1.1 200 OK"


def status(line: str | bytes) -> bytes:
    raw = line if isinstance(line, bytes) else line.encode("latin-1")
    return raw + b"\r\n" + head(LENGTH).split(b"\r\n", 1)[1] + BODY


def header(*lines: bytes) -> bytes:
    return b"\r\n".join([OK.encode(), *lines, LENGTH.encode(), b"", BODY])


HEADS: dict[str, tuple[bytes, bytes | Outcome | str]] = {
    # the status line
    "no reason": (status("HTTP/1.1 200 "), BODY),
    "no blank before no reason": (status("HTTP/1.1 200"), BODY),
    "a reason of two words and a colon": (status("HTTP/1.1 200 All: well"), BODY),
    "a reason beyond ASCII": (status("HTTP/1.1 200 \u00dcber"), BODY),
    "a huge reason": (status("HTTP/1.1 200 " + "O" * 100_000), told.NO_HTTP),
    "a large reason": (status("HTTP/1.1 200 " + "O" * 5_000), BODY),
    "HTTP/1.0": (status("HTTP/1.0 200 OK"), BODY),
    "lower case": (status("http/1.1 200 OK"), told.NO_HTTP),
    "HTTP/0.9": (BODY, NETWORK),
    "HTTP/3.0": (status("HTTP/3.0 200 OK"), told.NO_HTTP),
    "no version": (status("HTTP 200 OK"), told.NO_HTTP),
    "version of words": (status("HTTP/one.one 200 OK"), told.NO_HTTP),
    "Icecast": (status("ICY 200 OK"), told.NO_HTTP),
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", told.NO_HTTP),
    "FTP": (b"220 ready\r\n", told.NO_HTTP),
    "a request": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", told.NO_HTTP),
    "frames of HTTP/2": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", told.NO_HTTP),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", told.NO_HTTP),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", told.NO_HTTP),
    "NUL": (b"\x00" * 100, told.NO_HTTP),
    "a blank line": (b"\r\n\r\n", NETWORK),
    "status of two digits": (status("HTTP/1.1 20 OK"), told.NO_HTTP),
    "status of four digits": (status("HTTP/1.1 2000 OK"), told.NO_HTTP),
    "status of letters": (status("HTTP/1.1 abc OK"), told.NO_HTTP),
    "negative status": (status("HTTP/1.1 -20 OK"), told.NO_HTTP),
    "no status": (status("HTTP/1.1"), told.NO_HTTP),
    "status 0": (status("HTTP/1.1 000 OK"), Outcome.HTTP),
    "status 600": (status("HTTP/1.1 600 OK"), Outcome.HTTP),
    # headers
    "line feeds alone": (header().replace(b"\r\n", b"\n"), BODY),
    "a carriage return alone": (header(b"X-A: a\rX-B: b"), NETWORK),
    "no colon": (header(b"X-A"), NETWORK),
    "no name": (header(b": a"), NETWORK),
    "a blank before the colon": (header(b"X-A : a"), NETWORK),
    "a blank in the name": (header(b"X A: a"), NETWORK),
    "a blank before the first": (header(b" X-A: a"), BODY),
    "no blank behind the colon": (header(b"X-A:a"), BODY),
    "an empty value": (header(b"X-A:", b"X-B: "), BODY),
    "a folded value": (header(b"X-A: a", b"  b", b"\tc"), BODY),
    "NUL in a name": (header(b"X\x00A: a"), NETWORK),
    "NUL in a value": (header(b"X-A: a\x00b"), NETWORK),
    "bytes beyond ASCII in a value": (header(b"X-A: \xff\xfe\xd0"), BODY),
    "bytes beyond ASCII in a name": (header(b"X-\xd0: a"), NETWORK),
    "a long name": (header(b"X" * 9_000 + b": a"), BODY),
    "a value of 30 kB": (header(b"X-A: " + b"a" * 30_000), BODY),
    "a value of 100 kB": (header(b"X-A: " + b"a" * 100_000), told.NO_HTTP),
    "450 headers": (header(*(b"X-%d: a" % n for n in range(450))), BODY),
    "600 headers": (header(*(b"X-%d: a" % n for n in range(600))), told.NO_HTTP),
    "an unknown encoding of nothing": (header(b"Content-Encoding:"), BODY),
    "an upgrade that is offered": (header(b"Upgrade: h2, h2c", b"Connection: Upgrade"), BODY),
    "alternatives that are offered": (header(b'Alt-Svc: h3=":443"'), BODY),
}


@pytest.mark.parametrize("name", HEADS)
async def test_a_head_is_read_or_refused(name: str) -> None:
    data, expected = HEADS[name]
    async with wired(closing(data)) as bench:
        await bench.meet(expected)


@pytest.mark.parametrize("name", ["no reason", "line feeds alone", "a folded value", "no colon", "status of letters"])
async def test_it_makes_no_difference_how_the_network_cuts_a_head(name: str) -> None:
    data, expected = HEADS[name]
    async with wired(closing(*(data[n : n + 1] for n in range(len(data))))) as bench:
        await bench.meet(expected)


@pytest.mark.parametrize("name", ["NUL in a value", "no colon", "600 headers", "lower case"])
async def test_a_connection_with_a_broken_head_is_used_no_more(name: str) -> None:
    async with wired(keeping(HEADS[name][0], plain())) as bench:
        await bench.meet(NETWORK)
        await bench.meet(BODY)
        assert len(bench.wire.lines) == 2


async def test_the_first_of_contradicting_headers_counts() -> None:
    twice = plain(BODY, 'ETag: "1"', 'ETag: "2"', "Last-Modified: a", "Last-Modified: b", "Content-Type: text/a; x",
                  "content-type: text/b")  # fmt: skip
    async with wired(closing(twice)) as bench:
        fetched = await bench.fetch()
        assert (fetched.etag, fetched.last_modified, fetched.content_type) == ('"1"', "a", "text/a; x")


async def test_the_first_of_two_places_is_followed() -> None:
    there = plain(b"", "Location: /a", "Location: http://10.0.0.1/", status="HTTP/1.1 302 Found")
    async with wired(keeping(there, plain())) as bench:
        fetched = await bench.fetch()
        assert (fetched.body, fetched.url) == (BODY, bench.wire.url("/a"))


async def test_a_folded_version_is_one_line() -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-5.2-4"""
    async with wired(closing(header(b'ETag: "a', b'  b"'))) as bench:
        etag = (await bench.fetch()).etag
        assert etag is not None
        assert etag.split() == ['"a', 'b"']
        assert not set("\r\n") & set(etag)


async def test_blanks_around_a_value_are_none_of_it() -> None:
    async with wired(closing(header(b'ETag: \t "a" \t'))) as bench:
        assert (await bench.fetch()).etag == '"a"'


async def test_a_cookie_is_never_sent_back() -> None:
    async with wired(keeping(plain(BODY, "Set-Cookie: a=b; Path=/", "Set-Cookie: c=d; Domain=127.0.0.1"))) as bench:
        await bench.fetch()
        await bench.fetch()
        assert b"cookie" not in b"".join(bench.wire.heads).lower()
