"""What Prometheus reads: names, formats, and that dashboard and alert rules ask for what exists."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from app.measuring import MeasuredParser, joined
from core.errors import ParseError, StoreError
from core.model import Outcome, PollResult, Status
from core.ports import HttpRequest
from feeds.options import FeedOptions
from tests.fake_clock import FakeClock
from web.metrics import Metrics, metrics_route

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def filled(clock: FakeClock) -> Metrics:
    """Metrics after one of every event."""
    metrics = Metrics(clock)
    metrics.note_platforms(("telegram",))
    metrics(
        "poll", result=PollResult("https://a.example/f", "A", Outcome.OK, entries=9, new=3, hits=2, stories=1, alerts=4)
    )
    metrics("poll", result=PollResult("https://b.example/f", "B", Outcome.GONE, error="410"))
    metrics("fetched", seconds=0.2)
    metrics("parsed", seconds=0.004)
    metrics("parser_died")
    metrics("alert", platform="telegram", story=1, edited=False, waited=1.5)
    metrics("alert", platform="telegram", story=1, edited=True, waited=60.0)
    metrics("alert_reply", platform="telegram", story=1)
    metrics("digest", platform="telegram", stories=3)
    metrics("alert_dead", platform="telegram", story=1, reason="refused")
    metrics("chat_gone", platform="telegram", reason="blocked")
    metrics("platform_rests", platform="telegram", until=clock.now(), reason="flood")
    metrics("credentials_refused", platform="telegram", reason="401")
    metrics("command", platform="telegram", name="latest")
    metrics("something_new", odd=object())
    return metrics


def status(clock: FakeClock) -> Status:
    now = clock.now()
    return Status(
        feeds=5,
        feeds_failing=2,
        subscriptions=7,
        outbox_waiting=3,
        outbox_dead=1,
        oldest_waiting_at=now - timedelta(seconds=90),
        last_poll_at=now,
        last_ok_at=now - timedelta(seconds=10),
    )


def samples(body: str, *, openmetrics: bool = False) -> dict[str, float]:
    """`name{label="value"}` -> value, of all samples."""
    read: Any = read_openmetrics if openmetrics else read_text
    found = {}
    for family in read(body):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


@pytest.mark.parametrize(("accept", "version"), [("", "text/plain; version=0.0.4"), (OPENMETRICS, OPENMETRICS)])
def test_every_event_is_counted_in_both_formats(accept: str, version: str) -> None:
    clock = FakeClock()
    body, content_type = filled(clock).render(status(clock), accept)
    assert content_type.startswith(version)
    found = samples(body.decode(), openmetrics=bool(accept))
    expected = {
        "minskwatch_polls_total{outcome=ok}": 1,
        "minskwatch_polls_total{outcome=error:gone}": 1,
        "minskwatch_polls_total{outcome=error:parse}": 0,
        "minskwatch_entries_total{}": 3,
        "minskwatch_hits_total{}": 2,
        "minskwatch_stories_total{}": 1,
        "minskwatch_alerts_queued_total{}": 4,
        "minskwatch_fetch_duration_seconds_bucket{le=0.25}": 1,
        "minskwatch_fetch_duration_seconds_bucket{le=0.1}": 0,
        "minskwatch_parse_duration_seconds_count{}": 1,
        "minskwatch_parser_deaths_total{}": 1,
        "minskwatch_alert_delay_seconds_count{platform=telegram}": 1,
        "minskwatch_alert_delay_seconds_sum{platform=telegram}": 1.5,
        **{
            f"minskwatch_deliveries_total{{outcome={outcome},platform=telegram}}": 1
            for outcome in ("sent", "edited", "replied", "digest", "dead", "chat_gone")
        },
        "minskwatch_platform_rests_total{platform=telegram}": 1,
        "minskwatch_credentials_refused_total{platform=telegram}": 1,
        "minskwatch_commands_total{name=latest,platform=telegram}": 1,
        "minskwatch_store_up{}": 1,
        "minskwatch_feeds{state=ok}": 3,
        "minskwatch_feeds{state=failing}": 2,
        "minskwatch_outbox_oldest_seconds{}": 90,
        "minskwatch_outbox_waiting{}": 3,
        "minskwatch_outbox_dead{}": 1,
        "minskwatch_subscriptions{}": 7,
        "minskwatch_last_successful_poll_timestamp_seconds{}": clock.now().timestamp() - 10,
    }
    assert {name: found.get(name) for name in expected} == expected


def test_nothing_foreign_becomes_a_label() -> None:
    """A feed's address or a chat's would be a label without bound, and would tell who reads."""
    clock = FakeClock()
    body = filled(clock).render(status(clock))[0].decode()
    assert "example" not in body
    assert "refused\n" not in body


async def test_a_silent_database_costs_the_gauges_not_the_scrape() -> None:
    clock = FakeClock()

    async def fail() -> Status:
        raise StoreError("the database is gone")

    route = metrics_route(filled(clock), fail)
    answer = await route.handler(HttpRequest("GET", "/metrics", {}, b""))
    found = samples(answer.body.decode())
    assert answer.status == 200
    assert found["minskwatch_store_up{}"] == 0
    assert found["minskwatch_hits_total{}"] == 2


async def test_parsing_is_timed_and_dead_parsers_are_told() -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    other: list[str] = []

    def first(event: str, /, **fields: Any) -> None:
        events.append((event, fields))

    def second(event: str, /, **fields: Any) -> None:
        other.append(event)

    async with MeasuredParser(FeedOptions(parse_workers=1), joined(first, second)) as parser:
        with pytest.raises(ParseError):
            await parser.parse("rss", b"no feed at all", url="https://a.example/f")
        assert [name for name, _ in events] == ["parsed"]
        assert events[0][1]["seconds"] > 0
    async with MeasuredParser(
        FeedOptions(parse_workers=1, parse_timeout=timedelta(0)), joined(first, second)
    ) as parser:
        with pytest.raises(ParseError, match="was stopped"):
            await parser.parse("rss", b"<rss/>", url="https://a.example/f")
    assert [name for name, _ in events] == other == ["parsed", "parsed", "parser_died"]


# --- files for operators --------------------------------------------------------------------------------------------


def expressions() -> list[str]:
    dashboard = json.loads((OPERATIONS / "grafana-dashboard.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((OPERATIONS / "prometheus-alerts.yaml").read_text(encoding="utf-8"))
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(found) > 20
    return found + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def test_dashboard_and_rules_ask_for_metrics_that_exist() -> None:
    clock = FakeClock()
    body = filled(clock).render(status(clock))[0].decode()
    known = {name.partition("{")[0] for name in samples(body)} | {"process_resident_memory_bytes", "up"}
    asked = {name for text in expressions() for name in re.findall(r"\b(?:minskwatch|process)_[a-z_]+", text)}
    assert asked - known == set()
    own = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known if name.startswith("minskwatch_")}
    assert {re.sub(r"_bucket$", "", name) for name in asked if name.startswith("minskwatch_")} == own


def test_labels_in_expressions_exist() -> None:
    clock = FakeClock()
    body = filled(clock).render(status(clock))[0].decode()
    values = set(re.findall(r'(\w+="[^"]+")', body)) | {'job="minskwatch"'}
    asked = {match for text in expressions() for match in re.findall(r'(\w+="[^"]+")', text)}
    assert asked <= values


def test_rules_say_what_to_do() -> None:
    rules = yaml.safe_load((OPERATIONS / "prometheus-alerts.yaml").read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert len(rule["annotations"]["remedy"]) > 20


def test_panels_do_not_overlap() -> None:
    panels = json.loads((OPERATIONS / "grafana-dashboard.json").read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)
