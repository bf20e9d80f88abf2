"""What goes wrong with Slack and with mail on a busy day, drawn at random."""

import json
import random
import urllib.request
from typing import Any

from tests.kit.smtp_server import SmtpServer

Fault = dict[str, Any]

_POST, _EDIT, _HOOK = "chat.postMessage", "chat.update", "webhook"
_HISTORY, _REPLIES = "conversations.history", "conversations.replies"
AFTER = frozenset({"reset_after", "stall_after", "half_json"})
"""Kinds that take the call and lose its answer."""


def _everyday(method: str) -> list[Fault]:
    """Refused, put off, broken before and after it was taken, answered late."""
    return [
        {"method": method, "kind": "rate_limited", "retry_after": 60},
        {"method": method, "kind": "status", "status": 500},
        {"method": method, "kind": "status", "status": 503, "left": 3},
        {"method": method, "kind": "reset"},
        {"method": method, "kind": "stall", "seconds": 0.3},
        {"method": method, "kind": "reset_after"},
        {"method": method, "kind": "reset_after", "skip": 2},
        {"method": method, "kind": "stall_after", "seconds": 0.2},
        {"method": method, "kind": "half_json"},
        {"method": method, "kind": "slow", "seconds": 0.5, "left": 2},
        {"method": method, "kind": "slow", "seconds": 0.8},
    ]


SLACK: tuple[Fault, ...] = (
    *(_everyday(_POST) * 3),
    *_everyday(_EDIT),
    *(_everyday(_HOOK) * 2),
    {"method": _POST, "kind": "error", "error": "invalid_blocks"},
    {"method": _HOOK, "kind": "error", "error": "invalid_blocks"},
    {"method": _POST, "kind": "stall", "seconds": 3.0, "left": 2},
    {"method": _HISTORY, "kind": "status", "status": 500},
    {"method": _HISTORY, "kind": "reset"},
    {"method": _REPLIES, "kind": "half_json"},
    {"method": _REPLIES, "kind": "rate_limited", "retry_after": 30},
    {"method": "upload", "kind": "status", "status": 500},
    {"method": "upload", "kind": "reset_after"},
    {"method": "files.getUploadURLExternal", "kind": "rate_limited", "retry_after": 30},
    {"method": "files.completeUploadExternal", "kind": "error", "error": "internal_error"},
    {"method": "files.completeUploadExternal", "kind": "slow", "seconds": 0.5},
    {"method": "files.info", "kind": "half_json"},
)


class Weather:
    """Draws what goes wrong next. ``drawn``: how often anything was switched on."""

    def __init__(self, slack_url: str, smtp: SmtpServer, dice: random.Random) -> None:
        self._control = f"{slack_url}/control/faults"
        self._smtp = smtp
        self._dice = dice
        self.drawn = 0

    def change(self) -> None:
        """Up to two new faults of Slack and one of mail; those that are still on stay."""
        faults = self._dice.sample(SLACK, self._dice.randint(0, 2))
        if faults:
            self._ask("POST", faults)
        self.drawn += len(faults)
        if self._dice.random() < 0.5:
            self._spoil_mail()
            self.drawn += 1

    def clear(self) -> None:
        """Fine weather."""
        self._ask("DELETE", None)
        mail = self._smtp.faults
        mail.greylisted = mail.drop_after = 0
        mail.stall_s = mail.stall_after_s = 0.0
        mail.data_replies.clear()

    def _spoil_mail(self) -> None:
        mail = self._smtp.faults
        mail.stall_s = mail.stall_after_s = 0.0
        match self._dice.randrange(5):
            case 0:
                mail.greylisted += 1
            case 1:
                mail.data_replies.append("451 4.3.0 try again later")
            case 2:
                mail.drop_after += 1
            case 3:
                mail.stall_s = 0.2
            case _:
                mail.stall_after_s = 0.3

    def _ask(self, method: str, body: list[Fault] | None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  a server on loopback
            self._control, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
