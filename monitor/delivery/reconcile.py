"""What may have arrived without our knowing, looked for before another message tells it.

A notice whose try ended without an answer, or with its process, stands in the outbox as if it had not gone. Sent again by
itself it is looked for by its channel; told in a digest it would be told twice.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.delivery.channel import ChannelSender, FindsCopies, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Act, Channel
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox_order import HELD
from monitor.store.outbox_rows import StoredNotice

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Notices that may have arrived, each with its thread's receipts."""

    rows: Sequence[tuple[StoredNotice, Sequence[Receipt]]]


class Reconciler:
    """Asks the channels that can be asked; of the others (a webhook) it knows nothing and doubts nothing."""

    def __init__(
        self, database: Database, clock: Clock, channels: Mapping[Channel, ChannelSender]
    ) -> None:
        self._database = database
        self._clock = clock
        self._channels = channels
        self._absent: dict[int, int] = {}  # id -> number of tries after which it was not found

    def among(
        self, conn: Connection, channel: Channel, rows: Sequence[StoredNotice]
    ) -> Doubtful | None:
        """Those of ``rows`` that were tried and not looked for since; None where there are none."""
        if not isinstance(self._channels[channel], FindsCopies):
            return None
        found = [row for row in rows if self._may_have_arrived(row)]
        return Doubtful([(row, _receipts(conn, row)) for row in found]) if found else None

    async def settle(
        self,
        channel: Channel,
        doubtful: Doubtful,
        pause: Callable[[int, DeliveryFailed], timedelta],
    ) -> None:
        """Confirm what had arrived. What cannot be looked for now is put off and goes by itself."""
        finder = self._channels[channel]
        assert isinstance(finder, FindsCopies)  # noqa: S101  among() said so
        for row, earlier in doubtful.rows:
            how = Sending(self._clock.now(), row.attempts, earlier=earlier)
            try:
                receipt = await finder.find(row.notice, how)
            except DeliveryFailed as error:
                await asyncio.to_thread(self._put_off, row, pause(row.attempts, error), error)
                continue
            if receipt is None:
                self._absent[row.id] = row.attempts
            else:
                await asyncio.to_thread(self._confirm, row, receipt)

    def _may_have_arrived(self, row: StoredNotice) -> bool:
        """A message that was tried. One that was put off on purpose was looked for before that."""
        tried = row.attempts > 0 and row.error not in HELD
        is_message = row.notice.act in (Act.SAY, Act.REPLY)
        return is_message and tried and self._absent.get(row.id) != row.attempts

    def _put_off(self, row: StoredNotice, pause: timedelta, error: DeliveryFailed) -> None:
        with self._database.write() as conn:
            outbox.retry(conn, row.id, due_at=self._clock.now() + pause, error=str(error))

    def _confirm(self, row: StoredNotice, receipt: Receipt) -> None:
        log.info("had arrived before", key=row.notice.dedup_key)
        with self._database.write() as conn:
            outbox.confirm(conn, row.id, at=self._clock.now(), receipt=receipt)


def _receipts(conn: Connection, row: StoredNotice) -> list[Receipt]:
    """Of what told the notice's thread before."""
    notice = row.notice
    told = outbox.notices_of(conn, notice.thread, notice.channel, notice.recipient)
    return [stored.receipt for stored in told if stored.receipt]
