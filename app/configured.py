"""The configuration as a command needs it: read, and checked against what exists (sources, platforms, topics)."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from urllib.parse import urlsplit

from bot.platforms import PLATFORMS
from core.config import mask_url, read_settings
from core.errors import BadTarget, ConfigError, PackError, UnknownName
from core.model import Target
from core.settings import FeedSettings, Settings, SlackSettings
from feeds.catalogue import OWNERS, CatalogueEntry, groups
from feeds.entries import lang_tag
from feeds.sources import SOURCES
from matching.matcher import PackMatcher

NO_FEEDS = "No feed is configured: add [[feeds.feed]] tables or feeds.groups, config.example.toml has both."
LEAST_TOKEN = 16
# https://docs.slack.dev/authentication/tokens; those that are renewed begin with xoxe. (token rotation)
SLACK_TOKENS = {"bot_token": ("xoxb-", "xoxe.xoxb-"), "app_token": ("xapp-",)}
TELEGRAM_TOKEN = re.compile(r"[0-9]+:\S+")  # as aiogram's validate_token has it
LEAST_SECRET = 24
# What chats are called there: https://core.telegram.org/bots/api#sendmessage (chat_id), and docs/slack.md.
CHATS = {
    "telegram": re.compile(r"-?[0-9]+|@[A-Za-z][A-Za-z0-9_]{3,31}"),
    "slack": re.compile(r"([TE][A-Z0-9]+\.)?[CDGUW][A-Z0-9]+"),
}


def configured(args: argparse.Namespace, *, complete: bool = True) -> Settings:
    """Settings of the command line's configuration. Raises ConfigError with all faults at once.

    With `complete`, it is a fault that no chat platform is configured, unless something could not be read anyway.
    """
    settings, faults = read_settings(args.config)
    faults += semantic_faults(settings, complete=complete and not any("cannot be read" in it for it in faults))
    if faults:
        raise ConfigError(faults)
    return with_groups(settings)


def with_groups(settings: Settings) -> Settings:
    """The settings with the feeds of the groups in feeds.groups added; one's own table of the same url wins."""
    own = {feed.url for feed in settings.feeds.feed}
    entries = (entry for name in dict.fromkeys(settings.feeds.groups) for entry in groups()[name].entries)
    skipped = settings.feeds.skip_designated
    added = tuple(
        feed_settings(entry)
        for entry in entries
        if entry.ship == "on" and entry.url not in own and not (skipped and entry.designated_in_belarus)
    )
    return dataclasses.replace(settings, feeds=dataclasses.replace(settings.feeds, feed=(*settings.feeds.feed, *added)))


def feed_settings(entry: CatalogueEntry) -> FeedSettings:
    """The [[feeds.feed]] table of a source of the catalogue."""
    return FeedSettings(
        name=entry.name,
        url=entry.url,
        kind=entry.kind,
        lang=entry.lang,
        owner=entry.owner,
        user_agent=entry.user_agent,
        mirrors=entry.mirrors,
        implies=entry.implies,
    )


def enabled_platforms(settings: Settings) -> tuple[str, ...]:
    """Names of the chat platforms that have what they need to be opened."""
    keys = (
        ("telegram", settings.telegram.token),
        ("slack", settings.slack.bot_token or settings.slack.client_id),
        ("webhook", settings.webhooks.urls),
    )
    names = [name for name, key in keys if key]
    return (*names, *settings.platforms)


def semantic_faults(settings: Settings, *, complete: bool) -> list[str]:
    """What the types alone cannot tell, a sentence each."""
    matcher, broken = _matcher(settings)
    faults = [*_storage(settings), *_platforms(settings), *_feeds(settings), *_http(settings), *_webhooks(settings)]
    faults += broken
    if matcher is not None:
        faults += [*_concepts(settings, matcher), *_topics(settings, tuple(matcher.topics))]
    faults += [*_subscriptions(settings), *_operators(settings)]
    if complete and not enabled_platforms(settings):
        faults.append(
            "telegram.token and slack.bot_token are both empty: there is no chat to alert; put the token from "
            "@BotFather into telegram.token (or MINSK_TELEGRAM__TOKEN), or Slack's into slack.bot_token."
        )
    return faults


def read_target(text: str) -> Target:
    """A chat of a platform that there is. Raises BadTarget, UnknownName."""
    target = Target.parse(text)
    PLATFORMS.check(target.platform)
    form = CHATS.get(target.platform)
    if form and not form.fullmatch(target.chat):
        raise BadTarget(text)
    return target


def _storage(settings: Settings) -> Iterator[str]:
    url = settings.storage.url
    if urlsplit(url).scheme not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
        yield (
            f"storage.url = {mask_url(url)!r}: unknown database; write sqlite+aiosqlite:///data/minskwatch.db or "
            "postgresql+asyncpg://user:password@host/name."
        )


def _http(settings: Settings) -> Iterator[str]:
    token = settings.http.operator_token
    if settings.http.operator_pages == "on" and not token:
        yield (
            "http.operator_token is empty: the operator pages need one; invent 32 letters and digits and put them into "
            "http.operator_token (or MINSK_HTTP__OPERATOR_TOKEN_FILE)."
        )
    if token and len(token) < LEAST_TOKEN:
        yield f"http.operator_token is too short: use {LEAST_TOKEN} characters or more."


def _webhooks(settings: Settings) -> Iterator[str]:
    webhooks = settings.webhooks
    if webhooks.urls and len(webhooks.secret) < LEAST_SECRET:
        yield (
            f"webhooks.secret is shorter than {LEAST_SECRET} characters: receivers know us by it; put a long one into "
            "webhooks.secret (or MINSK_WEBHOOKS__SECRET_FILE)."
        )
    if len(set(webhooks.urls)) < len(webhooks.urls):
        yield "webhooks.urls names an address twice; remove one."


def _feeds(settings: Settings) -> Iterator[str]:
    for name in settings.feeds.groups:
        if name not in groups():
            yield f"feeds.groups = {name!r}: no such group; known are {', '.join(groups())}."
    seen: dict[str, int] = {}
    for number, feed in enumerate(settings.feeds.feed):
        try:
            SOURCES.check(feed.kind)
        except UnknownName as error:
            yield f"feeds.feed[{number}].kind = {feed.kind!r}: {error}"
        if feed.lang and not lang_tag(feed.lang):
            yield f"feeds.feed[{number}].lang = {feed.lang!r}: write a code such as be, ru or en, or leave it empty."
        if feed.owner and feed.owner not in OWNERS:
            yield f"feeds.feed[{number}].owner = {feed.owner!r}: choose one of {', '.join(OWNERS)}, or leave it empty."
        if feed.url and feed.url in seen:
            yield f"feeds.feed[{number}].url = {feed.url!r}: the same as feeds.feed[{seen[feed.url]}]; remove one."
        seen.setdefault(feed.url, number)


def _subscriptions(settings: Settings) -> Iterator[str]:
    for number, wanted in enumerate(settings.subscriptions):
        where = f"subscriptions[{number}]"
        if not wanted.target:
            continue
        try:
            target = read_target(wanted.target)
        except (BadTarget, UnknownName) as error:
            yield f"{where}.target = {wanted.target!r}: {error}"
        else:
            if target.platform not in enabled_platforms(settings):
                yield f"{where}.target = {wanted.target!r}: {target.platform} is not configured; fill in its token."


def _topics(settings: Settings, known: Sequence[str]) -> Iterator[str]:
    named = [(f"subscriptions[{number}]", one.topics) for number, one in enumerate(settings.subscriptions)]
    for where, topics in (*named, ("webhooks", settings.webhooks.topics)):
        for topic in topics:
            if topic not in known:
                yield f"{where}.topics = {topic!r}: unknown topic; known are {', '.join(known)}."


def _concepts(settings: Settings, matcher: PackMatcher) -> Iterator[str]:
    for number, feed in enumerate(settings.feeds.feed):
        for fault in unknown_concepts(feed.implies, matcher):
            yield f"feeds.feed[{number}].implies = {fault}"


def unknown_concepts(names: Sequence[str], matcher: PackMatcher) -> Iterator[str]:
    """A sentence for each name that no concept of the packs has."""
    known = matcher.lexicon.concepts
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? `" if near else "`"
            yield f"{name!r}: no concept of the packs; {hint}python main.py pack coverage` lists them."


def _matcher(settings: Settings) -> tuple[PackMatcher | None, Sequence[str]]:
    """What the packs make, or their faults."""
    from app.parts import make_matcher

    try:
        return make_matcher(settings), ()
    except PackError as error:
        return None, error.faults


def _operators(settings: Settings) -> Iterator[str]:
    for number, operator in enumerate(settings.access.operators):
        try:
            known = not read_target(operator).chat.startswith("@")  # who writes is told by number
        except (BadTarget, UnknownName):
            known = False
        if not known:
            yield f'access.operators[{number}] = {operator!r}: write platform and user id, as "telegram:12345".'


def _platforms(settings: Settings) -> Iterator[str]:
    telegram, slack = settings.telegram, settings.slack
    for name in settings.platforms:
        try:
            PLATFORMS.check(name)
        except UnknownName as error:
            yield f"platforms.{name}: {error}"
    tokens = [telegram.token, *telegram.spare_tokens]
    for key, token in (("token", telegram.token), *(("spare_tokens", spare) for spare in telegram.spare_tokens)):
        if token and not TELEGRAM_TOKEN.fullmatch(token):
            yield f"telegram.{key}: a token has the form 123456:letters; copy the one that @BotFather gave, whole."
    if telegram.spare_tokens and not telegram.token:
        yield "telegram.spare_tokens: there are spares, but telegram.token is empty; put the first one there."
    if len(set(tokens)) < len(tokens) or "" in telegram.spare_tokens:
        yield "telegram.spare_tokens: a token is empty or stands there twice; each is a bot of its own."
    if telegram.token and telegram.mode == "webhook":
        if not telegram.webhook_url.startswith("https://"):
            yield f"telegram.webhook_url = {telegram.webhook_url!r}: webhook mode needs a public https:// address."
        if not telegram.webhook_secret:
            yield "telegram.webhook_secret is empty: webhook mode needs one; invent 20 or more letters and digits."
    yield from _slack(slack)


def _slack(slack: SlackSettings) -> Iterator[str]:
    for key, token, where in (
        ("bot_token", slack.bot_token, "OAuth & Permissions"),
        ("app_token", slack.app_token, "Basic Information"),
    ):
        if token and not token.startswith(SLACK_TOKENS[key]):
            yield (
                f"slack.{key}: such a token begins with {SLACK_TOKENS[key][0]}; it stands under {where!r} of the app."
            )
    used = slack.bot_token or slack.client_id
    if used and slack.mode == "socket" and not slack.app_token:
        yield (
            "slack.app_token is empty: Socket Mode needs an app-level token (xapp-...) with connections:write; "
            'make one under "Basic Information" of the Slack app.'
        )
    if used and slack.mode == "http" and not slack.signing_secret:
        yield 'slack.signing_secret is empty: HTTP mode needs it; it stands under "Basic Information" of the Slack app.'
    if bool(slack.client_id) != bool(slack.client_secret):
        yield (
            'slack.client_id and slack.client_secret go together: both stand under "Basic Information" of the Slack '
            "app and let several workspaces install it; leave both empty for one workspace."
        )
    if slack.redirect and not slack.redirect.startswith("https://"):
        yield f"slack.redirect = {slack.redirect!r}: Slack sends people back to https:// addresses only."
