"""What needs a hand: a feed gone, a token refused, alerts that wait, a full disk. Each is said once, in plain words.

Said in the log, and in the chats of access.operators (a user id is the address of the chat with that person, in
Telegram and in Slack alike). What ends and begins again is said again. Every process speaks for itself.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.audits import Missed
from core.errors import DeliveryError, TargetGone
from core.message import LineKind, Message, line
from core.model import Status, Target
from core.ports import ChatPlatform, Clock

log = logging.getLogger("minskwatch")

# (said when above, over when below): the gap keeps a value that sways about a limit from being told again and again.
BACKLOG = (timedelta(minutes=15), timedelta(minutes=5))
SILENCE = (timedelta(minutes=30), timedelta(minutes=15))
DISK_USED = (0.95, 0.93)
SEND_WITHIN = 30.0  # seconds
MOST_MISSED = 5  # headlines in a report of the audit
MOST_AT_ONCE = 10  # lines of one message


class Attention:
    """An Observer; `look` is called every minute. `folder` is where the database file lies, None for a server."""

    def __init__(
        self,
        clock: Clock,
        read_status: Callable[[], Awaitable[Status]],
        platforms: Mapping[str, ChatPlatform],
        operators: Iterable[str],
        folder: Path | None,
        disk_used: Callable[[Path], float] | None = None,
    ) -> None:
        self._clock = clock
        self._began_at = clock.now()
        self._read_status = read_status
        self._platforms = platforms
        self._untold: dict[Target, list[str]] = {Target.parse(one): [] for one in operators}
        self._folder = folder
        self._disk_used = disk_used or _disk_used
        self._present: dict[tuple[str, str], str] = {}
        self._said_on: dict[tuple[str, str], date] = {}
        self._status = Status()
        self._deaths = 0

    def __call__(self, event: str, /, **fields: Any) -> None:
        """Told by the parts; log lines of these events are written by the observer of the log."""
        match event:
            case "feed_failing":
                text = f"The feed {fields['feed']} cannot be read: {fields['reason']}"
                self._begin("feed", fields["url"], text)
            case "feed_recovered":
                self._over("feed", fields["url"])
            case "feed_reissued" | "feed_moved" | "feed_state" | "audit":
                self._look_at(event, fields)
            case "outage_began":
                self._begin("network", "", "Nearly all hosts fail at once: the fault is ours, so no feed is blamed.")
            case "outage_ended":
                self._over("network", "")
            case "credentials_refused":
                self._begin("token", fields["platform"], f"{fields['platform']} refuses the token: {fields['reason']}")
            case "config_refused" | "config_read" | "token_shared" | "token_alone" | "token_replaced":
                self._look_within(event, fields)
            case "alert" | "digest":
                self._over("token", fields["platform"])
            case "parser_died":
                self._deaths += 1

    def _look_within(self, event: str, fields: Mapping[str, Any]) -> None:
        """What is wrong with this program itself, or how it is run."""
        match event:
            case "config_refused":
                self._over("configuration", "")
                self._begin("configuration", "", f"The configuration stays as it was: {fields['reason']}")
            case "config_read":
                self._over("configuration", "")
            case "token_shared":
                self._begin("shared-token", fields["platform"], fields["reason"])
            case "token_replaced":
                self._over("replaced-token", fields["platform"])
                self._begin("replaced-token", fields["platform"], fields["reason"])
            case "token_alone":
                self._over("shared-token", fields["platform"])

    def _look_at(self, event: str, fields: Mapping[str, Any]) -> None:
        """What happened to a feed, or to all, that nobody need mend at once."""
        feed, url = fields.get("feed", ""), fields.get("url", "")
        match event:
            case "feed_reissued":
                text = f"The feed {feed} published {fields['entries']} entries anew, as after a redesign: "
                self._news(event, url, text + "what was read before, or is older, was kept quiet.")
            case "feed_moved":
                where = fields["moved_to"]
                self._news(event, url, f"The feed {feed} has moved to {where} and is read there: change its address.")
            case "feed_state" if fields["condition"] in ("quiet", "not a feed"):
                self._news(event, url, f"The feed {feed}: {fields['reason']}")
            case "audit":
                self._news(event, "", _missed(fields["missed"]))

    def change(self, operators: Iterable[str]) -> None:
        """Tell other operators from now on; who stays keeps what is still to be told."""
        self._untold = {target: self._untold.get(target, []) for target in map(Target.parse, operators)}

    @property
    def present(self) -> tuple[str, ...]:
        """What needs a hand now, a sentence each."""
        return tuple(self._present.values())

    def details(self) -> Mapping[str, Any]:
        """For the health check: how the work goes, in ages and counts. Asks nobody, so that it answers at once.

        Of what needs a hand only the kinds are told, since anybody who reaches the port may ask.
        """
        now, status = self._clock.now(), self._status
        details: dict[str, Any] = {"parser deaths": self._deaths}
        if status.last_ok_at:
            details["seconds since last successful poll"] = _seconds(now - status.last_ok_at)
        if status.oldest_waiting_at:
            details["seconds that the oldest alert waits"] = _seconds(now - status.oldest_waiting_at)
        if self._present:
            kinds = Counter(kind for kind, _ in self._present)
            details["needs a hand"] = " ".join(f"{kind}:{count}" for kind, count in kinds.items())
        return details

    async def look(self) -> None:
        """Judge the present state, and tell the operators what is new. Raises StoreError."""
        self._status = status = await self._read_status()
        now = self._clock.now()
        waiting = now - status.oldest_waiting_at if status.oldest_waiting_at else timedelta(0)
        self._judge(
            "backlog",
            waiting,
            BACKLOG,
            f"An alert has been waiting for {_minutes(waiting)} ({status.outbox_waiting} wait): a platform may be down "
            "or limit us; /deliveries of the status page has the reasons.",
        )
        silence = now - max(status.last_ok_at or self._began_at, self._began_at) if status.feeds else timedelta(0)
        self._judge(
            "silence",
            silence,
            SILENCE,
            f"No feed has been read for {_minutes(silence)}: check the network and DNS of this host.",
        )
        if self._folder is not None:
            used = self._disk_used(self._folder)
            self._judge(
                "disk",
                used,
                DISK_USED,
                f"The disk of {self._folder} is {used:.0%} full: free some space, or keep entries for a shorter time "
                "(storage.keep). Nothing can be stored on a full disk.",
            )
        await self._tell()

    def _judge(self, kind: str, value: Any, limits: tuple[Any, Any], text: str) -> None:
        begin, over = limits
        if value > begin:
            if self._begin(kind, "", text):
                log.warning("needs a hand: %s", text)
        elif value < over and self._over(kind, ""):
            log.info("no longer needs a hand: %s", kind)

    def _begin(self, kind: str, name: str, text: str) -> bool:
        if (kind, name) in self._present:
            return False
        self._present[kind, name] = text
        for texts in self._untold.values():
            texts.append(text)
        return True

    def _news(self, kind: str, name: str, text: str) -> None:
        """Tell something that happened and does not last, once in a day."""
        if self._said_on.get((kind, name)) != self._clock.now().date():
            self._said_on[kind, name] = self._clock.now().date()
            log.warning("worth a look: %s", text)
            for texts in self._untold.values():
                texts.append(text)

    def _over(self, kind: str, name: str) -> bool:
        text = self._present.pop((kind, name), None)
        for texts in self._untold.values():
            if text in texts:
                texts.remove(text)
        return text is not None

    async def _tell(self) -> None:
        for target, texts in tuple(self._untold.items()):
            platform = self._platforms.get(target.platform)
            if not texts or platform is None:
                continue
            said = tuple(texts)
            try:
                async with asyncio.timeout(SEND_WITHIN):
                    await platform.send(target, _message(said))
            except TargetGone as error:
                log.warning("operator %s cannot be told, write to the bot first: %s", target, error)
                del self._untold[target]
            except (DeliveryError, TimeoutError) as error:
                log.info("operator %s is told later: %s", target, error)
            else:
                self._untold[target] = [text for text in texts if text not in said]


def _missed(missed: Sequence[Missed]) -> str:
    """What the audit found, as one sentence with the first headlines and addresses."""
    first = "; ".join(f"“{one.title[:120]}” {one.url}" for one in missed[:MOST_MISSED])
    more = f"; and {len(missed) - MOST_MISSED} more" if len(missed) > MOST_MISSED else ""
    stories = "1 relevant story" if len(missed) == 1 else f"{len(missed)} relevant stories"
    return f"{stories} came from the audit's query and from no feed: {first}{more}. A source may be missing or broken."


def _message(texts: tuple[str, ...]) -> Message:
    lines = [line("Minsk Watch needs a hand", kind=LineKind.TITLE)]
    lines += [line(text, kind=LineKind.BULLET) for text in texts[:MOST_AT_ONCE]]
    if len(texts) > MOST_AT_ONCE:
        lines.append(line(f"and {len(texts) - MOST_AT_ONCE} more; the log has them all", kind=LineKind.SMALL))
    return Message(tuple(lines))


def database_folder(url: str) -> Path | None:
    """The folder of a SQLite file, None for a database server."""
    return Path(urlsplit(url).path[1:]).parent if url.startswith("sqlite") else None


def _disk_used(folder: Path) -> float:
    usage = shutil.disk_usage(folder)
    return 1 - usage.free / usage.total if usage.total else 0.0


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))


def _minutes(age: timedelta) -> str:
    return f"{_seconds(age) // 60} minutes"
