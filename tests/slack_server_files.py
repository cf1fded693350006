"""Files in the local Slack: uploads in three steps, and files that people send. Rules:
https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.slack_server_values import Refused

ALT_MOST = 1000


@dataclass
class KeptFile:
    """A file as Slack keeps it; in `channel` once its upload was completed."""

    id: str
    name: str
    length: int
    alt: str = ""
    body: bytes | None = None
    channel: str = ""
    thread_ts: str = ""


class SlackFiles:
    """Part of SlackApi. `refuse_upload` is the status with which the upload address answers, if not 200."""

    scopes: set[str]
    bot_token: str
    _base: str
    serial: Callable[[], int]
    _writable: Callable[[str], Any]

    def __init__(self) -> None:
        self.files: dict[str, KeptFile] = {}
        self.refuse_upload = 200

    def file_routes(self) -> Iterator[tuple[str, str, Callable[[web.Request], Any]]]:
        yield "POST", "/upload/{id}", self._upload
        yield "GET", "/files/{id}", self._download

    def files_in(self, channel: str) -> list[KeptFile]:
        """What everybody in a channel sees."""
        return [file for file in self.files.values() if file.channel == channel]

    def given(self, body: bytes, name: str) -> dict[str, Any]:
        """A file that a person sends, as it stands in the event."""
        kept = KeptFile(f"F{self.serial()}", name, len(body), body=body)
        self.files[kept.id] = kept
        return {"id": kept.id, "name": name, "size": len(body), "url_private_download": f"{self._base}/files/{kept.id}"}

    def _do_files_getUploadURLExternal(self, fields: dict[str, Any]) -> dict[str, Any]:
        name, length = str(fields.get("filename") or ""), int(fields.get("length") or 0)
        if not name or length <= 0 or len(str(fields.get("alt_txt") or "")) > ALT_MOST:
            raise Refused("invalid_arguments")
        kept = KeptFile(f"F{self.serial()}", name, length, str(fields.get("alt_txt") or ""))
        self.files[kept.id] = kept
        return {"upload_url": f"{self._base}/upload/{kept.id}", "file_id": kept.id}

    def _do_files_completeUploadExternal(self, fields: dict[str, Any]) -> dict[str, Any]:
        wanted = fields.get("files")
        channel = self._writable(str(fields.get("channel_id", ""))).id
        if str(fields["channel_id"]) != channel:
            raise Refused("invalid_channel")
        for one in json.loads(wanted) if isinstance(wanted, str) else wanted or ():
            kept = self.files.get(str(one["id"]))
            if kept is None or kept.body is None or len(kept.body) != kept.length:
                raise Refused("file_not_found")
            kept.channel, kept.thread_ts = channel, str(fields.get("thread_ts") or "")
        return {"files": []}

    async def _upload(self, request: web.Request) -> web.Response:
        self.files[request.match_info["id"]].body = await request.read()
        return web.Response(status=self.refuse_upload, text="OK")

    async def _download(self, request: web.Request) -> web.Response:
        kept = self.files.get(request.match_info["id"])
        allowed = request.headers.get("Authorization") == f"Bearer {self.bot_token}" and "files:read" in self.scopes
        if kept is None or not allowed:
            return web.Response(text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        return web.Response(body=kept.body, content_type="text/csv")
