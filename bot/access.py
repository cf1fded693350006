"""Who may do what. Pure."""

from __future__ import annotations

from collections.abc import Collection

from bot import texts
from bot.texts import Texts
from core.errors import CommandError
from core.model import Role
from core.ports import Request


def role_of(request: Request, operators: Collection[str]) -> Role:
    """The role of who asks: operator by configuration (`telegram:12345`), admin of one's own private chat, else what
    the platform says, which never makes an operator.
    """
    if str(request.actor) in operators:
        return Role.OPERATOR
    return Role.ADMIN if request.private else min(request.role, Role.ADMIN)


def require(role: Role, needed: Role, say: Texts) -> None:
    """Raise CommandError with who may, unless the role suffices."""
    if role < needed:
        raise CommandError(
            say.say(texts.REFUSALS[needed]), "" if needed is Role.OPERATOR else say.say(texts.REFUSAL_HINT)
        )
