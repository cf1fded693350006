"""What Slack answers, as the program's own errors. The meanings: https://docs.slack.dev/reference/methods/chat.postMessage#errors

No token is ever part of a text here; of an answer only Slack's own error words are.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.platforms.slack_blocks import Rendered
from core.errors import (
    BadCredentials,
    DeliveryError,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    TargetGone,
    Unreachable,
)

T = TypeVar("T")

_GONE = {
    "channel_not_found": "Slack does not know it, or the bot is not in it: invite the bot there with /invite",
    "not_in_channel": "the bot is not a member: invite it there with /invite",
    "is_archived": "the channel is archived",
    "is_inactive": "the channel is frozen",
    "user_not_found": "there is no such user",
    "user_disabled": "the user's account is closed",
    "user_not_visible": "the bot may not see this user",
    "cannot_dm_bot": "it is a bot",
    "messages_tab_disabled": "direct messages to the bot are switched off",
    "restricted_action": "the workspace does not let the bot post there",
    "restricted_action_read_only_channel": "the channel is read-only for the bot",
    "restricted_action_thread_only_channel": "only replies may be posted there",
    "restricted_action_non_threadable_channel": "no replies may be posted there",
    "not_allowed_in_channel": "the bot may not post there",
    "channel_type_not_supported": "no messages can be posted there",
    "team_not_found": "its workspace is gone",
}
_MISSING = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "cannot_reply_to_message"}
)
_REFUSED = {
    "invalid_auth": "is not valid",
    "not_authed": "is missing",
    "token_revoked": "was revoked",
    "token_expired": "has expired",
    "account_inactive": "belongs to an app that was removed",
    "not_allowed_token_type": "is of the wrong kind",
    "no_permission": "does not permit this",
    "missing_scope": "lacks a scope",
    "org_login_required": "is shut out while the organisation migrates",
    "ekm_access_denied": "may not post: an administrator suspended it",
    "team_access_not_granted": "has no access to the workspace",
}
_TROUBLE = frozenset({"service_unavailable", "team_added_to_org", "accesslimited"})
# "It's possible some aspect of the operation succeeded before the error was raised", says Slack of these.
_HALFWAY = frozenset({"internal_error", "fatal_error", "request_timeout", "rollup_error"})
_LIMITED = frozenset({"ratelimited", "rate_limited", "rate_limit_exceeded", "message_limit_exceeded"})
_WAIT = 30.0

BOT_REMEDY = (
    "Put the bot token (xoxb-...) of the installed app into slack.bot_token, or reinstall the app from its manifest."
)
SOCKET_REMEDY = (
    "Put an app-level token (xapp-...) with the scope connections:write into slack.app_token and switch Socket Mode "
    'on in the app; or set slack.mode = "http".'
)
HTTP_REMEDY = 'Put the app\'s signing secret into slack.signing_secret, or set slack.mode = "socket".'


class BlocksRefused(MessageRejected):
    """Slack refuses these blocks; the words alone may do."""


class ViewChanged(MessageRejected):
    """The view was changed since the version that the call names."""


class ViewGone(MessageRejected):
    """There is no such view, or no longer."""


class TriggerGone(MessageRejected):
    """The trigger_id was used, or is older than 3 seconds."""


_KINDS: Mapping[str, type[MessageRejected]] = {
    "invalid_blocks": BlocksRefused,
    "invalid_blocks_format": BlocksRefused,
    "msg_blocks_too_long": BlocksRefused,
    "invalid_attachments": BlocksRefused,
    "hash_conflict": ViewChanged,
    "not_found": ViewGone,
    "view_not_found": ViewGone,
    "expired_trigger_id": TriggerGone,
    "trigger_expired": TriggerGone,
    "exchanged_trigger_id": TriggerGone,
    "trigger_exchanged": TriggerGone,
    "invalid_trigger_id": TriggerGone,
}


async def taken(call: Callable[[dict[str, Any]], Awaitable[T]], rendered: Rendered, log: logging.Logger) -> T:
    """Make a call with the rendered message; when its blocks are refused, with its words alone."""
    try:
        return await call(rendered.fields)
    except BlocksRefused as error:
        log.warning("Slack refused the blocks of a message; its words go alone", extra={"reason": str(error)})
        return await call(rendered.plain_fields)


@contextmanager
def translated(where: str, remedy: str = BOT_REMEDY) -> Iterator[None]:
    """Raise DeliveryError only. `where` names the chat or the server; `remedy` says where the token stands."""
    try:
        yield
    except SlackApiError as error:
        raise from_answer(error, where, remedy) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
        raise Unreachable(f"Slack could not be reached for {where}: {_cause(error)}.") from error
    except TimeoutError as error:
        raise OutcomeUnknown(f"Slack did not answer in time for {where}; it may have taken the message.") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise OutcomeUnknown(
            f"The connection to Slack was lost for {where} ({_cause(error)}); it may have taken the message."
        ) from error
    except AttributeError as error:  # slack_sdk reads any answer of type text/plain as if it were JSON
        raise OutcomeUnknown(f"Slack's answer for {where} could not be read; it may have taken the message.") from error
    except (SlackClientError, ValueError) as error:
        raise MessageRejected(f"The message to {where} could not be sent at all: {type(error).__name__}.") from error


def from_answer(error: SlackApiError, where: str, remedy: str = BOT_REMEDY) -> DeliveryError:
    """The error that an answer of the Web API stands for."""
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    answer = getattr(response, "data", None)
    answer = answer if isinstance(answer, dict) else {}
    headers = {key.lower(): value for key, value in (getattr(response, "headers", None) or {}).items()}
    name = str(answer.get("error", ""))
    if status == 429 or name in _LIMITED:
        wait = _seconds(headers)
        return RetryLater(f"Slack asks to wait {wait:g} s before more is posted to {where}.", wait)
    told = f"status {status}" + (f", {name}" if name else "")
    if status >= 500 or name in _TROUBLE or name in _HALFWAY or not name:
        return _trouble(status, name, told, headers, where)
    return _from_name(name, answer, where, remedy)


def _trouble(status: int, name: str, told: str, headers: Mapping[str, str], where: str) -> DeliveryError:
    """Slack itself, or what stands before it, is out of order."""
    if status >= 500 and "retry-after" in headers:
        return RetryLater(f"Slack is out of order ({told}) and asks to wait.", _seconds(headers), "platform")
    if status == 503 or name in _TROUBLE:
        return Unreachable(f"Slack is out of order ({told}); {where} is tried again.")
    if 300 <= status < 500 and not name:
        return Unreachable(f"{where} was answered with {told}, not as Slack does: is slack.api_base right?")
    return OutcomeUnknown(f"Slack's answer for {where} does not say whether it took the message ({told}).")


def _from_name(name: str, answer: Mapping[str, Any], where: str, remedy: str) -> DeliveryError:
    if name in _REFUSED:
        needed = f" ({answer['needed']})" if answer.get("needed") else ""
        return BadCredentials(f"Slack's token {_REFUSED[name]}{needed}: {name}.", remedy)
    if name in _GONE:
        return TargetGone(f"Nothing can be posted to {where}: {_GONE[name]} ({name}).")
    if name in _MISSING:
        return MessageMissing(f"The message in {where} can no longer be edited ({name}).")
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    details = "; ".join(str(part)[:200] for part in (messages or answer.get("errors") or ())[:3])
    kind = _KINDS.get(name, MessageRejected)
    return kind(f"Slack refuses the message to {where}: {name}{f' ({details})' if details else ''}.")


def _seconds(headers: Mapping[str, str]) -> float:
    """What Retry-After asks for; 30 where it says nothing, never under 1."""
    try:
        return max(1.0, float(headers.get("retry-after", _WAIT)))
    except ValueError:
        return _WAIT


def _cause(error: BaseException) -> str:
    """What went wrong, without addresses that may hold secrets."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"{error.host}:{error.port}: its certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.host}:{error.port}: {error.os_error.strerror or type(error.os_error).__name__}"
    return type(error).__name__
