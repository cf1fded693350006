"""Files in Slack: up in three steps, down from the address that came with the message.

https://docs.slack.dev/messaging/working-with-files . Files cannot be for one person's eyes in a channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack_errors import translated
from core.errors import MessageRejected
from core.files import MOST_GIVEN, Attachment

FILE_SECONDS = aiohttp.ClientTimeout(total=120, sock_connect=10)
MOST_ALT = 1000  # characters (https://docs.slack.dev/reference/methods/files.getUploadURLExternal)


async def upload(client: AsyncWebClient, channel: str, thread: str, file: Attachment, token: Mapping[str, Any]) -> None:
    """Show a file in a channel that the bot is in, in the name that `token` makes calls in. Raises DeliveryError."""
    _client, where = client, f"slack:{channel}"
    alt = {"alt_txt": file.alt[:MOST_ALT]} if file.is_picture and file.alt else {}
    with translated(where):
        place = await _client.files_getUploadURLExternal(filename=file.name, length=len(file.body), **alt, **token)
        assert isinstance(_client.session, aiohttp.ClientSession)
        kind = {"Content-Type": "application/octet-stream"}
        async with _client.session.post(
            str(place["upload_url"]), data=file.body, headers=kind, timeout=FILE_SECONDS, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                raise MessageRejected(f"Slack did not take the file for {where} (status {answer.status}).")
        shown: list[dict[str, str | None]] = [{"id": str(place["file_id"]), "title": file.name}]
        await _client.files_completeUploadExternal(files=shown, channel_id=channel, thread_ts=thread or None, **token)


async def download(client: AsyncWebClient, url: str, api_base: str, token: str) -> bytes:
    """A file that somebody sent; the token goes to Slack's own hosts only. Raises DeliveryError."""
    host, own = urlsplit(url).hostname or "", urlsplit(api_base)
    if not (urlsplit(url).netloc == own.netloc or (url.startswith("https://") and host.endswith(".slack.com"))):
        raise MessageRejected("Slack named no address of its own for the file.")
    assert isinstance(client.session, aiohttp.ClientSession)
    headers = {"Authorization": f"Bearer {token}"}
    with translated("the file"):
        async with client.session.get(url, headers=headers, timeout=FILE_SECONDS, allow_redirects=False) as answer:
            if answer.status != 200 or answer.content_type == "text/html":  # Slack's page for those who may not
                raise MessageRejected(
                    f"Slack did not give the file (status {answer.status}); does the app have the scope files:read?"
                )
            body = await answer.content.read(MOST_GIVEN + 1)
            while len(body) <= MOST_GIVEN and (more := await answer.content.read(MOST_GIVEN + 1)):
                body += more
            if len(body) > MOST_GIVEN:
                raise MessageRejected(f"The file is larger than {MOST_GIVEN // 1024:,} kB.")
            return bytes(body)
