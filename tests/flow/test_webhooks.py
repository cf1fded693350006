"""Webhooks over the wire: signed, told until taken, one delivery a revision, and never more than was asked for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.configured import semantic_faults
from bot.delivery import Deliverer
from bot.platforms.webhook import WebhookPlatform, create, target_of
from core.config import read_settings, secrets
from core.errors import OutcomeUnknown, RetryLater, TargetGone, Unreachable
from core.message import Message, line
from core.settings import Settings, WebhooksSettings
from storage.store import Store
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of secret stuff").decode()
DOCUMENTED = {"id", "revision", "level", "topics", "headline", "opened_at", "updated_at", "facts", "reports"}


@dataclass
class Receiver:
    """A program that takes webhooks; `answers` are used up one a call, then it is 204."""

    base: str = ""
    answers: list[Callable[[web.Request], web.Response]] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.answers:
            return self.answers.pop(0)(request)
        self.calls.append(({key.lower(): value for key, value in request.headers.items()}, body))
        return web.Response(status=204)

    @property
    def url(self) -> str:
        return f"{self.base}/hook?key=in-the-address"

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    application = web.Application()
    application.router.add_post("/hook", found.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def platform(receiver: Receiver, store: Store, clock: FakeClock) -> AsyncIterator[WebhookPlatform]:
    opened = WebhookPlatform(WebhooksSettings((receiver.url,), SECRET), store, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def deliverer(receiver: Receiver, platform: WebhookPlatform, store: Store, clock: FakeClock) -> Deliverer:
    await store.subscribe(target_of(receiver.url), ["prisoner-release"], clock.now())
    return Deliverer(store, {"webhook": platform}, clock, titles=TITLES)


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    """As a receiver checks it, from the standard's text."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{expected}"


async def test_a_story_and_its_revisions_are_told_and_signed(
    receiver: Receiver, deliverer: Deliverer, store: Store, clock: FakeClock
) -> None:
    news = Newsroom(store, clock)
    story = await news.report("Чатырнаццаць вязняў вызвалены 🕊 <b>")
    await deliverer.deliver_due()
    clock.advance(60)
    await news.report("Fourteen freed", story=story)
    await deliverer.deliver_due()
    assert [one["type"] for one in receiver.told()] == ["story.opened", "story.updated"]
    assert [headers["webhook-id"] for headers, _ in receiver.calls] == ["story_1_1", "story_1_2"]
    assert all(is_signed(headers, body) for headers, body in receiver.calls)
    first, second = (one["data"] for one in receiver.told())
    assert first.keys() >= DOCUMENTED
    assert first["reports"][0]["title"] == "Чатырнаццаць вязняў вызвалены 🕊 <b>"
    assert first["reports"][0]["evidence"][0]["concept"] == "release"
    assert [len(one["reports"]) for one in (first, second)] == [1, 2]
    assert int(receiver.calls[0][0]["webhook-timestamp"]) == int(clock.now().timestamp()) - 60


async def test_programs_get_every_story_however_many(
    receiver: Receiver, deliverer: Deliverer, store: Store, clock: FakeClock
) -> None:
    news = Newsroom(store, clock)
    for number in range(20):
        await news.report(f"Story number {number}")
    for _ in range(5):
        await deliverer.deliver_due()
        clock.advance(5)
    assert [one["data"]["id"] for one in receiver.told()] == list(range(1, 21))


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: web.Response(status=500),
        lambda _: web.Response(status=404),
        lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        lambda _: web.Response(status=429, headers={"Retry-After": "120"}),
        lambda _: web.Response(status=503),
    ],
)
async def test_what_is_not_taken_is_told_again_under_its_id(
    receiver: Receiver, deliverer: Deliverer, store: Store, clock: FakeClock, answer: Callable[..., web.Response]
) -> None:
    receiver.answers = [answer, answer]
    await Newsroom(store, clock).report("Fourteen prisoners freed")
    for _ in range(10):
        await deliverer.deliver_due()
        clock.advance(100)
    assert [headers["webhook-id"] for headers, _ in receiver.calls] == ["story_1_1"]


async def test_a_lost_connection_is_told_again(
    receiver: Receiver, deliverer: Deliverer, store: Store, clock: FakeClock
) -> None:
    def drop(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.close()
        return web.Response()

    receiver.answers = [drop]
    await Newsroom(store, clock).report("Fourteen prisoners freed")
    for _ in range(5):
        await deliverer.deliver_due()
        clock.advance(100)
    assert [headers["webhook-id"] for headers, _ in receiver.calls] == ["story_1_1"]


# --- errors by their remedy -----------------------------------------------------------------------------------------

HELLO = Message((line("hello"),))


def wait(text: str, _: web.Request) -> web.Response:
    return web.Response(status=429, headers={"Retry-After": text})


async def test_the_wait_asked_for_is_read_in_both_forms(
    receiver: Receiver, platform: WebhookPlatform, clock: FakeClock
) -> None:
    date = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
    for text, seconds in (("120", 120), (date, 90), ("soon", 60), ("", 60), ("9" * 400, 24 * 3600), ("-5", 60)):
        receiver.answers = [partial(wait, text)]
        with pytest.raises(RetryLater) as caught:
            await platform.send(target_of(receiver.url), HELLO)
        assert caught.value.retry_after == pytest.approx(seconds, abs=1)


async def test_gone_ends_it_and_the_address_stays_secret(receiver: Receiver, platform: WebhookPlatform) -> None:
    receiver.answers = [lambda _: web.Response(status=410)]
    with pytest.raises(TargetGone) as caught:
        await platform.send(target_of(receiver.url), HELLO)
    assert "in-the-address" not in str(caught.value)
    assert "in-the-address" not in str(target_of(receiver.url))


async def test_nobody_there_is_unreachable(store: Store, clock: FakeClock) -> None:
    platform = WebhookPlatform(WebhooksSettings(("http://127.0.0.1:1/",), SECRET), store, clock)
    with pytest.raises(Unreachable):
        await platform.send(target_of("http://127.0.0.1:1/"), HELLO)
    await platform.close()


async def test_an_address_taken_out_of_the_configuration_gets_nothing(platform: WebhookPlatform) -> None:
    with pytest.raises(TargetGone):
        await platform.send(target_of("https://elsewhere.example/"), HELLO)


async def test_an_answer_that_is_no_http_is_unknown(platform: WebhookPlatform, receiver: Receiver) -> None:
    def garbage(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.write(b"\x00\x01 nonsense\r\n\r\n")
        request.transport.close()
        return web.Response()

    receiver.answers = [garbage]
    with pytest.raises(OutcomeUnknown):
        await platform.send(target_of(receiver.url), HELLO)


# --- configuration --------------------------------------------------------------------------------------------------


def test_faults_of_the_configuration_are_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[webhooks]\nurls = ["https://a.example/x", "https://a.example/x"]\nsecret = "short"\ntopics = ["sport"]\n'
    )
    settings, faults = read_settings(file, {})
    assert faults == []
    told = "\n".join(semantic_faults(settings, complete=True))
    for word in ("webhooks.secret is shorter", "names an address twice", "webhooks.topics = 'sport'"):
        assert word in told
    assert "short" in secrets(settings)


def test_the_program_makes_it_from_its_settings(store: Store, clock: FakeClock) -> None:
    import logging

    from bot.platforms.context import PlatformContext

    settings = Settings(webhooks=WebhooksSettings(("https://a.example/x",), SECRET))
    context = PlatformContext(settings, clock, store, logging.getLogger(), stories=store)
    assert create(context).name == "webhook"
