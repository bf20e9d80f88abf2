"""`monitor notify`: the channels, tried through the real path."""

import asyncio
import random
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import FAILED, context_of
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.commands.context import Context
    from monitor.delivery.sender import Sender
    from monitor.model.notice import Channel, Notice
    from monitor.model.rotation import RotationChange
    from monitor.settings.schema import Settings
    from monitor.store.database import Database

app = typer.Typer(
    help="The channels, tried through the real path.", no_args_is_help=True, rich_markup_mode=None
)


class ChannelChoice(StrEnum):
    """Channels that can be tried."""

    slack = "slack"
    operator = "operator"


@app.callback()
def _group() -> None:
    """A group of verbs, though it has one today."""


@app.command("test", epilog="Example:  monitor notify test --channel slack")
def try_channels(
    ctx: typer.Context,
    channel: Annotated[
        ChannelChoice | None, typer.Option(help="Only this one [default: all that are set up].")
    ] = None,
) -> None:
    """A marked test message through outbox and channel; prints what the channel answered."""
    from monitor.daemon.wiring import channels_of
    from monitor.model.notice import Channel

    context = context_of(ctx)
    settings = context.settings()
    found = channels_of(settings)
    wanted = [Channel(channel.value)] if channel else list(found)
    if not wanted or any(name not in found for name in wanted):
        raise MonitorError(
            "no such channel is set up",
            remedy="set MONITOR_ALERTS__SLACK__WEBHOOK, then monitor notify test",
        )
    with context.database(settings) as database:
        now = context.clock.now()
        answers = asyncio.run(
            _send(context, settings, database, [_test_notice(name, now) for name in wanted])
        )
    for name, answer in answers:
        typer.echo(f"{name}: {answer}")
    if any(answer != "delivered" for _, answer in answers):
        raise typer.Exit(FAILED)


def _test_notice(channel: "Channel", now: datetime) -> "Notice":
    from monitor.model.grid import iso
    from monitor.model.notice import Notice, NoticeKind

    text = f"TEST of the sector rotation monitor, {now:%Y-%m-%d %H:%M} UTC: this channel works; nothing has rotated."
    key = f"test|{channel.value}|{iso(now)}"
    return Notice(key, channel, NoticeKind.TEST, text, now, now, thread=key, payload={"body": text})


async def _send(
    context: "Context", settings: "Settings", database: "Database", notices: "Sequence[Notice]"
) -> list[tuple[str, str]]:
    """(channel, what became of it) of each."""
    from datetime import timedelta

    from monitor.store import outbox

    sender = _sender(context, settings, database)
    with database.write() as conn:
        outbox.enqueue(conn, notices)
    try:
        await sender.drain()
    finally:
        await sender.close()
    keys = {notice.dedup_key for notice in notices}
    since = min(notice.event_at for notice in notices)
    until = max(notice.event_at for notice in notices) + timedelta(microseconds=1)
    with database.read() as conn:
        stored = [
            row for row in outbox.list_notices(conn, since, until) if row.notice.dedup_key in keys
        ]
    return [
        (
            row.notice.channel.value,
            "delivered" if row.delivered_at else f"not delivered: {row.error or 'still waiting'}",
        )
        for row in stored
    ]


def send_changes(
    context: "Context",
    settings: "Settings",
    database: "Database",
    changes: "Sequence[RotationChange]",
) -> None:
    """What `replay --notify` found, through the configured channels; each notice at most once, ever."""
    from monitor.content.notices import notices_for
    from monitor.daemon.alerts import names_of, policy_of
    from monitor.daemon.wiring import channels_of
    from monitor.model.notice import Channel

    if Channel.SLACK not in channels_of(settings):
        raise MonitorError("no channel is set up", remedy="set MONITOR_ALERTS__SLACK__WEBHOOK")
    notices: list[Notice] = []
    for change in changes:
        told = {rotation for notice in notices for rotation in notice.payload["rotations"]}
        notices += notices_for(
            [change], policy_of(settings, [Channel.SLACK]), names_of(settings), told
        )
    if notices:
        for name, answer in asyncio.run(_send(context, settings, database, notices)):
            typer.echo(f"{name}: {answer}", err=True)


def _sender(context: "Context", settings: "Settings", database: "Database") -> "Sender":
    from monitor.daemon.wiring import channels_of
    from monitor.delivery.sender import Sender

    return Sender(database, context.clock, channels_of(settings), dice=random.Random())  # noqa: S311  jitter
