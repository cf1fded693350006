"""Every fault that a poller meets has a stated outcome, costs its own feed one poll, and is told in a sentence."""

from __future__ import annotations

import gzip
import socket
import zlib
from datetime import timedelta

import pytest

from core.model import Outcome
from tests.feed_server import ONE, Route, answer, drip, endless, feed_xml, raw, redirect, reply, reset, stall
from tests.patience import hurry
from tests.polling import polling
from tests.telling import check_told

GZIP = [("Content-Encoding", "gzip")]
BOMB = gzip.compress(b"<rss>" + b" " * 50_000_000)
PAGE = [("Content-Type", "text/html")]
CHECK = b"<html><title>Just a moment...</title>Checking your browser"
CHUNKED = [("Transfer-Encoding", "chunked")]
MANY = feed_xml(*(f"Item {number}" for number in range(300)))

FAULTS: dict[str, tuple[Route, Outcome]] = {
    # pacing
    "404": (reply(b"", "404 Not Found"), Outcome.HTTP),
    "401": (reply(b"", "401 Unauthorized"), Outcome.BLOCKED),
    "403": (reply(b"", "403 Forbidden"), Outcome.BLOCKED),
    "406": (reply(b"", "406 Not Acceptable"), Outcome.BLOCKED),
    "451": (reply(b"", "451 Unavailable For Legal Reasons"), Outcome.BLOCKED),
    "500": (reply(b"", "500 Internal Server Error"), Outcome.HTTP),
    "503": (reply(b"", "503 Service Unavailable"), Outcome.HTTP),
    "503 with Retry-After": (reply(b"", "503 Busy", [("Retry-After", "60")]), Outcome.RATE_LIMITED),
    "429": (reply(b"", "429 Too Many Requests"), Outcome.RATE_LIMITED),
    "410": (reply(b"", "410 Gone"), Outcome.GONE),
    "206": (reply(ONE, "206 Partial Content"), Outcome.HTTP),
    "204": (raw(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"), Outcome.HTTP),
    "304 unasked": (reply(b"", "304 Not Modified"), Outcome.HTTP),
    "status 999": (reply(b"", "999 No"), Outcome.HTTP),
    # redirects
    "no Location": (reply(b"", "302 Found"), Outcome.REDIRECT),
    "empty Location": (redirect(""), Outcome.REDIRECT),
    "malformed Location": (redirect("http://[::1"), Outcome.REDIRECT),
    "to itself": (redirect("/feed"), Outcome.REDIRECT),
    "to itself by another name": (redirect("feed#again"), Outcome.REDIRECT),
    # addresses
    "to loopback": (redirect("http://127.0.0.1:1/"), Outcome.BLOCKED),
    "to localhost": (redirect("http://localhost:1/"), Outcome.BLOCKED),
    "to a private network": (redirect("http://10.0.0.1/"), Outcome.BLOCKED),
    "to link-local": (redirect("http://169.254.169.254/latest/meta-data/"), Outcome.BLOCKED),
    "to CGNAT": (redirect("http://100.64.0.1/"), Outcome.BLOCKED),
    "to multicast": (redirect("http://224.0.0.1/"), Outcome.BLOCKED),
    "to mapped IPv6": (redirect("http://[::ffff:127.0.0.1]/"), Outcome.BLOCKED),
    "to a decimal host": (redirect("http://2130706433/"), Outcome.BLOCKED),
    "to an octal host": (redirect("http://0177.0.0.1/"), Outcome.BLOCKED),
    "to a hex host": (redirect("http://0x7f.0.0.1/"), Outcome.BLOCKED),
    "to a user name": (redirect("http://a@news.example/"), Outcome.BLOCKED),
    "to a backslash": (redirect("http://news.example\\@127.0.0.1/"), Outcome.BLOCKED),
    "to file": (redirect("file:///etc/passwd"), Outcome.BLOCKED),
    "to data": (redirect("data:text/xml,<rss/>"), Outcome.BLOCKED),
    "to javascript": (redirect("javascript:alert(1)"), Outcome.BLOCKED),
    "to ftp": (redirect("ftp://news.example/feed"), Outcome.BLOCKED),
    "to every address": (redirect("http://[::]/"), Outcome.BLOCKED),
    "to loopback in wide digits": (redirect("http://１２７.０.０.１:1/".encode()), Outcome.BLOCKED),
    "to loopback in rings": (redirect("http://①②⑦.⓪.⓪.①:1/".encode()), Outcome.BLOCKED),
    "to loopback with ideographic stops": (redirect("http://127。0。0。1:1/".encode()), Outcome.BLOCKED),
    "to a wide slash": (redirect("http://news.example／x/".encode()), Outcome.REDIRECT),
    "to a user name in wide letters": (redirect("http://ａ@127.0.0.1:1/".encode()), Outcome.BLOCKED),
    "to a host without points": (redirect("http://0/"), Outcome.BLOCKED),
    "to NAT64": (redirect("http://[64:ff9b::7f00:1]/"), Outcome.BLOCKED),
    "to 6to4": (redirect("http://[2002:7f00:1::]/"), Outcome.BLOCKED),
    "to a zone": (redirect("http://[fe80::1%25lo]/"), Outcome.BLOCKED),
    "to a port too high": (redirect("http://news.example:99999/"), Outcome.BLOCKED),
    "to a private network without scheme": (redirect("//10.0.0.1/feed"), Outcome.BLOCKED),
    # size
    "declared too large": (reply(ONE, length=10**9), Outcome.TOO_LARGE),
    "endless body": (endless(answer(b"", length=-1), b"<item/>" * 5000), Outcome.TOO_LARGE),
    "endless chunks": (
        endless(answer(b"", headers=CHUNKED), b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n"),
        Outcome.TOO_LARGE,
    ),
    "gzip bomb": (reply(BOMB, headers=GZIP), Outcome.TOO_LARGE),
    "deflate bomb": (
        reply(zlib.compress(b" " * 50_000_000), headers=[("Content-Encoding", "deflate")]),
        Outcome.TOO_LARGE,
    ),
    "stacked encodings": (reply(gzip.compress(BOMB), headers=[("Content-Encoding", "gzip, gzip")]), Outcome.NETWORK),
    "encodings in two headers": (reply(gzip.compress(BOMB), headers=GZIP * 2), Outcome.NETWORK),
    "unknown encoding": (reply(b"x", headers=[("Content-Encoding", "br")]), Outcome.NETWORK),
    "gzip inside gzip": (reply(gzip.compress(gzip.compress(ONE)), headers=GZIP), Outcome.NOT_A_FEED),
    # slowness
    "never answers": (stall(b""), Outcome.TIMEOUT),
    "stalls in the headers": (stall(b"HTTP/1.1 200 OK\r\nContent-"), Outcome.TIMEOUT),
    "stalls in the body": (stall(answer(ONE[:50], length=len(ONE))), Outcome.TIMEOUT),
    "drips": (drip(answer(), 0.01), Outcome.TIMEOUT),
    # transport
    "reset at once": (reset(), Outcome.NETWORK),
    "reset in the body": (reset(answer(ONE[:50], length=len(ONE))), Outcome.NETWORK),
    "empty reply": (raw(b""), Outcome.NETWORK),
    "body cut short": (reply(ONE[:50], length=len(ONE)), Outcome.NETWORK),
    "body longer than declared": (reply(ONE + b"junk behind", length=len(ONE)), Outcome.NETWORK),
    "bad chunk size": (reply(b"zz\r\nxx\r\n0\r\n\r\n", headers=CHUNKED), Outcome.NETWORK),
    "chunks without end": (reply(b"5\r\n<rss>\r\n", headers=CHUNKED), Outcome.NETWORK),
    "bad gzip": (reply(b"\x1f\x8b\x08" + b"junk" * 20, headers=GZIP), Outcome.NETWORK),
    "no gzip at all": (reply(ONE, headers=GZIP), Outcome.NETWORK),
    "one byte of gzip": (reply(b"\x1f", headers=GZIP), Outcome.NETWORK),
    "wrong sum of gzip": (reply(gzip.compress(ONE)[:-8] + bytes(8), headers=GZIP), Outcome.NETWORK),
    "gzip bomb that is not said": (reply(BOMB), Outcome.TOO_LARGE),
    "gzip cut short": (reply(gzip.compress(MANY)[:-20], headers=GZIP), Outcome.NETWORK),
    "garbage status line": (raw(b"Hello, who are you?\r\n\r\n"), Outcome.NETWORK),
    "endless header": (raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n"), Outcome.NETWORK),
    "too many headers": (reply(ONE, headers=[(f"X-{n}", "1") for n in range(2000)]), Outcome.NETWORK),
    "two lengths": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + ONE), Outcome.NETWORK),
    "length of words": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + ONE), Outcome.NETWORK),
    "negative chunk": (reply(b"-1\r\nxx\r\n", headers=CHUNKED), Outcome.NETWORK),
    "TLS alert": (raw(b"\x15\x03\x01\x00\x02\x02\x28"), Outcome.NETWORK),
    "HTTP/0.9": (raw(ONE), Outcome.NETWORK),
    "reason with controls": (reply(b"", "500 \x1b[2J<!channel> \u202e"), Outcome.HTTP),
    "reason that is no text": (raw(b"HTTP/1.1 500 \xff\xfe\xd0\r\nContent-Length: 0\r\n\r\n"), Outcome.HTTP),
    "header with line feed": (raw(b"HTTP/1.1 200 OK\r\n\x00: a\r\n\r\n"), Outcome.NETWORK),
    # type
    "empty 200": (reply(b""), Outcome.NOT_A_FEED),
    "11 bytes": (reply(b"<rss versio"), Outcome.NOT_A_FEED),
    "HTML": (reply(b"<!DOCTYPE html><html><title>News</title></html>"), Outcome.NOT_A_FEED),
    "challenge page": (reply(b"<html><title>Just a moment...</title></html>"), Outcome.BLOCKED),
    "challenge of Anubis": (
        reply(b"<html><title>Making sure you&#39;re not a bot!</title><script id=anubis_version>"),
        Outcome.BLOCKED,
    ),
    "challenge by 503": (reply(CHECK, "503 Busy", PAGE), Outcome.BLOCKED),
    "challenge by 503, packed": (reply(gzip.compress(CHECK), "503 Busy", [*PAGE, *GZIP]), Outcome.BLOCKED),
    "challenge by 503, endless": (
        endless(answer(b"", length=-1, status="503 Busy", headers=PAGE), CHECK),
        Outcome.BLOCKED,
    ),
    "challenge by 503, broken": (reply(CHECK, "503 Busy", PAGE, length=10**6), Outcome.BLOCKED),
    "503 with a page": (reply(b"<html>Back soon", "503 Busy", PAGE), Outcome.HTTP),
    "503 with a bomb": (reply(BOMB, "503 Busy", [*PAGE, *GZIP]), Outcome.HTTP),
    "challenge by 202": (reply(b"", "202 Accepted", [("x-amzn-waf-action", "challenge")]), Outcome.BLOCKED),
    "challenge by 403": (reply(b"", "403 Forbidden", [("cf-mitigated", "challenge")]), Outcome.BLOCKED),
    "challenge by 401": (reply(CHECK, "401 Unauthorized", PAGE), Outcome.BLOCKED),
    "challenge by 429": (reply(b"", "429 Too Many Requests", [("cf-mitigated", "challenge")]), Outcome.BLOCKED),
    "JSON": (reply(b'{"items": []}', headers=[("Content-Type", "application/rss+xml")]), Outcome.NOT_A_FEED),
    "image": (reply(b"\x89PNG\r\n\x1a\n" + bytes(100)), Outcome.NOT_A_FEED),
    # XML
    "attribute storm": (
        reply(b"<rss><a " + b" ".join(b"a%d='1'" % n for n in range(5000)) + b"/></rss>"),
        Outcome.PARSE,
    ),
    "attribute storm in quotes": (
        reply(b"<rss><a " + b" ".join(b"a%d='>'" % n for n in range(5000)) + b"/></rss>"),
        Outcome.PARSE,
    ),
    "nested too deep": (reply(b"<rss><channel>" + b"<b>" * 5000), Outcome.PARSE),
}
SLOW = {"never answers", "stalls in the headers", "stalls in the body", "drips"}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_has_its_outcome(name: str) -> None:
    route, outcome = FAULTS[name]
    async with polling(max_bytes=1_000_000) as it:
        url = it.server.on("/feed", reply(feed_xml("Before"), headers=[("ETag", '"1"')]), route)
        assert (await it.poll(url)).outcome is Outcome.OK
        before = it.state(url)
        if name in SLOW:
            hurry(it.options, timeout=timedelta(seconds=0.2))
        it.server.on("/feed", route)
        if outcome is Outcome.HTTP and name == "304 unasked":
            url = it.server.on("/other", route)
        result = await it.poll(url)
        assert result.outcome is outcome, result.error
        assert result.error.count(" ") > 4
        assert result.error.endswith(".")
        check_told(result.error)
        state = it.state(url)
        assert state.failures == 1
        assert state.last_error == result.error
        if url.endswith("/feed"):
            assert (state.etag, state.body_hash) == (before.etag, before.body_hash)
        assert state.next_poll_at >= it.clock.now() + timedelta(minutes=5)
        assert not it.events.named("poll_lost")


@pytest.mark.parametrize(
    "route",
    [
        reply(gzip.compress(ONE), headers=GZIP),
        reply(gzip.compress(ONE[:60]) + gzip.compress(ONE[60:]), headers=GZIP),
        reply(gzip.compress(ONE) + bytes(16), headers=GZIP),
        reply(zlib.compress(ONE), headers=[("Content-Encoding", "deflate")]),
        reply(zlib.compress(ONE)[2:-4], headers=[("Content-Encoding", "deflate")]),
        reply(ONE, headers=[("Content-Encoding", "identity")]),
        reply(ONE, headers=[("Content-Encoding", "none")]),
        reply(ONE, headers=[("Content-Encoding", "utf-8")]),
        reply(gzip.compress(ONE), headers=[("Content-Type", "application/gzip")]),
        drip(answer(gzip.compress(ONE)), 0),
        reply(ONE, headers=[("Content-Security-Policy", "a" * 20_000)]),
        reply(ONE, headers=[(f"X-{number}", "1") for number in range(200)]),
        reply(ONE, headers=[("Content-Type", "text/html")]),
        reply(ONE, headers=[("Content-Type", "nonsense")]),
        reply(b"%x\r\n%b\r\n0\r\n\r\n" % (len(ONE), ONE), headers=CHUNKED),
        reply(ONE, length=-1),
        reply(ONE, headers=[("X-Odd", b"\xff\xfe caf\xe9")]),
        raw(b"HTTP/1.0 200 OK\r\n\r\n" + ONE),
        drip(answer(), 0),
    ],
)
async def test_odd_but_honest_answers_are_read(route: Route) -> None:
    async with polling() as it:
        result = await it.poll(it.server.on("/feed", route))
        assert (result.outcome, result.entries) == (Outcome.OK, 1), result.error


async def test_no_connection_is_a_network_error() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        async with polling(allow=(f"127.0.0.1:{port}",)) as it:
            result = await it.poll(f"http://127.0.0.1:{port}/feed")
            assert result.outcome is Outcome.NETWORK
            assert "No connection to 127.0.0.1:" in result.error
            assert "(Connection refused)" in result.error


async def test_a_name_that_is_not_found_is_a_network_error() -> None:
    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with polling(lookup=lookup) as it:
        result = await it.poll("http://none.example/feed")
        assert result.outcome is Outcome.NETWORK
        assert "cannot be found" in result.error


async def test_plain_text_on_a_tls_port_is_a_network_error() -> None:
    async with polling() as it:
        result = await it.poll(it.server.on("/feed", reply()).replace("http:", "https:"))
        assert result.outcome is Outcome.NETWORK
        assert "secure connection" in result.error


async def test_a_name_that_leads_to_a_private_address_is_blocked_at_every_hop() -> None:
    async with polling(lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        result = await it.poll("http://inside.example:81/feed")
        assert result.outcome is Outcome.BLOCKED
        assert "inside.example:81" in result.error
        url = it.server.on("/there", redirect("http://inside.example:82/feed"))
        told = await it.poll(url)
        assert told.outcome is Outcome.BLOCKED
        assert "redirects to an address that is refused: inside.example (127.0.0.1) is on a private" in told.error
        assert "allow_private" not in told.error
        assert [seen.target for seen in it.server.seen] == ["/there"]


async def test_no_publisher_elsewhere_sends_us_to_an_address_that_the_operator_allowed() -> None:
    async with polling(lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        it.server.on("/secret", reply())
        it.server.on("/feed", redirect(f"http://{it.server.endpoint}/secret"))
        result = await it.poll(f"http://news.example:{it.server.port}/feed")
        assert result.outcome is Outcome.BLOCKED
        assert f"redirects to an address that is refused: {it.server.endpoint}" in result.error
        assert [seen.target for seen in it.server.seen] == ["/feed"]
        assert (await it.poll(it.server.url("/feed"))).outcome is Outcome.OK


async def test_a_redirect_that_fails_names_the_host_it_leads_to() -> None:
    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with polling(lookup=lookup) as it:
        result = await it.poll(it.server.on("/feed", redirect("http://gone.example/feed")))
        assert result.outcome is Outcome.NETWORK
        assert "The name gone.example cannot be found" in result.error


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_a_refusal_says_whether_a_browser_check_is_behind_it(status: str) -> None:
    async with polling() as it:
        check = await it.poll(it.server.on("/check", reply(CHECK, status, PAGE)))
        header = await it.poll(it.server.on("/header", reply(b"", status, [("cf-mitigated", "challenge")])))
        plain = await it.poll(it.server.on("/plain", reply(b"<html><title>Access Denied</title>", status, PAGE)))
        for result in (check, header):
            assert result.outcome is Outcome.BLOCKED
            assert "asks for a browser check" in result.error
        assert plain.outcome is Outcome.BLOCKED
        assert f"answered {status[:3]}" in plain.error


async def test_a_circle_is_told_without_the_key_of_the_feed() -> None:
    async with polling() as it:
        url = it.server.on("/feed?token=hunter2&page=1", redirect("/feed?token=hunter2&page=1"))
        result = await it.poll(url)
        assert result.outcome is Outcome.REDIRECT
        assert "/feed?token=***&page=1" in result.error


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
async def test_a_version_that_cannot_be_sent_back_is_not(name: str) -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(ONE, headers=[(name, b'"a\x01b\x7f"')]))
        assert [(await it.poll(url)).outcome for _ in range(2)] == [Outcome.OK, Outcome.NOT_MODIFIED]
        assert not {b"if-none-match", "if-none-match", "if-modified-since"} & it.server.seen[-1].headers.keys()


async def test_an_allowed_name_is_reached_where_it_resolves_to() -> None:
    async with polling(lookup=lambda host, port, family: [(socket.AF_INET, "127.0.0.1")]) as it:
        it.server.on("/feed", reply())
        result = await it.poll(f"http://feeds.internal:{it.server.port}/feed")
        assert result.outcome is Outcome.OK
        assert it.server.seen[0].headers["host"] == f"feeds.internal:{it.server.port}".encode()


@pytest.mark.parametrize("hops", [5, 6])
async def test_five_redirects_are_followed_and_no_more(hops: int) -> None:
    async with polling() as it:
        for number in range(hops):
            it.server.on(f"/{number}", redirect(f"/{number + 1}"))
        it.server.on(f"/{hops}", reply())
        result = await it.poll(it.server.url("/0"))
        assert result.outcome is (Outcome.OK if hops == 5 else Outcome.REDIRECT)


async def test_a_fault_costs_one_poll_and_the_next_reads_everything() -> None:
    async with polling() as it:
        url = it.server.on(
            "/feed", reply(feed_xml("Old")), reset(), reset(), reply(b""), reply(feed_xml("Freed released", "Old"))
        )
        outcomes = [(await it.poll(url)).outcome for _ in range(4)]
        assert outcomes == [Outcome.OK, Outcome.NETWORK, Outcome.NOT_A_FEED, Outcome.OK]
        assert it.store.outcomes == {"Old": "baseline", "Freed released": "alert"}
        assert it.state(url).failures == 0
