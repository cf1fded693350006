"""The pages behind the token: feeds by health, deliveries and outbox, signing in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from core.health import FeedRecord
from core.message import foreign
from core.model import Status
from core.overview import DeliveryRow, DeliveryState
from web.html import Child, Html, join, outward, tag
from web.pages import Frame, document, moment

_TITLES = {
    DeliveryState.WAITING: "Waiting",
    DeliveryState.DEAD: "Given up",
    DeliveryState.SHOWN: "Shown last",
}


def feeds_page(frame: Frame, feeds: Sequence[FeedRecord], status: Status, now: datetime) -> bytes:
    """All feeds, the failing first, those that fail longest at the top."""
    ordered = sorted(feeds, key=lambda feed: (-feed.state.failures, feed.spec.name.casefold()))
    counts: dict[str, Child] = {
        "feeds": status.feeds,
        "failing": status.feeds_failing,
        "entries": status.entries,
        "hits": status.hits,
        "last good poll": _age(status.last_ok_at, now),
    }
    names = ("Feed", "State", "Last good poll", "Next poll", "Entries", "Hits")
    rows = [_row(names, _feed_cells(feed, now)) for feed in ordered]
    return document(frame, "Feeds", tag("h1", "Feeds"), _counts(counts), _table(names, rows, "No feed is configured."))


def _feed_cells(feed: FeedRecord, now: datetime) -> tuple[Child, ...]:
    spec, state = feed.spec, feed.state
    name = join([outward(spec.url, foreign(spec.name, 80)), " ", tag("span", spec.kind, class_="soft")])
    if state.failures:
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        health = join([tag("span", f"failed {times}: ", class_="bad"), foreign(state.last_error, 300)])
    elif state.first_polled_at is None:
        health = tag("span", "not polled yet", class_="soft")
    else:
        health = tag("span", state.last_outcome.replace("_", " "), class_="good")
    return name, health, _age(state.last_ok_at, now), moment(state.next_poll_at), feed.entries, feed.hits


def deliveries_page(
    frame: Frame, rows: Mapping[DeliveryState, Sequence[DeliveryRow]], status: Status, now: datetime
) -> bytes:
    """The outbox: what waits and why, what was given up, what was shown last."""
    counts: dict[str, Child] = {
        "chats": status.subscriptions,
        "alerts shown": status.alerts_sent,
        "waiting": status.outbox_waiting,
        "given up": status.outbox_dead,
        "oldest waits": _age(status.oldest_waiting_at, now).removesuffix(" ago"),
    }
    body: list[Child] = [tag("h1", "Deliveries"), _counts(counts)]
    names = ("Chat", "Story", "Since", "Next try", "Shown", "Attempts", "Reason")
    for state, found in rows.items():
        body.append(tag("h2", _TITLES[state]))
        body.append(_table(names, [_row(names, _delivery_cells(row, state)) for row in found], "None."))
    return document(frame, "Deliveries", *body)


def _delivery_cells(row: DeliveryRow, state: DeliveryState) -> tuple[Child, ...]:
    return (
        foreign(str(row.target), 80),
        tag("a", row.story_id, href=f"/stories/{row.story_id}"),
        moment(row.queued_at),
        moment(row.not_before if state is DeliveryState.WAITING else None),
        moment(row.sent_at),
        row.attempts,
        foreign(row.reason, 300),
    )


def sign_in_page(frame: Frame, trouble: str = "") -> bytes:
    form = tag(
        "form",
        tag("label", "Token ", for_="token"),
        tag("input", type="password", name="token", id="token", required=True, autocomplete="current-password"),
        tag("button", "Sign in"),
        method="post",
        action="/sign-in",
    )
    where = tag("p", "The token is http.operator_token of the configuration.", class_="soft")
    said = tag("p", trouble, class_="bad", role="alert") if trouble else None
    return document(frame, "Sign in", tag("h1", "Sign in"), said, form, where)


def message_page(frame: Frame, title: str, sentence: str) -> bytes:
    """A page that says one thing, such as that there is no such story."""
    return document(frame, title, tag("h1", title), tag("p", sentence))


def _counts(counts: Mapping[str, Child]) -> Html:
    pairs = [tag("div", tag("dt", name), tag("dd", value)) for name, value in counts.items()]
    return tag("dl", pairs, class_="counts")


def _table(names: Sequence[str], rows: Sequence[Html], empty: str) -> Html:
    if not rows:
        return tag("p", empty, class_="soft")
    head = tag("thead", tag("tr", [tag("th", name, class_=_class_of(name)) for name in names]))
    return tag("div", tag("table", head, tag("tbody", rows), class_="stacked"), class_="scroll")


def _row(names: Sequence[str], cells: Iterable[Child]) -> Html:
    pairs = zip(names, cells, strict=True)
    return tag("tr", [tag("td", cell, data_label=name, class_=_class_of(name)) for name, cell in pairs])


def _class_of(name: str) -> str | None:
    return "number" if name in ("Entries", "Hits", "Attempts") else None


def _age(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
