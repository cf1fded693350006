"""Where a name leads, who judges it, and for how long: the gate before every connection."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from core.model import Outcome
from feeds import fault_texts as told
from feeds.gate import MAX_LOOKUPS
from tests.wire import BODY, Bench, keeping, pass_time, plain, wired

LAST = plain(BODY, "Connection: close")
HERE, THERE = (socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.2")
SIX = socket.AF_INET6
MINUTES = 60.0
Answers = list[tuple[int, str]]


class Names:
    """A name service that gives these answers one after the other, the last for good; `asked` says for what."""

    def __init__(self, *answers: Answers | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int, family: int) -> Answers:
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def named(bench: Bench, host: str = "news.example") -> str:
    return f"http://{host}:{bench.wire.port}/feed"


@pytest.mark.parametrize(
    "answers",
    [
        [(socket.AF_INET, "10.0.0.1")],
        [THERE],
        [HERE, THERE],
        [THERE, HERE],
        [HERE, (socket.AF_INET, "169.254.169.254")],
        [(socket.AF_INET, "0.0.0.0")],
        [(SIX, "::1")],
        [(SIX, "::")],
        [(SIX, "::ffff:127.0.0.1")],
        [(SIX, "::ffff:7f00:2")],
        [(SIX, "64:ff9b::7f00:1")],
        [(SIX, "fe80::1%lo")],
        [(SIX, "fd00::1"), HERE],
        [(socket.AF_INET, "2130706433")],
        [(socket.AF_INET, "127.1")],
        [(socket.AF_INET, "localhost")],
        [(socket.AF_INET, "")],
    ],
)
async def test_one_answer_that_is_private_refuses_a_name(answers: Answers) -> None:
    async with wired(keeping(plain()), lookup=Names(answers)) as bench:
        await bench.meet(told.PRIVATE, named(bench))
        assert bench.wire.lines == []


async def test_a_name_that_turns_private_is_refused_when_it_is_asked_for_again() -> None:
    names = Names([HERE], [(socket.AF_INET, "10.0.0.1")])
    async with wired(keeping(LAST), lookup=names) as bench:
        await bench.meet(BODY, named(bench))
        pass_time(4 * MINUTES)
        await bench.meet(BODY, named(bench))  # still by what was let through
        assert len(names.asked) == 1
        pass_time(2 * MINUTES)
        for _ in range(2):  # what was refused is not remembered as let through
            await bench.meet(told.PRIVATE, named(bench))
        assert len(bench.wire.lines) == 2


async def test_what_was_let_through_for_one_port_is_not_for_another() -> None:
    async with wired(keeping(plain())) as other, wired(keeping(plain()), lookup=Names([HERE])) as bench:
        await bench.meet(BODY, named(bench))
        await bench.meet(told.PRIVATE, f"http://news.example:{other.wire.port}/feed")
        assert other.wire.lines == []


async def test_what_was_let_through_for_one_name_is_not_for_another() -> None:
    names = Names([HERE], [THERE], [HERE])
    async with wired(keeping(plain()), lookup=names) as bench:
        await bench.meet(BODY, named(bench, "one.example"))
        await bench.meet(told.PRIVATE, named(bench, "two.example"))
        await bench.meet(BODY, named(bench, "three.example"))


async def test_a_name_is_remembered_for_five_minutes_and_then_asked_for_again() -> None:
    names = Names([HERE])
    async with wired(keeping(LAST), lookup=names) as bench:
        for _ in range(3):
            await bench.meet(BODY, named(bench))
            pass_time(2 * MINUTES)
        assert names.asked == [("news.example", bench.wire.port)]
        await bench.meet(BODY, named(bench))
        assert len(names.asked) == 2
        await bench.meet(BODY, named(bench))
        assert len(names.asked) == 2
        assert len(bench.wire.lines) == 5


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError("no descriptors left"),
        TimeoutError("the name service is slow"),
        UnicodeError("label empty or too long"),
        ValueError("embedded null character"),
    ],
)
async def test_a_name_that_is_not_found_is_told_and_asked_for_anew(error: Exception) -> None:
    names = Names(error, [HERE])
    async with wired(keeping(plain()), lookup=names) as bench:
        await bench.meet(told.NO_NAME, named(bench))
        await bench.meet(BODY, named(bench))


async def test_a_name_of_no_address_is_none() -> None:
    async with wired(keeping(plain()), lookup=Names([], [HERE])) as bench:
        await bench.meet(told.NO_NAME, named(bench))
        await bench.meet(BODY, named(bench))


@contextmanager
def hanging() -> Iterator[Names]:
    """A name service that answers nothing about slow names until the test is over."""
    over = threading.Event()

    class Hanging(Names):
        def __call__(self, host: str, port: int, family: int) -> Answers:
            if host.startswith("slow"):
                over.wait()
            return super().__call__(host, port, family)

    try:
        yield Hanging([HERE])
    finally:
        over.set()


async def test_a_name_service_that_hangs_holds_up_its_own_names_only() -> None:
    with hanging() as names:
        async with wired(keeping(plain()), lookup=names, connect_timeout=timedelta(seconds=0.2)) as bench:
            slow = [asyncio.create_task(bench.fail(named(bench, f"slow{n}.example"))) for n in range(3)]
            error = (await asyncio.gather(*slow))[0]
            assert getattr(error.words, "template", "") == told.NOT_REACHED
            await bench.meet(BODY, named(bench))


async def test_many_names_that_hang_free_the_place_of_others_when_their_time_is_up() -> None:
    with hanging() as names:
        async with wired(keeping(plain()), lookup=names) as bench:
            hosts = [f"slow{number}.example" for number in range(MAX_LOOKUPS * 2)]
            slow = [asyncio.create_task(bench.fetch(named(bench, host))) for host in hosts]
            other = asyncio.create_task(bench.fetch(named(bench)))
            await asyncio.sleep(0)
            for task in slow:
                task.cancel()
            assert (await other).body == BODY
            assert {type(one) for one in await asyncio.gather(*slow, return_exceptions=True)} == {
                asyncio.CancelledError
            }


async def test_another_address_is_tried_when_the_first_does_not_answer() -> None:
    names = Names([THERE, HERE])
    async with wired(keeping(LAST)) as bench:
        allowed = f"own.example:{bench.wire.port}"
        async with wired(keeping(LAST), lookup=names, allow=(allowed,)) as own:
            await own.meet(BODY, f"http://{allowed}/feed")
            await own.meet(BODY, f"http://{allowed}/feed")
        assert len(bench.wire.lines) == 2


async def test_a_server_that_moved_is_looked_for_at_once() -> None:
    names = Names([THERE], [HERE])
    async with wired(keeping(LAST)) as bench:
        allowed = f"own.example:{bench.wire.port}"
        async with wired(keeping(LAST), lookup=names, allow=(allowed,)) as own:
            await own.meet(told.NO_CONNECTION, f"http://{allowed}/feed")
            await own.meet(BODY, f"http://{allowed}/feed")


async def test_when_no_address_answers_one_reason_is_told() -> None:
    names = Names([THERE, (socket.AF_INET, "127.0.0.3")])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        allowed = f"own.example:{taken.getsockname()[1]}"
        async with wired(keeping(LAST), lookup=names, allow=(allowed,)) as bench:
            error = await bench.fail(f"http://{allowed}/feed")
            assert getattr(error.words, "template", "") == told.NO_CONNECTION
            assert "refused" in str(error)
            assert "Multiple" not in str(error)
            assert "errno" not in str(error).lower()


@pytest.mark.parametrize("host", ["own.example.", "own.example", "OWN.Example", "Own.example."])
@pytest.mark.parametrize("listed", ["own.example", "own.example.", "OWN.example"])
async def test_a_final_point_and_capitals_make_no_other_name(host: str, listed: str) -> None:
    names = Names([HERE])
    async with wired(keeping(plain())) as bench:
        port = bench.wire.port
        async with wired(keeping(plain()), lookup=names, allow=(f"{listed}:{port}",)) as own:
            await own.meet(BODY, f"http://{host}:{port}/feed")
        assert names.asked[0][0].lower().rstrip(".") == "own.example"


@pytest.mark.parametrize(
    "host", ["a..example", ".example", "a" * 64 + ".example", "xn--\u0430.example", "a" * 300, "%61.example"]
)
async def test_what_can_be_no_name_is_told(host: str) -> None:
    def lookup(name: str, port: int, family: int) -> Answers:
        name.encode("idna")  # as the system's does
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with wired(keeping(plain()), lookup=lookup) as bench:
        error = await bench.fail(named(bench, host))
        assert error.outcome in (Outcome.NETWORK, Outcome.BLOCKED)


@pytest.mark.parametrize("address", ["127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "127.0.0.1."])
async def test_an_address_asks_no_name_service(address: str) -> None:
    def lookup(name: str, port: int, family: int) -> Answers:
        raise AssertionError(name)

    async with wired(keeping(plain())) as other, wired(keeping(plain()), lookup=lookup) as bench:
        await bench.meet(Outcome.BLOCKED, f"http://{address}:{other.wire.port}/feed")
        assert other.wire.lines == []


async def test_an_address_of_ipv6_is_asked_and_named_in_brackets() -> None:
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(LAST)
        writer.close()
        await writer.wait_closed()

    try:
        server = await asyncio.start_server(serve, "::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    endpoint = f"[::1]:{server.sockets[0].getsockname()[1]}"
    async with server, wired(keeping(plain()), allow=(endpoint,)) as bench:
        await bench.meet(BODY, f"http://{endpoint}/feed")
    assert f"\r\nHost: {endpoint}\r\n".encode() in heard[0]
