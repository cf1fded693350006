"""Health means work: the server, what it reports, and the probe that containers run."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.errors import ConfigError
from core.ports import HttpRequest, HttpResponse, Route
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE
from web import probe
from web.health import STALE_AFTER, Health
from web.server import MAX_BODY, HttpServer

ROOT = Path(__file__).parents[2]


def serve(health: Health, *routes: Route) -> HttpServer:
    return HttpServer("127.0.0.1", 0, health=health.health, ready=health.ready, routes=routes)


def test_health_follows_work_not_time_alone() -> None:
    clock = FakeClock()
    health = Health(clock)
    assert health.health()[0]
    clock.advance(STALE_AFTER.total_seconds())
    health.worked("poll")
    clock.advance(1)
    good, details = health.health()
    assert not good
    assert details["seconds since last deliver round"] == 121
    health.worked("deliver")
    assert health.health()[0]


def test_rare_rounds_do_not_make_the_program_ill() -> None:
    """Housekeeping works once an hour: its age says nothing."""
    clock = FakeClock()
    health = Health(clock)
    health.worked("housekeeping")
    clock.advance(STALE_AFTER.total_seconds() + 1)
    health.worked("poll")
    health.worked("deliver")
    assert health.health() == (True, {"seconds since last poll round": 0, "seconds since last deliver round": 0})


def test_how_the_work_goes_is_told_but_not_judged() -> None:
    health = Health(FakeClock(), look=lambda: {"needs a hand": "feed:3"})
    good, details = health.health()
    assert good
    assert details["needs a hand"] == "feed:3"


def test_ready_when_everything_waited_for_is_there() -> None:
    health = Health(FakeClock())
    health.wait_for("telegram", "connecting")
    health.ready_with("program")
    assert health.ready() == (False, {"waiting for": {"telegram": "connecting"}})
    health.ready_with("telegram")
    assert health.ready() == (True, {})


async def test_server_answers_health_ready_and_routes() -> None:
    async def echo(request: HttpRequest) -> HttpResponse:
        return HttpResponse(201, request.body + request.headers["x-sign"].encode(), {"X-Seen": request.path})

    health = Health(FakeClock())
    server = serve(health, Route("POST", "/slack/events", echo))
    base = await server.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(base + "/healthz") as answer:
            assert answer.status == 200
            assert json.loads(await answer.text())["ok"] is True
        async with session.get(base + "/readyz") as answer:
            assert answer.status == 503
        async with session.get(base + "/livez") as answer:
            assert (answer.status, await answer.json()) == (200, {"ok": True})
        async with session.post(base + "/slack/events", data=b"a=b", headers={"X-Sign": "v0"}) as answer:
            assert (answer.status, await answer.read(), answer.headers["X-Seen"]) == (201, b"a=bv0", "/slack/events")
        async with session.post(
            base + "/slack/events", data=BytesIO(b"x" * (MAX_BODY + 1)), headers={"X-Sign": "v"}
        ) as answer:
            assert answer.status == 413
        async with session.get(base + "/other") as answer:
            assert answer.status == 404
    await server.stop()


async def test_a_taken_port_is_a_sentence() -> None:
    first = serve(Health(FakeClock()))
    port = int((await first.start()).rsplit(":", 1)[1])
    second = HttpServer("127.0.0.1", port, health=Health(FakeClock()).health, ready=Health(FakeClock()).ready)
    with pytest.raises(ConfigError, match=r"choose another http\.port"):
        await second.start()
    await first.stop()


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
async def test_a_host_that_is_not_here_is_told_apart_from_a_port_in_use(host: str) -> None:
    """192.0.2.0/24 is nobody's: https://www.rfc-editor.org/rfc/rfc5737."""
    health = Health(FakeClock())
    with pytest.raises(ConfigError, match=rf"http\.host = '{host}'.*; http\.host must be an address of this machine"):
        await HttpServer(host, 0, health=health.health, ready=health.ready).start()


async def test_probe_is_standard_library_only_and_tells_good_from_bad(tmp_path: Path) -> None:
    clock = FakeClock()
    health = Health(clock)
    server = serve(health)
    port = (await server.start()).rsplit(":", 1)[1]
    config = tmp_path / "config.toml"
    config.write_text(f'[http]\nhost = "0.0.0.0"\nport = {port}\n')
    command = [sys.executable, "-S", "-I", str(ROOT / "web" / "probe.py"), str(config)]

    async def ask() -> tuple[int, str]:
        result = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert result.stderr == ""
        return result.returncode, result.stdout

    assert (await ask())[0] == 0
    clock.advance(1000)
    code, text = await ask()
    assert code == 1
    assert "not healthy (seconds since last poll round: 1000" in text
    await server.stop()
    code, text = await ask()
    assert code == 1
    assert "is the program running" in text


@pytest.mark.parametrize("body", ["<p>Hello", "[]", "7"])
async def test_the_probe_tells_when_another_program_has_the_port(body: str) -> None:
    async def other(_: web.Request) -> web.Response:
        return web.Response(text=body)

    site = web.Application()
    site.router.add_get("/healthz", other)
    async with TestServer(site) as server:
        good, text = await asyncio.to_thread(probe.ask, "127.0.0.1", int(server.port or 0), PATIENCE)
    assert not good
    assert text.endswith(
        "answers, but not as Minsk Watch does (HTTP 200); another program has that port: is http.port right?"
    )


def test_probe_address_from_environment_file_and_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    assert probe.address(str(config)) == ("127.0.0.1", 8080)
    config.write_text('[http]\nport = 9000\nhost = "::"\n')
    assert probe.address(str(config)) == ("::1", 9000)
    monkeypatch.setenv("MINSK_HTTP__PORT", "9001")
    assert probe.address(str(config)) == ("::1", 9001)


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"http = 5\n", b"[http\n"])
def test_a_probe_with_a_broken_configuration_asks_where_the_program_is_by_default(text: bytes, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_bytes(text)
    assert probe.address(str(config)) == ("127.0.0.1", 8080)


@pytest.mark.parametrize("value", ['"many"', "[1]"])
def test_a_probe_with_a_port_that_is_none_says_so(
    value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[http]\nport = {value}\n")
    assert probe.main(str(config)) == 1
    assert "http.port is no number" in capsys.readouterr().out
