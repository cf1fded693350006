"""What a chat watches beyond its topics: people, by every spelling of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import access, proposing, wishes
from bot import watch_texts as say_watch
from bot.backtest import BACK, BackTest, back_test, bars, rule_spec
from bot.command import Context, Rest, command
from bot.commands.importing import import_people
from bot.links import clean_link
from core.errors import CommandError
from core.message import MAX_COMMAND_BYTES, Button, Line, LineKind, Message, Span, Style, foreign
from core.model import Role
from core.watch import MOST_WATCHES, PERSON, WatchItem, WatchSpec
from matching.people import MAX_NAME, Roster, guess_spec, has_letters, make_spec, read_forms
from matching.rules import Rule, RuleError, caret, looks_like_rule, read_rule

MOST_SPELLINGS = 14
MOST_CHOICES = 8
MOST_LISTED = 40
LEAST_AVERAGE = 0.05  # a day; below it, a figure with one decimal is 0.0


@command(
    role=Role.EDITOR,
    examples=(
        "watch Ales Bialiatski",
        "watch be: Марына Золатава ru: Марина Золотова",
        "watch minsk AND (potash OR belavia) NOT football",
        "watch import",
    ),
    form=say_watch.FORM,
)
async def watch(ctx: Context, name_or_rule: Rest = "") -> Message:
    """Be told whenever somebody is named or a rule of your own fits, whatever the topic.

    A name in any spelling and script will do; the answer shows the spellings that are looked for. For somebody whom the
    packs do not know, give the Belarusian and the Russian form, or one of them.

    A rule joins words by AND, OR, NOT and brackets; "words in quotes" stand in a row, lukash* is every word that begins
    so, NEAR/5 means at most five words between, and title:, body:, lang: and source: say where. It is tried on the
    reports of the last 30 days first; `watch save` and the rule, or the button, saves it.

    `watch import` takes a list of people, a line each, as a CSV file sent along or in the lines below it; the columns
    name, be and ru count. It shows whom it found, then asks.
    """
    text = name_or_rule.strip()
    if not text:
        return _what(ctx)
    if text.casefold() == "save":
        return _what(ctx)
    saved = text.removeprefix("save ").strip() if text.startswith("save ") else ""
    if text.split()[:1] == ["import"]:
        return await import_people(ctx, _roster(ctx), text.removeprefix("import").strip())
    if text.startswith("#") or saved:
        return await _proposed(ctx, saved or text)
    forms = read_forms(text)
    if forms is not None:
        if not has_letters(" ".join(forms)):
            raise CommandError(ctx.say.say(say_watch.FORMS_EMPTY))
        return await add(ctx, make_spec(*forms))
    if looks_like_rule(text):
        return await _try_rule(ctx, text)
    return await _person(ctx, text)


@command(examples=("watching",))
async def watching(ctx: Context) -> Message:
    """What this chat watches beyond its topics."""
    items = await ctx.store.watches(ctx.request.target)
    if not items:
        return Message((ctx.say.line(say_watch.WATCHING_NONE), _hint(ctx)))
    lines = [ctx.say.line(say_watch.WATCHING, n=len(items))]
    lines += [
        ctx.say.line(say_watch.WATCHING_LINE, kind=LineKind.BULLET, n=str(item.id), name=_shown(ctx, item))
        for item in items[:MOST_LISTED]
    ]
    if len(items) > MOST_LISTED:
        lines.append(ctx.say.line(say_watch.WATCHING_MORE, kind=LineKind.SMALL, n=len(items) - MOST_LISTED))
    unwatch = ctx.typed(f"unwatch {items[0].id}")
    lines.append(ctx.say.line(say_watch.WATCHING_ENDS, kind=LineKind.SMALL, unwatch=unwatch))
    return Message(tuple(lines), tuple((_end_button(ctx, item),) for item in items[:MOST_CHOICES]))


@command(role=Role.EDITOR, examples=("unwatch 3", "unwatch Ales Bialiatski", "unwatch all"))
async def unwatch(ctx: Context, number_or_name: Rest = "") -> Message:
    """Take somebody or something off the watchlist of this chat.

    Without a name it shows the list.
    """
    if not number_or_name.strip():
        return replace(await watching.function(ctx), unchanged=True)
    items = await ctx.store.watches(ctx.request.target)
    if items and number_or_name.casefold().split() == ["all"]:
        return wishes.ask(ctx, say_watch.UNWATCH_ASK, say_watch.UNWATCH_BUTTON, "unwatch all yes")
    wanted = _chosen(ctx, number_or_name.strip(), items)
    if not wanted:
        hint = ctx.say.say(
            say_watch.UNWATCH_HINT, watching=ctx.typed("watching"), all_=ctx.typed("unwatch all")
        )  # fmt: skip
        raise CommandError(ctx.say.say(say_watch.UNWATCH_WHICH, name=foreign(number_or_name, 60)), hint)
    await ctx.store.unwatch(ctx.request.target, [item.id for item in wanted])
    names = ", ".join(foreign(item.spec.label, 60) for item in wanted[:MOST_CHOICES])
    return Message((ctx.say.line(say_watch.UNWATCHED, names=names),))


async def watch_linked(ctx: Context, payload: str) -> Message | None:
    """The answer to a deep link `?start=watch-ID`; None when the payload is none."""
    person = payload.removeprefix("watch-").casefold()
    if ctx.tools.roster is None or person == payload.casefold() or not ctx.tools.roster.name_of(person):
        return None
    access.require(ctx.role, Role.EDITOR, ctx.say)
    return await add(ctx, ctx.tools.roster.spec(person))


async def add(ctx: Context, spec: WatchSpec) -> Message:
    """Put one spec on the chat's list. Raises CommandError when the list is full."""
    target = ctx.request.target
    if len(await ctx.store.watches(target)) >= MOST_WATCHES:
        raise CommandError(ctx.say.say(say_watch.FULL, most=MOST_WATCHES))
    new = await ctx.store.watch(target, [spec], ctx.now)
    name = Span(foreign(spec.label, 200), Style.BOLD)
    now_watched = say_watch.WATCHED if spec.kind == PERSON else say_watch.WATCHED_RULE
    lines = [ctx.say.line(now_watched if new else say_watch.WATCHED_ALREADY, name=name)]
    lines += _spellings(ctx, spec)
    if "be" in spec.body:
        typed = ctx.typed(f"watch be: {spec.body['be']} ru: {spec.body['ru']}")
        lines.append(ctx.say.line(say_watch.CORRECT, kind=LineKind.SMALL, line=Span(foreign(typed, 200), Style.CODE)))
    return Message((*lines, _ends(ctx)), unchanged=not new)


async def _person(ctx: Context, text: str) -> Message:
    roster = _roster(ctx)
    if len(text) > MAX_NAME:
        raise CommandError(ctx.say.say(say_watch.NAME_LONG, n=len(text), most=MAX_NAME), _hint(ctx).text)
    if not has_letters(text):
        raise CommandError(ctx.say.say(say_watch.NOT_A_NAME, name=foreign(text, 60)), _hint(ctx).text)
    known = roster.find(text)
    if known.sure:
        return await add(ctx, roster.spec(known.people[0]))
    shown = foreign(text, 60)
    buttons = [
        (Button(foreign(roster.name_of(person), 40), command=f"watch {person}"),)
        for person in known.people[:MOST_CHOICES]
    ]
    spec = guess_spec(text)
    lines = []
    if known.people:
        lines.append(ctx.say.line(say_watch.WHICH_PERSON, name=shown))
        lines.append(ctx.say.line(say_watch.WHICH_HINT, kind=LineKind.SMALL))
    else:
        lines.append(ctx.say.line(say_watch.NOT_KNOWN, name=shown))
    if not known.people or len(text.split()) > 1:
        be, ru = foreign(str(spec.body["be"]), 80), foreign(str(spec.body["ru"]), 80)
        lines.append(ctx.say.line(say_watch.DERIVED, be=be, ru=ru))
        lines += _spellings(ctx, spec)
        typed = ctx.typed(f"watch be: {be} ru: {ru}")
        lines.append(ctx.say.line(say_watch.CORRECT, kind=LineKind.SMALL, line=Span(typed, Style.CODE)))
        label = ctx.say.say(say_watch.ADD_PERSON, name=foreign(text, 30))
        buttons.append((Button(label, command=await proposing.line_of(ctx, "watch", f"be: {be} ru: {ru}")),))
    if not known.people:
        words = f'watch "{text}"'  # a rule, which is tried first
        if len(words.encode()) <= MAX_COMMAND_BYTES:
            buttons.append((Button(ctx.say.say(say_watch.ADD_WORDS), command=words),))
    return Message(tuple(lines), tuple(buttons), unchanged=True)


async def _proposed(ctx: Context, text: str) -> Message:
    """Save what was proposed: by its mark, or the rule itself."""
    words = await proposing.words_of(ctx, text, say_watch.PROPOSAL_GONE)
    forms = read_forms(words)
    spec = rule_spec(_rule(ctx, words)) if forms is None else make_spec(*forms)
    added = await add(ctx, spec)
    await proposing.used(ctx, text)
    return added


async def _try_rule(ctx: Context, text: str) -> Message:
    """What a rule would have brought, before it is saved."""
    rule = _rule(ctx, text)
    mine = await ctx.store.find_subscription(ctx.request.target)
    tried = await back_test(rule, ctx.store, mine.topics if mine else (), ctx.now)
    line = await proposing.line_of(ctx, "watch save", text)
    shown = [ctx.say.line(say_watch.RULE_LOOKS, rule=Span(foreign(text, 400), Style.CODE)), *_outcome(ctx, tried)]
    ask = ctx.say.line(say_watch.RULE_ASK, kind=LineKind.SMALL, line=Span(ctx.typed(line), Style.CODE))
    return Message((*shown, ask), ((Button(ctx.say.say(say_watch.RULE_SAVE), command=line),),), unchanged=True)


def _outcome(ctx: Context, tried: BackTest) -> list[Line]:
    say = ctx.say
    if not tried.hits:
        return [say.line(say_watch.RULE_NONE, days=str(BACK.days), n=tried.looked)]
    number, days = len(tried.hits), str(BACK.days)
    average, row = number / BACK.days, bars(tried.days)
    lines = [say.line(say_watch.RULE_DAYS, days=days, n=number)]
    if average < LEAST_AVERAGE:
        lines.append(say.line(say_watch.RULE_SELDOM, bars=row, n=number, days=days))
    else:
        lines.append(say.line(say_watch.RULE_PER_DAY, bars=row, average=say.decimal(average), most=max(tried.days)))
    for hit in tried.samples:
        title = Span(foreign(hit.entry.title, 200), url=clean_link(hit.entry.url))
        sample = say.line(
            say_watch.RULE_SAMPLE, kind=LineKind.BULLET, source=foreign(hit.feed.name, 60), title=title
        )  # fmt: skip
        lines.append(sample)
    lines.append(say.line(say_watch.RULE_NEW, n=tried.new) if tried.new else say.line(say_watch.RULE_NEW_NONE))
    if tried.cut_at:
        lines.append(
            say.line(say_watch.RULE_LOOKED, kind=LineKind.SMALL, looked=tried.looked, since=say.moment(tried.cut_at))
        )
    return lines


def _rule(ctx: Context, text: str) -> Rule:
    """Raise CommandError with the place of the mistake and what to write instead."""
    try:
        return read_rule(text)
    except RuleError as error:
        part, pointer = caret(text, error.at)
        raise CommandError(f"{ctx.say.tell(error.words)}\n{part}\n{pointer}", ctx.say.tell(error.hint)) from None


def _roster(ctx: Context) -> Roster:
    if ctx.tools.roster is None:
        raise CommandError(ctx.say.say(say_watch.NOT_HERE))
    return ctx.tools.roster


def _what(ctx: Context) -> Message:
    return Message((ctx.say.line(say_watch.WATCH_WHOM), _hint(ctx)), unchanged=True)


def _hint(ctx: Context) -> Line:
    person, rule = ctx.typed("watch Ales Bialiatski"), ctx.typed("watch minsk AND potash NOT football")
    return ctx.say.line(say_watch.WATCH_HINT, kind=LineKind.SMALL, watch=ctx.typed("watch"), person=person, rule=rule)


def _ends(ctx: Context) -> Line:
    watching, unwatch = ctx.typed("watching"), ctx.typed("unwatch")
    return ctx.say.line(say_watch.WATCH_ENDS, kind=LineKind.SMALL, watching=watching, unwatch=unwatch)


def _spellings(ctx: Context, spec: WatchSpec) -> list[Line]:
    found = ctx.tools.roster.spellings(spec)[:MOST_SPELLINGS] if ctx.tools.roster else ()
    spellings = ", ".join(foreign(word, 40) for word in found)
    return [ctx.say.line(say_watch.SPELLINGS, spellings=spellings)] if found else []


def _shown(ctx: Context, item: WatchItem) -> str:
    label = foreign(item.spec.label, 200)
    return label if item.spec.kind == PERSON else ctx.say.say(say_watch.WATCHING_RULE, name=label)


def _end_button(ctx: Context, item: WatchItem) -> Button:
    return Button(ctx.say.say(say_watch.END_BUTTON, name=foreign(item.spec.label, 30)), command=f"unwatch {item.id}")


def _chosen(ctx: Context, text: str, items: Sequence[WatchItem]) -> list[WatchItem]:
    """The lines meant by a number, by `all`, by a label, or by a person's name in any spelling."""
    if text.casefold().split() == ["all", "yes"]:
        return list(items)
    number = text.removeprefix("#")
    by_name = [item for item in items if number == str(item.id) or item.spec.label.casefold() == text.casefold()]
    if by_name or ctx.tools.roster is None:
        return by_name
    known = ctx.tools.roster.find(text)
    return [item for item in items if known.sure and item.spec.body.get("person") in known.people]
