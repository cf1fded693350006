"""What was due, what came of it, and why anything came twice. Pure: from what platforms and processes wrote down."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.witness import Claim, Event, Note, Release

# What a note says when an answer did not come, or did not say what became of the message.
ANSWER_LOST, ENDED, LEASE_OVER = "the answer was lost", "its process ended", "the lease was over"


@dataclass(frozen=True)
class Shown:
    """A new message that a platform took, from the process of that number."""

    at: float
    chat: str
    story: int
    pid: int


@dataclass(frozen=True)
class Repeat:
    """A story that came again to a chat, and why; `why` is "" when nothing accounts for it."""

    chat: str
    story: int
    apart: float
    why: str

    def __str__(self) -> str:
        return f"story {self.story} again in {self.chat} after {self.apart:.1f} s: {self.why or 'FOR NO REASON'}"


@dataclass(frozen=True)
class Row:
    """One row of the outbox: what is due to a chat, and where it stands."""

    id: int
    chat: str
    story: int
    wanted: int
    sent: int
    dead_reason: str | None = None


@dataclass
class Evidence:
    """What was written down: messages, events of processes, when processes ended and stood still."""

    shown: Sequence[Shown] = ()
    events: Iterable[Event] = ()
    ended: Mapping[int, float] = field(default_factory=dict)
    frozen: Mapping[int, Sequence[tuple[float, float]]] = field(default_factory=dict)
    early: Sequence[str] = ()


@dataclass
class Account:
    """The ledger of one platform. `lost`, `disorder` and `early` must be empty, and every repeat explained.

    `unnoted` counts messages of which the process that sent them did not note that they were shown: no more than these
    may come twice.
    """

    platform: str
    due: int
    sent: int
    lost: list[str]
    repeats: list[Repeat]
    unnoted: int
    disorder: list[str]
    early: list[str]

    @property
    def faults(self) -> list[str]:
        """What must not be; sentences."""
        found = [f"lost: {one}" for one in self.lost] + [f"out of order: {one}" for one in self.disorder]
        found += [f"too early: {one}" for one in self.early]
        found += [str(one) for one in self.repeats if not one.why]
        if len(self.repeats) > self.unnoted:
            found.append(f"{len(self.repeats)} repeats, but only {self.unnoted} messages were not noted")
        return found

    @property
    def why(self) -> str:
        """How many repeats had which reason."""
        return ", ".join(f"{count} {why}" for why, count in Counter(one.why for one in self.repeats).most_common())


def account(platform: str, rows: Sequence[Row], evidence: Evidence) -> Account:
    """The ledger of one platform; rows and evidence may be of all."""
    rows = [row for row in rows if row.chat.startswith(f"{platform}:")]
    shown = sorted((one for one in evidence.shown if one.chat.startswith(f"{platform}:")), key=lambda one: one.at)
    sends: dict[tuple[str, int], list[Shown]] = defaultdict(list)
    for one in shown:
        sends[one.chat, one.story].append(one)
    judge = Judge(evidence)
    return Account(
        platform=platform,
        due=len(rows),
        sent=sum((row.chat, row.story) in sends for row in rows),
        lost=[text for row in rows if (text := _missing(row, (row.chat, row.story) in sends))],
        repeats=[judge.repeat(*pair) for times in sends.values() for pair in pairwise(times)],
        unnoted=sum(not judge.is_noted(one) for one in shown),
        disorder=list(_disorder(rows, {key: times[0].at for key, times in sends.items()})),
        early=[text for text in evidence.early if f"{platform}:" in text],
    )


def _missing(row: Row, came: bool) -> str:
    if row.dead_reason is not None:
        return f"story {row.story} in {row.chat} was given up: {row.dead_reason}"
    if not came:
        return f"story {row.story} in {row.chat} never came"
    return f"story {row.story} in {row.chat} still waits" if row.wanted > row.sent else ""


def _disorder(rows: Sequence[Row], first: Mapping[tuple[str, int], float]) -> Iterator[str]:
    """Stories that came first to a chat before one that was queued earlier."""
    for chat in sorted({row.chat for row in rows}):
        queued = [row for row in sorted(rows, key=lambda row: row.id) if row.chat == chat]
        came = [(row.story, first[chat, row.story]) for row in queued if (chat, row.story) in first]
        for one, other in pairwise(came):
            if other[1] < one[1]:
                yield f"{chat}: story {other[0]} before {one[0]}"


class Judge:
    """Says why a message came twice, from what the processes wrote down."""

    def __init__(self, evidence: Evidence) -> None:
        self._ended, self._frozen = evidence.ended, evidence.frozen
        self._notes: dict[tuple[int, str, int], list[Note]] = defaultdict(list)
        self._claims: dict[str, dict[int, Claim]] = defaultdict(dict)
        self._released: set[tuple[str, int]] = set()
        self._twice: list[str] = []
        for one in evidence.events:
            match one:
                case Note():
                    self._notes[one.pid, one.chat, one.story].append(one)
                case Claim():
                    if one.epoch in self._claims[one.chat]:
                        self._twice.append(f"the lane of {one.chat} was given twice with epoch {one.epoch}")
                    self._claims[one.chat][one.epoch] = one
                case Release():
                    self._released.add((one.chat, one.epoch))

    def is_noted(self, shown: Shown) -> bool:
        note = self._note_of(shown)
        return note is not None and note.kind == "shown" and bool(note.written)

    def repeat(self, first: Shown, again: Shown) -> Repeat:
        why = self._why(first, again) or self._why_late(again)
        return Repeat(first.chat, first.story, again.at - first.at, why)

    def stolen(self) -> Iterator[str]:
        """Leases that another process took before they were over, or that the database has forgotten."""
        yield from self._twice
        for chat, claims in self._claims.items():
            for epoch, claim in claims.items():
                following = claims.get(epoch + 1)
                if following is None or (chat, epoch) in self._released or following.began >= claim.ends:
                    continue
                yield f"the lane of {chat} was taken {claim.ends - following.began:.1f} s before its lease was over"

    def _note_of(self, shown: Shown) -> Note | None:
        """What the sender wrote down of the message next."""
        notes = self._notes[shown.pid, shown.chat, shown.story]
        return min((note for note in notes if note.at >= shown.at), key=lambda note: note.at, default=None)

    def _why(self, first: Shown, again: Shown) -> str:
        """Why the first was not noted."""
        note = self._note_of(first)
        if note is None and first.pid in self._ended:
            return ENDED
        if note is not None and note.kind == "later":
            return ANSWER_LOST
        if note is None or not note.written:
            return self._over(first)
        return ""

    def _why_late(self, again: Shown) -> str:
        """Why the second was sent by a process whose lane another one had by then."""
        note = self._note_of(again)
        return self._over(again) if note is None or not note.written else ""

    def _over(self, shown: Shown) -> str:
        """Whether the lease was over before the note, and what made it so."""
        claims = self._claims[shown.chat]
        own = max(
            (one for one in claims.values() if one.pid == shown.pid and one.at <= shown.at),
            key=lambda one: one.epoch,
            default=None,
        )
        if own is None:
            return ""
        later = [one for one in claims.values() if one.epoch > own.epoch]
        if not later or min(one.began for one in later) < own.ends:
            return ""
        stood = any(
            began <= shown.at + (own.ends - own.began) and ended >= own.at
            for began, ended in self._frozen.get(shown.pid, ())
        )
        return f"{LEASE_OVER}, its process stood still" if stood else LEASE_OVER
