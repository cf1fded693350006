"""Every error of the program. Each says what happened and carries its remedy.

MinskError                    text for a person: what happened, with which feed or chat, what to do next
 +- ConfigError               .faults: one sentence each, all at once
 +- BadTarget                 an address that is no `platform:chat`
 +- UnknownName               .known: the names that exist
 +- PackError                 a faulty pack: .faults with file and line
 +- FetchError                .outcome, .retry_after, .moved_to, .status (HTTP): a poll that brought no body
 +- ParseError                .outcome: a body that is no feed, or cannot be read
 +- CommandError              what a person typed cannot be done; .hint says what can
 +- StoreError
 |   +- NotFound
 |   +- BadCorrection
 |   +- LeaseLost             another process owns the row now; stop, write nothing
 |   +- SchemaTooNew          the database was written by a newer release
 +- DeliveryError             a platform did not show a message
     +- RetryLater            .retry_after seconds; .scope "chat" or "platform"
     +- TargetMoved           .moved_to: the new address
     +- TargetGone            blocked, removed, closed: pause the subscription and tell
     +- MessageMissing        the message to edit is gone: send anew
     +- MessageRejected       the platform will never take this text: dead letter
     +- OutcomeUnknown        the connection was lost: it may or may not have been shown
     +- Unreachable           the platform was not reached: nothing was shown, try again
     +- BadCredentials        the token is refused: .remedy says where to put the right one
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.model import Feed, Outcome, Target


class MinskError(Exception):
    """Base of all errors that the program raises on purpose; str() is fit to be shown to a person."""

    @property
    def words(self) -> str:
        """The text as it was given: a core.sentence.Sentence where it can be said in other languages."""
        words: str = self.args[0] if self.args else ""
        return words


class ConfigError(MinskError):
    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class BadTarget(MinskError):
    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is no chat address: write platform:chat, such as telegram:-1001234567890, "
            "telegram:@channel, telegram:-100123/7 (a topic) or slack:C0123456."
        )


class UnknownName(MinskError):
    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.known = tuple(known)
        super().__init__(f"There is no {kind} {name!r}; known are: {', '.join(self.known)}.")


class PackError(MinskError):
    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class FetchError(MinskError):
    def __init__(
        self,
        outcome: Outcome,
        message: str,
        *,
        retry_after: float | None = None,
        moved_to: str | None = None,
        status: int | None = None,
    ) -> None:
        self.outcome = outcome
        self.retry_after = retry_after
        self.moved_to = moved_to
        self.status = status
        super().__init__(message)


class ParseError(MinskError):
    def __init__(self, outcome: Outcome, message: str) -> None:
        self.outcome = outcome
        super().__init__(message)


class CommandError(MinskError):
    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)


class StoreError(MinskError):
    pass


class NotFound(StoreError):
    pass


class BadCorrection(StoreError):
    """Stories cannot be merged or split as asked; the text says why."""


class LeaseLost(StoreError):
    """What was leased to this process is another one's by now; nothing of it was written."""

    @classmethod
    def of_feed(cls, feed: Feed) -> LeaseLost:
        return cls(f"Feed {feed.spec.name or feed.spec.url} was taken over by another process; this poll is dropped.")


class SchemaTooNew(StoreError):
    pass


class DeliveryError(MinskError):
    pass


class RetryLater(DeliveryError):
    def __init__(self, message: str, retry_after: float, scope: str = "chat") -> None:
        self.retry_after = retry_after
        self.scope = scope
        super().__init__(message)


class TargetMoved(DeliveryError):
    def __init__(self, message: str, moved_to: Target) -> None:
        self.moved_to = moved_to
        super().__init__(message)


class TargetGone(DeliveryError):
    pass


class MessageMissing(DeliveryError):
    pass


class MessageRejected(DeliveryError):
    pass


class OutcomeUnknown(DeliveryError):
    pass


class Unreachable(DeliveryError):
    pass


class BadCredentials(DeliveryError):
    def __init__(self, message: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(f"{message} {remedy}")
