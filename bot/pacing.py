"""When the next message may go out: sliding windows per chat and per group. No clock, no waiting.

What a platform bears over all chats is shared by all processes, see bot.turns.
A window of N in P seconds never lets more than N through in any P seconds; a token bucket would let almost 2 N through
after a rest. Sources: https://core.telegram.org/bots/faq (about 1 a second per chat, 20 a minute per group, 30 a second
in all), https://docs.slack.dev/apis/web-api/rate-limits (about 1 a second per channel).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from core.model import Target


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float

    @property
    def apart(self) -> timedelta:
        """How far apart events are that keep to it evenly; rounded up: 30 times 33.333 ms are less than a second."""
        return timedelta(microseconds=ceil(self.seconds * 1_000_000 / self.count))


@dataclass(frozen=True, slots=True)
class Pace:
    """What a platform bears: per chat, per group (a chat of many), and over all chats; None is unlimited."""

    chat: Rate | None = None
    group: Rate | None = None
    platform: Rate | None = None


PACES: Mapping[str, Pace] = {
    "console": Pace(),
    "telegram": Pace(chat=Rate(1, 1), group=Rate(20, 60), platform=Rate(30, 1)),
    "slack": Pace(chat=Rate(1, 1)),
    "webhook": Pace(chat=Rate(10, 1)),
}
CAUTIOUS = Pace(chat=Rate(1, 1))

_SWEEP = 10_000


class Window:
    """The times of the last `rate.count` events."""

    __slots__ = ("_rate", "_times")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._times: deque[datetime] = deque(maxlen=rate.count)

    def next_at(self, now: datetime) -> datetime:
        if len(self._times) < self._rate.count:
            return now
        return max(now, self._times[0] + timedelta(seconds=self._rate.seconds))

    def spend(self, at: datetime) -> None:
        self._times.append(at)

    def is_idle(self, now: datetime) -> bool:
        """Whether forgetting the window would change nothing."""
        return not self._times or self._times[-1] + timedelta(seconds=self._rate.seconds) <= now


class Windows:
    """Windows by key, made when first needed and forgotten when idle."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, Window] = {}

    def get(self, key: Hashable, rate: Rate, now: datetime) -> Window:
        if key not in self._windows:
            if len(self._windows) >= _SWEEP:
                self._windows = {k: w for k, w in self._windows.items() if not w.is_idle(now)}
            self._windows[key] = Window(rate)
        return self._windows[key]


def is_group(target: Target) -> bool:
    """Whether the stricter rate of groups holds. Telegram's groups and channels have negative ids or @names."""
    return target.platform == "telegram" and target.chat.startswith(("-", "@"))


class Pacer:
    """Gives each message the time that its chat bears. The threads (topics) of a chat share the chat's rate."""

    def __init__(self, paces: Mapping[str, Pace] = PACES) -> None:
        self._paces = paces
        self._windows = Windows()
        self._held: dict[Hashable, datetime] = {}

    def next_at(self, now: datetime, target: Target) -> datetime:
        """The earliest time, from now on, at which a message may go to the target."""
        at = max(now, self.held_until(target.platform, now), self._held.get(_chat(target), now))
        for window in self._of(target, now):
            at = max(at, window.next_at(at))
        return at

    def take(self, now: datetime, target: Target) -> datetime:
        """`now` when a message may go out at once, which is then counted; else when to ask again."""
        at = self.next_at(now, target)
        if at == now:
            for window in self._of(target, now):
                window.spend(now)
        return at

    def hold_chat(self, target: Target, until: datetime) -> None:
        """Let nothing go to the chat, in any of its threads, before `until`."""
        self._hold(_chat(target), until)

    def hold_platform(self, platform: str, until: datetime) -> None:
        """Let nothing go to the platform before `until`."""
        self._hold(platform, until)

    def held_until(self, platform: str, now: datetime) -> datetime:
        """When the platform may be used again: `now` unless it is held."""
        return max(now, self._held.get(platform, now))

    def _hold(self, key: Hashable, until: datetime) -> None:
        if len(self._held) >= _SWEEP:
            self._held = dict(sorted(self._held.items(), key=lambda held: held[1])[_SWEEP // 2 :])
        self._held[key] = max(until, self._held.get(key, until))

    def _of(self, target: Target, now: datetime) -> list[Window]:
        pace = self._paces.get(target.platform, CAUTIOUS)
        rates: list[tuple[Hashable, Rate | None]] = [
            (("chat", *_chat(target)), pace.chat),
            (("group", *_chat(target)), pace.group if is_group(target) else None),
        ]
        return [self._windows.get(key, rate, now) for key, rate in rates if rate is not None]


def _chat(target: Target) -> tuple[str, str]:
    return (target.platform, target.chat)
