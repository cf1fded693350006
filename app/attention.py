"""What needs a hand: a feed gone, a token refused, alerts that wait, a full disk, an upgrade left half done.

Each is said once, in plain words: in the log, and in the chats of access.operators, in their languages. (A user id is
the address of the chat with that person, in Telegram and in Slack alike.) What ends and begins again is said again.
What was said stands in the database: several processes say it once, and one that is started again does not repeat it.

Feeds, alerts, the disk and the release are judged by what the database and the disk say; the rest is told by the parts
as it happens, and is noted within a minute.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from app import notice_texts as told
from app.crowded import crowded_hosts
from app.telling import Teller, TellingStore
from app.upgrades import upgrade_pending
from core.audits import Missed
from core.errors import StoreError
from core.health import FeedRecord
from core.links import clean_link
from core.message import foreign
from core.model import Outcome, Status
from core.noticing import Notice, NoticeKey
from core.ports import Clock
from core.replicas import AT_WORK, Replica, ReplicaStore
from core.sentence import Sentence
from feeds.health import is_trouble, recognise

log = logging.getLogger("minskwatch")

# (said when above, over when below): the gap keeps a value that sways about a limit from being told again and again.
BACKLOG = (timedelta(minutes=15), timedelta(minutes=5))
SILENCE = (timedelta(minutes=30), timedelta(minutes=15))
OVERDUE = timedelta(minutes=5)  # when a feed was to be read and was not
DISK_USED = (0.95, 0.93)
DATABASE_AWAY = timedelta(minutes=5)
NO_LOOK = timedelta(minutes=5)  # looks are a minute apart: this host slept, or its clock was set forward
UPGRADE_TAKES = timedelta(minutes=10)  # what is noticed of an upgrade that is under way is no trouble yet
MOST_MISSED = 5  # headlines in a report of the audit
NEWS_LASTS = timedelta(days=1)
# What only the process knows that it happened to; it is over when no process says so for this time.
UNLESS_REPEATED = timedelta(hours=1)


class AttentionStore(TellingStore, ReplicaStore, Protocol):
    async def get_status(self) -> Status: ...
    async def list_feeds(self) -> tuple[FeedRecord, ...]: ...


@dataclass
class _Judgement:
    """What was found: what begins, and what is over."""

    begun: list[Notice] = field(default_factory=list)
    over: list[NoticeKey] = field(default_factory=list)


class Attention:
    """An Observer; `look` is called every minute. `folder` is where the database file lies, None for a server."""

    def __init__(
        self,
        clock: Clock,
        store: AttentionStore,
        teller: Teller,
        folder: Path | None,
        replica: Replica,
        disk_used: Callable[[Path], float] | None = None,
        host_pause: timedelta = timedelta(0),
    ) -> None:
        self._clock = clock
        self._began_at = self._well_at = clock.now()
        self._looked_at: datetime | None = None
        self._resumed_at: datetime | None = None
        self._store = store
        self._teller = teller
        self._folder = folder
        self._disk_used = disk_used or _disk_used
        self._replica = replica
        self._host_pause = host_pause
        self._feeds_judged = 0
        self._present: dict[NoticeKey, Notice] = {}
        # What begins (or, with None, ends) when it is next written; kinds of which only what is ours goes on.
        self._pending: dict[NoticeKey, Notice | None] = {}
        self._over_kinds = {"configuration"}  # a start has read a good one
        self._mine: set[NoticeKey] = set()
        self._away = ""
        self._uneven_since: datetime | None = None
        self._status = Status()
        self._deaths = 0

    def __call__(self, event: str, /, **fields: Any) -> None:
        """Told by the parts; log lines of these events are written by the observer of the log."""
        match event:
            case "feed_reissued" | "feed_moved" | "feed_state" | "audit" | "alert_dead":
                self._look_at(event, fields)
            case "outage_began":
                self._begin("network", "", Sentence(told.NETWORK))
            case "outage_ended":
                self._over("network", "")
            case "credentials_refused":
                platform, reason = fields["platform"], fields["reason"]
                self._begin("token", platform, Sentence(told.REFUSED, platform=platform, reason=reason))
            case "config_refused" | "config_read" | "token_shared" | "token_alone" | "token_replaced":
                self._look_within(event, fields)
            case "platform_silent":
                platform, reason = fields["platform"], fields["reason"]
                text = Sentence(told.UNANSWERED, platform=platform.capitalize(), reason=reason)
                self._begin("platform", platform, text)
            case "platform_answers":
                self._over("platform", fields["platform"])
            case "token_accepted":
                self._over("token", fields["platform"])
            case "alert" | "digest" if ("token", fields["platform"]) in self._all():
                self._over("token", fields["platform"])
            case "parser_died":
                self._deaths += 1

    def _look_within(self, event: str, fields: Mapping[str, Any]) -> None:
        """What is wrong with this program itself, or how it is run."""
        match event:
            case "config_refused":
                self._replace("configuration", Sentence(told.CONFIGURATION, reason=fields["reason"]))
            case "config_read":
                self._over_kind("configuration")
                self._feeds_judged = -1
            case "token_shared":
                platform = fields["platform"]
                text = Sentence(told.SHARED, platform=platform.capitalize(), reason=fields["reason"])
                self._begin("shared-token", platform, text)
            case "token_replaced":
                self._replace("replaced-token", fields["reason"])
            case "token_alone":
                self._over("shared-token", fields["platform"])

    def _look_at(self, event: str, fields: Mapping[str, Any]) -> None:
        """What happened to a feed, or to all, that nobody need mend at once."""
        feed, url = fields.get("feed", ""), fields.get("url", "")
        match event:
            case "feed_reissued":
                self._news(event, url, Sentence(told.REISSUED, feed=feed, n=fields["entries"]))
            case "feed_moved":
                self._news(event, url, Sentence(told.MOVED, feed=feed, address=fields["moved_to"]))
            case "feed_state" if fields["condition"] in ("quiet", "not a feed") and not fields["failing"]:
                name = f"{url} {fields['condition']}"
                self._news(event, name, Sentence(told.FEED, feed=feed, reason=fields["reason"]))
            case "audit":  # each report tells of other stories
                self._news(event, fields["missed"][0].url, _missed(fields["missed"]))
            case "alert_dead":
                self._news(
                    event, fields["platform"], Sentence(told.DEAD, platform=fields["platform"], reason=fields["reason"])
                )

    def change(self, operators: Iterable[str]) -> None:
        """Tell other operators from now on; who is new is told what there is."""
        self._teller.change(operators)

    @property
    def present(self) -> tuple[str, ...]:
        """What needs a hand now, a sentence each: of all processes, as of the last look, and what is new of this."""
        return tuple(notice.text for notice in self._all().values()) + ((self._away,) if self._away else ())

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
        kinds = Counter(kind for kind, _ in self._all())
        if self._away:
            kinds["database"] += 1
        if kinds:
            details["needs a hand"] = " ".join(f"{kind}:{count}" for kind, count in kinds.items())
        return details

    async def look(self) -> None:
        """Judge the present state, and tell the operators what is new. Raises StoreError."""
        now = self._clock.now()
        if self._looked_at is not None and now - self._looked_at > NO_LOOK:
            self._began_at = self._well_at = self._resumed_at = now  # nothing could be read or sent in between
        try:
            await self._look(now)
        except StoreError as error:
            await self._without_database(now, error)
            raise
        finally:
            self._looked_at = self._clock.now()
        self._well_at, self._away = now, ""

    async def leave(self) -> None:
        """The process ends: write what is still to be written, and let another one tell. Raises StoreError."""
        await self._write_pending(self._clock.now())
        await self._teller.leave(self._clock.now())
        await self._store.leave(self._replica.owner)

    async def _look(self, now: datetime) -> None:
        await self._store.beat(self._replica, now)
        if self._mine:
            await self._store.prolong_notices(self._mine, now + UNLESS_REPEATED)
        await self._write_pending(now)
        self._present = {notice.key: notice for notice in await self._store.list_notices(now)}
        found, ended = await self._judge(now), set(self._over_kinds)
        await self._end([*found.over, *(key for key in self._present if self._is_over(key))])
        self._over_kinds -= ended
        await self._begin_now(found.begun, now, "needs a hand: %s")
        await self._teller.tell(tuple(self._present.values()), now)

    async def _write_pending(self, now: datetime) -> None:
        pending, self._pending = self._pending, {}
        try:
            await self._end([key for key, notice in pending.items() if notice is None])
            lasting = [notice for notice in pending.values() if notice and notice.key in self._mine]
            news = [notice for notice in pending.values() if notice and notice.key not in self._mine]
            await self._begin_now(lasting, now, "")
            await self._begin_now(news, now, "worth a look: %s")
        except StoreError:
            self._pending = pending | self._pending
            raise

    async def _begin_now(self, notices: Sequence[Notice], now: datetime, said: str) -> None:
        for notice in await self._store.begin_notices(notices, now) if notices else ():
            self._present[notice.key] = notice
            if said:
                log.warning(said, notice.text)

    async def _end(self, keys: Sequence[NoticeKey]) -> None:
        for key in await self._store.end_notices(keys) if keys else ():
            log.info("no longer needs a hand: %s", " ".join(key).strip())
        for key in keys:
            self._present.pop(key, None)

    async def _judge(self, now: datetime) -> _Judgement:
        """What the database and the disk say. What is there was read before this, so nothing newer is ended."""
        found = _Judgement()
        self._status = status = await self._store.get_status()
        oldest = status.oldest_waiting_at or now
        waiting = now - max(oldest, self._resumed_at or oldest)
        self._weigh(
            found,
            "backlog",
            waiting > BACKLOG[0],
            waiting < BACKLOG[1],
            Sentence(told.BACKLOG, n=_minutes(waiting), waiting=status.outbox_waiting),
        )
        silence = now - max(status.last_ok_at or self._began_at, self._began_at)
        heard = status.last_ok_at is not None and now - status.last_ok_at < SILENCE[1]
        self._weigh(
            found,
            "silence",
            status.feeds > 0 and silence > SILENCE[0] and not await self._rests(now),
            heard or not status.feeds,
            Sentence(told.SILENCE, n=_minutes(silence)),
        )
        used = self._disk_used(self._folder) if self._folder is not None else 0.0
        self._weigh(
            found,
            "disk",
            used > DISK_USED[0],
            used < DISK_USED[1],
            Sentence(told.DISK, folder=str(self._folder), percent=f"{used * 100:.0f}"),
        )
        await self._judge_release(found, now)
        await self._judge_feeds(found)
        await self._judge_hosts(found)
        return found

    async def _rests(self, now: datetime) -> bool:
        """Whether no feed is read because none is due: some were read well, and all of those wait for their time."""
        work = [record.state for record in await self._store.list_feeds() if record.paused_at is None]
        due = [state.next_poll_at for state in work if not state.last_error]
        return bool(due) and min(due) > now - OVERDUE

    async def _judge_feeds(self, found: _Judgement) -> None:
        known = self._has("feed") or self._has("gone")
        records = await self._store.list_feeds() if self._status.feeds_failing or known else ()
        failing = [record for record in records if record.paused_at is None and is_trouble(record.state)]
        keys = {_key(record): record for record in failing}
        found.over += [key for key in self._present if key[0] in ("feed", "gone") and key not in keys]
        for key, record in keys.items():
            text = Sentence(told.UNREADABLE, feed=record.spec.name, reason=recognise(record.state.last_error))
            if key not in self._present:
                found.begun.append(Notice(*key, text))

    async def _judge_hosts(self, found: _Judgement) -> None:
        """Whether each host can be asked for all of its feeds; looked at when there are more or fewer than before."""
        if self._status.feeds == self._feeds_judged:
            return
        said = crowded_hosts(await self._store.list_feeds(), self._host_pause)
        found.over += [key for key in self._present if key[0] == "host" and key not in said]
        found.begun += [Notice(*key, text) for key, text in said.items() if key not in self._present]
        self._feeds_judged = self._status.feeds

    async def _judge_release(self, found: _Judgement, now: datetime) -> None:
        revision = await self._store.read_revision()
        text = upgrade_pending(await self._store.list_replicas(now - AT_WORK), revision)
        self._uneven_since = (self._uneven_since or now) if text else None
        lasts = self._uneven_since is not None and now - self._uneven_since >= UPGRADE_TAKES
        self._weigh(found, "upgrade", lasts, text is None, text)

    def _weigh(self, found: _Judgement, kind: str, begins: bool, over: bool, text: Sentence | None) -> None:
        key = (kind, "")
        if begins and text is not None and key not in self._present:
            found.begun.append(Notice(*key, text))
        elif over and key in self._present:
            found.over.append(key)

    async def _without_database(self, now: datetime, error: StoreError) -> None:
        """Who told last tells this as well; what the processes agree by is away."""
        if now - self._well_at < DATABASE_AWAY:
            return
        if not self._away:
            self._away = Sentence(told.DATABASE, n=_minutes(now - self._well_at), reason=str(error))
            log.error("needs a hand: %s", self._away)
        if self._teller.leads:
            await self._teller.tell_without_database(self._away)

    def _begin(self, kind: str, name: str, text: Sentence) -> None:
        """Note what lasts until it is over, or until this process has ended."""
        self._mine.add((kind, name))
        if (kind, name) in self._present:
            self._pending.pop((kind, name), None)
        else:
            self._pending[kind, name] = Notice(kind, name, text, self._clock.now() + UNLESS_REPEATED)

    def _news(self, kind: str, name: str, text: Sentence) -> None:
        """Note something that happened and does not last: told once in a day."""
        if (kind, name) not in self._present:
            self._pending.setdefault((kind, name), Notice(kind, name, text, self._clock.now() + NEWS_LASTS))

    def _over(self, kind: str, name: str) -> None:
        self._mine.discard((kind, name))
        self._pending[kind, name] = None

    def _over_kind(self, kind: str) -> None:
        self._mine = {key for key in self._mine if key[0] != kind}
        self._pending = {key: notice for key, notice in self._pending.items() if key[0] != kind}
        self._over_kinds.add(kind)

    def _replace(self, kind: str, text: Sentence) -> None:
        """Note what takes the place of all of its kind; the text is its name, so that the same is told once."""
        self._over_kind(kind)
        self._begin(kind, text, text)

    def _is_over(self, key: NoticeKey) -> bool:
        return key[0] in self._over_kinds and key not in self._mine

    def _has(self, kind: str) -> bool:
        return any(key[0] == kind for key in self._present)

    def _all(self) -> dict[NoticeKey, Notice]:
        """What is present, with what is still to be written."""
        both = {key: notice for key, notice in self._present.items() if not self._is_over(key)} | self._pending
        return {key: notice for key, notice in both.items() if notice is not None}


def _key(record: FeedRecord) -> NoticeKey:
    """That a feed which had failed is gone for good is news."""
    return "gone" if record.state.last_outcome == Outcome.GONE else "feed", record.spec.url


def _missed(missed: Sequence[Missed]) -> Sentence:
    """What the audit found, as one sentence with the first headlines and addresses."""
    first = "; ".join(f"“{foreign(one.title, 120)}” {clean_link(one.url)}" for one in missed[:MOST_MISSED])
    if len(missed) > MOST_MISSED:
        first = Sentence(told.MISSED_MORE, stories=first, n=len(missed) - MOST_MISSED)
    return Sentence(told.MISSED, n=len(missed), stories=first)


def database_folder(url: str) -> Path | None:
    """The folder of a SQLite file, None for a database server."""
    return Path(urlsplit(url).path[1:]).parent if url.startswith("sqlite") else None


def _disk_used(folder: Path) -> float:
    usage = shutil.disk_usage(folder)
    return 1 - usage.free / usage.total if usage.total else 0.0


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))


def _minutes(age: timedelta) -> int:
    return _seconds(age) // 60
