"""Stories as signed JSON to addresses of other programs, through the same outbox as alerts: kept until it is taken.

The form is that of https://www.standardwebhooks.com: headers `webhook-id`, `webhook-timestamp` and `webhook-signature`,
which is "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body". A delivery that is repeated has the id that it
had, so that a receiver can tell. An address is the target "webhook:DIGEST", for it may hold a secret of its own.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.platforms.context import PlatformContext, StoryReader
from core.errors import NotFound, OutcomeUnknown, RetryLater, TargetGone, Unreachable
from core.message import Message
from core.model import Target
from core.ports import Clock, CommandHandler, MenuEntry, Route
from core.settings import WebhooksSettings
from core.story_json import dump, story_json

NAME = "webhook"
STORY = "story:"
_WITHIN = aiohttp.ClientTimeout(total=20, connect=10)
_ASKED = (429, 503)
_DEFAULT_WAIT = 60.0
_LONGEST_WAIT = 24 * 3600.0


def target_of(url: str) -> Target:
    """The target that stands for an address."""
    return Target(NAME, hashlib.blake2b(url.encode(), digest_size=12).hexdigest())


def signing_key(secret: str) -> bytes:
    """The key of a secret: the bytes behind `whsec_` in base64 as the standard has it, else its own letters."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class WebhookPlatform:
    """A ChatPlatform that nobody types in. `edit` tells a story's new revision; replies are part of that."""

    name = NAME
    routes: Sequence[Route] = ()

    def __init__(self, settings: WebhooksSettings, stories: StoryReader, clock: Clock) -> None:
        self._urls: Mapping[str, str] = {target_of(url).chat: url for url in settings.urls}
        self._key = signing_key(settings.secret)
        self._stories = stories
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> str:
        return f"{len(self._urls)} webhooks"

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        """Tell a story; a reply is left out, for the revision that follows it says all."""
        if not reply_to:
            await self._tell(target, message, "story.opened")
        return reply_to or message.tag

    async def edit(self, target: Target, message_ref: str, message: Message) -> None:
        await self._tell(target, message, "story.updated")

    async def _tell(self, target: Target, message: Message, kind: str) -> None:
        url = self._urls.get(target.chat)
        if url is None:
            raise TargetGone("This webhook is no longer in the configuration.")
        message_id, data = await self._contents(message)
        now = self._clock.now()
        body = dump({"type": kind, "timestamp": now.isoformat(), "data": data})
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "MinskWatch",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._key, message_id, timestamp, body),
        }
        await self._post(url, body, headers)

    async def _contents(self, message: Message) -> tuple[str, Mapping[str, Any]]:
        """(id of the delivery, its data)."""
        number = message.tag.removeprefix(STORY)
        if message.tag.startswith(STORY) and number.isdigit():
            try:
                story = await self._stories.get_story(int(number))
            except NotFound:
                return f"story_{number}_gone", {"id": int(number), "text": message.text}
            return f"story_{story.id}_{story.revision}", story_json(story, evidence=True)
        digest = hashlib.blake2b(json.dumps(message.text).encode(), digest_size=12).hexdigest()
        return f"text_{digest}", {"text": message.text}

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises DeliveryError for every answer but 2xx. The address is shown without its path, which may be secret."""
        host = urlsplit(url).netloc
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_WITHIN, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                self._judge(answer, host)
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(f"The webhook at {host} cannot be reached ({type(error).__name__}).") from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise OutcomeUnknown(f"The webhook at {host} did not answer ({type(error).__name__}).") from error

    def _judge(self, answer: aiohttp.ClientResponse, host: str) -> None:
        if 200 <= answer.status < 300:
            return
        if answer.status == 410:
            raise TargetGone(f"The webhook at {host} says that it is gone (410); remove it from webhooks.urls.")
        if answer.status in _ASKED:
            wait = self._wait(answer.headers.get("Retry-After", ""))
            raise RetryLater(f"The webhook at {host} asks to wait ({answer.status}).", wait)
        remedy = "name its final address" if 300 <= answer.status < 400 else "mend the receiver"
        raise Unreachable(f"The webhook at {host} answered {answer.status}: {remedy}; it will be tried again.")

    def _wait(self, text: str) -> float:
        """Seconds of Retry-After in either form (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)."""
        try:
            seconds = float(text) if text.strip().isdigit() else self._until(text)
        except (ValueError, TypeError, OverflowError):
            return _DEFAULT_WAIT
        return min(max(1.0, seconds), _LONGEST_WAIT)

    def _until(self, text: str) -> float:
        return parsedate_to_datetime(text).timestamp() - self._clock.now().timestamp()


def create(context: PlatformContext) -> WebhookPlatform:
    assert context.stories is not None, "webhooks read stories"
    return WebhookPlatform(context.settings.webhooks, context.stories, context.clock)
