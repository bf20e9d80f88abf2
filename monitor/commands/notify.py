"""`monitor notify`: the channels, tried through the real path."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import FAILED, context_of
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from monitor.commands.context import Context
    from monitor.delivery.channel import ChannelSender
    from monitor.delivery.ways import Way
    from monitor.model.notice import Channel, Notice
    from monitor.model.rotation import StepOutput
    from monitor.settings.schema import Settings
    from monitor.store.database import Database
    from monitor.store.outbox_rows import StoredNotice

app = typer.Typer(
    help="The channels, tried through the real path.", no_args_is_help=True, rich_markup_mode=None
)
_MEND = (
    "set MONITOR_ALERTS__SLACK__WEBHOOK, or a bot token and channel, or [smtp] with alerts.email.operators"
    " (readers of the daily report get no tests)"
)


@app.callback()
def _group() -> None:
    """A group of verbs, though it has one today."""


def register(whole: typer.Typer) -> None:
    """Add the verbs."""
    whole.add_typer(app, name="notify")


@app.command("test", epilog="Example:  monitor notify test --channel slack")
def try_channels(
    ctx: typer.Context,
    channel: Annotated[
        str | None, typer.Option(help="Only this one [default: all that are set up].")
    ] = None,
) -> None:
    """A marked test message through outbox and channel; prints what the channel answered."""
    from monitor.bootstrap import channels_of, rules_of, ways_of
    from monitor.commands.sending import drain, stored
    from monitor.delivery.registry import channel_faults
    from monitor.store import outbox

    context = context_of(ctx)
    settings = context.settings()
    with context.database(settings) as database:
        found = channels_of(settings, database, context.clock)
        ways = [way for way in ways_of(settings) if way.tested and way.channel in found]
        wanted = [way for way in ways if channel in (None, way.channel)]
        if not wanted:
            raise MonitorError(_not_set_up(channel_faults(settings), ways), remedy=_MEND)
        notices = [notice for way in wanted for notice in _tests(way, context.clock.now())]
        with database.write() as conn:
            outbox.enqueue(conn, notices)
        drain(
            database,
            context.clock,
            {way.channel: found[way.channel] for way in wanted},
            rules=rules_of(settings),
        )
        rows = stored(database, notices)
    for row in rows:
        typer.echo(f"{row.notice.recipient or row.notice.channel}: {_became(row)}")
    if any(row.delivered_at is None for row in rows):
        raise typer.Exit(FAILED)


def _not_set_up(faults: "Sequence[str]", ways: "Sequence[Way]") -> str:
    names = ", ".join(way.channel for way in ways)
    return "; ".join([f"no such channel is set up{f' (but {names})' if names else ''}", *faults])


def _tests(way: "Way", now: "datetime") -> "list[Notice]":
    """One message for each recipient."""
    from monitor.model.grid import iso
    from monitor.model.notice import Notice, NoticeKind

    text = f"TEST of the sector rotation monitor, {now:%Y-%m-%d %H:%M} UTC: this channel works; nothing has rotated."
    key = f"test|{way.channel}|{iso(now)}"
    return [
        Notice(
            key, way.channel, NoticeKind.TEST, text, now, now, thread=key, recipient=to,
            payload={"body": text, "rotations": []},
        )
        for to in way.tested
    ]  # fmt: skip


def _became(row: "StoredNotice") -> str:
    """What the channel answered: Slack's ids, mail's Message-ID, or why it did not go."""
    if row.delivered_at is None:
        return f"not delivered: {row.error or 'still waiting'}"
    receipt = row.receipt or {}
    told = [
        f"{name} {receipt[key]}"
        for key, name in (("channel", "channel"), ("ts", "ts"), ("message_id", "Message-ID"))
        if key in receipt
    ]
    return f"delivered ({', '.join(told)})" if told else "delivered"


def send_outputs(
    context: "Context",
    settings: "Settings",
    database: "Database",
    outputs: "Iterable[StepOutput]",
) -> None:
    """What `replay --notify` found, through the configured channels; each notice at most once, ever."""
    from monitor.alerting.maker import NoticeMaker
    from monitor.bootstrap import channels_of, enricher_of, policy_of
    from monitor.commands.sending import drain, stored
    from monitor.delivery.batching import Rules
    from monitor.store import outbox

    found: dict[Channel, ChannelSender] = channels_of(settings, database, context.clock)
    policy = policy_of(settings, found)
    if not policy.receivers:
        raise MonitorError("no channel is set up", remedy=_MEND)
    maker = NoticeMaker(policy, enricher_of(settings), None)
    notices: Sequence[Notice] = []
    with database.write() as conn:
        notices = maker(conn, list(outputs))
        outbox.enqueue(conn, notices)
    # each is told on its own, however late: it is asked for to see what would have been told
    one_by_one = Rules(per_hour=len(notices) + 1, digest_above=len(notices) + 1)
    drain(database, context.clock, found, rules=one_by_one)
    for row in stored(database, notices):
        if row.notice.told_in is None:
            typer.echo(f"{row.notice.channel}: {_became(row)}", err=True)
