"""What every question is answered from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from monitor.alerting.enrich import Enricher
from monitor.api.errors import NotStoredError, WrongQuestionError
from monitor.clock import Clock
from monitor.content.report import ReportFacts
from monitor.detection.parameters import DetectionParameters
from monitor.model.grid import iso
from monitor.model.state import MarketStep
from monitor.model.universe import Universe
from monitor.reporting.missing_inputs import no_steps
from monitor.store import closes, steps
from monitor.store.database import Database


@dataclass(frozen=True)
class Sources:
    """``day``: gathers the report of a date. ``zone``: the report's time zone. ``page``: where readers reach the page."""

    database: Database
    universe: Universe
    clock: Clock
    width: timedelta
    detection: DetectionParameters
    enricher: Enricher
    day: Callable[[date, datetime], ReportFacts]
    zone: str = "UTC"
    page: str = ""

    def step(self, conn: Connection, at: datetime | None) -> MarketStep:
        """The picture then, or the last; raises NotStoredError with what makes one."""
        found = steps.latest_step(conn) if at is None else steps.step_at(conn, at)
        if found is None:
            why = no_steps(conn, self.width, at)
            nothing = closes.last_close(conn) is None
            raise NotStoredError(why.what, expected=why.remedy, status=503 if nothing else 404)
        return found

    def as_of(self, conn: Connection) -> str | None:
        """Close of the last interval that was stepped: later than this nothing is known; None before the first."""
        last = closes.last_close(conn)
        return iso(last) if last is not None else None

    def check_sector(self, sector: str, *others: str) -> None:
        """Raises WrongQuestionError where it is neither watched nor one of ``others``."""
        known = [s.id for s in self.universe.sectors]
        if sector not in (*known, *others):
            raise WrongQuestionError(
                "no such sector", found=sector, expected=[*known, *others], status=404
            )
