"""`GET /metrics` for Prometheus: counted from what the parts tell their observer, and from the store's own counts.

Text format 0.0.4 or OpenMetrics, as the scraper asks (https://prometheus.io/docs/instrumenting/exposition_formats/);
names and units follow https://prometheus.io/docs/practices/naming/. Labels never hold foreign text or addresses of
chats: outcomes, platforms and command names are small closed sets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    exposition,
)

from core.errors import StoreError
from core.model import Outcome, PollResult, Status
from core.ports import Clock, HttpRequest, HttpResponse, Route

DELIVERED = ("sent", "edited", "replied", "digest", "dead", "chat_gone")
_OUTCOME_OF = {"alert_reply": "replied", "digest": "digest", "alert_dead": "dead", "chat_gone": "chat_gone"}
_WORK_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DELAY_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400)

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client's


class Metrics:
    """An Observer that counts. Times of events are seconds as the events give them; ages are by `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._polls = Counter("minskwatch_polls_total", "Polls of feeds by outcome.", ["outcome"], registry=registry)
        for outcome in Outcome:
            self._polls.labels(outcome.value)
        self._entries = Counter("minskwatch_entries_total", "Entries seen for the first time.", registry=registry)
        self._hits = Counter("minskwatch_hits_total", "Entries that matched a topic.", registry=registry)
        self._stories = Counter("minskwatch_stories_total", "Stories opened.", registry=registry)
        self._queued = Counter("minskwatch_alerts_queued_total", "Alerts that reports caused.", registry=registry)
        self._fetch = Histogram(
            "minskwatch_fetch_duration_seconds", "Time of one fetch.", buckets=_WORK_SECONDS, registry=registry
        )
        self._parse = Histogram(
            "minskwatch_parse_duration_seconds", "Time of parsing one body.", buckets=_WORK_SECONDS, registry=registry
        )
        self._delay = Histogram(
            "minskwatch_alert_delay_seconds",
            "From the first sight of an event to its alert in a chat; what the chat itself put off is in it.",
            ["platform"],
            buckets=_DELAY_SECONDS,
            registry=registry,
        )
        self._deliveries = Counter(
            "minskwatch_deliveries_total", "Deliveries by outcome.", ["platform", "outcome"], registry=registry
        )
        self._rests = Counter(
            "minskwatch_platform_rests_total",
            "Times that nothing was sent to a platform for a while: its rate limit, or it was not reached.",
            ["platform"],
            registry=registry,
        )
        self._refused = Counter(
            "minskwatch_credentials_refused_total",
            "Times a platform refused our token.",
            ["platform"],
            registry=registry,
        )
        self._commands = Counter(
            "minskwatch_commands_total", "Commands answered.", ["platform", "name"], registry=registry
        )
        self._deaths = Counter(
            "minskwatch_parser_deaths_total", "Parser processes that died or had to be ended.", registry=registry
        )
        self._from_status = _StatusGauges(registry)

    def __call__(self, event: str, /, **fields: Any) -> None:
        """The observer of the parts; events of no interest are passed over."""
        match event:
            case "poll":
                self._count_poll(fields["result"])
            case "fetched":
                self._fetch.observe(fields["seconds"])
            case "parsed":
                self._parse.observe(fields["seconds"])
            case "parser_died":
                self._deaths.inc()
            case "alert":
                self._count_alert(**fields)
            case "alert_reply" | "digest" | "alert_dead" | "chat_gone":
                self._deliveries.labels(fields["platform"], _OUTCOME_OF[event]).inc()
            case "platform_rests":
                self._rests.labels(fields["platform"]).inc()
            case "credentials_refused":
                self._refused.labels(fields["platform"]).inc()
            case "command":
                self._commands.labels(fields["platform"], fields["name"]).inc()

    def _count_poll(self, result: PollResult) -> None:
        self._polls.labels(result.outcome.value).inc()
        self._entries.inc(result.new)
        self._hits.inc(result.hits)
        self._stories.inc(result.stories)
        self._queued.inc(result.alerts)

    def _count_alert(self, *, platform: str, edited: bool, waited: float | None = None, **_: Any) -> None:
        self._deliveries.labels(platform, "edited" if edited else "sent").inc()
        if waited is not None and not edited:
            self._delay.labels(platform).observe(max(0.0, waited))

    def note_platforms(self, names: tuple[str, ...]) -> None:
        """Show all outcomes of these platforms from the start: a rate needs the zero before the one."""
        for name in names:
            self._rests.labels(name)
            self._refused.labels(name)
            self._delay.labels(name)
            for outcome in DELIVERED:
                self._deliveries.labels(name, outcome)

    def render(self, status: Status | None, accept: str = "") -> tuple[bytes, str]:
        """The body and its Content-Type; `status` is None when the store did not answer."""
        self._from_status.set(status, self._clock.now())
        encode, content_type = exposition.choose_encoder(accept)
        return encode(self.registry), content_type


class _StatusGauges:
    """What the store counts, for all processes together: gauges that every scrape sets anew."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"minskwatch_{name}", text, labels, registry=registry)

        self._up = gauge("store_up", "1 when the database answered this scrape.")
        self._feeds = gauge("feeds", "Configured feeds by state.", "state")
        self._subscriptions = gauge("subscriptions", "Chats that get alerts.")
        self._waiting = gauge("outbox_waiting", "Alerts and edits still to be shown.")
        self._dead = gauge("outbox_dead", "Alerts given up.")
        self._oldest = gauge("outbox_oldest_seconds", "Age of the alert that waits longest; 0 when none waits.")
        self._polled = gauge("last_poll_timestamp_seconds", "Unix time of the newest poll; 0 before the first.")
        self._ok = gauge(
            "last_successful_poll_timestamp_seconds",
            "Unix time of the newest poll that ended well; 0 before the first.",
        )

    def set(self, status: Status | None, now: datetime) -> None:
        self._up.set(status is not None)
        if status is None:
            return
        self._feeds.labels("ok").set(status.feeds - status.feeds_failing)
        self._feeds.labels("failing").set(status.feeds_failing)
        self._subscriptions.set(status.subscriptions)
        self._waiting.set(status.outbox_waiting)
        self._dead.set(status.outbox_dead)
        oldest = status.oldest_waiting_at
        self._oldest.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0)
        self._polled.set(status.last_poll_at.timestamp() if status.last_poll_at else 0)
        self._ok.set(status.last_ok_at.timestamp() if status.last_ok_at else 0)


def metrics_route(metrics: Metrics, read_status: Callable[[], Awaitable[Status]]) -> Route:
    """GET /metrics. A database that does not answer costs the gauges, not the scrape."""

    async def answer(request: HttpRequest) -> HttpResponse:
        try:
            status: Status | None = await read_status()
        except StoreError:
            status = None
        body, content_type = metrics.render(status, request.headers.get("accept", ""))
        return HttpResponse(200, body, {"Content-Type": content_type})

    return Route("GET", "/metrics", answer)
