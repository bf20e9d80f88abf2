"""The page, served beside the scheduler and ended with it."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import structlog
import uvicorn

from monitor.daemon.process import rss_bytes
from monitor.web.app import Surroundings, make_app

if TYPE_CHECKING:
    from monitor.daemon.wiring import Parts

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """The daemon handles the signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's handlers alone."""
        yield


async def serve(parts: "Parts") -> None:
    """Until the daemon stops. A port that is taken is said and costs nothing but the page."""
    web = parts.settings.web
    app = make_app(
        Surroundings(
            database=parts.database,
            universe=parts.settings.universe,
            clock=parts.clock,
            width=parts.settings.engine.interval,
            deadline=parts.settings.engine.deadline,
            metrics=parts.metrics,
            token=web.token.reveal() if web.token else None,
            storage_fault=lambda: parts.fault,
            rss_bytes=rss_bytes,
        )
    )
    server = _Server(
        uvicorn.Config(
            app,
            host=web.host,
            port=web.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="none",
        )
    )
    server.config.load()
    work = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(parts.stop.wait())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopped.cancel()
    try:
        await work
    except (SystemExit, OSError):
        log.warning(
            "the page is not served",
            host=web.host,
            port=web.port,
            reason="the port is taken or not allowed",
        )
