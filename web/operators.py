"""The pages behind the token: feeds by health, deliveries and outbox, signing in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from core.health import Condition, FeedHealth, FeedRecord
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


def feeds_page(frame: Frame, feeds: Sequence[tuple[FeedRecord, FeedHealth]], status: Status, now: datetime) -> bytes:
    """All feeds with their condition and its reason: those in trouble first, then those that are not quite as usual."""
    ordered = sorted(feeds, key=lambda feed: (_place(feed[1].condition), feed[0].spec.name.casefold()))
    counts: dict[str, Child] = {
        "feeds": status.feeds,
        "failing": status.feeds_failing,
        "entries": status.entries,
        "hits": status.hits,
        "last good poll": _age(status.last_ok_at, now),
    }
    names = ("Feed", "Condition", "Last good poll", "Next poll", "Entries", "Hits")
    rows = [_row(names, _feed_cells(*feed, now)) for feed in ordered]
    return document(frame, "Feeds", tag("h1", "Feeds"), _counts(counts), _table(names, rows, "No feed is configured."))


def _place(condition: Condition) -> int:
    return 0 if condition.bad else 2 if condition is Condition.HEALTHY else 1


def _feed_cells(feed: FeedRecord, health: FeedHealth, now: datetime) -> tuple[Child, ...]:
    spec, state = feed.spec, feed.state
    name = join([outward(spec.url, foreign(spec.name, 80)), " ", tag("span", spec.kind, class_="soft")])
    colour = {0: "bad", 1: "soft", 2: "good"}[_place(health.condition)]
    words: list[Child] = [tag("span", health.condition.value, class_=colour)]
    if health.condition is not Condition.HEALTHY:
        words.append(f": {foreign(health.reason, 400)}")
    elif state.failures:
        words.append(f": {foreign(state.last_error, 300)}")
    rest = moment(None if health.condition is Condition.PAUSED else state.next_poll_at)
    return name, join(words), _age(state.last_ok_at, now), rest, feed.entries, feed.hits


def deliveries_page(
    frame: Frame, rows: Mapping[DeliveryState, Sequence[DeliveryRow]], status: Status, now: datetime
) -> bytes:
    """The outbox: what waits and why, what was given up, what was shown last. Of a chat only its platform is said."""
    counts: dict[str, Child] = {
        "chats": status.subscriptions,
        "alerts shown": status.alerts_sent,
        "waiting": status.outbox_waiting,
        "given up": status.outbox_dead,
        "oldest waits": _age(status.oldest_waiting_at, now).removesuffix(" ago"),
    }
    body: list[Child] = [tag("h1", "Deliveries"), _counts(counts)]
    names = ("Platform", "Story", "Since", "Next try", "Shown", "Attempts", "Reason")
    for state, found in rows.items():
        body.append(tag("h2", _TITLES[state]))
        body.append(_table(names, [_row(names, _delivery_cells(row, state)) for row in found], "None."))
    return document(frame, "Deliveries", *body)


def _delivery_cells(row: DeliveryRow, state: DeliveryState) -> tuple[Child, ...]:
    return (
        row.platform,
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
    """A page that says one thing, such as that there is no such story, with a way back."""
    return document(frame, title, tag("h1", title), tag("p", sentence), tag("p", tag("a", "All stories", href="/")))


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
