"""Who may do what."""

from __future__ import annotations

import pytest

from bot.access import require, role_of
from bot.texts import ENGLISH
from core.errors import CommandError
from core.model import Actor, Role, Target
from core.ports import Request

OPERATORS = ("telegram:1",)


@pytest.mark.parametrize(
    ("actor", "said", "private", "role"),
    [
        ("1", Role.VIEWER, False, Role.OPERATOR),
        ("2", Role.OPERATOR, False, Role.ADMIN),  # a platform cannot make operators
        ("2", Role.VIEWER, True, Role.ADMIN),
        ("2", Role.VIEWER, False, Role.VIEWER),
        ("2", Role.EDITOR, False, Role.EDITOR),
    ],
)
def test_roles(actor: str, said: Role, private: bool, role: Role) -> None:
    request = Request(Actor("telegram", actor), Target("telegram", "-5"), "", role=said, private=private)
    assert role_of(request, OPERATORS) is role


def test_an_operator_of_one_platform_is_none_of_another() -> None:
    request = Request(Actor("slack", "1"), Target("slack", "C5"), "")
    assert role_of(request, OPERATORS) is Role.VIEWER


@pytest.mark.parametrize("needed", list(Role))
@pytest.mark.parametrize("role", list(Role))
def test_a_higher_role_includes_the_lower_ones(role: Role, needed: Role) -> None:
    if role >= needed:
        require(role, needed, ENGLISH)
    else:
        with pytest.raises(CommandError, match="Only"):
            require(role, needed, ENGLISH)
