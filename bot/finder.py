"""Stories for somebody who types words into any chat: the search of /search, its finds as alerts."""

from __future__ import annotations

import logging

from bot import texts
from bot.asking import ActorLimit
from bot.commands.searching import terms_of
from bot.languages import TopicTitles, speak
from bot.pacing import Rate
from bot.render import alert, lead, source_name
from bot.speech import Texts
from core.errors import CommandError, MinskError
from core.inquiry import Finding, Findings, Inquiry
from core.message import foreign
from core.model import Story
from core.observing import unobserved
from core.ports import Clock, Observer
from core.search import StorySearch

# Each letter typed may be a request of its own, so more than commands.
TYPING_RATE = Rate(60, 60)
PAGE = 20
LONGEST_WORDS = 256  # of a query in Telegram: https://core.telegram.org/bots/api#inlinequery

_log = logging.getLogger(__name__)


class Finder:
    """A core.inquiry.Inquire. Nothing is kept or logged of who asked for what, beyond the count of ActorLimit."""

    def __init__(
        self,
        store: StorySearch,
        titles: TopicTitles,
        clock: Clock,
        *,
        say: Texts = texts.ENGLISH,
        rate: Rate = TYPING_RATE,
        observe: Observer = unobserved,
    ) -> None:
        self._store = store
        self._titles = titles
        self._say = say
        self._limit = ActorLimit(clock, rate)
        self._observe = observe

    async def __call__(self, inquiry: Inquiry) -> Findings:
        """Never raises: what goes wrong is logged without the words, and the asker told what to do."""
        say = speak(None, inquiry.actor.lang, self._say)
        wait, _ = self._limit.spend(inquiry.actor)
        if wait:
            return Findings(note=say.say(texts.TOO_FAST, n=wait))
        self._observe("command", name="inline", platform=inquiry.actor.platform)
        try:
            return await self._find(inquiry, say)
        except CommandError as error:
            return Findings(note=say.tell(error.words))
        except MinskError as error:  # of the store: it names the database and no words of the asker
            _log.error("A search while typing failed: %s", error)
        except Exception as error:
            _log.error("A search while typing failed: %s", type(error).__name__)
        return Findings(note=say.say(texts.FIND_FAILED))

    async def _find(self, inquiry: Inquiry, say: Texts) -> Findings:
        words = inquiry.words[:LONGEST_WORDS].strip()
        terms = terms_of(words, say, "search") if words else ()
        before = int(inquiry.after) if inquiry.after.isascii() and inquiry.after.isdecimal() else None
        stories = await self._store.search_stories(terms, PAGE + 1, before=before)
        shown = stories[:PAGE]
        following = str(shown[-1].id) if len(stories) > PAGE else ""
        return Findings(tuple(self._finding(story, say) for story in shown), following)

    def _finding(self, story: Story, say: Texts) -> Finding:
        member = lead(story)
        about = f"{say.moment(story.opened_at)} · {source_name(member).text}"
        title = foreign(member.title, 200) or say.say(texts.NO_HEADLINE)
        return Finding(str(story.id), title, about, alert(story, self._titles.in_(say), say))
