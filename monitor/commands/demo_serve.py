"""The page on the bundled episode, as it would have looked at its end."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from monitor.commands.demo_print import BANNER

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from monitor.clock import Clock
    from monitor.content.report import ReportFacts
    from monitor.episodes import Episode
    from monitor.model.rotation import RotationChange
    from monitor.store.database import Database

HOST = "127.0.0.1"


def serve_episode(
    episode: "Episode", database: "Database", changes: Sequence["RotationChange"], port: int
) -> None:
    """Until Ctrl-C or SIGTERM, opened in a browser where there is one; raises MonitorError where the port is taken.

    The clock stands at the end of the episode: what is shown is as old as it was then.
    """
    from monitor.clock import ManualClock
    from monitor.model.grid import iso
    from monitor.model.rotation import ChangeReason
    from monitor.store import meta

    with database.write() as conn:
        meta.put(conn, meta.LAST_GOOD_POLL, iso(episode.until))
    app = episode_app(episode, database, ManualClock(episode.until + timedelta(minutes=1)))
    told = [c.rotation for c in changes if c.reason is ChangeReason.CONFIRMED]
    address = f"http://{HOST}:{port}"
    episodes = [f"{address}/?rotation={rotation.id}" for rotation in told]

    def serving() -> None:
        import webbrowser

        for line in (
            f"\nThe page: {address}/?range=30d   (Ctrl-C ends it)",
            *(f"The rotation: {each}" for each in episodes),
        ):
            typer.echo(line)
        webbrowser.open(f"{address}/?range=30d")

    asyncio.run(_until_told(app, port, serving))


def episode_app(episode: "Episode", database: "Database", clock: "Clock") -> "ASGIApp":
    from monitor.alerting.enrich import Enricher
    from monitor.api.http import api_app
    from monitor.api.sources import Sources
    from monitor.detection.parameters import DetectionParameters
    from monitor.reporting.gather import Imprint, gather_day
    from monitor.web.app import make_app
    from monitor.web.surroundings import Surroundings

    detection = DetectionParameters()
    names = {sector.id: sector.name for sector in episode.universe.sectors}
    enricher = Enricher(episode.universe, names, detection, banner=BANNER)

    def day(asked: date, now: datetime) -> "ReportFacts":
        return gather_day(
            database,
            episode.universe,
            day=asked,
            zone="UTC",
            width=episode.width,
            now=now,
            imprint=Imprint(banner=BANNER),
        )

    return make_app(
        Surroundings(
            database=database,
            universe=episode.universe,
            clock=clock,
            width=episode.width,
            deadline=timedelta(minutes=5),
            enricher=enricher,
        ),
        api_app(
            Sources(
                database=database,
                universe=episode.universe,
                clock=clock,
                width=episode.width,
                detection=detection,
                enricher=enricher,
                day=day,
            )
        ),
    )


async def _until_told(app: "ASGIApp", port: int, serving: Callable[[], None]) -> None:
    from monitor.clock import LiveClock
    from monitor.web.listener import PageNotServedError
    from monitor.web.serve import serve

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def refused(error: PageNotServedError) -> None:
        error.remedy = "monitor demo --serve --port N"
        raise error

    await serve(
        app, host=HOST, port=port, clock=LiveClock(), stop=stop, refused=refused, serving=serving
    )
