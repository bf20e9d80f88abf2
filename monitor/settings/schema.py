"""Validated, frozen settings: the tables as they are, and what is built from them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.model.universe import Market, Supply, Universe
from monitor.settings.tables import (
    AlertsTable,
    DatabaseTable,
    EngineTable,
    HeartbeatTable,
    ReportTable,
    ScheduleTable,
    SmtpTable,
    SourceTable,
    Tables,
    VenueTable,
    WebTable,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """``supplies``: the dated entries of the file; their ``received_at`` is their ``valid_from`` until they are stored.
    ``perpetuals``: those that are read for funding and open interest, none where the schedule names no such reading.
    ``origins``: dotted key -> ``file`` or the environment variable that set it; what is not named is a default."""

    file: Path
    engine: EngineTable
    database: DatabaseTable
    schedule: ScheduleTable
    venues: Mapping[str, VenueTable]
    sources: Mapping[str, SourceTable]
    alerts: AlertsTable
    report: ReportTable
    smtp: SmtpTable
    web: WebTable
    heartbeat: HeartbeatTable
    universe: Universe
    supplies: tuple[Supply, ...]
    perpetuals: tuple[Market, ...]
    analytics: AnalyticsParameters
    detection: DetectionParameters
    tables: Tables
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    @property
    def sectors_of_trades(self) -> tuple[str, ...]:
        """Ids of the sectors whose main markets' trades are read: those named for it, else all that are watched."""
        named = self.schedule.trades_of
        return tuple(s.id for s in self.universe.watched if named is None or s.id in named)

    def digest(self) -> str:
        """Ten hex digits of the effective configuration, secrets left out."""
        return hashlib.sha256(self.tables.model_dump_json(fallback=repr).encode()).hexdigest()[:10]
