"""Settings to parts: the one place where the rooms meet. Nothing here starts to work by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import notice_texts
from app.attention import Attention, database_folder
from app.configured import enabled_platforms
from app.measuring import MeasuredFetcher, MeasuredParser, joined
from app.roles import ALL, CHAT, DELIVER
from app.telling import Teller
from app.watcher import StoredWatcher
from bot.command import Commands, load_commands
from bot.delivery import Deliverer, DeliveryOptions
from bot.dispatch import Dispatcher
from bot.draw import png
from bot.finder import Finder
from bot.languages import Chosen, TopicTitles, texts_in
from bot.platforms import PLATFORMS
from bot.platforms.context import PlatformContext
from bot.platforms.webhook import target_of
from bot.speech import ENGLISH, People
from bot.tools import Tools
from core.clock import SystemClock
from core.leadership import this_process
from core.model import Role, Target
from core.ports import ChatPlatform, Clock, Observer
from core.replicas import Replica
from core.settings import FeedSettings, Settings
from feeds.auditing import Audit
from feeds.desk import Desk
from feeds.fetch import Fetcher
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import VERSION, FeedOptions, identify
from feeds.pages import PageWorker
from feeds.parsing import ParseWorker
from feeds.poller import Poller
from feeds.secondlook import SecondLooks
from matching.matcher import PackMatcher, load_matcher
from matching.packfile import PACKS
from matching.people import Roster
from matching.stories import StoryBook
from matching.timeline import load_timeline
from storage.clock import ServerClock
from storage.schema import REVISION
from storage.store import Store
from web.metrics import Metrics

log = logging.getLogger("minskwatch")

CLOCK_APART = timedelta(seconds=2)
HOUSE_LEASE = timedelta(minutes=55)

TERMINAL = Target("console", "terminal")


def make_matcher(settings: Settings) -> PackMatcher:
    """The matcher with the shipped packs and those of the configuration. Raises PackError with all faults."""
    return load_matcher(pack_files(settings))


def pack_files(settings: Settings) -> list[Path]:
    """The shipped packs and those of the configuration."""
    return [PACKS, *map(Path, settings.matching.packs)]


@dataclass
class Parts:
    """Everything that works, wired together. `platforms` holds those that are configured."""

    settings: Settings
    clock: Clock
    matcher: PackMatcher
    store: Store
    fetcher: Fetcher
    parser: ParseWorker
    poller: Poller
    platforms: Mapping[str, ChatPlatform]
    deliverer: Deliverer
    dispatcher: Dispatcher
    metrics: Metrics
    attention: Attention
    desk: Desk
    watcher: StoredWatcher
    pages: PageWorker
    looks: SecondLooks
    audit: Audit
    subscriptions: Mapping[Target, tuple[str, ...]] = field(default_factory=dict)
    people: People = field(default_factory=People)
    roles: frozenset[str] = ALL

    async def open_store(self) -> None:
        """Open and migrate the database and make feeds and subscriptions follow the configuration. Nothing is polled
        before, so this is when matching makes its tables, beside the event loop."""
        if self.roles != {DELIVER}:
            await asyncio.to_thread(self.matcher.prepare)
        await self.store.open()
        await self.set_clock()
        now = self.clock.now()
        await self.store.sync_feeds(self.settings.feed_specs, now)
        await self.desk.refresh()
        await self.store.sync_subscriptions(self.subscriptions, now)

    async def set_clock(self) -> None:
        """Go by the database server's clock, which all processes share; say so when ours is far from it."""
        if not isinstance(self.clock, ServerClock):
            return
        ahead = await self.clock.follow(self.store.read_clock)
        if abs(ahead) > CLOCK_APART:
            seconds = round(ahead.total_seconds(), 1)
            log.warning("this host's clock is %s s ahead of the database's, which is gone by: set it right", seconds)

    async def keep_house(self) -> None:
        """Drop what is older than is kept, unless another process did within the hour."""
        if await self.store.take_lease("housekeeping", this_process(), self.clock.now(), ttl=HOUSE_LEASE) is None:
            return
        storage = self.settings.storage
        await self.store.prune(
            self.clock.now(), keep_text=storage.keep, keep_identity=max(storage.keep_identities, storage.keep)
        )

    async def close(self) -> None:
        await self.parser.close()
        await self.pages.close()
        await self.fetcher.close()
        await self.store.close()


def make_parts(
    settings: Settings,
    *,
    clock: Clock | None = None,
    observe: Observer | None = None,
    chats: bool = True,
    roles: frozenset[str] = ALL,
) -> Parts:
    """Build all parts. Without a configured chat platform alerts go to the terminal; `chats=False` leaves chats out.

    The libraries of chat platforms are loaded only when a role needs them.
    """
    clock = clock or (ServerClock() if settings.storage.url.startswith("postgresql") else SystemClock())
    matcher = make_matcher(settings)
    store = Store(settings.storage.url, clock=clock, listen=settings.storage.listen)
    platforms: dict[str, ChatPlatform] = {}
    metrics = Metrics(clock)
    roster = Roster(matcher.lexicon, pack_files(settings))
    default = (texts_in(settings.chat.language) if chats else ENGLISH).knowing(People(roster.called))
    me, chosen = replica_of(roles, clock), Chosen()
    operators = settings.access.operators
    teller = Teller(store, platforms, operators, me.owner, say=default, chosen=chosen)
    options, folder = feed_options(settings), database_folder(settings.storage.url)
    attention = Attention(clock, store, teller, folder, me, host_pause=options.host_pause)
    observe, watcher = joined(observe or log_event, metrics, attention), StoredWatcher(store, matcher.lexicon)
    fetcher, parser = MeasuredFetcher(options, clock, observe), MeasuredParser(options, observe)
    pages, judging = PageWorker(options), Judging(matcher, StoryBook(), watcher)
    kit = Kit(store, judging, fetcher, clock, options, observe)
    names = (enabled_platforms(settings) or (TERMINAL.platform,)) if chats else ()
    metrics.note_platforms(names)
    titles, delivery = TopicTitles(matcher.topics, matcher.titles), DeliveryOptions(settings.delivery.on_unknown)
    finder = Finder(store, titles, clock, say=default, observe=observe)
    if roles & {DELIVER, CHAT}:
        platforms |= make_platforms(names, settings, clock, store, finder, observe)
    desk = Desk(store, fetcher, parser, matcher, clock, lambda **given: settings.spec_of(FeedSettings(**given)))
    tools = Tools(roster, load_timeline(), chosen, feeds=desk, draw=png)
    return Parts(
        settings=settings,
        clock=clock,
        matcher=matcher,
        store=store,
        fetcher=fetcher,
        parser=parser,
        poller=Poller(kit, parser),
        pages=pages,
        audit=Audit(store, judging.stories, clock, observe),
        looks=SecondLooks(kit, pages),
        platforms=platforms,
        deliverer=Deliverer(store, platforms, clock, delivery, observe, titles=titles, say=default),
        dispatcher=Dispatcher(
            commands_for(settings), store, titles, clock, operators=operators, say=default, observe=observe, tools=tools
        ),
        metrics=metrics,
        attention=attention,
        desk=desk,
        watcher=watcher,
        subscriptions=chats_of(settings, tuple(matcher.topics), names),
        people=default.people,
        roles=roles,
    )


def make_platforms(
    names: Collection[str], settings: Settings, clock: Clock, store: Store, finder: Finder, observe: Observer
) -> dict[str, ChatPlatform]:
    """The platforms of these names, whose libraries are loaded now."""
    context = PlatformContext(
        settings, clock, store, log, store, stories=store, leases=store, observe=observe, installs=store, inquire=finder
    )
    return {name: PLATFORMS.get(name)(context) for name in names}


def replica_of(roles: frozenset[str], clock: Clock) -> Replica:
    """This process, as the others see it."""
    return Replica(this_process(), VERSION, REVISION, tuple(sorted(roles)), clock.now())


def chats_of(settings: Settings, topics: tuple[str, ...], platforms: Collection[str]) -> dict[Target, tuple[str, ...]]:
    """The chats that the configuration serves, and the terminal when that is the platform, each with its topics."""
    chats = {Target.parse(one.target): one.topics or topics for one in settings.subscriptions}
    chats |= {target_of(url): settings.webhooks.topics or topics for url in settings.webhooks.urls}
    if TERMINAL.platform in platforms:
        chats.setdefault(TERMINAL, topics)
    return chats


def commands_for(settings: Settings) -> Commands:
    """All commands, with the roles that the configuration gives them."""
    commands = load_commands()
    return commands.with_role("feed", Role.EDITOR) if settings.access.editors_may_change_feeds else commands


def feed_options(settings: Settings) -> FeedOptions:
    """The configuration's [feeds] as the feeds room takes it."""
    feeds = settings.feeds
    return FeedOptions(
        user_agent=identify(feeds.contact),
        allow_private=feeds.allow_private,
        timeout=feeds.timeout,
        max_bytes=feeds.max_bytes,
        concurrency=feeds.concurrency,
        host_pause=feeds.host_pause,
        full_text_per_poll=feeds.full_text_per_poll,
        full_text_per_hour=feeds.full_text_per_hour,
        backfill=feeds.backfill,
        edit_after=settings.delivery.edit_after,
    )


# What has words of its own in the log, and how grave it is.
_SAID = {
    "outage_began": (logging.WARNING, f"{notice_texts.NETWORK} Check the network and DNS of this host."),
    "outage_ended": (logging.INFO, "The network is back: feeds answer again."),
}


def log_event(event: str, /, **fields: Any) -> None:
    """The observer of a normal run: troubles as warnings, what comes of hits as news, the rest for debugging."""
    level = logging.DEBUG
    if event == "poll":
        result = fields.pop("result")
        fields |= {"feed": result.name, "outcome": result.outcome.value, "new": result.new, "hits": result.hits}
        level = logging.INFO if result.hits else level
    elif event in ("alert", "alert_reply", "digest", "story", "platform_rests"):
        level = logging.INFO
    elif event in ("alert_dead", "chat_gone", "credentials_refused", "feed_failing"):
        level = logging.WARNING
    elif event in _SAID:
        log.log(*_SAID[event])
        return
    log.log(level, event, extra={f"_{key}" if key in ("name", "msg", "args") else key: v for key, v in fields.items()})
