"""Notices sent by a verb instead of the daemon: what waits in the outbox is tried once, and what became of it told."""

import asyncio
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monitor.clock import Clock
    from monitor.delivery.batching import Rules
    from monitor.delivery.channel import ChannelSender
    from monitor.model.notice import Channel, Notice
    from monitor.store.database import Database
    from monitor.store.outbox_rows import StoredNotice


def drain(
    database: "Database",
    clock: "Clock",
    channels: "Mapping[Channel, ChannelSender]",
    *,
    rules: "Rules | None" = None,
) -> None:
    """Try once what is due on ``channels``, then close them."""
    asyncio.run(_drain(database, clock, channels, rules))


def stored(database: "Database", notices: "Sequence[Notice]") -> "list[StoredNotice]":
    """The rows of these notices, in the order they were enqueued; one that was pruned is left out."""
    from datetime import timedelta

    from monitor.store import outbox

    if not notices:
        return []
    keys = {(n.dedup_key, n.channel, n.recipient) for n in notices}
    first = min(notice.event_at for notice in notices)
    last = max(notice.event_at for notice in notices) + timedelta(microseconds=1)
    with database.read() as conn:
        rows = outbox.list_notices(conn, first, last)
    return [r for r in rows if (r.notice.dedup_key, r.notice.channel, r.notice.recipient) in keys]


def what_became(row: "StoredNotice", asked_at: "datetime") -> str:
    """``delivered``, ``already sent on 21 Jan 2025, 07:00 UTC``, ``not delivered: why``."""
    from monitor.content.wording.figures import stamp

    if row.delivered_at is not None:
        before = row.delivered_at < asked_at
        return f"already sent on {stamp(row.delivered_at)}" if before else "delivered"
    return f"not delivered: {row.error or 'still waiting; monitor run sends it'}"


async def _drain(
    database: "Database",
    clock: "Clock",
    channels: "Mapping[Channel, ChannelSender]",
    rules: "Rules | None",
) -> None:
    from monitor.delivery.sender import Sender

    dice = random.Random()  # noqa: S311  jitter
    sender = Sender(database, clock, channels, dice=dice, rules=rules)
    try:
        await sender.drain()
    finally:
        await sender.close()
