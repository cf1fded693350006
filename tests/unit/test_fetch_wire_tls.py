"""Who may say to be a host, and what is said to nobody else: https://www.rfc-editor.org/rfc/rfc9110#section-4.3.4"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp.connector
import pytest

from core.model import Outcome
from feeds import fault_texts as told
from tests.certificates import Authority
from tests.wire import BODY, Bench, Line, Talk, closing, head, keeping, local, plain, wired

HOST = "news.example"
DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture(autouse=True)
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is what the system trusts."""
    file = tmp_path / "authorities.pem"
    file.write_text(authority.pem, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


@asynccontextmanager
async def secured(talk: Talk, tls: ssl.SSLContext, **options: Any) -> AsyncIterator[Bench]:
    async with wired(talk, tls=tls, lookup=local, **options) as bench:
        yield bench


def at(bench: Bench, host: str = HOST, scheme: str = "https") -> str:
    return f"{scheme}://{host}:{bench.wire.port}/feed"


def hear_names(context: ssl.SSLContext) -> list[str | None]:
    """The names by which clients ask for a host, as they come."""
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    return names


@pytest.mark.parametrize(
    ("named", "asked", "sent"),
    [
        (HOST, HOST, HOST),
        (HOST, "NEWS.Example", HOST),
        (HOST, f"{HOST}.", HOST),
        ("*.example.org", "a.example.org", "a.example.org"),
        ("xn--80ae5ac4e2c.xn--90ais", "навіны.бел", "xn--80ae5ac4e2c.xn--90ais"),
        ("127.0.0.1", "127.0.0.1", None),  # no name: https://www.rfc-editor.org/rfc/rfc6066#section-3
    ],
)
async def test_a_host_that_shows_its_certificate_is_read(
    authority: Authority, tmp_path: Path, named: str, asked: str, sent: str | None
) -> None:
    context = authority.server(tmp_path, named)
    context.set_alpn_protocols(["h2", "http/1.1"])
    names = hear_names(context)
    async with secured(keeping(plain()), context) as bench:
        for _ in range(2):
            await bench.meet(BODY, at(bench, asked))
        assert [name and name.lower() for name in names] == [sent]  # once: the connection is kept
        spoken = bench.wire.lines[0].writer.get_extra_info("ssl_object").selected_alpn_protocol()
        assert spoken in (None, "http/1.1")
        assert bench.wire.heads[0].startswith(b"GET /feed HTTP/1.1\r\n")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_both_versions_in_use_are_spoken(authority: Authority, tmp_path: Path, version: ssl.TLSVersion) -> None:
    async with secured(keeping(plain()), authority.server(tmp_path, HOST, newest=version)) as bench:
        await bench.meet(BODY, at(bench))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "over": ({"since": -2 * DAY, "until": -DAY}, "expired"),
    "not yet": ({"since": DAY, "until": 2 * DAY}, "not yet valid"),
    "signed by itself": ({"itself": True}, "self-signed"),
    "another host": ({"hosts": ["other.example"]}, "ismatch"),
    "part of the host": ({"hosts": ["example"]}, "ismatch"),
    "a host below": ({"hosts": ["*.news.example"]}, "ismatch"),
    "every host": ({"hosts": ["*"]}, "ismatch"),
    "every host of a top level": ({"hosts": ["*.example", "a.b"], "asked": "a.news.example"}, "ismatch"),
    "an address for a name": ({"hosts": ["127.0.0.1"]}, "ismatch"),
    "a name for an address": ({"hosts": [HOST], "asked": "127.0.0.1"}, "ismatch"),
    "another address": ({"hosts": ["127.0.0.2"], "asked": "127.0.0.1"}, "ismatch"),
    "TLS 1.1": ({"newest": ssl.TLSVersion.TLSv1_1}, ""),
    "TLS 1.0": ({"newest": ssl.TLSVersion.TLSv1}, ""),
}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", FAULTS)
async def test_a_host_that_does_not_prove_who_it_is_learns_nothing(
    authority: Authority, tmp_path: Path, name: str
) -> None:
    fault, cause = FAULTS[name]
    options = dict(fault)
    hosts, asked = options.pop("hosts", [HOST]), options.pop("asked", HOST)
    async with secured(keeping(plain()), authority.server(tmp_path, *hosts, **options)) as bench:
        error = await bench.fail(at(bench, asked), etag='"1"')
        # Of an old version a server may just hang up.
        assert getattr(error.words, "template", "") in (
            [told.INSECURE] if cause else [told.INSECURE, told.NO_CONNECTION]
        )
        assert cause in str(error)
        assert "_ssl.c" not in str(error)
        assert bench.wire.heads == []


async def test_an_authority_that_nobody_trusts_vouches_for_nobody(tmp_path: Path) -> None:
    async with secured(keeping(plain()), Authority.new("Another").server(tmp_path, HOST)) as bench:
        await bench.meet(told.INSECURE, at(bench))
        assert bench.wire.heads == []


async def test_a_redirect_to_a_host_that_does_not_prove_who_it_is_fails(authority: Authority, tmp_path: Path) -> None:
    async with secured(keeping(plain()), authority.server(tmp_path, "other.example")) as other:
        there = plain(b"", f"Location: {at(other)}", status="HTTP/1.1 301 Moved")
        allow = (other.wire.endpoint,)
        async with secured(keeping(there), authority.server(tmp_path, HOST), allow=allow) as bench:
            await bench.meet(told.INSECURE, at(bench))
        assert other.wire.heads == []


async def read_and_leave(line: Line) -> None:
    await line.reader.read(100)


async def read_and_break(line: Line) -> None:
    await line.reader.read(100)
    await line.reset()


def speaking(data: bytes) -> Talk:
    async def talk(line: Line) -> None:
        await line.reader.read(100)
        await line.say(data)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        read_and_leave,
        read_and_break,
        speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        speaking(b"\x15\x03\x01\x00\x02\x02\x28"),  # an alert: handshake_failure
        speaking(b"\x16\x03\x03\x00"),
        speaking(b"\x00" * 100),
    ],
)
async def test_a_handshake_that_fails_is_told(talk: Talk) -> None:
    async with wired(talk, lookup=local) as bench:
        error = await bench.fail(at(bench))
        assert getattr(error.words, "template", "") in (told.INSECURE, told.NO_CONNECTION)
        assert "()" not in str(error)
        assert "_ssl.c" not in str(error)


async def test_a_kept_connection_of_one_scheme_serves_none_of_the_other(authority: Authority, tmp_path: Path) -> None:
    async with secured(keeping(plain()), authority.server(tmp_path, HOST)) as bench:
        await bench.meet(BODY, at(bench))
        await bench.meet(Outcome.NETWORK, at(bench, scheme="http"))
        await bench.meet(BODY, at(bench))
        assert len(bench.wire.heads) == 2


@pytest.mark.parametrize(("weaker", "status"), [(True, 301), (False, 301), (False, 308), (False, 302)])
async def test_a_redirect_is_permanent_but_for_one_that_gives_up_tls(
    authority: Authority, tmp_path: Path, weaker: bool, status: int
) -> None:
    plain_talk, tls_talk = keeping(plain()), keeping(plain())
    async with wired(plain_talk, lookup=local) as weak, secured(tls_talk, authority.server(tmp_path, HOST)) as strong:
        first, last = (strong, weak) if weaker else (weak, strong)
        there = at(last, scheme="http" if weaker else "https")
        first.wire.talk = keeping(plain(b"", f"Location: {there}", status=f"HTTP/1.1 {status} Moved"))
        allow = (f"{HOST}:{weak.wire.port}", f"{HOST}:{strong.wire.port}")
        async with wired(keeping(plain()), lookup=local, allow=allow) as bench:
            fetched = await bench.fetch(at(first, scheme="https" if weaker else "http"))
            assert (fetched.body, fetched.url) == (BODY, there)
            assert fetched.permanent_url == ("" if weaker or status == 302 else there)


def abrupt(*data: bytes) -> Talk:
    """Ends the connection as one that is cut, without TLS's own word of it."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(*data)
        with socket.socket(fileno=os.dup(line.writer.get_extra_info("socket").fileno())) as below:
            below.shutdown(socket.SHUT_WR)
        await line.hung_up()

    return talk


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (plain(), BODY),
        (plain()[:-1], told.BROKE_OFF),
        (head("Transfer-Encoding: chunked") + b"31\r\n" + BODY + b"\r\n0\r\n\r\n", BODY),
        (head("Transfer-Encoding: chunked") + b"31\r\n" + BODY + b"\r\n", told.BROKE_OFF),
        (head()[:-2], Outcome.NETWORK),
    ],
)
@pytest.mark.parametrize("end", [abrupt, closing])
async def test_what_says_its_own_end_needs_no_other(
    authority: Authority, tmp_path: Path, data: bytes, expected: bytes | Outcome | str, end: Any
) -> None:
    async with secured(end(data), authority.server(tmp_path, HOST)) as bench:
        await bench.meet(expected, at(bench))


async def test_a_body_ends_with_tls_itself(authority: Authority, tmp_path: Path) -> None:
    async with secured(closing(head() + BODY), authority.server(tmp_path, HOST)) as bench:
        await bench.meet(BODY, at(bench))


# --- through a proxy ------------------------------------------------------------------------------------------------


def tunnel(context: ssl.SSLContext) -> Talk:
    """A proxy that is the server itself."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(head())
        await line.writer.start_tls(context)
        while True:
            await line.hear()
            await line.say(plain())

    return talk


async def test_what_is_asked_through_a_tunnel_is_told_to_the_server_alone(authority: Authority, tmp_path: Path) -> None:
    # The library's own session speaks to proxies, and takes what the system trusts when it is imported.
    aiohttp.connector._SSL_CONTEXT_VERIFIED.load_verify_locations(cadata=authority.pem)
    context = authority.server(tmp_path, HOST)
    names = hear_names(context)
    async with wired(tunnel(context)) as bench:
        known = {"proxy": f"http://{bench.wire.endpoint}", "etag": '"1"'}
        for _ in range(2):
            await bench.meet(BODY, f"https://{HOST}/feed?key=1", **known)
        asked, *told_within = bench.wire.heads
        assert asked.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
        assert b"key" not in asked
        assert b"If-None-Match" not in asked
        assert [one.split(b"\r\n")[0] for one in told_within] == [b"GET /feed?key=1 HTTP/1.1"] * 2
        assert all(b'\r\nIf-None-Match: "1"\r\n' in one for one in told_within)
        assert all(f"\r\nHost: {HOST}\r\n".encode() in one for one in told_within)
        assert names == [HOST]


@pytest.mark.parametrize("itself", [True, False])
async def test_a_proxy_that_poses_as_the_server_learns_nothing(tmp_path: Path, itself: bool) -> None:
    context = Authority.new("Another").server(tmp_path, HOST, itself=itself)
    async with wired(tunnel(context)) as bench:
        await bench.meet(told.INSECURE, f"https://{HOST}/feed?key=1", proxy=f"http://{bench.wire.endpoint}")
        assert b"key" not in b"".join(bench.wire.heads)


async def test_a_tunnel_that_hangs_runs_out_of_time() -> None:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(head())
        await line.hung_up()

    async with wired(talk, connect_timeout=timedelta(seconds=0.2)) as bench:
        await bench.meet(Outcome.TIMEOUT, f"https://{HOST}/", proxy=f"http://{bench.wire.endpoint}")
        await asyncio.sleep(0)
