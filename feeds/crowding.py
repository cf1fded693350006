"""Whether politeness leaves time for all feeds of a host. Pure; the arithmetic stands in docs/capacity.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from core.links import host_of
from core.model import FeedSpec
from feeds.turns import pause_of

ANSWER = timedelta(seconds=0.5)  # what an answer takes, which the pause follows


@dataclass(frozen=True, slots=True)
class Crowd:
    """A host of which `feeds` are due oftener than one after the other, in `round` for all, can be polled."""

    host: str
    feeds: int
    round: timedelta


def crowds(specs: Iterable[FeedSpec], pause: timedelta) -> tuple[Crowd, ...]:
    """The hosts that have more feeds than can be polled at their `interval`, by name. Own hosts are owed no turns."""
    of_host: dict[str, list[FeedSpec]] = defaultdict(list)
    for spec in specs:
        if spec.enabled and spec.lanes == 1:
            of_host[host_of(spec.url)].append(spec)
    found = []
    for host, its in sorted(of_host.items()):
        turn = timedelta(seconds=pause_of(host, pause.total_seconds())) + ANSWER
        if sum(turn / spec.interval for spec in its) > 1 + 1e-9:
            found.append(Crowd(host, len(its), turn * len(its)))
    return tuple(found)
