"""Gathers, claims, sends, confirms: one worker a channel, so a slow one delays no other."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.content.operator_text import operator_notice
from monitor.delivery import channel_health
from monitor.delivery.channel import ChannelSender, Sending
from monitor.delivery.doubts import Doubtful, Doubts
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.gathering import CAPPED, HOUR, Gathered, Rules, plan
from monitor.model.errors import MonitorError
from monitor.model.notice import Channel, Notice
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox import Claimed

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
DAY = timedelta(days=1)
_GATHERINGS = 10
"""At most so many in one turn; what is left waits for the next."""
IDLE_S = 1.0
"""How often an idle worker looks for what has become due; it is also woken when something is enqueued."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """For metrics: ``delay_s`` from event to receipt where it was delivered."""

    channel: Channel
    outcome: str
    delay_s: float | None


class Sender:
    """Drains the outbox. The only repeat that can happen is that of a process killed between the channel's ok and the
    one statement that stores the receipt.

    ``mail_operators``: who is told by mail when Slack refuses notices, where mail is set up.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Mapping[Channel, ChannelSender],
        *,
        dice: random.Random,
        lease: timedelta = LEASE,
        rules: Rules | None = None,
        mail_operators: Sequence[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._channels = channels
        self._dice = dice
        self._lease = lease
        self._rules = rules or Rules()
        self._mail_operators = tuple(mail_operators)
        self.on_attempt: Callable[[Attempt], None] = lambda _: None
        self._wake = asyncio.Event()
        self._plain: set[int] = set()
        self._doubts = Doubts(database, clock, channels)

    def wake(self) -> None:
        """Something was enqueued."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; what is under way is finished or given up by its own timeout."""
        async with asyncio.TaskGroup() as group:
            for channel in self._channels:
                group.create_task(self._work(channel, stop))

    async def drain(self) -> int:
        """Send what is due now, each notice tried once; how many were delivered."""
        delivered = 0
        for channel in self._channels:
            while (claimed := await self._next(channel)) is not None:
                delivered += await self._attempt(channel, claimed)
        return delivered

    async def close(self) -> None:
        """Close every channel."""
        for channel in self._channels.values():
            await channel.close()

    async def _work(self, channel: Channel, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                claimed = await self._next(channel)
                if claimed is None:
                    await self._idle(stop)
                else:
                    await self._attempt(channel, claimed)
            except Exception as error:  # noqa: BLE001  the store may be full or busy: the notice keeps its lease
                log.warning("sender failed", channel=channel.value, error=_said(error))
                await self._idle(stop)

    async def _idle(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._wake.wait())]
        _, pending = await asyncio.wait(waits, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._wake.clear()

    async def _next(self, channel: Channel) -> Claimed | None:
        """What is to be sent next; what it would tell again though it may have arrived is looked for first."""
        while True:
            found = await asyncio.to_thread(self._claim, channel)
            if not isinstance(found, Doubtful):
                return found
            await self._doubts.settle(channel, found, self._pause)

    def _claim(self, channel: Channel) -> Claimed | Doubtful | None:
        now = self._clock.now()
        with self._database.write() as conn:
            doubtful = self._gather(conn, channel, now)
            if doubtful is not None:
                return doubtful
            return outbox.claim(conn, now=now, lease=self._lease, channels=[channel])

    def _gather(self, conn: Connection, channel: Channel, now: datetime) -> Doubtful | None:
        """Make one message of many, or put off what is over the cap, until nothing more is to be done or some of it may
        have arrived already."""
        for _ in range(_GATHERINGS):
            waiting = outbox.waiting(conn, channel, now)
            sent = outbox.messages_since(conn, channel, now - HOUR) if waiting else []
            step = plan(channel, waiting, sent, now, self._rules)
            if step is None:
                return None
            doubtful = self._doubts.among(conn, channel, [w for w in waiting if w.id in step.ids])
            if doubtful is not None:
                return doubtful
            if isinstance(step, Gathered):
                outbox.enqueue(conn, [step.notice])
                outbox.tell_in(conn, step.ids, step.notice.dedup_key)
            else:
                outbox.put_off(conn, step.ids, due_at=step.until, why=CAPPED)
        return None

    async def _attempt(self, channel: Channel, claimed: Claimed) -> bool:
        """One try; True when it was delivered."""
        how = Sending(
            now=self._clock.now(),
            attempt=claimed.attempts,
            plain=claimed.id in self._plain,
            earlier=claimed.earlier_receipts,
        )
        try:
            receipt = await self._channels[channel].send(claimed.notice, how)
        except DeliveryFailed as error:
            await asyncio.to_thread(self._not_sent, channel, claimed, error)
            return False
        except Exception as error:  # noqa: BLE001  one notice that cannot be sent stops no other
            failed = DeliveryFailed("internal", f"{channel.value}: {type(error).__name__}")
            await asyncio.to_thread(self._not_sent, channel, claimed, failed)
            return False
        at = self._clock.now()
        with (
            self._database.write() as conn
        ):  # the one statement of the window: not handed to a thread
            outbox.confirm(conn, claimed.id, at=at, receipt=receipt)
            told = channel_health.took(conn, channel, at)
            outbox.enqueue(conn, self._to_the_other(channel, told, at) if told else [])
        self._plain.discard(claimed.id)
        delay = (at - claimed.notice.event_at).total_seconds()
        self.on_attempt(Attempt(channel, "delivered", delay))
        log.info(
            "sent", channel=channel.value, key=claimed.notice.dedup_key, delay_s=round(delay, 1)
        )
        return True

    def _not_sent(self, channel: Channel, claimed: Claimed, error: DeliveryFailed) -> None:
        now = self._clock.now()
        self.on_attempt(Attempt(channel, error.kind, None))
        log.warning(
            "not sent", channel=channel.value, key=claimed.notice.dedup_key, error=str(error)
        )
        with self._database.write() as conn:
            if error.payload_refused and claimed.id not in self._plain:
                self._plain.add(claimed.id)
                outbox.retry(conn, claimed.id, due_at=now, error=str(error))
            elif error.permanent or error.payload_refused:
                outbox.fail(conn, claimed.id, at=now, error=str(error))
                text = f"{channel.value} refuses notices: {error}. They are kept and shown by `monitor status`."
                outbox.enqueue(conn, self._to_the_other(channel, text, now, once_in=DAY))
            else:
                due = now + self._pause(claimed.attempts, error)
                outbox.retry(conn, claimed.id, due_at=due, error=str(error))
                told = channel_health.failed(conn, channel, str(error), now)
                outbox.enqueue(conn, self._to_the_other(channel, told, now) if told else [])

    def _to_the_other(
        self, channel: Channel, text: str, now: datetime, *, once_in: timedelta | None = None
    ) -> list[Notice]:
        """What is wrong with a channel, told on another: mail's on the operator's, Slack's on that and by mail."""
        told = operator_notice(f"channel {channel.value}", text, now, once_in=once_in)
        found = []
        if channel is not Channel.OPERATOR and Channel.OPERATOR in self._channels:
            found.append(told)
        if channel in (Channel.SLACK, Channel.OPERATOR) and Channel.EMAIL in self._channels:
            found += [
                replace(told, channel=Channel.EMAIL, recipient=address)
                for address in self._mail_operators
            ]
        return found

    def _pause(self, attempts: int, error: DeliveryFailed) -> timedelta:
        """As told; else doubling from five seconds to five minutes, with up to a fifth on top."""
        if error.retry_after is not None:
            return error.retry_after
        pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
        return pause + 0.2 * self._dice.random() * pause


def _said(error: Exception) -> str:
    """Our own errors are worded for people; another's text may quote an address."""
    return str(error) if isinstance(error, MonitorError) else type(error).__name__
