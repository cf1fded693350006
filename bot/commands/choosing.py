"""What of its topics a chat gets: confirmed by how many, in which languages, by whom, and what is muted."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Annotated

from bot import render, texts, wishes
from bot.command import Between, Context, Rest, command
from bot.commands.reading import get_story
from core.errors import CommandError
from core.message import MAX_COMMAND_BYTES, Button, Message, foreign
from core.model import Role, Story
from core.options import Options

MOST_MUTED = 100
LONGEST_TERM = 60
RECENT = 50  # stories whose sources may be muted though no feed of the name is read any more
MOST_NEAR = 3

_KINDS = ("source", "term", "word")


@command(role=Role.EDITOR, examples=("confirmed 2", "confirmed 1"), private=False)
async def confirmed(ctx: Context, sources: Annotated[int, Between(1, 9)] = 0) -> Message:
    """Get a story only once so many sources tell it independently of one another.

    All that belong to the state count as one source.
    """
    options = (await wishes.subscription(ctx)).options
    if sources:
        options = await wishes.change(ctx, confirmed=sources)
    choices = wishes.buttons(ctx, *((f"{n}", f"confirmed {n}") for n in (1, 2, 3)))
    return wishes.answer(ctx, texts.CONFIRMED_SET, choices, changed=sources, n=options.confirmed)


@command(role=Role.EDITOR, examples=("languages be ru en", "languages all"), private=False)
async def languages(ctx: Context, names: Rest = "") -> Message:
    """Count reports in these languages only.

    Codes or names. Reports whose language is not known always count.
    """
    options = (await wishes.subscription(ctx)).options
    known = {ctx.say.language(code).casefold(): code for code in texts.LANGUAGES}
    known |= {name.casefold(): code for code, name in texts.LANGUAGES.items()} | {
        code: code for code in texts.LANGUAGES
    }
    chosen = _chosen(ctx, names.replace(",", " ").split(), known)
    if chosen is not None:
        options = await wishes.change(ctx, languages=chosen)
    value = ", ".join(map(ctx.say.language, options.languages))
    told = wishes.answer(ctx, texts.SETTING_LANGUAGES, changed=names, value=value or ctx.say.say(texts.SETTING_ALL))
    return told if names else wishes.with_example(ctx, told, "languages be ru en")


@command(role=Role.EDITOR, examples=("kinds independent wire", "kinds state-media", "kinds all"), private=False)
async def kinds(ctx: Context, names: Rest = "") -> Message:
    """Count reports of these kinds of sources only: independent, wire, rights-group, government, state-media.

    Reports of sources whose kind is not known always count.
    """
    options = (await wishes.subscription(ctx)).options
    known = {kind.replace(" ", "-"): kind for kind in texts.OWNERS}
    words = names.casefold().replace("state media", "state-media").replace("rights group", "rights-group")
    chosen = _chosen(ctx, words.replace(",", " ").split(), known)
    if chosen is not None:
        options = await wishes.change(ctx, kinds=chosen)
    value = ", ".join(ctx.say.say(texts.OWNERS[kind]) for kind in options.kinds)
    told = wishes.answer(ctx, texts.SETTING_KINDS, changed=names, value=value or ctx.say.say(texts.SETTING_ALL))
    return told if names else wishes.with_example(ctx, told, "kinds independent wire")


@command(role=Role.EDITOR, examples=("mute 12", "mute source BelTA", "mute term potash"), private=False)
async def mute(ctx: Context, what: Rest = "") -> Message:
    """No more of a story, of a source, or of reports about a term.

    A term is a concept of the packs, as /why names them, or words of a headline. Under an alert, the story is muted.
    """
    mine = await wishes.subscription(ctx)
    field, name = await _named(ctx, what, mine.options)
    if name is None:
        return wishes.answer(ctx, texts.MUTE_WHICH, _unmutes(ctx, mine.options), changed=False, mute=ctx.typed("mute"))
    before: tuple[object, ...] = getattr(mine.options, field)
    if len(before) >= MOST_MUTED:
        raise CommandError(ctx.say.say(texts.MUTED_TOO_MANY, n=MOST_MUTED))
    await wishes.change(ctx, **{field: tuple(dict.fromkeys((*before, name)))})
    rows: wishes.Buttons = ((Button(ctx.say.say(texts.UNMUTE_BUTTON), command=_line("unmute", field, name)),),)
    if isinstance(name, int):
        story = await ctx.store.find_story(name)
        rows += (_sources(ctx, story),) if story else ()
    return wishes.answer(ctx, texts.MUTED, rows, name=_shown(ctx, field, name))


@command(role=Role.EDITOR, examples=("unmute 12", "unmute source BelTA", "unmute all"), private=False)
async def unmute(ctx: Context, what: Rest = "") -> Message:
    """Hear of a muted story, source or term again. What it kept back during the last day still comes."""
    mine = await wishes.subscription(ctx)
    if what.strip().casefold() == "all":
        await wishes.change(ctx, muted_stories=(), muted_sources=(), muted_terms=())
        return wishes.answer(ctx, texts.UNMUTED_ALL)
    muted = _unmutes(ctx, mine.options)
    if not what.strip() and not ctx.request.message_ref:
        all_ = ctx.typed("unmute all")
        template = texts.UNMUTE_WHICH if muted else texts.MUTED_NOTHING
        return wishes.answer(ctx, template, muted, changed=False, **({"all_": all_} if muted else {}))
    field, name = await _named(ctx, what, mine.options)
    before: tuple[object, ...] = getattr(mine.options, field)
    if name is None or name not in before:
        return wishes.answer(ctx, texts.MUTED_NOT, muted, changed=False)
    await wishes.change(ctx, **{field: tuple(one for one in before if one != name)})
    return wishes.answer(ctx, texts.UNMUTED, name=_shown(ctx, field, name))


def _chosen(ctx: Context, words: Sequence[str], known: dict[str, str]) -> tuple[str, ...] | None:
    """The choices that words name, none for `all`; None without words. Raises CommandError."""
    if not words:
        return None
    if [word.casefold() for word in words] == ["all"]:
        return ()
    unknown = [word for word in words if word.casefold() not in known]
    if unknown:
        choices = ", ".join(sorted(set(known.values()) if len(known) > 20 else known))
        shown = foreign(unknown[0], 40)
        raise CommandError(ctx.say.say(texts.NOT_KNOWN_CHOICE, word=shown), ctx.say.say(texts.CHOICES, choices=choices))
    return tuple(dict.fromkeys(known[word.casefold()] for word in words))


async def _named(ctx: Context, what: str, options: Options) -> tuple[str, int | str | None]:
    """The option and the value that are meant; None for nothing. Raises CommandError for a story or a source that is
    not there.
    """
    kind, _, rest = " ".join(what.split()).partition(" ")
    number = (rest if kind.casefold() == "story" else kind).removeprefix("#")
    if number.isdecimal() and len(number) < 19 and not (kind.isdecimal() and rest):
        return "muted_stories", (await get_story(ctx, int(number))).id
    if kind.casefold() in _KINDS and rest:
        if kind.casefold() == "source":
            return "muted_sources", await _source(ctx, foreign(rest.casefold(), LONGEST_TERM), options)
        return "muted_terms", render.concept_called(rest, ctx.say) or foreign(rest.casefold(), LONGEST_TERM)
    reference = ctx.request.message_ref
    story = await ctx.store.find_story_of_message(ctx.request.target, reference) if reference and not kind else None
    if story is None and kind:
        mute, word = ctx.typed("mute"), foreign(what, 40)
        hint = "" if kind.casefold() in _KINDS or kind.isdecimal() else texts.MUTE_WORD_HINT
        raise CommandError(ctx.say.say(texts.MUTE_WHICH, mute=mute), hint and ctx.say.say(hint, mute=mute, word=word))
    return "muted_stories", story.id if story else None


async def _source(ctx: Context, name: str, options: Options) -> str:
    """The source that is meant: one that is read, that told a recent story, or that is muted; a part of the name of one
    feed will do. Raises CommandError, with those that may be meant: to mute what there is not would mute nothing.
    """
    if ctx.tools.feeds is None or name in options.muted_sources:
        return name
    read = {foreign(feed.name.casefold(), LONGEST_TERM): feed.name for feed in await ctx.tools.feeds.list()}
    holding = sorted(one for one in read if name in one)
    if name in read or len(holding) == 1:
        return name if name in read else holding[0]
    recent = await ctx.store.latest_stories(RECENT)
    if any(name == foreign(member.source.casefold(), LONGEST_TERM) for story in recent for member in story.members):
        return name
    near = holding[:MOST_NEAR] or difflib.get_close_matches(name, read, n=MOST_NEAR)
    hint = ctx.say.say(texts.NEAREST, near=", ".join(foreign(read[one], LONGEST_TERM) for one in near)) if near else ""
    listed = ctx.say.say(texts.NO_SOURCE_HINT, feeds=ctx.typed("feeds"))
    raise CommandError(ctx.say.say(texts.NO_SOURCE, name=name), f"{hint} {listed}".strip())


def _line(verb: str, field: str, name: object) -> str:
    """A command line that fits a button, or the one for all."""
    kind = {"muted_stories": "", "muted_sources": "source ", "muted_terms": "term "}[field]
    line = f"{verb} {kind}{name}"
    return line if len(line.encode()) <= MAX_COMMAND_BYTES else "settings"


def _sources(ctx: Context, story: Story) -> tuple[Button, ...]:
    """A button to mute each of the first sources of a story altogether."""
    found = []
    for member in render.one_per_source(story.members)[:3]:
        line = _line("mute", "muted_sources", foreign(member.source, LONGEST_TERM))
        if line.startswith("mute"):
            label = ctx.say.say(texts.MUTE_SOURCE_BUTTON, source=foreign(member.source, 24))
            found.append(Button(label, command=line))
    return tuple(found)


def _unmutes(ctx: Context, options: Options) -> wishes.Buttons:
    rows = []
    for field in ("muted_stories", "muted_sources", "muted_terms"):
        for name in getattr(options, field)[-5:]:
            line = _line("unmute", field, name)
            if line.startswith("unmute"):
                label = ctx.say.say(texts.UNMUTE_NAME_BUTTON, name=_shown(ctx, field, name))
                rows.append((Button(label, command=line),))
    return tuple(rows)


def _shown(ctx: Context, field: str, name: object) -> str:
    if field == "muted_terms":
        return render.concept_name(str(name), ctx.say)
    return f"#{name}" if isinstance(name, int) else foreign(str(name), LONGEST_TERM)
