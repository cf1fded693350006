"""The public face of this room: one class that answers all *Store protocols of core.ports.

Every method is one transaction. All raise StoreError when the database cannot do its work; nothing is written then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete

from core.audit import Change
from core.clock import SystemClock
from core.health import FeedRecord
from core.model import (
    EntryTrace,
    Feed,
    FeedSpec,
    Lane,
    Level,
    NewEntry,
    OutboxItem,
    PollRecord,
    Role,
    Status,
    Story,
    Subscription,
    Target,
)
from core.options import Feedback, Options, Told, Verdict
from core.overview import DeliveryRow, DeliveryState, StoryMark
from core.ports import Clock
from core.search import DayCount, SearchTerm
from core.showing import Showing
from core.watch import StoredEntry, WatchItem, WatchSpec
from storage import (
    audit,
    claims,
    feedback,
    feeds,
    known,
    migrate,
    outbox,
    overview,
    retention,
    status,
    stories,
    subscriptions,
    watchlists,
)
from storage import entries as texts
from storage.audited import AuditDesk
from storage.columns import digest
from storage.correcting import StoryAdmin
from storage.database import Database
from storage.dialect import Lock, insert, limit_idle
from storage.feedadmin import FeedAdmin
from storage.installations import InstallationDesk
from storage.proposals import ProposalDesk
from storage.replicas import ReplicaStore
from storage.retention import Pruned
from storage.schema import updates
from storage.secondlooks import LookDesk
from storage.transaction import PollTransaction

# How often lanes are chosen anew when another process was quicker with all that were chosen.
_CHOICES = 3


class Store(
    known.KnownEntries, FeedAdmin, LookDesk, AuditDesk, StoryAdmin, ProposalDesk, InstallationDesk, ReplicaStore
):
    """`url` and `listen` as in the configuration; `busy_timeout` in seconds, for SQLite's lock."""

    def __init__(self, url: str, *, clock: Clock | None = None, busy_timeout: float = 10, listen: bool = True) -> None:
        self._listen = listen
        self._database = Database(url, busy_timeout=busy_timeout)
        self._clock: Clock = clock or SystemClock()
        self._stale: dict[int, tuple[int, ...]] = {}
        self._updates_pruned_at: datetime | None = None

    async def open(self, *, upgrade: bool = True) -> tuple[str, str]:
        """Connect, creating a SQLite file with its folder, and `migrate`. Raises SchemaTooNew.

        Without `upgrade`, tables that are not up to date are a StoreError, and left as they are.
        """
        await self._database.open()
        try:
            if upgrade:
                return await self.migrate()
            revision = await migrate.must_be_current(self._database)
            return revision, revision
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._database.close()

    async def migrate(self) -> tuple[str, str]:
        """Bring the tables up to date, one process at a time; the revisions before ("" if none) and after."""
        return await migrate.upgrade(self._database)

    # --- polling ----------------------------------------------------------------------------------------------------

    async def sync_feeds(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        async with self._database.write(Lock.FEEDS) as connection:
            await feeds.sync(connection, specs, now)

    async def claim_due_feeds(
        self,
        now: datetime,
        *,
        limit: int,
        per_host: int = 1,
        lease: timedelta = timedelta(minutes=2),
        force: bool = False,
        urls: Sequence[str] = (),
    ) -> tuple[Feed, ...]:
        if per_host == 1 and not urls:
            if self._database.is_sqlite:
                return await self._database.transact(claims.claim_in_step(now, limit=limit, lease=lease, force=force))
            asked = self._database
            return await claims.claim_at_once(asked.ask, asked.sql_dialect, now, limit=limit, lease=lease, force=force)
        async with self._database.write(Lock.FEEDS) as connection:
            cap = {"limit": limit, "per_host": per_host}
            return await claims.claim(connection, now, **cap, lease=lease, force=force, urls=urls)

    async def list_feeds(self) -> tuple[FeedRecord, ...]:
        async with self._database.read() as connection:
            return await feeds.records(connection)

    async def hasten_feeds(self, now: datetime) -> int:
        async with self._database.write(Lock.FEEDS) as connection:
            return await feeds.hasten(connection, now)

    async def step_aside(self, polled: Sequence[Feed], now: datetime) -> None:
        async with self._database.write(Lock.FEEDS) as connection:
            await feeds.step_aside(connection, polled, now)

    async def find_newest_alert(self, since: datetime) -> datetime | None:
        async with self._database.read() as connection:
            return await stories.newest_alert(connection, since)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PollTransaction]:
        async with self._database.write() as connection:
            await limit_idle(connection)
            yield PollTransaction(connection, self._stale)

    async def record_polls(
        self, polls: Sequence[tuple[Feed, PollRecord]], entries: Mapping[int, Sequence[NewEntry]] | None = None
    ) -> dict[int, int]:
        new = entries or {}
        if self._database.is_sqlite:
            stale = {feed.id: self._stale.pop(feed.id, ()) for feed, _ in polls}
            return await feeds.record_all(self._database, polls, new, stale)
        async with self._database.write() as connection:
            await limit_idle(connection)
            written = await feeds.finish_all(connection, polls, new)
            met_again = [row for feed, _ in polls for row in self._stale.pop(feed.id, ()) if feed.id in written]
            await known.refresh(connection, met_again, max(record.polled_at for _, record in polls))
        return written

    # --- delivery ---------------------------------------------------------------------------------------------------

    async def claim_lanes(
        self, now: datetime, *, platforms: Sequence[str], limit: int, per_lane: int, lease: timedelta
    ) -> tuple[Lane, ...]:
        for _ in range(_CHOICES):
            async with self._database.read() as connection:
                chosen = await outbox.due_lanes(connection, now, platforms, limit)
            if not chosen:
                break
            async with self._database.write(Lock.LANES) as connection:
                if lanes := await outbox.claim(connection, chosen, now, per_lane=per_lane, lease=lease):
                    return lanes
        return ()

    async def get_story(self, story_id: int) -> Story:
        async with self._database.read() as connection:
            return await stories.get(connection, story_id)

    async def mark_sent(
        self, lane: Lane, item: OutboxItem, message_ref: str, revision: int, now: datetime, told: Told | None = None
    ) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark_sent(connection, lane, [(item, message_ref, revision, told)], now)

    async def mark_all_sent(self, lane: Lane, shown: Sequence[tuple[OutboxItem, int, Told]], now: datetime) -> bool:
        rows = [(item, item.message_ref, revision, told) for item, revision, told in shown]
        async with self._database.write() as connection:
            return await outbox.mark_sent(connection, lane, rows, now)

    async def mark_told(self, lane: Lane, item: OutboxItem, told: Told) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark(connection, lane, [item], told=told)

    async def mark_deferred(self, lane: Lane, items: Sequence[OutboxItem], not_before: datetime, reason: str) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark(connection, lane, items, not_before=not_before, deferred_reason=reason)

    async def mark_held(self, lane: Lane, item: OutboxItem, reason: str) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark(connection, lane, [item], held_reason=reason)

    async def mark_later(self, lane: Lane, item: OutboxItem, not_before: datetime, reason: str) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark(
                connection, lane, [item], not_before=not_before, attempts=outbox.ONE_MORE_ATTEMPT, last_error=reason
            )

    async def mark_missing(self, lane: Lane, item: OutboxItem) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark(connection, lane, [item], sent=0, message_ref="")

    async def mark_dead(self, lane: Lane, item: OutboxItem, reason: str) -> bool:
        async with self._database.write() as connection:
            return await outbox.mark(connection, lane, [item], dead_reason=reason)

    async def block_lane(self, lane: Lane, until: datetime) -> bool:
        async with self._database.write() as connection:
            return await outbox.block(connection, lane, until)

    async def release_lane(self, lane: Lane) -> None:
        async with self._database.write() as connection:
            await outbox.release(connection, lane)

    async def retire_target(self, target: Target, reason: str) -> None:
        async with self._database.write(Lock.STORIES) as connection:
            await subscriptions.retire(connection, target, reason)

    async def retire_team(self, platform: str, team: str, reason: str) -> None:
        async with self._database.write(Lock.STORIES) as connection:
            await subscriptions.retire_team(connection, platform, team, reason)

    async def move_target(self, old: Target, new: Target) -> None:
        async with self._database.write(Lock.STORIES) as connection:
            await subscriptions.move(connection, old, new)

    async def next_delivery_at(self) -> datetime | None:
        async with self._database.read() as connection:
            return await outbox.next_at(connection)

    # --- chats ------------------------------------------------------------------------------------------------------

    async def find_subscription(self, target: Target) -> Subscription | None:
        async with self._database.read() as connection:
            return await subscriptions.find(connection, target)

    async def subscribe(
        self, target: Target, topics: Sequence[str], now: datetime, *, source: str = "chat"
    ) -> Subscription:
        async with self._database.write(Lock.STORIES) as connection:
            return await subscriptions.subscribe(connection, target, topics, now, source)

    async def set_options(self, target: Target, options: Options, now: datetime) -> Subscription:
        async with self._database.write(Lock.STORIES) as connection:
            return await subscriptions.set_options(connection, target, options, now)

    async def add_feedback(self, names: Sequence[tuple[str, str]], verdict: Verdict) -> None:
        async with self._database.write() as connection:
            await feedback.add(connection, names, verdict)

    async def list_feedback(self, kind: str, *, limit: int) -> tuple[Feedback, ...]:
        async with self._database.read() as connection:
            return await feedback.of_kind(connection, kind, limit)

    async def unsubscribe(self, target: Target) -> bool:
        async with self._database.write(Lock.STORIES) as connection:
            return bool(await subscriptions.forget(connection, target))

    async def sync_subscriptions(self, wanted: Mapping[Target, Sequence[str]], now: datetime) -> None:
        async with self._database.write(Lock.STORIES) as connection:
            await subscriptions.sync(connection, wanted, now)

    async def latest_stories(
        self, limit: int, *, topics: Sequence[str] = (), level: Level = Level.ALERT, before: int | None = None
    ) -> tuple[Story, ...]:
        async with self._database.read() as connection:
            return await stories.latest(connection, limit, topics, level, before)

    async def find_story(self, story_id: int) -> Story | None:
        async with self._database.read() as connection:
            return await stories.find(connection, story_id)

    async def find_story_of_message(self, target: Target, message_ref: str) -> Story | None:
        async with self._database.read() as connection:
            return await stories.of_message(connection, target, message_ref)

    async def find_entry(self, url: str) -> EntryTrace | None:
        async with self._database.read() as connection:
            return await texts.find_trace(connection, url)

    async def get_status(self) -> Status:
        async with self._database.read() as connection:
            return await status.read(connection)

    async def first_sight(self, platform: str, event_id: str, now: datetime) -> bool:
        async with self._database.write() as connection:
            if self._updates_pruned_at is None or now - self._updates_pruned_at > timedelta(hours=1):
                await connection.execute(delete(updates).where(updates.c.seen_at < now - retention.KEEP_UPDATES))
                self._updates_pruned_at = now
            added = await connection.execute(
                insert(connection, updates)
                .values(event_digest=digest(platform, event_id), seen_at=now)
                .on_conflict_do_nothing(index_elements=["event_digest"])
            )
            return bool(added.rowcount)

    # --- watchlists -------------------------------------------------------------------------------------------------

    async def watches(self, target: Target) -> tuple[WatchItem, ...]:
        async with self._database.read() as connection:
            return await watchlists.of(connection, target)

    async def watch(self, target: Target, specs: Sequence[WatchSpec], now: datetime) -> int:
        async with self._database.write(Lock.STORIES) as connection:
            return await watchlists.add(connection, target, specs, now)

    async def unwatch(self, target: Target, ids: Sequence[int]) -> int:
        async with self._database.write(Lock.STORIES) as connection:
            return await watchlists.remove(connection, target, ids)

    async def find_watched(self, target: Target, story_id: int) -> str | None:
        async with self._database.read() as connection:
            return await watchlists.find_watched(connection, target, story_id)

    async def find_showing(self, target: Target, story_id: int) -> Showing | None:
        async with self._database.read() as connection:
            return await overview.showing(connection, target, story_id)

    async def get_watch_version(self) -> str:
        async with self._database.read() as connection:
            return await watchlists.version(connection)

    async def get_watch_specs(self) -> tuple[WatchSpec, ...]:
        async with self._database.read() as connection:
            return await watchlists.specs(connection)

    async def entries_since(self, since: datetime, limit: int) -> AsyncIterator[StoredEntry]:
        """See core.watch. Read in pages, each a transaction of its own, so that nothing waits for a slow reader."""
        before: int | None = None
        while limit > 0:
            async with self._database.read() as connection:
                page = await texts.page_since(connection, since, before, min(limit, texts.PAGE))
            for entry in page:
                yield entry
            if len(page) < texts.PAGE:
                return
            limit, before = limit - len(page), page[-1].id

    # --- overview ---------------------------------------------------------------------------------------------------

    async def list_marks(self, since: datetime, limit: int) -> tuple[StoryMark, ...]:
        async with self._database.read() as connection:
            return await overview.marks(connection, since, limit)

    async def list_deliveries(self, state: DeliveryState, limit: int) -> tuple[DeliveryRow, ...]:
        async with self._database.read() as connection:
            return await overview.deliveries(connection, state, limit)

    async def search_entries(self, terms: Sequence[SearchTerm], limit: int) -> tuple[StoredEntry, ...]:
        async with self._database.read() as connection:
            return await texts.having(connection, terms, limit)

    async def search_stories(
        self, terms: Sequence[SearchTerm], limit: int, *, before: int | None = None
    ) -> tuple[Story, ...]:
        async with self._database.read() as connection:
            return await stories.having(connection, terms, limit, before)

    async def count_days(self, since: datetime) -> tuple[DayCount, ...]:
        async with self._database.read() as connection:
            return await stories.count_days(connection, since)

    async def record_change(self, target: Target, role: Role, line: str, now: datetime) -> None:
        async with self._database.write() as connection:
            await audit.record(connection, target, role, line, now)

    async def changes(self, target: Target, limit: int) -> tuple[Change, ...]:
        async with self._database.read() as connection:
            return await audit.latest(connection, target, limit)

    # --- housekeeping -----------------------------------------------------------------------------------------------

    async def prune(self, now: datetime, *, keep_text: timedelta, keep_identity: timedelta) -> Pruned:
        """Delete what is older than is kept; how many rows went. See storage.retention."""
        return await retention.prune(self._database, now, keep_text=keep_text, keep_identity=keep_identity)
