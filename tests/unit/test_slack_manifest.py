"""The app manifest asks for what the code uses, and for nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from bot.command import load_commands
from bot.platforms.slack_events import COMMAND
from core.settings import SlackSettings
from tests.slack_server_values import (
    BOT_EVENTS,
    BOT_SCOPES,
    COMMAND_SCOPE,
    DOWNLOAD_SCOPE,
    EVENT_SCOPES,
    METHOD_SCOPES,
    PRIVATE_SCOPES,
)

PLATFORMS = Path(__file__).parents[2] / "bot" / "platforms"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dict(yaml.safe_load((PLATFORMS / "slack_manifest.yaml").read_text(encoding="utf-8")))


def methods_used() -> set[str]:
    """Every Web API method that the adapter calls, by the names of slack_sdk's functions."""
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(PLATFORMS.glob("slack*.py")))
    called = set(re.findall(r"_client\.([a-zA-Z]+_[a-zA-Z_]+)\(", source))
    return {method for method in METHOD_SCOPES if method.replace(".", "_") in called}


def events_used() -> set[str]:
    source = (PLATFORMS / "slack_receiver.py").read_text(encoding="utf-8")
    names = {"message": "message.im"}
    return {names.get(name, name) for name in re.findall(r'app\.event\("(\w+)"\)', source)}


def test_every_method_called_is_known_to_the_local_server() -> None:
    assert methods_used() == {
        "auth.test",
        "apps.connections.open",
        "chat.postMessage",
        "chat.postEphemeral",
        "chat.update",
        "files.completeUploadExternal",
        "files.getUploadURLExternal",
        "users.info",
        "views.open",
        "views.publish",
        "views.update",
    }


def test_scopes_are_exactly_those_needed(manifest: dict[str, Any]) -> None:
    needed = {METHOD_SCOPES[method] for method in methods_used()} | {EVENT_SCOPES[event] for event in events_used()}
    needed |= {COMMAND_SCOPE, DOWNLOAD_SCOPE} | {
        PRIVATE_SCOPES[event] for event in events_used() & PRIVATE_SCOPES.keys()
    }
    needed -= {"", "connections:write"}  # the latter belongs to the app-level token
    scopes = manifest["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert set(scopes["bot"]) == needed == BOT_SCOPES


def test_workspaces_that_install_are_asked_for_the_same(manifest: dict[str, Any]) -> None:
    assert set(SlackSettings().scopes) == set(manifest["oauth_config"]["scopes"]["bot"])


def test_events_are_exactly_those_listened_to(manifest: dict[str, Any]) -> None:
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == events_used() == BOT_EVENTS


def test_one_slash_command(manifest: dict[str, Any]) -> None:
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert command["should_escape"] is False


def test_shortcuts_are_commands(manifest: dict[str, Any]) -> None:
    commands = load_commands()
    for shortcut in manifest["features"]["shortcuts"]:
        assert shortcut["type"] == "message"
        assert commands.find(shortcut["callback_id"].partition(" ")[0])
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150


def test_socket_mode_buttons_and_private_chats_are_on(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True
    assert manifest["features"]["app_home"]["messages_tab_read_only_enabled"] is False


def test_texts_within_slack_s_limits(manifest: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/app-manifest"""
    assert len(manifest["display_information"]["name"]) <= 35
    assert len(manifest["display_information"]["description"]) <= 140
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
    (command,) = manifest["features"]["slash_commands"]
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
