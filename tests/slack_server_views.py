"""Home tabs and modals of the local Slack: kept, judged, pressed and submitted by people. A part of SlackServer.

https://docs.slack.dev/reference/views , https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.slack_server_blocks import buttons, shown, view_faults
from tests.slack_server_values import Refused

TRIGGER_SECONDS = 3


@dataclass(frozen=True)
class View:
    """A view as Slack keeps it. `errors` stand under the fields of a modal."""

    id: str
    user: str
    fields: Mapping[str, Any]
    hash: str
    errors: Mapping[str, str]

    @property
    def blocks(self) -> Sequence[Mapping[str, Any]]:
        return tuple(self.fields["blocks"])

    @property
    def shown(self) -> str:
        return shown(self.blocks)

    @property
    def payload(self) -> dict[str, Any]:
        return {**self.fields, "id": self.id, "hash": self.hash, "root_view_id": self.id}


class Server(Protocol):
    """What views need of the server around them."""

    time: float
    users: dict[str, dict[str, Any]]

    def serial(self) -> int: ...


class Views:
    """Every person's Home tab and open modal."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._triggers: dict[str, tuple[str, float]] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, View] = {}

    def trigger(self, user: str) -> str:
        """A trigger_id, good for one view within 3 seconds."""
        name = f"{self._server.serial()}.trigger"
        self._triggers[name] = (user, self._server.time)
        return name

    def publish(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        user = str(fields.get("user_id", ""))
        if user not in self._server.users:
            raise Refused("user_not_found")
        old = self.homes.get(user)
        if fields.get("hash") and (old is None or fields["hash"] != old.hash):
            raise Refused("hash_conflict")
        self.homes[user] = self._judged(fields, user, f"V{user}", "home")
        return {"view": self.homes[user].payload}

    def open(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        user, at = self._triggers.pop(str(fields.get("trigger_id")), ("", 0.0))
        if not user:
            raise Refused("exchanged_trigger_id")
        if self._server.time - at > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        view = self._judged(fields, user, f"V{self._server.serial()}", "modal")
        self.modals[user] = view
        return {"view": view.payload}

    def update(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        found = [view for view in self.modals.values() if view.id == fields.get("view_id")]
        if not found:
            raise Refused("not_found")
        view = self._judged(fields, found[0].user, found[0].id, "modal")
        self.modals[view.user] = view
        return {"view": view.payload}

    def close(self, user: str) -> None:
        del self.modals[user]

    def answered(self, view: View, body: str) -> None:
        """Do what the acknowledgement of a submission asks for."""
        answer = json.loads(body) if body else {}
        action = answer.get("response_action")
        if action == "errors":
            known = {str(block.get("block_id")) for block in view.blocks}
            assert set(answer["errors"]) <= known, "errors name blocks of the view"
            self.modals[view.user] = View(view.id, view.user, view.fields, view.hash, answer["errors"])
        elif action == "update":
            self.modals[view.user] = self._judged(answer, view.user, view.id, "modal")
        else:
            assert not answer, f"unknown answer {answer}"
            self.close(view.user)

    def action(self, view: View, label: str) -> dict[str, Any]:
        """A block_actions payload for a button of a view, without the parts that every payload has."""
        button = buttons(view.blocks)[label]
        action = {"type": "button", "block_id": "b1", "action_id": button["action_id"], "text": button["text"]}
        action |= {"value": button["value"]} if "value" in button else {}
        container = {"type": "view", "view_id": view.id}
        body = {"type": "block_actions", "actions": [action], "container": container, "view": view.payload}
        return {**body, "trigger_id": self.trigger(view.user)}

    def submission(self, view: View, typed: str) -> dict[str, Any]:
        """A view_submission payload with the one field filled in."""
        (block,) = [block for block in view.blocks if block["type"] == "input"]
        value = {"type": "plain_text_input", "value": typed or None}
        state = {"values": {block["block_id"]: {block["element"]["action_id"]: value}}}
        return {"type": "view_submission", "view": {**view.payload, "state": state}}

    def _judged(self, fields: Mapping[str, Any], user: str, name: str, kind: str) -> View:
        view = fields.get("view") or {}
        view = json.loads(view) if isinstance(view, str) else view
        faults = view_faults(view)
        if view.get("type") != kind or faults:
            raise Refused("invalid_arguments", response_metadata={"messages": faults})
        return View(name, user, view, f"{self._server.serial()}.hash", {})
