"""What leaves for a server, byte for byte, with a proxy between or without."""

from __future__ import annotations

import socket

import pytest

from core.model import Outcome
from feeds import fault_texts as told
from tests.wire import BODY, Bench, Line, closing, head, keeping, local, plain, wired

CYRILLIC = "xn--80ae5ac4e2c.xn--90ais"


def asked(bench: Bench, number: int = -1) -> tuple[bytes, dict[bytes, bytes]]:
    """The request line and the headers, names as sent; no header comes twice."""
    first, *lines = bench.wire.heads[number].removesuffix(b"\r\n\r\n").split(b"\r\n")
    pairs = [line.split(b": ", 1) for line in lines]
    headers = {name: value for name, value in pairs}
    assert len({name.lower() for name in headers}) == len(pairs)
    assert pairs[0][0] == b"Host"
    return first, headers


async def test_a_request_says_what_it_must_and_no_more() -> None:
    async with wired(keeping(plain()), user_agent="MinskWatch/1 (+https://operator.example)") as bench:
        date = "Thu, 19 Mar 2026 12:00:00 GMT"
        await bench.fetch(bench.wire.url("/feed?x=1"), etag='W/"a"', last_modified=date)
        first, headers = asked(bench)
        assert first == b"GET /feed?x=1 HTTP/1.1"
        assert headers == {
            b"Host": bench.wire.endpoint.encode(),
            b"User-Agent": b"MinskWatch/1 (+https://operator.example)",
            b"Accept": b"*/*",
            b"Accept-Encoding": b"gzip, deflate",
            b"If-None-Match": b'W/"a"',
            b"If-Modified-Since": date.encode(),
        }


TARGETS = [
    ("", "/"),
    ("/", "/"),
    ("?q=1", "/?q=1"),
    ("/a%20b%2Fc%2fd%7Ee~f", "/a%20b%2Fc%2fd%7Ee~f"),
    ("/a//b/", "/a//b/"),
    ("/a+b?c+d=e%2Bf&&=", "/a+b?c+d=e%2Bf&&="),
    ("/a;b=1,2?c?d=/e:@", "/a;b=1,2?c?d=/e:@"),
    ("/%", "/%"),
    ("/%zz?%", "/%zz?%"),
    ("/%00%0D%0A", "/%00%0D%0A"),
    ("/a?b=c#d", "/a?b=c"),
    ("/a#d?e", "/a"),
    ("/[a]{b}|c^d`e\"f<g>'h", "/[a]{b}|c^d`e\"f<g>'h"),
    ("/?a=[1]&b[]={2}", "/?a=[1]&b[]={2}"),
    ("/стужка?я=%20", "/%D1%81%D1%82%D1%83%D0%B6%D0%BA%D0%B0?%D1%8F=%20"),
    ("/\u010a\u010d\u2028", "/%C4%8A%C4%8D%E2%80%A8"),  # of whose codes the low bytes are line breaks
    ("/" + "a" * 9_000, "/" + "a" * 9_000),
]


@pytest.mark.parametrize(("given", "sent"), TARGETS)
async def test_a_path_is_asked_for_as_it_was_given(given: str, sent: str) -> None:
    async with wired(keeping(plain())) as bench:
        fetched = await bench.fetch(bench.wire.url(given))
        assert asked(bench)[0] == f"GET {sent} HTTP/1.1".encode()
        assert fetched.url == bench.wire.url(given)


@pytest.mark.parametrize(
    "path", ["/a b", "/a\tb", "/a\r\nX-A: b", "/a\nb", "/a\x00b", "/a\x7fb", "/a\\b", "/ HTTP/1.1\r\nX: y\r\n\r\n"]
)
async def test_blanks_and_controls_in_an_address_are_refused(path: str) -> None:
    async with wired(keeping(plain())) as bench:
        await bench.meet(Outcome.BLOCKED, bench.wire.url(path))
        assert bench.wire.lines == []


@pytest.mark.parametrize(
    ("host", "looked_up", "sent"),
    [
        ("news.example", "news.example", "news.example"),
        ("NEWS.Example", "news.example", "news.example"),
        ("навіны.бел", CYRILLIC, CYRILLIC),
        (CYRILLIC, CYRILLIC, CYRILLIC),
        ("news_1.example", "news_1.example", "news_1.example"),
    ],
)
async def test_the_host_is_named_with_its_port(host: str, looked_up: str, sent: str) -> None:
    names = []

    def lookup(name: str, port: int, family: int) -> list[tuple[int, str]]:
        names.append(name)
        return local(name, port, family)

    async with wired(keeping(plain()), lookup=lookup) as bench:
        await bench.meet(BODY, f"http://{host}:{bench.wire.port}/feed")
        assert asked(bench)[1][b"Host"].lower() == f"{sent}:{bench.wire.port}".encode()
        assert [name.lower() for name in names] == [looked_up]


AGENTS = ["A/1\r\nX-A: b", "A/1\nX-A: b", "A/1\rX-A: b", "A/1\x00", "A/1\r\n\r\nGET / HTTP/1.1\r\n\r\n", "\r\n"]


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("proxied", [False, True])
async def test_no_user_agent_begins_a_line_of_its_own(agent: str, proxied: bool) -> None:
    async with wired(keeping(plain())) as bench:
        proxy = f"http://{bench.wire.endpoint}" if proxied else ""
        await bench.fail("http://news.example/" if proxied else "", user_agent=agent, proxy=proxy)
        assert bench.wire.heads == []


@pytest.mark.parametrize("agent", ["Навіны/1", "A/1 \u010a\u010d\u0085\u2028"])
async def test_a_user_agent_beyond_ascii_is_sent_as_utf8(agent: str) -> None:
    async with wired(keeping(plain())) as bench:
        await bench.fetch(user_agent=agent)
        assert asked(bench)[1][b"User-Agent"] == agent.encode()


@pytest.mark.parametrize("value", ['"a"\r\nX-A: b', '"a"\nb', '"a"\rb', '"a\x00"', '"\x1b"', "\u0142", "\r\n\r\n"])
async def test_no_version_begins_a_line_of_its_own(value: str) -> None:
    """One that cannot have come in a header is not sent; the feed is read in full."""
    async with wired(keeping(plain())) as bench:
        await bench.fetch(etag=value, last_modified=value)
        assert asked(bench)[1].keys() == {b"Host", b"User-Agent", b"Accept", b"Accept-Encoding"}


async def test_what_a_source_asks_for_takes_the_place_of_the_usual() -> None:
    async with wired(keeping(plain())) as bench:
        await bench.fetch(headers={"Accept": "application/json"})
        headers = asked(bench)[1]
        assert headers[b"Accept"] == b"application/json"
        assert len(headers) == 4


async def test_a_redirect_elsewhere_is_told_nothing_of_where_it_came_from() -> None:
    there = plain(b"", "Location: http://other.example:PORT/b?c", "Set-Cookie: a=b", status="HTTP/1.1 302 Found")

    async def talk(line: Line) -> None:
        while True:
            asked = await line.hear()
            port = str(line.writer.get_extra_info("sockname")[1]).encode()
            await line.say(there.replace(b"PORT", port) if asked.startswith(b"GET /a") else plain())

    async with wired(talk, lookup=local) as bench:
        fetched = await bench.fetch(f"http://news.example:{bench.wire.port}/a?key=1", etag='"ours"')
        assert fetched.url == f"http://other.example:{bench.wire.port}/b?c"
        assert asked(bench, 0)[1][b"If-None-Match"] == b'"ours"'
        first, headers = asked(bench, 1)
        assert first == b"GET /b?c HTTP/1.1"
        assert headers.keys() == {b"Host", b"User-Agent", b"Accept", b"Accept-Encoding"}
        assert headers[b"Host"] == f"other.example:{bench.wire.port}".encode()


# --- proxies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "target", "host"),
    [
        ("http://news.example/a%2fb?c+d", "http://news.example/a%2fb?c+d", "news.example"),
        ("http://news.example:8080/", "http://news.example:8080/", "news.example:8080"),
        ("http://news.example:80/", "http://news.example/", "news.example"),
        ("http://news.example/A", "http://news.example/A", "news.example"),
        ("http://8.8.8.8/feed", "http://8.8.8.8/feed", "8.8.8.8"),
        ("http://[2606:4700::1111]/feed", "http://[2606:4700::1111]/feed", "[2606:4700::1111]"),
        ("http://[2606:4700::1111]:81/", "http://[2606:4700::1111]:81/", "[2606:4700::1111]:81"),
        ("http://навіны.бел/", f"http://{CYRILLIC}/", CYRILLIC),
    ],
)
async def test_a_proxy_is_told_the_whole_address(url: str, target: str, host: str) -> None:
    async with wired(keeping(plain())) as bench:
        await bench.meet(BODY, url, proxy=f"http://{bench.wire.endpoint}", etag='"1"')
        first, headers = asked(bench)
        assert first == f"GET {target} HTTP/1.1".encode()
        assert headers[b"Host"] == host.encode()
        assert headers[b"If-None-Match"] == b'"1"'
        assert not {name.lower() for name in headers} & {b"proxy-authorization", b"authorization", b"cookie"}


REFUSED = "HTTP/1.1 407 Proxy Authentication Required"


@pytest.mark.parametrize(
    "reply",
    [
        plain(b"", 'Proxy-Authenticate: Basic realm="a"', status=REFUSED),
        plain(b"", status="HTTP/1.1 502 Bad Gateway"),
        plain(b"no", status="HTTP/1.1 403 Forbidden"),
        plain(b"", "Location: http://127.0.0.1/", status="HTTP/1.1 302 Found"),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        head()[:-5],
        b"",
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_told_and_learns_nothing(reply: bytes) -> None:
    async with wired(closing(reply)) as bench:
        error = await bench.fail("https://news.example/a?key=1", proxy=f"http://{bench.wire.endpoint}", etag='"1"')
        assert error.outcome is Outcome.NETWORK
        for number in range(len(bench.wire.heads)):
            first, headers = asked(bench, number)
            assert first == b"CONNECT news.example:443 HTTP/1.1"
            assert headers[b"Host"] in (b"news.example", b"news.example:443")
            assert not {name.lower() for name in headers} & {b"if-none-match", b"proxy-authorization", b"cookie"}


@pytest.mark.parametrize("status", [REFUSED, "HTTP/1.1 502 Bad Gateway", "HTTP/1.1 504 Gateway Timeout"])
async def test_a_proxy_that_does_not_pass_on_a_plain_request_is_told(status: str) -> None:
    async with wired(keeping(plain(b"", status=status))) as bench:
        error = await bench.fail("http://news.example/", proxy=f"http://{bench.wire.endpoint}")
        assert str(error.status) == status.split()[1]


@pytest.mark.parametrize("url", ["http://news.example/", "https://news.example/"])
async def test_a_proxy_with_a_password_is_refused_without_showing_it(url: str) -> None:
    async with wired(keeping(plain())) as bench:
        error = await bench.fail(url, proxy=f"http://user:hunter2@{bench.wire.endpoint}")
        assert error.outcome is Outcome.BLOCKED
        assert "hunter2" not in str(error)
        assert bench.wire.lines == []


async def test_a_connection_to_a_proxy_serves_no_request_without_it() -> None:
    async with wired(keeping(plain()), lookup=local) as bench:
        url = f"http://news.example:{bench.wire.port}/feed"
        for proxy in (f"http://{bench.wire.endpoint}", "", f"http://{bench.wire.endpoint}", ""):
            await bench.meet(BODY, url, proxy=proxy)
        targets = [asked(bench, number)[0].split()[1] for number in range(4)]
        assert targets == [url.encode(), b"/feed"] * 2


async def test_a_proxy_that_cannot_be_found_is_told_as_a_fault_of_the_network() -> None:
    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with wired(keeping(plain()), lookup=lookup) as bench:
        error = await bench.fail("http://news.example/", proxy="http://proxy.example:3128")
        assert error.outcome is Outcome.NETWORK
        assert getattr(error.words, "template", "") in (told.PROXY, told.NO_NAME)
