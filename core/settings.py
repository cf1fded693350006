"""Every setting of the program, as frozen values. config.example.toml shows each with its default; a test compares.

A field's metadata says what it is: `doc` (one sentence), `secret`, `choices`, `least` and `most` (smallest and largest
value), `url` (allowed schemes). core.config reads TOML and environment into these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from core.links import asked_at, endpoint_of
from core.model import FeedSpec

HTTP = ("http", "https")
SLOWEST = 12  # intervals: how far apart the polls of a feed without news may drift


def _key(default: Any, doc: str, **extra: Any) -> Any:
    return field(default=default, metadata={"doc": doc, **extra})


def _tables(doc: str) -> Any:
    return field(default=(), metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    token: str = _key("", "Bot token from @BotFather; empty switches Telegram off.", secret=True)
    spare_tokens: tuple[str, ...] = _key(
        (),
        "Tokens of bots that take over, in this order, when the one before is refused; docs/telegram.md.",
        secret=True,
    )
    api_base: str = _key("https://api.telegram.org", "Address of the Bot API server.", url=HTTP)
    mode: str = _key("polling", "How updates come in.", choices=("polling", "webhook"))
    webhook_url: str = _key("", "Public https address that leads to /telegram/webhook (webhook mode).", url=HTTP)
    webhook_secret: str = _key("", "Secret that Telegram sends with every webhook call (webhook mode).", secret=True)
    profile: bool = _key(
        True, "Say what the bot does on its profile, in every language; false keeps what @BotFather was told."
    )
    ephemeral: bool = _key(
        True, "Show answers in groups to the asker alone where Telegram can; false shows them to the group."
    )


@dataclass(frozen=True, slots=True)
class SlackSettings:
    bot_token: str = _key("", "Bot token, xoxb-...; empty switches Slack off.", secret=True)
    app_token: str = _key("", "App-level token, xapp-..., for Socket Mode.", secret=True)
    signing_secret: str = _key("", "Signing secret of the app, for HTTP mode.", secret=True)
    mode: str = _key("socket", "How events come in: Socket Mode, or POST /slack/events.", choices=("socket", "http"))
    api_base: str = _key("https://slack.com/api/", "Address of Slack's Web API.", url=HTTP)
    managers: str = _key(
        "members",
        "Who may change a channel's subscription: all its members, or admins and owners of the workspace.",
        choices=("members", "admins"),
    )
    client_id: str = _key("", "Client ID of the app, to let several workspaces install it at /slack/install.")
    client_secret: str = _key("", "Client secret of the app, for the same.", secret=True)
    scopes: tuple[str, ...] = _key(
        (
            *("app_mentions:read", "channels:read", "chat:write", "commands", "files:read", "files:write"),
            *("groups:read", "im:history", "users:read"),
        ),
        "What the app asks for in a workspace that installs it.",
    )
    redirect: str = _key("", "Public https address that leads to /slack/oauth_redirect.", url=HTTP)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    host: str = _key("127.0.0.1", "Address that health checks and webhooks listen on; 0.0.0.0 in a container.")
    port: int = _key(8080, "Port of the same; 0 takes any free one.", least=0, most=65535)
    metrics: bool = _key(True, "Serve GET /metrics for Prometheus; it names no chat.")
    public_pages: str = _key(
        "auto",
        "Stories as pages, RSS, Atom, JSON Feed and API, for everybody; auto: only when host is loopback.",
        choices=("auto", "on", "off"),
    )
    operator_pages: str = _key(
        "auto",
        "Feeds, deliveries and counts, behind operator_token; auto: only when host is loopback and there is a token.",
        choices=("auto", "on", "off"),
    )
    operator_token: str = _key("", "Token for the operator pages, 16 characters or more.", secret=True)
    public_url: str = _key("", "Address under which readers reach the pages, for the links in feeds.", url=HTTP)


@dataclass(frozen=True, slots=True)
class WebhooksSettings:
    urls: tuple[str, ...] = _key((), "Addresses that get each story as signed JSON; docs/outputs.md.", url=HTTP)
    secret: str = _key("", "What the signatures are made with, 24 characters or more.", secret=True)
    topics: tuple[str, ...] = _key((), "Topics they get; all if empty.")


@dataclass(frozen=True, slots=True)
class StorageSettings:
    url: str = _key(
        "sqlite+aiosqlite:///data/minskwatch.db",
        "Database: SQLite, or postgresql+asyncpg://user:password@host/name.",
        secret_part=True,
    )
    listen: bool = _key(
        True, "PostgreSQL: be woken by what others queue. false saves a connection; alerts wait up to a second longer."
    )
    keep: timedelta = _key(timedelta(days=90), "How long the text of entries is kept.", least=timedelta(days=1))
    keep_identities: timedelta = _key(
        timedelta(days=730), "How long it is remembered that an entry was seen.", least=timedelta(days=1)
    )


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """One [[feeds.feed]] table, before defaults are applied."""

    name: str = _key("", "Name shown in alerts; the host if empty.")
    url: str = _key("", "Address of the feed.", url=HTTP, required=True)
    kind: str = _key("rss", "Source type.")
    lang: str = _key("", "Language code of the feed, if it has one language.")
    owner: str = _key("", "Kind of owner: state media, independent, government, wire, rights group.")
    full_text: str = _key("", "Own choice instead of feeds.full_text.", choices=("", "auto", "always", "never"))
    interval: timedelta | None = _key(None, "Own interval instead of feeds.interval.", least=timedelta(seconds=1))
    user_agent: str = _key("", "Own User-Agent for servers that refuse ours.")
    mirrors: tuple[str, ...] = _key((), "Further addresses of the same feed.", url=HTTP)
    proxy: str = _key("", "HTTP proxy that this feed is fetched through.", url=("http",))
    implies: tuple[str, ...] = _key((), 'Concepts that every entry of this feed speaks of, such as "belarus".')
    audit: bool = _key(False, "Alert nobody; tell operators what this feed brings and no other does.")
    enabled: bool = _key(True, "false leaves the feed out.")


@dataclass(frozen=True, slots=True)
class FeedsSettings:
    interval: timedelta = _key(timedelta(minutes=5), "How often a feed is polled.", least=timedelta(seconds=1))
    min_interval: timedelta = _key(
        timedelta(minutes=5), "The floor that no feed's interval undercuts.", least=timedelta(seconds=1)
    )
    max_interval: timedelta = _key(
        timedelta(hours=1),
        "The longest wait for a feed that seldom has news (a feed's own interval is kept); at most 12 intervals.",
        least=timedelta(seconds=1),
    )
    backfill: timedelta = _key(
        timedelta(0), "How far back the first poll of a feed may alert; 0s: it is silent.", least=timedelta(0)
    )
    allow_private: tuple[str, ...] = _key(
        (), 'Addresses on private networks that may be reached, as "host:port"; your own, so without host_pause.'
    )
    contact: str = _key("", "Web or mail address of the operator, told to servers in the User-Agent.")
    timeout: timedelta = _key(timedelta(seconds=30), "Time one fetch may take.", least=timedelta(seconds=1))
    max_bytes: int = _key(8 * 1024 * 1024, "Largest body after decompression, in bytes.", least=1024)
    concurrency: int = _key(20, "Feeds polled at the same time.", least=1)
    host_pause: timedelta = _key(
        timedelta(seconds=1), "Pause between two requests to one public host.", least=timedelta(0)
    )
    proxy: str = _key("", "HTTP proxy for the hosts of proxy_hosts, as http://host:port.", url=("http",))
    proxy_hosts: tuple[str, ...] = _key(
        (), 'Hosts reached through the proxy, with their subdomains, as "spring96.org".'
    )
    full_text: str = _key(
        "auto",
        "Read an entry's page when its summary says too little. auto: one side of a topic was found, and the page is "
        "on the feed's own site; always: no topic was found.",
        choices=("auto", "always", "never"),
    )
    full_text_per_poll: int = _key(5, "Pages read for the new entries of one poll, at most.", least=0)
    full_text_per_hour: int = _key(60, "Pages read in an hour, at most; 0 reads none.", least=0)
    groups: tuple[str, ...] = _key((), "Groups of the shipped catalogue to poll as well; docs/sources.md lists them.")
    skip_designated: bool = _key(
        False, "Leave out sources of the groups that it is punishable in Belarus to follow (docs/sources.md)."
    )
    feed: tuple[FeedSettings, ...] = _tables("The feeds, a [[feeds.feed]] table each.")


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    edit_after: timedelta = _key(
        timedelta(seconds=60), "Wait before an alert is edited, so that reports gather.", least=timedelta(0)
    )
    on_unknown: str = _key(
        "retry",
        "A connection lost while sending: send again (an alert may come twice) or skip (it may be lost).",
        choices=("retry", "skip"),
    )


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    packs: tuple[str, ...] = _key((), "Pack files to load beside the shipped one.")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    language: str = _key(
        "en",
        "Language of the messages in chats that chose none, when their client speaks none of these.",
        choices=("en", "be", "ru", "uk", "pl", "lt", "de"),
    )


@dataclass(frozen=True, slots=True)
class AccessSettings:
    operators: tuple[str, ...] = _key(
        (),
        'Who operates the bot, as "telegram:12345" or "slack:U0123456"; /feed in your own chat with it says yours.',
    )
    editors_may_change_feeds: bool = _key(False, "Whether those who manage a chat may add, pause and remove feeds.")


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: str = _key("info", "Least level written.", choices=("debug", "info", "warning", "error"))
    format: str = _key("console", "Lines for people or for programs.", choices=("console", "json"))


@dataclass(frozen=True, slots=True)
class SubscriptionSettings:
    """One [[subscriptions]] table: a chat served from the start."""

    target: str = _key(
        "", "Chat, as telegram:-100123, telegram:@name, telegram:-100123/7 or slack:C0123.", required=True
    )
    topics: tuple[str, ...] = _key((), "Topics it gets; all if empty.")


@dataclass(frozen=True, slots=True)
class Settings:
    telegram: TelegramSettings = TelegramSettings()
    slack: SlackSettings = SlackSettings()
    http: HttpSettings = HttpSettings()
    webhooks: WebhooksSettings = WebhooksSettings()
    storage: StorageSettings = StorageSettings()
    feeds: FeedsSettings = FeedsSettings()
    delivery: DeliverySettings = DeliverySettings()
    matching: MatchingSettings = MatchingSettings()
    chat: ChatSettings = ChatSettings()
    access: AccessSettings = AccessSettings()
    log: LogSettings = LogSettings()
    subscriptions: tuple[SubscriptionSettings, ...] = _tables("Chats served from the start.")
    platforms: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict,
        metadata={"doc": "Settings of further platforms, [platforms.NAME], passed on as they are."},
    )

    @property
    def feed_specs(self) -> tuple[FeedSpec, ...]:
        """The enabled feeds with defaults and the floor applied."""
        return tuple(self.spec_of(feed) for feed in self.feeds.feed if feed.enabled)

    def spec_of(self, feed: FeedSettings) -> FeedSpec:
        """The feed with defaults and the floor applied."""
        interval = max(feed.interval or self.feeds.interval, self.feeds.min_interval)
        longest = min(self.feeds.max_interval, interval * SLOWEST)
        return FeedSpec(
            name=feed.name or feed.url.split("/")[2],
            url=feed.url,
            kind=feed.kind,
            lang=feed.lang,
            owner=feed.owner,
            interval=interval,
            user_agent=feed.user_agent,
            mirrors=feed.mirrors,
            implies=feed.implies,
            max_interval=longest if feed.interval is None and longest > interval else None,
            audit=feed.audit,
            full_text=feed.full_text or self.feeds.full_text,
            proxy=feed.proxy or self._proxy_of(feed.url),
            lanes=self._lanes_of(feed.url),
        )

    def _lanes_of(self, url: str) -> int:
        """Own hosts are owed no turns; half of the places are kept from each, since all of its feeds may hang."""
        own = asked_at(url) in map(endpoint_of, self.feeds.allow_private)
        return max(self.feeds.concurrency // 2, 1) if own else 1

    def _proxy_of(self, url: str) -> str:
        host = urlsplit(url).hostname or ""
        through = any(f".{host}".endswith(f".{name.lower().strip('.')}") for name in self.feeds.proxy_hosts)
        return self.feeds.proxy if through else ""
