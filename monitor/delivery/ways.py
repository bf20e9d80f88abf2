"""A way out as the settings name it, before it is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.alerting.policy import IN_MESSAGES, Form
from monitor.clock import Clock
from monitor.content.mail import Mail
from monitor.delivery.channel import ChannelSender, DrawPicture
from monitor.model.notice import Channel, Notice
from monitor.model.rotation import Severity
from monitor.settings.schema import Settings

OPERATOR_SUFFIX = "-operators"
"""Of the channel by which a transport reaches operators, apart from its readers."""
READER = ("",)
"""A channel that has no recipients of its own: whoever reads it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What channels are opened with. ``reports``: the letter of a daily report."""

    clock: Clock
    draw: DrawPicture
    reports: Callable[[Notice, datetime], Mail]


@dataclass(frozen=True, slots=True)
class Way:
    """``readers``, ``operators``, ``reports``: recipients by what they are told; empty where this way is not theirs.
    Readers are told from ``minimum`` severity on."""

    channel: Channel
    open: Callable[[Tools], ChannelSender]
    form: Form = IN_MESSAGES
    readers: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    minimum: Severity = Severity.WARNING

    @property
    def tested(self) -> tuple[str, ...]:
        """Who gets a test message: everybody but the readers of the daily report, who may be customers."""
        return tuple(dict.fromkeys((*self.readers, *self.operators)))


def both_ways(
    name: str, settings: Settings, open_it: Callable[[Tools], ChannelSender]
) -> list[Way]:
    """A transport that carries messages to readers, and apart from these to operators."""
    minimum = Severity(settings.alerts.minimum_severity)
    return [
        Way(name, open_it, readers=READER, minimum=minimum),
        Way(f"{name}{OPERATOR_SUFFIX}", open_it, operators=READER),
    ]
