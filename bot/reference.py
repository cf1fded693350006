"""docs/commands.md, made from the commands themselves.

python -m bot.reference          print the page
python -m bot.reference FILE     write it
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.command import Command, Commands, load_commands
from bot.groups import grouped
from core.model import Role

PREFIXES = {"Telegram": "/", "Slack": "/minsk ", "Terminal": ""}
_WHO = {
    Role.VIEWER: "everyone",
    Role.EDITOR: "who manages the chat",
    Role.ADMIN: "admins of the chat",
    Role.OPERATOR: "operators of the bot",
}
_HEAD = """# Commands

<!-- Made by `python -m bot.reference docs/commands.md`; a test compares. -->

The same functions answer on every platform. In Telegram a command begins with a slash, and the menu lists it; in Slack
it follows `/minsk` or a mention of the bot; in a terminal (`[platforms.console]`, `commands = true`) it stands alone.
In a private chat everyone manages the chat; in groups the platform says who does. A button under a message is a command
like any other.
"""


def commands_page(commands: Commands) -> str:
    """The page in Markdown."""
    return "\n".join([_HEAD, *_table(commands), *(part for one in commands for part in _section(one))])


def _table(commands: Commands) -> Iterator[str]:
    """One table for each group."""
    for heading, members in grouped(commands):
        yield from (f"**{heading}**", "", *_rows(members), "")


def _rows(commands: Sequence[Command]) -> Iterator[str]:
    yield f"| Command | For | {' | '.join(PREFIXES)} |"
    yield "|---|---|" + "---|" * len(PREFIXES)
    for one in commands:
        examples = " | ".join(f"`{prefix}{(one.examples or (one.name,))[0]}`" for prefix in PREFIXES.values())
        yield f"| [{one.name}](#{one.name}) | {_WHO[one.role]} | {examples} |"


def _section(one: Command) -> Iterator[str]:
    yield f"## {one.name}\n"
    yield f"`{one.usage}`\n"
    yield f"{one.summary}.\n"
    yield from (f"{paragraph}\n" for paragraph in one.details)
    if one.aliases:
        yield f"Also: {', '.join(f'`{name}`' for name in one.aliases)}.\n"
    yield f"Examples: {', '.join(f'`{example}`' for example in one.examples)}. For {_WHO[one.role]}.\n"


def main(arguments: Sequence[str]) -> None:
    page = commands_page(load_commands())
    if arguments:
        Path(arguments[0]).write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main(sys.argv[1:])
