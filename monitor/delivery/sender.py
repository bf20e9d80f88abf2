"""Gathers, claims, sends, confirms: one worker a channel, so a slow one delays no other."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.operators import Operators
from monitor.alerting.silences import silences_in
from monitor.clock import Clock, sleep_of
from monitor.content.wording.figures import stamp
from monitor.delivery import channel_health
from monitor.delivery.backoff import Backoff
from monitor.delivery.batching import HOUR, Gathered, Rules, ToldIn, plan
from monitor.delivery.channel import ChannelSender, FindsCopies, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.reconcile import Doubtful, Reconciler
from monitor.delivery.registry import operators_on, traits_of
from monitor.model.errors import MonitorError
from monitor.model.notice import Channel, Notice
from monitor.model.silence import Why
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox import Claimed
from monitor.store.outbox_order import CAPPED
from monitor.store.silences import save_silences

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
CLAIM_LEASES = 6
SHORTEST_CLAIM = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
DAY = timedelta(days=1)
FIRST_REST = timedelta(seconds=1)
LONGEST_RECEIPT_REST = timedelta(seconds=30)
HOPELESS = 12
"""Tries of a notice that alone is not taken, about half an hour: then it is given up and said, and its thread goes on."""
_LONGEST_REST = 60
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

    ``operators``: who is told of a channel that takes nothing; by default whoever reads the operator's channel.
    ``may_send``: whether no other process can have taken over the sending; asked before each message.
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
        operators: Operators | None = None,
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        self._may_send = may_send
        self._database = database
        self._clock = clock
        self._channels = channels
        self._dice = dice
        self._lease = lease
        self._rules = rules or Rules()
        self._operators = operators or operators_on(channels)
        self.on_attempt: Callable[[Attempt], None] = lambda _: None
        self._wake = asyncio.Event()
        self._runs = False
        self._plain: set[int] = set()
        self._doubts = Reconciler(database, clock, channels)
        self._troubles = Backoff(channels)

    def wake(self) -> None:
        """Something was enqueued."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; what is under way is finished or given up by its own timeout."""
        self._runs = True
        async with asyncio.TaskGroup() as group:
            for channel in self._channels:
                group.create_task(self._work(channel, stop))

    async def drain(self) -> int:
        """Send what is due now, each notice tried once; how many were delivered. A channel that fails ends its turn."""
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
        faults = 0
        while not stop.is_set():
            try:
                claimed = await self._next(channel) if self._may_send() else None
                if claimed is None or not self._may_send():  # what was claimed comes free by itself
                    await self._idle(stop)
                else:
                    await self._attempt(channel, claimed)
                faults = 0
            except Exception as error:  # noqa: BLE001  the store may be full or busy: the notice keeps its lease
                log.warning("sender failed", channel=channel, error=_said(error))
                rests = min(2**faults, _LONGEST_REST)  # a full disk is not filled with lines
                for _ in range(rests):
                    await self._idle(stop)
                faults += 1

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
        while not self._troubles.is_resting(channel, self._clock.now()):
            found = await asyncio.to_thread(self._claim, channel)
            if not isinstance(found, Doubtful):
                return found
            await self._doubts.settle(channel, found, self._pause)
        return None

    def _claim(self, channel: Channel) -> Claimed | Doubtful | None:
        now = self._clock.now()
        with self._database.write() as conn:
            doubtful = self._gather(conn, channel, now)
            if doubtful is not None:
                return doubtful
            return outbox.claim(
                conn,
                now=now,
                lease=self._lease,
                channels=[channel],
                failing=self._troubles.failures(channel) > 0,
                least_tried=self._troubles.tries_another(channel),
            )

    def _gather(self, conn: Connection, channel: Channel, now: datetime) -> Doubtful | None:
        """Make one message of many, or put off what is held, until nothing more is to be done or some of it may have
        arrived already."""
        for _ in range(_GATHERINGS):
            waiting = outbox.waiting(conn, channel, now)
            sent = outbox.messages_since(conn, channel, now - HOUR, now) if waiting else []
            step = plan(traits_of(channel), waiting, sent, now, self._rules)
            if step is None:
                return None
            doubtful = self._doubts.among(conn, channel, [w for w in waiting if w.id in step.ids])
            if doubtful is not None:
                return doubtful
            if isinstance(step, Gathered):
                outbox.enqueue(conn, [step.notice])
                outbox.tell_in(conn, step.ids, step.notice.dedup_key)
                why, detail = Why.GROUPED, f"one message for {len(step.ids)} notices"
            elif isinstance(step, ToldIn):
                outbox.tell_in(conn, step.ids, step.teller.dedup_key)
                why, detail = Why.OVERTAKEN, f"told in {step.teller.dedup_key}"
                if step.opens:
                    outbox.open_thread(conn, step.teller)
            else:
                outbox.put_off(conn, step.ids, due_at=step.until, why=step.why)
                why = Why.CAP if step.why == CAPPED else Why.QUIET_HOURS
                detail = f"until {stamp(step.until)}"
            concerned = [w.notice for w in waiting if w.id in step.ids]
            save_silences(conn, [s for n in concerned for s in silences_in(n, why, detail)])
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
            # where in the try it broke is not known: perhaps while the answer to a message that went was read
            text = f"{channel}: {type(error).__name__}"
            failed = DeliveryFailed("internal", text, may_have_arrived=True)
            await asyncio.to_thread(self._not_sent, channel, claimed, failed)
            return False
        # shielded: what the other side took is written down even where the worker is told to end
        await asyncio.shield(self._taken(channel, claimed, receipt))
        return True

    async def _taken(self, channel: Channel, claimed: Claimed, receipt: Receipt) -> None:
        """Write it down; a store that takes nothing is asked again: what is not written down would be sent once more.

        A run asks for as long as no other process may send, a single turn for as long as the lease keeps others away.
        """
        at = self._clock.now()

        async def write() -> None:
            await asyncio.to_thread(self._confirm, channel, claimed, receipt, at)

        def over(state: RetryCallState) -> bool:
            if self._runs:
                return not self._may_send()
            return self._clock.now() + timedelta(seconds=state.upcoming_sleep) - at > self._lease

        def say(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            log.warning("receipt waits", channel=channel, error=str(error))

        await AsyncRetrying(
            retry=retry_if_exception_type(MonitorError),
            wait=wait_exponential(
                multiplier=FIRST_REST.total_seconds(), max=LONGEST_RECEIPT_REST.total_seconds()
            ),
            stop=over,
            before_sleep=say,
            sleep=sleep_of(self._clock),
            reraise=True,
        )(write)
        self._troubles.took(channel, claimed.id)
        self._plain.discard(claimed.id)
        delay = (at - claimed.notice.event_at).total_seconds()
        self.on_attempt(Attempt(channel, "delivered", delay))
        log.info("sent", channel=channel, key=claimed.notice.dedup_key, delay_s=round(delay, 1))

    def _confirm(self, channel: Channel, claimed: Claimed, receipt: Receipt, at: datetime) -> None:
        with self._database.write() as conn:
            outbox.confirm(conn, claimed.id, at=at, receipt=receipt)
            if self._troubles.failures(channel):
                outbox.hasten(conn, at, channel)
            told = channel_health.took(conn, channel, at)
            outbox.enqueue(conn, self._trouble(channel, told, at, well=True) if told else [])

    def _not_sent(self, channel: Channel, claimed: Claimed, error: DeliveryFailed) -> None:
        now = self._clock.now()
        self.on_attempt(Attempt(channel, error.kind, None))
        log.warning("not sent", channel=channel, key=claimed.notice.dedup_key, error=str(error))
        with self._database.write() as conn:
            if error.payload_refused and claimed.id not in self._plain:
                self._plain.add(claimed.id)
                outbox.retry(conn, claimed.id, due_at=now, error=_why(claimed, error))
            elif self._arrived_twice(channel, claimed, error):
                text = f"{outbox.DOUBT}twice: {error}; not sent again"
                self._give_up(conn, claimed, text, now)
                text = (
                    f"{channel} gave no answer that we know to one notice, twice ({error});"
                    " it may have arrived and is not sent again, see `monitor status`."
                )
                outbox.enqueue(conn, self._trouble(channel, text, now, once_in=DAY))
                self._rest(conn, channel, claimed, error, now)
            elif error.permanent or error.payload_refused or self._is_hopeless(claimed, error):
                self._give_up(conn, claimed, str(error), now)
                text = f"{channel} refuses notices: {error}. They are kept and shown by `monitor status`."
                outbox.enqueue(conn, self._trouble(channel, text, now, once_in=DAY))
            else:
                self._put_off(conn, channel, claimed, error, now)

    def _give_up(self, conn: Connection, claimed: Claimed, error: str, now: datetime) -> None:
        outbox.fail(conn, claimed.id, at=now, error=error)
        self._troubles.forget(claimed.id)
        self._plain.discard(claimed.id)

    def _arrived_twice(self, channel: Channel, claimed: Claimed, error: DeliveryFailed) -> bool:
        """Whether another try would be the third copy. A channel that can be asked what it took is asked instead."""
        if traits_of(channel).drops_repeats or isinstance(self._channels[channel], FindsCopies):
            return False
        return error.may_have_arrived and _is_doubted(claimed)

    def _is_hopeless(self, claimed: Claimed, error: DeliveryFailed) -> bool:
        """What a channel in trouble or a greylist delays may yet go; what is refused while others are taken will not."""
        return claimed.attempts >= HOPELESS and self._troubles.is_alone(claimed.id, error.kind)

    def _put_off(
        self,
        conn: Connection,
        channel: Channel,
        claimed: Claimed,
        error: DeliveryFailed,
        now: datetime,
    ) -> None:
        """Another try later: of the whole channel where it takes nothing, of this notice where it is the notice's own."""
        if self._troubles.is_the_channels(claimed.id, error.kind):
            due = self._rest(conn, channel, claimed, error, now)
        else:
            due = now + self._pause(claimed.attempts, error)
        outbox.retry(conn, claimed.id, due_at=due, error=_why(claimed, error))

    def _rest(
        self,
        conn: Connection,
        channel: Channel,
        claimed: Claimed,
        error: DeliveryFailed,
        now: datetime,
    ) -> datetime:
        """The channel is left alone, ever longer; until when."""
        due = now + self._pause(self._troubles.failures(channel) + 1, error)
        self._troubles.failed(channel, claimed.id, due)
        told = channel_health.failed(conn, channel, str(error), now)
        outbox.enqueue(conn, self._trouble(channel, told, now) if told else [])
        return due

    def _trouble(
        self,
        channel: Channel,
        text: str,
        now: datetime,
        *,
        once_in: timedelta | None = None,
        well: bool = False,
    ) -> list[Notice]:
        """What is wrong with a channel, or that it is well again, told on another."""
        told = operator_notice(f"channel {channel}", text, now, once_in=once_in, well=well)
        return self._operators.told_of_channel(channel, told)

    def _pause(self, attempts: int, error: DeliveryFailed) -> timedelta:
        """Doubling from five seconds to five minutes, with up to a fifth on top; longer where the channel asked for it."""
        pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
        pause += 0.2 * self._dice.random() * pause
        return max(error.retry_after or pause, pause)


def claim_lease(database: Database, lease: timedelta) -> timedelta:
    """How long a claim keeps others away: where daemons follow each other by leases, so many of those."""
    if database.dialect != "postgresql":
        return LEASE
    return max(SHORTEST_CLAIM, CLAIM_LEASES * lease)


def _is_doubted(claimed: Claimed) -> bool:
    return (claimed.error or "").startswith(outbox.DOUBT)


def _why(claimed: Claimed, error: DeliveryFailed) -> str:
    """The error as it is stored: once a try may have arrived, that is never forgotten."""
    doubted = error.may_have_arrived or _is_doubted(claimed)
    return f"{outbox.DOUBT if doubted else ''}{error}"


def _said(error: Exception) -> str:
    """Our own errors are worded for people; another's text may quote an address."""
    return str(error) if isinstance(error, MonitorError) else type(error).__name__
