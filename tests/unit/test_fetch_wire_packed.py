"""Bodies under a content encoding, as servers send them: https://www.rfc-editor.org/rfc/rfc9110#section-8.4"""

from __future__ import annotations

import gzip
import random
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FetchError
from core.model import Outcome
from feeds import fault_texts as told
from feeds.inflate import Inflater
from tests.wire import BODY, closing, head, keeping, plain, wired

ZIPPED = gzip.compress(BODY)
WRAPPED = zlib.compress(BODY)
BARE = WRAPPED[2:-4]
NAMED = b"\x1f\x8b\x08\x1c" + ZIPPED[4:10] + b"\x03\x00abc" + b"feed.xml\x00" + b"of today\x00" + ZIPPED[10:]
BLANK = gzip.compress(b" " * 20_000_000)
NOISE = random.Random(1).randbytes(900_000)

CODED: dict[str, tuple[bytes, str, bytes | Outcome | str]] = {
    "gzip": (ZIPPED, "gzip", BODY),
    "gzip in capitals": (ZIPPED, "GZIP", BODY),
    "x-gzip": (ZIPPED, "x-gzip", BODY),
    "gzip and nothing": (ZIPPED, ", gzip ,", BODY),
    "identity and gzip": (ZIPPED, "identity, gzip", BODY),
    "gzip with a name, a comment and extras": (NAMED, "gzip", BODY),
    "gzip of nothing": (gzip.compress(b""), "gzip", b""),
    "nothing at all": (b"", "gzip", b""),
    "nothing at all, deflated": (b"", "deflate", b""),
    "deflate": (WRAPPED, "deflate", BODY),
    "deflate, bare": (BARE, "deflate", BODY),
    "gzip under the name of deflate": (ZIPPED, "deflate", Outcome.NETWORK),
    "deflate under the name of gzip": (WRAPPED, "gzip", told.DAMAGED),
    "stored without packing": (gzip.compress(BODY, 0), "gzip", BODY),
    "packed before it was sent": (ZIPPED, "", BODY),
    "packed before it was sent, plainly": (ZIPPED, "identity", BODY),
    "identity": (BODY, "identity", BODY),
    "brotli": (BODY, "br", told.ENCODING),
    "zstd": (BODY, "zstd", told.ENCODING),
    "compress": (BODY, "compress", told.ENCODING),
    "aes128gcm": (BODY, "aes128gcm", told.ENCODING),
    "an encoding with markup": (BODY, "<!channel>\u00a0", told.ENCODING),
    "gzip twice": (gzip.compress(ZIPPED), "gzip, gzip", told.ENCODING),
    "gzip, then deflate": (zlib.compress(ZIPPED), "gzip, deflate", told.ENCODING),
    "gzip and brotli": (ZIPPED, "gzip, br", told.ENCODING),
    "gzip in gzip": (gzip.compress(ZIPPED), "gzip", ZIPPED),  # which the parser tells from a feed
    "two members": (gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), "gzip", BODY),
    "two members, one of them of nothing": (gzip.compress(b"") + ZIPPED, "gzip", BODY),
    "padding behind": (ZIPPED + b"\x00" * 512, "gzip", BODY),
    "text behind": (ZIPPED + b"<!-- served in 9 ms -->", "gzip", BODY),
    "a cut member behind": (ZIPPED + ZIPPED[:12], "gzip", told.CUT_OFF),
    "a broken member behind": (ZIPPED + b"\x1f\x8b\x08" + b"\xff" * 30, "gzip", told.DAMAGED),
    "text behind what was deflated": (WRAPPED + b"text", "deflate", BODY),
    "no end": (ZIPPED[:-1], "gzip", told.CUT_OFF),
    "no sum": (ZIPPED[:-8], "gzip", told.CUT_OFF),
    "nothing but a head": (ZIPPED[:10], "gzip", told.CUT_OFF),
    "a byte": (ZIPPED[:1], "gzip", told.CUT_OFF),
    "no end, deflated": (WRAPPED[:-1], "deflate", told.CUT_OFF),
    "a wrong sum": (ZIPPED[:-8] + b"\x00" * 8, "gzip", told.DAMAGED),
    "a wrong length": (ZIPPED[:-4] + b"\x00" * 4, "gzip", told.DAMAGED),
    "a wrong sum, deflated": (WRAPPED[:-4] + b"\x00" * 4, "deflate", told.DAMAGED),
    "a reserved flag": (ZIPPED[:3] + b"\xff" + ZIPPED[4:], "gzip", Outcome.NETWORK),
    "another method": (ZIPPED[:2] + b"\x07" + ZIPPED[3:], "gzip", told.DAMAGED),
    "a dictionary of one's own": (b"\x78\xbb\x00\x00\x00\x01" + BARE, "deflate", Outcome.NETWORK),
    "text": (BODY, "gzip", told.DAMAGED),
    "a bomb": (BLANK, "gzip", told.TOO_LARGE),
    "a bomb in members": (gzip.compress(b" " * 100_000) * 50, "gzip", told.TOO_LARGE),
    "a bomb, deflated": (zlib.compress(b" " * 20_000_000), "deflate", told.TOO_LARGE),
    "a bomb that is not said": (BLANK, "", told.TOO_LARGE),
    "a name without end": (b"\x1f\x8b\x08\x08" + ZIPPED[4:10] + b"a" * 2_000_000, "gzip", told.TOO_LARGE),
    "thousands of members of nothing": (gzip.compress(b"") * 20_000, "gzip", b""),
    "as large as is allowed": (gzip.compress(NOISE), "gzip", NOISE),
}


@pytest.mark.parametrize("name", CODED)
async def test_a_body_is_unpacked_or_refused(name: str) -> None:
    body, encoding, expected = CODED[name]
    async with wired(closing(plain(body, f"Content-Encoding: {encoding}")), max_bytes=1_000_000) as bench:
        await bench.meet(expected)


@pytest.mark.parametrize("over", [0, 1])
async def test_the_limit_is_of_the_unpacked_body_to_the_byte(over: int) -> None:
    body = b"<rss>" + b" " * (999_995 + over)
    for data, encoding in [(body, "identity"), (gzip.compress(body), "gzip"), (zlib.compress(body), "deflate")]:
        async with wired(closing(head(f"Content-Encoding: {encoding}") + data), max_bytes=1_000_000) as bench:
            await bench.meet(told.TOO_LARGE if over else body)


@pytest.mark.parametrize("name", ["two members", "deflate, bare", "packed before it was sent", "a cut member behind"])
async def test_it_makes_no_difference_how_the_network_cuts_a_packed_body(name: str) -> None:
    body, encoding, expected = CODED[name]
    start = head(f"Content-Encoding: {encoding}")
    async with wired(closing(start, *(body[n : n + 1] for n in range(len(body))))) as bench:
        await bench.meet(expected)


async def test_a_304_may_say_how_its_body_would_be_packed() -> None:
    unchanged = head("Content-Encoding: gzip", "Content-Length: 99", status="HTTP/1.1 304 Not Modified")
    async with wired(keeping(unchanged)) as bench:
        for _ in range(2):
            fetched = await bench.fetch(etag='"1"')
            assert (fetched.status, fetched.body) == (304, None)


async def test_a_packed_answer_leaves_the_connection_to_the_next_request() -> None:
    async with wired(keeping(plain(ZIPPED, "Content-Encoding: gzip"))) as bench:
        for _ in range(3):
            await bench.meet(BODY)
        assert len(bench.wire.lines) == 1


async def test_a_bomb_is_refused_before_the_rest_of_it_has_come() -> None:
    async with wired(
        closing(head("Content-Length: 900000", "Content-Encoding: gzip") + BLANK), max_bytes=1_000_000
    ) as it:
        await it.meet(told.TOO_LARGE)


@given(
    body=st.binary(max_size=300),
    cuts=st.lists(st.integers(1, 40), max_size=20),
    kind=st.sampled_from(["gzip", "deflate", "bare"]),
)
def test_whatever_was_packed_comes_out_however_it_is_cut(body: bytes, cuts: list[int], kind: str) -> None:
    deflated = zlib.compress(body)
    packed = {"gzip": gzip.compress(body), "deflate": deflated, "bare": deflated[2:-4]}[kind]
    inflater = Inflater("gzip" if kind == "gzip" else "deflate", 10_000)
    for cut in cuts:
        inflater.feed(packed[:cut])
        packed = packed[cut:]
    inflater.feed(packed)
    assert inflater.finish() == body


@given(
    start=st.sampled_from([b"", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"\x78\x9c"]),
    data=st.binary(max_size=200),
    kind=st.sampled_from(["", "gzip", "deflate"]),
)
def test_any_bytes_are_a_body_or_an_error_to_be_told(start: bytes, data: bytes, kind: str) -> None:
    inflater = Inflater(kind, 100_000)
    with suppress(FetchError):
        inflater.feed(start + data)
        assert len(inflater.finish()) <= 100_000
