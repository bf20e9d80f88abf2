"""Tells at the very first start what was on before it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from monitor.alerting.policy import AlertPolicy
from monitor.alerting.start_digest import digest_at_start
from monitor.bootstrap import enricher_of
from monitor.clock import Clock
from monitor.jobs.job import Work
from monitor.model.errors import MonitorError
from monitor.settings.schema import Settings
from monitor.store import engine_state
from monitor.store.database import Database

log = structlog.get_logger(__name__)

CAUGHT_UP_LOOK_S = 1.0
"""How often it is looked whether the history has been stepped; only on the very first start."""


def start_digest_told(
    database: Database,
    settings: Settings,
    clock: Clock,
    policy: AlertPolicy,
    live_from: datetime,
    *,
    stop: asyncio.Event,
    wake: Callable[[], None],
) -> Work:
    """Tells what was on already, once the history before ``live_from`` has been stepped."""
    enricher = enricher_of(settings)

    def told() -> bool:
        with database.read() as conn:
            stored = engine_state.load_state(conn)
        if stored is None or stored.last_open + 2 * settings.engine.interval <= live_from:
            return False
        digest_at_start(database, policy, enricher, clock.now())
        return True

    async def work() -> None:
        while not stop.is_set():
            try:
                if await asyncio.to_thread(told):
                    wake()
                    return
            except MonitorError as error:  # a store that is busy is asked again
                log.warning("start digest waits", error=str(error))
            await asyncio.sleep(CAUGHT_UP_LOOK_S)

    return work
