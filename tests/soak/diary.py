"""What the platforms took, message by message, as their chats saw it. Nothing here asks the program."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.world import Storm, StormySlack, StormyTelegram
from tests.slack_server_blocks import buttons
from tests.slack_server_values import Posted
from tests.telegram_chats import Params

ALERT, DIGEST, CHANGE, OTHER = "alert", "digest", "change", "other"
_UPDATE = re.compile(r"Update on story #(\d+)")
_MERGED = re.compile(r"This story is now part of #(\d+)")
_DIGEST = re.compile(r"(Much at once: )?\d+ stor(y|ies)\n")
_LABEL = re.compile(r"(?:^|· )#(\d+)$", re.MULTILINE)
_COMMAND = re.compile(r"(why|story) (\d+)")


@dataclass(frozen=True)
class Look:
    """One look of a message: when it was sent, or edited to this, and by which process. `lost`: its answer was."""

    at: datetime
    text: str
    kind: str
    stories: tuple[int, ...]
    into: int
    pid: int
    lost: bool
    plain: bool = False  # an alert in few plain words
    commands: tuple[str, ...] = ()  # of its buttons


@dataclass
class Letter:
    """A message of a chat with all its looks. `gone_at`: when somebody deleted it."""

    chat: str
    ref: str
    looks: list[Look] = field(default_factory=list)
    gone_at: datetime | None = None

    @property
    def first(self) -> Look:
        return self.looks[0]

    @property
    def last(self) -> Look:
        return self.looks[-1]

    @property
    def stories(self) -> set[int]:
        """All that it ever told of."""
        return {number for look in self.looks for number in look.stories}


class Diary:
    """All chats' messages, in the order in which they came."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.letters: dict[str, list[Letter]] = defaultdict(list)
        self.into: dict[int, int] = {}
        self.taken: Callable[[str, Look, bool], None] = lambda *_: None  # told of each: chat, look, whether it is new

    def write(self, chat: str, ref: str, look: Look, *, new: bool) -> None:
        found = next((one for one in self.letters[chat] if one.ref == ref), None)
        if found is None:
            found = Letter(chat, ref)
            self.letters[chat].append(found)
        found.looks.append(look)
        if look.into:
            self.into.update(dict.fromkeys(look.stories, look.into))
        self.taken(chat, look, new)

    def lines(self) -> list[str]:
        """All looks in the order of time, for people."""
        rows = [(look, one) for letters in self.letters.values() for one in letters for look in one.looks]
        return [
            f"{look.at:%d %H:%M:%S} {one.chat} {one.ref} {look.kind if look is one.first else 'edit'} {look.stories} "
            f"by {look.pid}{' lost' if look.lost else ''}: {look.text!r}"
            for look, one in sorted(rows, key=lambda row: row[0].at)
        ]

    def whole(self, story: int) -> int:
        """The story that this one is part of now."""
        seen: set[int] = set()
        while story in self.into and story not in seen:
            seen.add(story)
            story = self.into[story]
        return story


def look_of(at: datetime, text: str, commands: Sequence[str], pid: int, *, lost: bool) -> Look:
    """What a message with these words and buttons is."""
    found = [match for one in commands if (match := _COMMAND.fullmatch(one))]
    why = [int(one[2]) for one in found if one[1] == "why"]
    listed = [int(one[2]) for one in found if one[1] == "story"]
    plain, update, merged = False, _UPDATE.search(text), _MERGED.search(text)
    if update:
        kind, stories = CHANGE, [int(update[1])]
    elif why:
        kind, stories = ALERT, why
    elif listed and _DIGEST.match(text):
        kind, stories = DIGEST, listed
    else:
        label = _LABEL.search(text)
        plain, kind, stories = bool(label), ALERT if label else OTHER, [int(label[1])] if label else []
    return Look(
        at,
        text,
        kind,
        tuple(dict.fromkeys(stories)),
        int(merged[1]) if merged else 0,
        pid,
        lost,
        plain,
        tuple(commands),
    )


class DiaryTelegram(StormyTelegram):
    """Writes down what it takes."""

    def __init__(self, storm: Storm, diary: Diary) -> None:
        super().__init__(storm)
        self._diary = diary

    def _taken(self, chat: str, method: str, params: Params, pid: int, *, lost: bool) -> None:
        room = self.chats.find(params.get("chat_id"))
        new = method == "sendmessage"
        number = max(room.own) if new else int(params["message_id"])
        rows = (params.get("reply_markup") or {}).get("inline_keyboard") or []
        commands = [str(one.get("callback_data", "")) for row in rows for one in row]
        text = str(room.messages[number]["text"])
        look = look_of(self._diary.now(), text, commands, pid, lost=lost)
        self._diary.write(f"telegram:{room.id}", str(number), look, new=new)

    def delete(self, chat: str, ref: str) -> None:
        """Somebody deletes a message."""
        room = self.chats.by_id[int(chat.partition(":")[2])]
        del room.messages[int(ref)]
        room.own.discard(int(ref))
        for letter in self._diary.letters[chat]:
            if letter.ref == ref:
                letter.gone_at = self._diary.now()


class DiarySlack(StormySlack):
    """Writes down what it takes."""

    def __init__(self, storm: Storm, diary: Diary) -> None:
        super().__init__(storm)
        self._diary = diary

    def _taken(self, chat: str, method: str, fields: dict[str, Any], one: Posted, pid: int, *, lost: bool) -> None:
        commands = [str(button.get("value", "")) for button in buttons(one.blocks).values()]
        look = look_of(self._diary.now(), one.shown, commands, pid, lost=lost)
        self._diary.write(chat, one.ts, look, new=method == "chat.postMessage")
