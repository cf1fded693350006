"""Commands grouped by what people want from them: the order of `help` and of docs/commands.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot import texts
from bot.command import Command
from core.model import Role

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (texts.GROUP_ALERTS, ("start", "subscribe", "topics", "stop")),
    (texts.GROUP_CHOICE, ("confirmed", "kinds", "languages", "mute", "unmute")),
    (texts.GROUP_PEOPLE, ("watch", "watching", "unwatch")),
    (texts.GROUP_READING, ("latest", "search", "timeline", "stats", "feeds", "noise", "export")),
    (texts.GROUP_STORY, ("story", "why", "useful", "notuseful", "duplicate")),
    (texts.GROUP_QUIET, ("when", "quiet", "snooze", "timezone")),
    (texts.GROUP_CHAT, ("home", "settings", "language", "discreet", "audit", "forget", "status", "help")),
    (texts.GROUP_OPERATORS, ("feed", "merge", "split")),
)


def grouped(commands: Iterable[Command]) -> Iterator[tuple[str, list[Command]]]:
    """Headings (texts) with their commands, in the order of GROUPS; a group of which none is there is left out.

    Under the chat's stand also commands that no group names, and those of operators that others may use as well.
    """
    by_name = {one.name: one for one in commands}
    rest = dict(by_name)
    found: dict[str, list[Command]] = {}
    for heading, names in GROUPS:
        least = Role.OPERATOR if heading == texts.GROUP_OPERATORS else Role.VIEWER
        members = [by_name[name] for name in names if name in by_name and by_name[name].role >= least]
        found[heading] = [rest.pop(one.name) for one in members]
    found[texts.GROUP_CHAT] += rest.values()
    yield from ((heading, members) for heading, members in found.items() if members)
