"""The Home tab and modals in Slack. What they show and do are the program's own commands and their answers.

A trigger_id opens a modal within 3 seconds (https://docs.slack.dev/surfaces/modals#trigger): it is opened first, and
filled when the command has been run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack_errors import TriggerGone, ViewChanged, ViewGone
from bot.platforms.slack_events import Incoming
from bot.platforms.slack_teams import Teams
from bot.platforms.slack_text import Block
from bot.platforms.slack_views import FIELD, Place, error_words, home_view, modal_view, typed_in
from core.message import Message, plain
from core.model import Role
from core.ports import Clock, MenuEntry

# How long a submission may wait for its result, so that mistakes can be told under the field.
RESULT_WITHIN = 1.5
# So long after the acknowledgement Slack has surely shown what it asked for.
SETTLED = 0.5


class Asking(Protocol):
    """Runs one command line; None when it is passed over."""

    def __call__(self, incoming: Incoming, *, counted: bool = True) -> Awaitable[Message | None]: ...


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of a view, pressed."""

    incoming: Incoming
    place: Place
    view_id: str
    hash: str
    is_home: bool


class Pages:
    """Shows views. `lang` says of who asks what is known of their language without asking; `spawn` starts work that may
    outlast the request it came with."""

    def __init__(
        self,
        client: AsyncWebClient,
        teams: Teams,
        ask: Asking,
        lang: Callable[[Incoming], str | None],
        spawn: Callable[[Callable[[], Awaitable[None]]], None],
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self._client = client
        self._teams = teams
        self._ask = ask
        self._lang = lang
        self._spawn = spawn
        self._clock = clock
        self._log = log
        self._menu: dict[str, MenuEntry] = {}
        self._publishing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def learn(self, menu: Sequence[MenuEntry]) -> None:
        """Know the commands: which have a form, and which only show."""
        self._menu = {entry.name: entry for entry in menu}

    # --- the Home tab -----------------------------------------------------------------------------------------------

    async def open_home(self, incoming: Incoming, old_hash: str = "") -> None:
        """Publish somebody's Home tab. Raises DeliveryError."""
        await self._publish(incoming, old_hash, counted=True)

    async def _publish(
        self, incoming: Incoming, old_hash: str = "", notice: Message | None = None, *, counted: bool = False
    ) -> None:
        """One at a time for each person; when the tab was changed from elsewhere meanwhile, what is true now counts."""
        lock = self._publishing.setdefault(f"{incoming.team}.{incoming.user}", asyncio.Lock())
        async with lock:
            for known in (old_hash, ""):
                page = await self._ask(replace(incoming, line="home"), counted=counted)
                if page is None:
                    return
                try:
                    view = home_view(page, Place(incoming.channel, incoming.prefix, home=True, lang=page.lang), notice)
                    await self._call("views_publish", incoming, view, known)
                except ViewChanged:
                    counted = False
                else:
                    return

    async def pressed(self, pressed: Pressed) -> None:
        """Do what a button of a view stands for, and show it there. Raises DeliveryError."""
        incoming, place = pressed.incoming, pressed.place
        if pressed.is_home:
            entry = self._menu.get(incoming.line.partition(" ")[0])
            if await self.ask_in_form(incoming, home=True):
                return
            if entry is not None and entry.role is Role.VIEWER and await self._show(incoming, place):
                return
            await self._publish(incoming, pressed.hash, await self._ask(incoming))
            return
        answer = await self._ask(incoming)
        if answer is not None:
            place = replace(place, lang=answer.lang) if answer.failed else replace(place, form="", label="")
            await self._update(pressed.view_id, incoming, modal_view(place, answer))
        if place.home:
            await self._publish(incoming)

    # --- modals -----------------------------------------------------------------------------------------------------

    def has_form(self, incoming: Incoming) -> bool:
        entry = self._menu.get(incoming.line)
        return entry is not None and bool(entry.form and incoming.trigger_id)

    async def ask_in_form(self, incoming: Incoming, *, home: bool = False) -> bool:
        """Ask in a modal for what a bare command lacks; False when it lacks nothing or no modal can be opened."""
        entry = self._menu.get(incoming.line)
        if entry is None or not self.has_form(incoming):
            return False
        return await self._show(incoming, Place(incoming.channel, incoming.prefix, entry.name, entry.form, home))

    async def _show(self, incoming: Incoming, place: Place) -> bool:
        """Show a command's answer in a modal; False when Slack no longer lets one be opened."""
        place = replace(place, lang=self._lang(incoming) or place.lang)
        try:
            opened = await self._call("views_open", incoming, modal_view(place))
        except TriggerGone as error:
            self._log.info("A modal came too late", extra={"reason": str(error)})
            return False
        answer = await self._ask(incoming)
        if answer is not None:
            await self._update(
                str(opened["view"]["id"]), incoming, modal_view(replace(place, lang=answer.lang), answer)
            )
        return True

    async def submitted(self, incoming: Incoming, view: Mapping[str, Any]) -> dict[str, Any]:
        """Run a form's command; returns what the acknowledgement says: a mistake under the field, or the result.

        What takes longer is shown when it is there.
        """
        place, typed = Place.of(view), typed_in(view)
        work = asyncio.ensure_future(self._ask(replace(incoming, line=f"{place.form} {typed}")))
        done, _ = await asyncio.wait((work,), timeout=RESULT_WITHIN)
        if not done:
            self._spawn(lambda: self._late(work, incoming, str(view.get("id", "")), place, typed))
            return {"response_action": "update", "view": modal_view(place, typed=typed, working=True)}
        answer = work.result()
        if answer is not None and answer.failed:
            return {"response_action": "errors", "errors": {FIELD: error_words(answer)}}
        self._spawn(lambda: self._refresh(incoming, place))
        return {"response_action": "update", "view": modal_view(place, answer, typed)}

    async def _late(
        self, work: asyncio.Future[Message | None], incoming: Incoming, view_id: str, place: Place, typed: str
    ) -> None:
        answer = await work
        if answer is not None and answer.failed:
            answer = replace(plain(error_words(answer)), buttons=answer.buttons)
        await self._clock.sleep(SETTLED)
        await self._update(view_id, incoming, modal_view(place, answer, typed))
        await self._refresh(incoming, place)

    async def _refresh(self, incoming: Incoming, place: Place) -> None:
        if place.home:
            await self._publish(incoming)

    async def _update(self, view_id: str, incoming: Incoming, view: Block) -> None:
        try:
            await self._call("views_update", incoming, view, view_id=view_id)
        except ViewGone:
            self._log.debug("A modal was closed before its answer came")

    async def _call(self, method: str, incoming: Incoming, view: Block, known: str = "", view_id: str = "") -> Any:
        async with self._teams.calling(incoming.team, f"a view for user {incoming.user}") as token:
            if method == "views_publish":
                return await self._client.views_publish(user_id=incoming.user, view=view, hash=known or None, **token)
            if method == "views_open":
                return await self._client.views_open(trigger_id=incoming.trigger_id, view=view, **token)
            return await self._client.views_update(view_id=view_id, view=view, **token)
