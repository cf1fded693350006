"""Judges a soak by what the platforms took, the feeds gave and the logs say; the program is asked nothing.

What must not be is a fault. What came twice has a reason or is one: where a process ended, an answer was lost, a
message was deleted, or a chat began anew, it must come again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from tests.soak.diary import ALERT, CHANGE, DIGEST, OTHER, Diary, Letter
from tests.soak.news import START

SOON = timedelta(minutes=5)  # a process that was killed had sent within it
TAKEN = timedelta(seconds=2)  # what was on its way is taken after its sender has ended
NEAR = timedelta(hours=2)  # around an absence: what was under way then may have been lost with it
SILENCE = re.compile(r"No feed has been read for (\d+) minute")
UNREADABLE = re.compile(r"The feed (.+?) cannot be read")


@dataclass(frozen=True)
class Span:
    """From when until when something of a chat holds; `end` None: until the end."""

    chat: str
    start: datetime
    end: datetime | None

    def holds(self, at: datetime, near: timedelta = timedelta(0)) -> bool:
        return self.start - near <= at and (self.end is None or at <= self.end + near)


@dataclass
class Known:
    """What the soak knows: controls and their equals by platform, what was done to chats, processes and feeds."""

    equals: Sequence[tuple[str, str]]  # a control and one that gets the same
    ends: Sequence[tuple[int, datetime]] = ()
    away: Sequence[Span] = ()
    silent: Sequence[Span] = ()
    frozen: Sequence[tuple[int, datetime, datetime]] = ()  # processes that stood still
    muted: Sequence[tuple[str, int, datetime]] = ()
    night: Sequence[str] = ()  # chats with quiet hours from 22:00 to 07:00
    moved: dict[str, str] = field(default_factory=dict)
    early: Sequence[str] = ()
    answered: Sequence[datetime] = ()
    troubled: dict[str, Sequence[tuple[datetime, datetime]]] = field(default_factory=dict)
    operator: str = ""
    logs: Sequence[str] = ()
    secrets: Sequence[str] = ()
    bad_ends: Sequence[str] = ()


@dataclass
class Verdict:
    """What was due and came, what must not be, and why anything came twice."""

    stories: int
    letters: int
    faults: list[str]
    repeats: Counter[str]
    told: list[str]
    idle: int = 0  # edits that changed nothing


def judge(diary: Diary, known: Known) -> Verdict:
    court = _Court(diary, known)
    control = known.equals[0][0]
    faults = [*court.lost(), *court.repeated(), *known.early, *court.disturbed()]
    faults += [*court.stale(), *court.overwritten()]
    faults += [*_untrue(diary, known), *_logged(known), *known.bad_ends]
    letters = sum(map(len, diary.letters.values()))
    return Verdict(len(court.told(control)), letters, faults, court.repeats, court.explained, court.idle())


class _Court:
    def __init__(self, diary: Diary, known: Known) -> None:
        self._diary, self._known = diary, known
        for control in {control for control, _ in known.equals}:
            self._learn(control)
        self.repeats: Counter[str] = Counter()
        self.explained: list[str] = []

    def _learn(self, control: str) -> None:
        """What a control's message was edited to tell is what its story is part of."""
        for letter in self._diary.letters[control]:
            for before, after in pairwise(look for look in letter.looks if look.kind == ALERT):
                if before.stories != after.stories:
                    self._diary.into.setdefault(before.stories[0], after.stories[0])

    def letters(self, chat: str) -> list[Letter]:
        """A chat's messages, under all addresses that it had."""
        moved = self._known.moved.get(chat, "")
        return [*self._diary.letters[chat], *(self._diary.letters[moved] if moved else ())]

    def told(self, chat: str) -> dict[int, datetime]:
        """The stories that a chat was told of, by what they are part of now, and when first."""
        found: dict[int, datetime] = {}
        for letter in self.letters(chat):
            for look in letter.looks:
                if look.kind in (ALERT, DIGEST):
                    for story in look.stories:
                        whole = self._diary.whole(story)
                        found[whole] = min(look.at, found.get(whole, look.at))
        return found

    def lost(self) -> Iterator[str]:
        """What a control was told and its equal was not."""
        for control, other in self._known.equals:
            mine = self.told(other)
            for story, at in self.told(control).items():
                away = any(span.holds(at, NEAR) for span in self._known.away if span.chat == other)
                if story not in mine and not away:
                    yield f"lost: story {story}, told to {control} at {at:%d %H:%M}, never came to {other}"
            for story in mine.keys() - self.told(control).keys():
                yield f"lost: story {story} came to {other} and never to {control}"

    def repeated(self) -> Iterator[str]:
        """Stories that came in a new message to a chat that had been shown them."""
        for chat in list(self._diary.letters):
            shown: dict[int, Letter] = {}
            for letter in self._diary.letters[chat]:
                if letter.first.kind not in (ALERT, DIGEST):
                    continue
                for story in letter.first.stories:
                    if story in shown:
                        why = self._why(chat, shown[story], letter)
                        self.repeats[why or "FOR NO REASON"] += 1
                        text = f"story {story} again in {chat} at {letter.first.at:%d %H:%M}"
                        text += f", after {shown[story].first.at:%d %H:%M}"
                        self.explained.append(f"{text}: {why or 'FOR NO REASON'}")
                        if not why:
                            yield f"twice: {text}, for no reason"
                for story in {one for letter in (letter,) for one in letter.first.stories}:
                    shown[story] = letter

    def _why(self, chat: str, first: Letter, again: Letter) -> str:
        """Why a story was shown again; "" when nothing accounts for it."""
        at = again.first.at
        if any(look.lost for look in first.looks):
            return "the answer was lost"
        if first.gone_at and first.gone_at < at:
            return "its message was deleted"
        if any(span.chat == chat and first.first.at < span.start < at for span in self._known.away):
            return "the chat was away"
        if any(span.chat == chat and first.first.at < span.start < at for span in self._known.silent):
            return "the chat began anew"
        if first.first.kind == DIGEST:
            return "a digest had told it, and there was news"
        if again.first.kind == DIGEST and " new: " in again.first.text:
            return "a digest told the news of it"
        if self._was_killed(first):
            return "its process ended"
        if self._stood_still(first, again):
            return "its process stood still"
        return ""

    def _stood_still(self, first: Letter, again: Letter) -> bool:
        """Whether one of the senders stood still between sending and noting it, so that its lease was over."""
        return any(
            pid in (first.first.pid, again.first.pid) and start - SOON < first.first.at < end + SOON
            for pid, start, end in self._known.frozen
        )

    def _was_killed(self, letter: Letter) -> bool:
        """Whether its sender ended soon, before it sent that chat anything else."""
        end = next((at for pid, at in self._known.ends if pid == letter.first.pid), None)
        if end is None or not -TAKEN <= end - letter.first.at <= SOON:
            return False
        later = [one for one in self._diary.letters[letter.chat] if one.first.at > letter.first.at]
        return not any(one.first.pid == letter.first.pid for one in later)

    def disturbed(self) -> Iterator[str]:
        """What came to chats that wanted nothing then. Edits disturb nobody."""
        for span in self._known.silent:
            letters = self._diary.letters[span.chat]
            answers = (one.first.at for one in letters if one.first.kind == OTHER and one.first.at >= span.start)
            asked = next(answers, None)
            for letter in letters:
                inside = asked is not None and asked < letter.first.at < (span.end or letter.first.at + SOON)
                if inside and letter.first.kind in (ALERT, DIGEST, CHANGE):
                    yield f"unwanted: {letter.first.kind} in {span.chat} at {letter.first.at:%d %H:%M}, asked not to"
        for chat, story, start in self._known.muted:
            for letter in self._diary.letters[chat]:
                new = letter.first.kind in (ALERT, DIGEST, CHANGE) and letter.first.at > start + SOON
                if new and story in letter.first.stories:
                    yield f"unwanted: {letter.first.kind} in {chat} at {letter.first.at:%d %H:%M}, it muted {story}"
        for chat in self._known.night:
            for letter in self._diary.letters[chat]:
                quiet = letter.first.at.hour >= 22 or letter.first.at.hour < 7
                if quiet and letter.first.kind in (ALERT, DIGEST, CHANGE) and letter.first.at.date() > START.date():
                    yield f"unwanted: {letter.first.kind} in {chat} at {letter.first.at:%d %H:%M}, a quiet hour"

    def stale(self) -> Iterator[str]:
        """Alerts that look otherwise in the end than the control's alert of the same story."""
        for control, other in self._known.equals:
            if control.partition(":")[0] != other.partition(":")[0]:
                continue
            wanted, shown = self._newest(control), self._newest(other)
            for story in wanted.keys() & shown.keys():
                mine, its = wanted[story].last, shown[story].last
                away = any(span.chat == other and span.holds(mine.at, NEAR) for span in self._known.away)
                merged = mine.into and its.into  # by steps, of which a late chat is shown the last one alone
                if (
                    shown[story].gone_at is None
                    and not (away or merged or its.plain or shown[story].first.lost or DIGEST in (mine.kind, its.kind))
                    and (mine.text != its.text)
                ):
                    yield f"stale: story {story} in {other}, {its.at:%d %H:%M}, not as in {control}, {mine.at:%d %H:%M}"

    def _newest(self, chat: str) -> dict[int, Letter]:
        """The last message of each story in a chat as it is called now; earlier ones are no longer edited."""
        letters = self._diary.letters[self._known.moved.get(chat, chat)]
        told = (letter for letter in letters if letter.last.kind in (ALERT, DIGEST))
        return {story: letter for letter in told for story in letter.last.stories}

    def overwritten(self) -> Iterator[str]:
        """Messages that told of one story and were edited to tell of another one."""
        for letter in (letter for letters in self._diary.letters.values() for letter in letters):
            wholes = {self._diary.whole(story) for story in letter.stories}
            if letter.first.kind == ALERT and len(wholes) > 1:
                yield f"overwritten: a message in {letter.chat} of {letter.first.at:%d %H:%M} told of stories {wholes}"

    def idle(self) -> int:
        """How many edits changed nothing, where nothing went wrong with what was shown before.

        A new revision may look like the former one; Telegram refuses such an edit, and Slack takes it.
        """
        letters = (letter for letters in self._diary.letters.values() for letter in letters)
        return sum(
            (before.text, before.commands) == (after.text, after.commands)
            and not (before.lost or self._interrupted(before.pid, before.at))
            for letter in letters
            for before, after in pairwise(letter.looks)
        )

    def _interrupted(self, pid: int, at: datetime) -> bool:
        """Whether the process ended or stood still before it could note what it had shown."""
        ended = any(one == pid and timedelta(0) <= end - at <= SOON for one, end in self._known.ends)
        return ended or any(one == pid and start - SOON < at < end + SOON for one, start, end in self._known.frozen)


def _untrue(diary: Diary, known: Known) -> Iterator[str]:
    """Notices to operators that do not say what was."""
    for letter in diary.letters[known.operator]:
        at = letter.first.at
        if found := SILENCE.search(letter.first.text):
            since = at - timedelta(minutes=int(found[1]) - 2)
            if any(since < answered < at - SOON for answered in known.answered):
                yield f"untrue at {at:%d %H:%M}: {found[0]}s, but feeds were read"
        for found in UNREADABLE.finditer(letter.first.text):
            spans = known.troubled.get(found[1], ())
            if not any(start <= at <= end + timedelta(hours=7) for start, end in spans):
                yield f"untrue at {at:%d %H:%M}: {found[0]}, but nothing was wrong with it"


def _logged(known: Known) -> Iterator[str]:
    for log in known.logs:
        for secret in known.secrets:
            if secret in log:
                yield f"a log holds the secret that begins with {secret[:8]}"
        yield from _tracebacks(log)


def _tracebacks(log: str) -> Iterator[str]:
    """The last line of each kind of traceback, with how often it stands there."""
    last = []
    lines = iter(log.splitlines())
    for line in lines:
        if line.startswith("Traceback"):
            last.append(next((one for one in lines if not one.startswith((" ", "|"))), ""))
    for text, group in groupby(sorted(last)):
        yield f"a log holds {len(list(group))} tracebacks: {text[:200]}"


def spans(rows: Iterable[tuple[str, datetime, datetime | None]]) -> list[Span]:
    return [Span(*row) for row in rows]
