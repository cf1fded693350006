"""SIGHUP: read the configuration and the packs again. What is faulty changes nothing.

Feeds and their intervals, groups, subscriptions, packs and operators change at once; the rest is named in the log and
waits for a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from app.configured import enabled_platforms
from app.parts import TERMINAL, Parts, chats_of, make_matcher, pack_files
from core.errors import ConfigError, MinskError, PackError
from core.settings import Settings
from matching.matcher import PackMatcher
from matching.people import Roster

log = logging.getLogger("minskwatch")

# Of [feeds], what is read anew for each poll; the rest is built into the parts.
_FEEDS = ("interval", "min_interval", "max_interval", "groups", "feed")
_WHOLE = ("subscriptions", "matching")
_ACCESS = ("operators",)


class Reloader:
    """`read` gives the settings as they are now, checked. Raises ConfigError or PackError."""

    def __init__(self, parts: Parts, read: Callable[[], Settings]) -> None:
        self._parts = parts
        self._read = read
        self._one = asyncio.Lock()

    async def reload(self) -> bool:
        """Change what can be changed; False when nothing was, the log and the operators being told why."""
        async with self._one:
            try:
                new, matcher = await asyncio.to_thread(self._prepare)
                kept = list(later(self._parts.settings, new))
                await self._apply(new, matcher)
            except (ConfigError, PackError) as error:
                self._refuse("; ".join(error.faults))
            except MinskError as error:
                self._refuse(str(error))
            except Exception as error:
                log.exception("the configuration could not be read again")
                self._refuse(f"{type(error).__name__}, see the log")
            else:
                self._parts.attention("config_read")
                log.info("the configuration was read again", extra={"feeds": len(new.feed_specs)})
                for key in kept:
                    log.warning("%s has changed, which a restart brings about", key)
                return True
        return False

    def _prepare(self) -> tuple[Settings, PackMatcher]:
        new = self._read()
        return new, make_matcher(new)

    async def _apply(self, new: Settings, matcher: PackMatcher) -> None:
        """First the database, which can fail; then all that is in memory, at one go."""
        parts, old = self._parts, self._parts.settings
        merged = replace(
            old,
            feeds=replace(old.feeds, **_of(new.feeds, _FEEDS)),
            access=replace(old.access, **_of(new.access, _ACCESS)),
            **_of(new, _WHOLE),
        )
        now = parts.clock.now()
        names = enabled_platforms(old) or (TERMINAL.platform,)
        chats = chats_of(merged, tuple(matcher.topics), names)
        await parts.store.sync_feeds(merged.feed_specs, now)
        await parts.store.sync_subscriptions(chats, now)
        parts.settings, parts.subscriptions = merged, chats
        parts.matcher.change(matcher.lexicon)
        parts.watcher.change(matcher.lexicon)
        roster = Roster(matcher.lexicon, pack_files(merged))
        parts.dispatcher.change(merged.access.operators, roster)
        parts.people.change(roster.called)
        parts.attention.change(merged.access.operators)
        await parts.desk.refresh()

    def _refuse(self, reason: str) -> None:
        log.error("the configuration stays as it was: %s", reason)
        self._parts.attention("config_refused", reason=reason)


def _of(settings: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}


def later(old: Settings, new: Settings) -> Iterator[str]:
    """The keys whose change needs a restart. Values are not told, since they may be secrets."""
    for section in fields(Settings):
        if section.name in _WHOLE:
            continue
        before, after = getattr(old, section.name), getattr(new, section.name)
        if before == after:
            continue
        now = {"feeds": _FEEDS, "access": _ACCESS}.get(section.name, ())
        if not hasattr(before, "__dataclass_fields__"):
            yield section.name
            continue
        for key in fields(before):
            if key.name not in now and getattr(before, key.name) != getattr(after, key.name):
                yield f"{section.name}.{key.name}"
