"""What a chat wants to be told and when, what it has been told of a story, and what its readers say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from enum import StrEnum


class Mode(StrEnum):
    """How a chat gets its alerts: each at once, or together every hour or every day."""

    INSTANT = "instant"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without messages, in the chat's own time zone; `start` after `end` spans midnight.

    Major news comes through all the same unless `strict`.
    """

    start: time
    end: time
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """When and what a chat gets of its topics.

    `zone` is an IANA name ("" is UTC); `daily_at` is a time there. `confirmed` is the least number of sources that are
    independent of one another. Of reports only those count whose language is in `languages` and whose source's kind is
    in `kinds` (empty: all), and that are not from a muted source or about a muted term. `discreet` messages hold no
    word of what they are about. `language` is that of the messages ("": the operator's choice).
    """

    mode: Mode = Mode.INSTANT
    daily_at: time = time(9)
    zone: str = ""
    quiet: Quiet | None = None
    snoozed_until: datetime | None = None
    confirmed: int = 1
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    muted_stories: tuple[int, ...] = ()
    muted_sources: tuple[str, ...] = ()
    muted_terms: tuple[str, ...] = ()
    discreet: bool = False
    language: str = ""

    @property
    def are_wishes(self) -> bool:
        """Whether they change what the chat gets or when; a language does not."""
        return replace(self, language="") != Options()


@dataclass(frozen=True, slots=True)
class Told:
    """What a chat has been told of a story, for telling later what has changed since."""

    released: int | None = None
    people: tuple[str, ...] = ()
    in_return: tuple[str, ...] = ()
    official: bool = False
    independent: bool = False


class Verdict(StrEnum):
    """What a reader says of an alert."""

    USEFUL = "useful"
    NOT_USEFUL = "notuseful"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Feedback:
    """How often readers said what of a `kind` ("story", "term" or "source") and `name`. Nobody's name is kept."""

    kind: str
    name: str
    counts: Mapping[Verdict, int] = field(default_factory=dict)
