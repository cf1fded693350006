"""Installations and the chats of their workspaces, on both databases."""

from __future__ import annotations

import pytest

from core.installs import Installation
from core.model import Target
from storage.store import Store
from tests.fake_clock import FakeClock


async def test_one_is_kept_for_each_workspace(store: Store, clock: FakeClock) -> None:
    for token in ("xoxb-1", "xoxb-2"):
        await store.save_installation(Installation("slack", "T1", token, "UB"), clock.now())
    await store.save_installation(Installation("slack", "T2", "xoxb-3"), clock.now())
    assert await store.count_installations("slack") == 2
    assert await store.find_installation("slack", "T1") == Installation("slack", "T1", "xoxb-2", "UB")
    assert await store.find_installation("other", "T1") is None
    await store.remove_installation("slack", "T1")
    assert await store.find_installation("slack", "T1") is None
    assert await store.count_installations("slack") == 1


@pytest.mark.parametrize(
    ("team", "paused"), [("T1", {"T1.C1", "T1.D1"}), ("T11", {"T11.C1"}), ("", {"C1"}), ("T_", set())]
)
async def test_a_workspace_is_retired_whole_and_alone(
    store: Store, clock: FakeClock, team: str, paused: set[str]
) -> None:
    chats = [Target("slack", chat) for chat in ("T1.C1", "T1.D1", "T11.C1", "C1")] + [Target("telegram", "1")]
    for chat in chats:
        await store.subscribe(chat, ("sanctions",), clock.now())
    await store.retire_team("slack", team, "gone")
    found = {chat.chat for chat in chats if (await store.find_subscription(chat)).paused_reason}  # type: ignore[union-attr]
    assert found == paused
