"""How one chat is told: in its language, by its clock, and discreetly where it asks for that. Pure but for its log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot import changes, digest, render
from bot.digest import Chapter
from bot.languages import TopicTitles, speak
from bot.render import Titles
from bot.speech import ENGLISH, Texts
from bot.watched import with_watched
from core.errors import DeliveryError
from core.message import Line, Message
from core.model import OutboxItem, Story
from core.options import Options

_log = logging.getLogger(__name__)


class Unexpected(DeliveryError):
    """A platform, or the making of a message, raised what it should not."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the messages of one chat. Raises Unexpected when one cannot be made in any form."""

    say: Texts
    titles: Titles
    discreet: bool

    @classmethod
    def of(cls, options: Options, titles: TopicTitles, default: Texts) -> Teller:
        say = speak(options, "", default)
        return cls(say, titles.in_(say), options.discreet)

    def alert(self, item: OutboxItem, story: Story, *, plain: bool) -> Message:
        """The alert of a story; `plain` for a platform that refused the full form."""
        if self.discreet:
            return self._said(lambda say: digest.discreet_alert(story, say))
        if not plain:
            try:
                return self._with_lang(with_watched(render.alert(story, self.titles, self.say), item.watched, self.say))
            except Exception:
                _log.exception("A story could not be shown in full", extra={"story": story.id})
        return self._said(lambda say: with_watched(render.plain_alert(story, self.titles, say), item.watched, say))

    def news(self, item: OutboxItem, story: Story) -> tuple[Line, ...]:
        """What changed since the chat was told of it; nothing if that cannot be said, for the alert says it too."""
        try:
            return changes.changes(item.told, story, self.say)
        except Exception:
            _log.exception("What changed in a story could not be said", extra={"story": story.id})
            return ()

    def reply(self, story: Story, news: tuple[Line, ...]) -> Message:
        """The message under an alert that says what changed."""
        if self.discreet:
            return self._said(lambda say: digest.discreet_alert(story, say, change=True))
        return self._said(lambda say: changes.reply(story, news, say))

    def digests(self, stories: Sequence[tuple[OutboxItem, Story]], *, many: bool) -> Iterator[Message]:
        """The forms of a digest that can be made, to be tried in turn; none for no stories."""
        if stories and self.discreet:
            yield self._said(lambda say: digest.discreet_digest([story for _, story in stories], say))
        elif stories:
            chapters = [Chapter(story, self.news(item, story)) for item, story in stories]
            try:
                yield self._with_lang(digest.digest(chapters, self.titles, self.say, many=many))
            except Exception:
                _log.exception("A digest could not be shown in full")
            with suppress(Unexpected):
                yield self._said(lambda say: digest.plain_digest(chapters, say))

    def _said(self, form: Callable[[Texts], Message]) -> Message:
        """A message in the chat's language, or in English where a sentence of that cannot be filled."""
        try:
            return self._with_lang(form(self.say))
        except Exception:
            _log.exception("A message could not be made", extra={"language": self.say.lang})
        try:
            return form(ENGLISH)
        except Exception as error:
            raise Unexpected(f"{type(error).__name__} while the message was made; see the log.") from error

    def _with_lang(self, message: Message) -> Message:
        """The message, with the language that it is in."""
        return replace(message, lang=self.say.lang)
