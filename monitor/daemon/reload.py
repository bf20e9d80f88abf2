"""SIGHUP: the configuration is read again, and the daemon goes on with it in the same process; or it says why not."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator

import structlog

from monitor.daemon.assemble import Parts
from monitor.model.errors import ConfigError, MonitorError
from monitor.settings.schema import Settings
from monitor.settings.tables import Tables
from monitor.unless import unless

log = structlog.get_logger(__name__)

FAULT = "reload"
"""Under this name a refused configuration is told, until one is taken."""

Reread = Callable[[], Settings]


@contextlib.contextmanager
def asked_to_reread() -> Iterator[asyncio.Event]:
    """Set at each SIGHUP; one that comes before the daemon works is kept until then."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        yield asked
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def next_parts(
    settings: Settings,
    parts: Parts,
    *,
    reread: Reread,
    prepared: Callable[[Settings], Awaitable[Parts]],
    asked: asyncio.Event,
    stop: asyncio.Event,
) -> tuple[Settings, Parts] | None:
    """Wait until a configuration was read again and taken; None where ``stop`` came first.

    Whatever can fail has been done when this returns, with ``parts`` still at work; a refusal is told once. A stop
    waits for no file and no lock that a reload waits for.
    """

    async def read_and_prepared() -> tuple[Settings, Parts]:
        found = await asyncio.to_thread(reread)
        _same_database(settings, found)
        return found, await prepared(found)

    while await _either(asked, stop):
        asked.clear()
        try:
            taken = await unless(stop, read_and_prepared())
            if taken is None:
                return None
            found, following = taken
        except Exception as error:  # noqa: BLE001  whatever is wrong with the new one, the old one goes on
            parts.faults.broke(FAULT, error)
            continue
        log.info("configuration read again", changed=changed(settings.tables, found.tables))
        following.faults.inherit(parts.faults)
        following.faults.mended(FAULT)
        return found, following
    return None


async def given_to_standby(
    settings: Settings,
    *,
    reread: Reread,
    asked: asyncio.Event,
    stop: asyncio.Event,
    over: asyncio.Event,
) -> Settings | None:
    """While a standby waits: settings that were read again at a signal, to wait with instead; ``over`` is set then.

    None where ``over`` or ``stop`` came first; both end the waiting. What is wrong is logged: a standby owes nobody a notice,
    and the daemon that was asked as well tells it. A signal that came when the turn did is left to the daemon.
    """
    stopped = asyncio.create_task(stop.wait())
    stopped.add_done_callback(lambda _: over.set())
    try:
        while await _either(asked, over):
            asked.clear()
            try:
                found = await asyncio.to_thread(reread)
            except Exception as error:  # noqa: BLE001  whatever is wrong with the new one, it waits with the old one
                ours = isinstance(error, MonitorError)
                log.error("standby: reload failed", error=str(error) if ours else repr(error))  # noqa: TRY400  its words suffice
                continue
            if over.is_set():
                asked.set()
                return None
            log.info(
                "standby: configuration read again",
                changed=changed(settings.tables, found.tables),
            )
            over.set()
            return found
        return None
    finally:
        stopped.cancel()


def changed(before: Tables, now: Tables) -> list[str]:
    """Names of the tables that are not what they were; values are nobody's business in a log."""
    return sorted(
        name for name in Tables.model_fields if getattr(before, name) != getattr(now, name)
    )


def _same_database(before: Settings, now: Settings) -> None:
    if before.database.url != now.database.url:
        raise ConfigError([f"{now.file}: database.url: takes effect at a restart only"])


async def _either(asked: asyncio.Event, stop: asyncio.Event) -> bool:
    """True where the first came and not the second."""
    await unless(stop, asked.wait())
    return not stop.is_set()
