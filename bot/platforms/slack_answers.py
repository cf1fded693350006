"""Answers to commands in Slack: for the asker alone where they are private, else in the channel they were asked in."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.languages import spoken
from bot.platforms.holding import Holding
from bot.platforms.slack_blocks import Rendered, render, render_all
from bot.platforms.slack_errors import taken, translated
from bot.platforms.slack_events import Incoming
from bot.platforms.slack_files import upload
from bot.platforms.slack_teams import Teams, address
from bot.retelling import trouble
from bot.texts import FILE_FOR_YOU, FILE_IN_PRIVATE, FILE_LOST, NOT_IN_CHANNEL, Texts
from core.errors import DeliveryError, RetryLater, TargetGone
from core.files import Attachment
from core.message import LineKind, Message, line, plain
from core.model import Target


class Posting(Protocol):
    async def post(self, target: Target, rendered: Rendered) -> str: ...


class Answers:
    """Shows answers; each waits, in its own task, while Slack wants its chat left alone.

    `name` is the bot's name, known once it is connected.
    """

    def __init__(
        self, posting: Posting, client: AsyncWebClient, teams: Teams, holding: Holding, log: logging.Logger
    ) -> None:
        self.name = "minskwatch"
        self._teams = teams
        self._posting = posting
        self._client = client
        self._holding = holding
        self._log = log

    async def give(self, incoming: Incoming, message: Message) -> None:
        """Show an answer, in several messages if it is long. Raises DeliveryError.

        In a private chat all is private already. Where the bot cannot post in the channel, the asker alone gets the
        answer, with the advice to invite the bot: alerts would not arrive there either.
        """
        if incoming.private:
            self._holding.join(_chat(incoming), Target("slack", address(incoming.team, incoming.user)))
        if message.private and not incoming.private:
            told = line(spoken(message.lang).say(FILE_IN_PRIVATE), kind=LineKind.SMALL)
            shown = replace(message, lines=(*message.lines, told)) if message.file else message
            await self._to_asker(incoming, render_all(shown))
        else:
            await self._in_channel(incoming, message)
        if message.file is not None:
            own_chat = message.private and not incoming.private
            await self._file(incoming, message.file, spoken(message.lang), own_chat=own_chat)

    async def _file(self, incoming: Incoming, file: Attachment, say: Texts, *, own_chat: bool) -> None:
        """Show a file where it was asked for, or in the asker's own chat with the bot; say so when that fails."""
        channel, thread = incoming.channel, incoming.thread
        try:
            if own_chat:
                words = render(plain(say.say(FILE_FOR_YOU)))
                at_home = Target("slack", address(incoming.team, incoming.user))
                shown = await self._holding.patiently(partial(self._posting.post, at_home, words))
                channel, thread = shown.partition(":")[0], ""
            await self._holding.free(Target("slack", address(incoming.team, channel)))
            async with self._teams.calling(incoming.team, f"slack:{channel}") as token:
                await upload(self._client, channel, thread, file, token)
        except DeliveryError as error:
            self._log.warning("A file could not be shown in Slack", extra={"reason": str(error)})
            lost = say.say(FILE_LOST, name=file.name, reason=f"{trouble(str(error), say)}.")
            await self._to_asker(incoming, (render(plain(lost)),))

    async def _in_channel(self, incoming: Incoming, message: Message) -> None:
        target = _chat(incoming)
        parts = render_all(message)
        for number, part in enumerate(parts):
            try:
                await self._holding.patiently(partial(self._posting.post, target, part))
            except TargetGone:
                if not incoming.response_url:
                    raise
                advice = line(spoken(message.lang).say(NOT_IN_CHANNEL, name=self.name), kind=LineKind.SMALL)
                rest = parts[number:] if number else render_all(replace(message, lines=(*message.lines, advice)))
                await self._to_asker(incoming, rest)
                return

    async def _to_asker(self, incoming: Incoming, parts: tuple[Rendered, ...]) -> None:
        """Through response_url, which needs no membership; when it is used up or too old, by chat.postEphemeral."""
        for part in parts:
            await self._holding.patiently(partial(self._tell, incoming, part))

    async def _tell(self, incoming: Incoming, part: Rendered) -> None:
        with self._holding.obeying(_chat(incoming)):
            if not (incoming.response_url and await self._respond(incoming, part)):
                await taken(partial(self._whisper, incoming), part, self._log)

    async def _whisper(self, incoming: Incoming, fields: dict[str, Any]) -> None:
        thread = incoming.thread or None
        fields.pop("metadata", None)
        async with self._teams.calling(incoming.team, f"slack:{incoming.channel}") as token:
            await self._client.chat_postEphemeral(
                channel=incoming.channel, user=incoming.user, thread_ts=thread, **token, **fields
            )

    async def _respond(self, incoming: Incoming, part: Rendered) -> bool:
        """Whether Slack took it. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""
        webhook = AsyncWebhookClient(
            incoming.response_url, session=self._client.session, logger=self._client.logger, retry_handlers=[]
        )
        webhook.proxy = None
        quiet = {"unfurl_links": False, "unfurl_media": False, "replace_original": False}
        thread = {"thread_ts": incoming.thread} if incoming.thread else {}
        try:
            with translated(f"slack:{incoming.channel}"):
                answer = await webhook.send_dict({"response_type": "ephemeral", **quiet, **thread, **part.fields})
        except RetryLater:
            raise
        except DeliveryError as error:
            self._log.info("Slack did not take an answer by response_url", extra={"reason": str(error)})
            return False
        return answer.status_code == 200


def _chat(incoming: Incoming) -> Target:
    return Target("slack", address(incoming.team, incoming.channel), incoming.thread)
