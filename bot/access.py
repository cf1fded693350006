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


def require(role: Role, needed: Role, say: Texts, who: str = "") -> None:
    """Raise CommandError with who may, unless the role suffices. `who` asks, where nobody else reads the answer: who
    sets the bot up learns there what to write into its configuration.
    """
    if role >= needed:
        return
    hint = say.say(texts.REFUSAL_HINT)
    if needed is Role.OPERATOR:
        hint = say.say(texts.REFUSAL_OPERATOR_HINT, who=f'"{who}"') if who else ""
    raise CommandError(say.say(texts.REFUSALS[needed]), hint)
