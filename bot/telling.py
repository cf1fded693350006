"""How one chat is told: in its language, by its clock, and discreetly where it asks for that. Pure but for its log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot import changes, digest, render
from bot.digest import Chapter
from bot.languages import TopicTitles, speak
from bot.render import Titles
from bot.speech import Texts
from bot.watched import with_watched
from core.message import Line, Message
from core.model import OutboxItem, Story
from core.options import Options

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the messages of one chat."""

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
            return self._said(digest.discreet_alert(story, self.say))
        return self._said(with_watched(self._full(story, plain=plain), item.watched, self.say))

    def news(self, item: OutboxItem, story: Story) -> tuple[Line, ...]:
        """What changed since the chat was told of it."""
        return changes.changes(item.told, story, self.say)

    def reply(self, story: Story, news: tuple[Line, ...]) -> Message:
        """The message under an alert that says what changed."""
        if self.discreet:
            return self._said(digest.discreet_alert(story, self.say, change=True))
        return self._said(changes.reply(story, news, self.say))

    def digests(self, stories: Sequence[tuple[OutboxItem, Story]], *, many: bool) -> Iterator[Message]:
        """The forms of a digest, to be tried in turn; none for no stories."""
        if stories and self.discreet:
            yield self._said(digest.discreet_digest([story for _, story in stories], self.say))
        elif stories:
            chapters = [Chapter(story, self.news(item, story)) for item, story in stories]
            try:
                yield self._said(digest.digest(chapters, self.titles, self.say, many=many))
            except Exception:
                _log.exception("A digest could not be shown in full")
            yield self._said(digest.plain_digest(chapters, self.say))

    def _said(self, message: Message) -> Message:
        """The message, with the language that it is in."""
        return replace(message, lang=self.say.lang)

    def _full(self, story: Story, *, plain: bool) -> Message:
        if not plain:
            try:
                return render.alert(story, self.titles, self.say)
            except Exception:
                _log.exception("A story could not be shown in full", extra={"story": story.id})
        return render.plain_alert(story, self.titles, self.say)
