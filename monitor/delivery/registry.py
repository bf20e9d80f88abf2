"""Every channel as a row: the name it has in the outbox, what carries it, who reads it, what it can do.

A channel is added by one row, a file with ``ways(settings)`` and its table of [alerts]. The file is imported where the
channel is asked for, so that one which cannot be imported costs itself alone.
"""

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import structlog

from monitor.alerting.operators import Operators, OperatorWay
from monitor.delivery.channel import ChannelSender
from monitor.delivery.traits import Audience, Traits
from monitor.delivery.ways import OPERATOR_SUFFIX, Tools, Way
from monitor.model.errors import MonitorError
from monitor.model.notice import Channel
from monitor.settings.schema import Settings

log = structlog.get_logger(__name__)


HELD_BACK = Traits()
"""Of messages to readers."""
OPERATORS_SAID = "The operator's channel"


@dataclass(frozen=True, slots=True)
class Row:
    """``table``: of [alerts], which is the transport's; ``module`` makes its ways out. ``said``: its name where people read."""

    channel: Channel
    table: str
    module: str
    audiences: frozenset[Audience]
    traits: Traits
    said: str = ""


def _letters(channel: Channel, *audiences: Audience) -> Row:
    traits = Traits(digests=False, quiet_hours=False, cap=False, last_resort=True)
    module = "monitor.delivery.mail.setup"
    return Row(channel, "email", module, frozenset(audiences), traits, said="Mail")


def _messages(
    table: str,
    module: str,
    traits: Traits = HELD_BACK,
    *,
    operators: Channel | None = None,
    said: str = "",
) -> tuple[Row, Row]:
    """A transport that carries one channel to readers and one to operators, which nothing holds back."""
    loud = replace(traits, quiet_hours=False, cap=False)
    of_operators = operators or f"{table}{OPERATOR_SUFFIX}"
    return (
        Row(table, table, module, frozenset({Audience.READERS}), traits, said),
        Row(of_operators, table, module, frozenset({Audience.OPERATORS}), loud, OPERATORS_SAID),
    )


ROWS = (
    *_messages("slack", "monitor.delivery.slack.setup", operators="operator", said="Slack"),
    _letters("email", Audience.READERS, Audience.OPERATORS),
    _letters("report", Audience.REPORT),
    *_messages(
        "webhook", "monitor.delivery.webhook", Traits(drops_repeats=True), said="The webhook"
    ),
    *_messages("apprise", "monitor.delivery.apprise", said="Apprise"),
)
_BY_CHANNEL = {row.channel: row for row in ROWS}


def row_of(channel: Channel) -> Row:
    """Of a channel that is known; raises KeyError."""
    return _BY_CHANNEL[channel]


def traits_of(channel: Channel) -> Traits:
    """Of a channel that is known; raises KeyError."""
    return _BY_CHANNEL[channel].traits


def said_of(channel: Channel) -> str:
    """Its name where people read; of one that the registry no longer has, the name that it had in the outbox."""
    row = _BY_CHANNEL.get(channel)
    return row.said or channel if row else channel


def channels_for(
    audience: Audience, among: Iterable[Channel] = tuple(_BY_CHANNEL)
) -> list[Channel]:
    """Those of the channels that this audience reads; of all by default."""
    return [channel for channel in among if audience in _BY_CHANNEL[channel].audiences]


@dataclass(frozen=True, slots=True)
class WaysOut:
    """``ways`` that are set up, in the registry's order; ``faults``: channels that cannot be used, in words."""

    ways: tuple[Way, ...]
    faults: tuple[str, ...]

    def opened(self, tools: Tools) -> dict[Channel, ChannelSender]:
        """By channel; one that cannot be opened is left out and logged."""
        found: dict[Channel, ChannelSender] = {}
        for way in self.ways:
            try:
                found[way.channel] = way.open(tools)
            except Exception as error:  # noqa: BLE001  one channel costs no other
                log.warning("channel cannot be opened", channel=way.channel, error=_said(error))
        return found


def ways_out(settings: Settings, rows: Iterable[Row] = ROWS) -> WaysOut:
    """What the settings set up, without opening any of it."""
    rows = tuple(rows)
    made: dict[Channel, Way] = {}
    faults: list[str] = []
    for table, module in dict.fromkeys((row.table, row.module) for row in rows):
        if not hasattr(settings.alerts, table):
            faults.append(
                f"channel {table}: the registry names it, and [alerts.{table}] has no settings"
            )
            continue
        try:
            made |= {way.channel: way for way in importlib.import_module(module).ways(settings)}
        except Exception as error:  # noqa: BLE001  whatever its file does, the others go on
            faults.append(f"channel {table}: cannot be used: {_said(error)}")
    return WaysOut(tuple(made[r.channel] for r in rows if r.channel in made), tuple(faults))


def channel_faults(settings: Settings) -> tuple[str, ...]:
    """Channels that cannot be used, in words."""
    return ways_out(settings).faults


def operators_among(ways: Iterable[Way]) -> Operators:
    """Who is told what is wrong with the monitor, of the ways that are set up."""
    return Operators(tuple(_operator_ways((w.channel, w.operators) for w in ways if w.operators)))


def operators_on(channels: Iterable[Channel]) -> Operators:
    """Operators on the channels that are theirs and need no recipient."""
    return Operators(
        tuple(w for w in _operator_ways((c, ("",)) for c in channels) if not w.last_resort)
    )


def _operator_ways(found: Iterable[tuple[Channel, tuple[str, ...]]]) -> Iterator[OperatorWay]:
    for channel, recipients in found:
        row = _BY_CHANNEL[channel]
        if Audience.OPERATORS not in row.audiences:
            continue
        shared = {r.channel for r in ROWS if r.module == row.module and row.traits.last_resort}
        yield OperatorWay(
            channel, recipients, row.traits.last_resort, frozenset({channel, *shared})
        )


def _said(error: Exception) -> str:
    """Our own words and those of an import; another's text may quote an address."""
    own = isinstance(error, MonitorError | ImportError)
    return str(error) if own else type(error).__name__
