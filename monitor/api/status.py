"""What the database says of the daemon's work: `status` and its stable JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.api.sources import Sources
from monitor.api.token_rows import TokenRow, token_rows
from monitor.model.bars import VenueHealth
from monitor.model.grid import iso
from monitor.model.rates import RATE_CARRIED, assumed_rates, silent_rates
from monitor.model.state import MarketStep
from monitor.model.universe import Universe
from monitor.store import (
    bars,
    catch_up,
    coverage,
    meta,
    migrations,
    outbox,
    quarantine,
    steps,
    trade_sums,
    venue_health,
)
from monitor.store.catch_up import CatchUp
from monitor.store.database import Database
from monitor.store.outbox import OutboxStats
from monitor.store.process import Process
from monitor.store.roles import running_with_venues
from monitor.store.size import Size, read_size
from monitor.store.trade_sums import TradeGaps

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of the daemon's work. ``spoken``: until when an answer of the last day spoke for a market;
    ``trade_gaps``: of the day before."""

    at: datetime
    database: str
    schema: str | None
    last_good_poll: str | None
    last_step: MarketStep | None
    behind: CatchUp | None
    venues: tuple[VenueHealth, ...]
    last_bars: Mapping[str, datetime]
    spoken: Mapping[str, datetime]
    outbox: OutboxStats
    refused: tuple[tuple[Any, ...], ...]
    rss_mb: float | None
    size: Size
    processes: tuple[tuple[str, Process, tuple[str, ...] | None], ...]
    trade_gaps: tuple[TradeGaps, ...]

    @property
    def reached(self) -> datetime | None:
        """Up to where the catch-up that is on has come; None where none is."""
        if self.behind is None:
            return None
        return self.behind.reached(self.last_step.close_time if self.last_step else None)

    @property
    def heard(self) -> set[str]:
        """Markets with a bar so young that its price may still stand for a rate."""
        return {m for m, opened in self.last_bars.items() if self.at - opened <= RATE_CARRIED}


def status(sources: Sources) -> dict[str, Any]:
    """As `status --json`, with ``as_of``."""
    known = what_is_known(sources.database, sources.width, sources.clock.now())
    told = status_json(known, sources.universe, sources.width)
    return {"as_of": told["last_step"]} | told


def what_is_known(database: Database, width: timedelta, now: datetime) -> Known:
    """Read it, in one snapshot."""
    revision = migrations.current_revision(database)
    with database.read() as conn:
        rss = meta.get(conn, "rss_mb")
        return Known(
            at=now,
            database=database.url_masked,
            schema=revision,
            last_good_poll=meta.get(conn, meta.LAST_GOOD_POLL),
            last_step=steps.latest_step(conn),
            behind=catch_up.read(conn),
            venues=tuple(venue_health.read_health(conn)),
            last_bars=bars.last_bar_times(conn, width),
            spoken=coverage.spoken_until(conn, width, now - DAY),
            outbox=outbox.pending_stats(conn, now),
            refused=tuple(tuple(row) for row in quarantine.counts(conn)),
            rss_mb=float(rss) if rss else None,
            size=read_size(database, conn, now),
            processes=running_with_venues(database, conn),
            trade_gaps=tuple(trade_sums.gaps_since(conn, width, now - DAY)),
        )


def status_json(known: Known, universe: Universe, width: timedelta) -> dict[str, Any]:
    """The stable object of `status --json`."""
    return {
        "at": iso(known.at),
        "database": known.database,
        "schema": known.schema,
        "last_good_poll": known.last_good_poll,
        "last_step": iso(known.last_step.close_time) if known.last_step else None,
        "catch_up": _catch_up(known),
        "venues": [
            {
                "id": venue.venue,
                "state": venue.state.value,
                "last_success": iso(venue.last_success) if venue.last_success else None,
                "consecutive_failures": venue.consecutive_failures,
                "error": venue.error,
            }
            for venue in known.venues
        ],
        "tokens": [
            {"id": row.token, "sector": row.sector, "age_s": row.age_s, "gaps": list(row.gaps)}
            for row in rows_of(known, universe, width)
        ],
        "outbox": {
            "pending": known.outbox.pending,
            "failed": known.outbox.failed,
            "oldest_s": known.outbox.oldest_s,
        },
        "rss_mb": known.rss_mb,
        "assumed_rates": sorted({*assumed_rates(universe), *silent_rates(universe, known.heard)}),
        "size": {
            "bytes": known.size.bytes,
            "growth_a_day": known.size.growth_a_day,
            "free": known.size.free,
            "days_left": known.size.days_left,
        },
        "processes": [
            {"role": role, **asdict(found), "venues": None if venues is None else list(venues)}
            for role, found, venues in known.processes
        ],
        "trade_gaps": [
            {"market": gaps.market_id, "bars": gaps.bars, "seconds": gaps.seconds}
            for gaps in known.trade_gaps
        ],
    }


def rows_of(known: Known, universe: Universe, width: timedelta) -> list[TokenRow]:
    """The tokens, by what is known."""
    return token_rows(universe, width, known.at, known.last_bars, known.spoken)


def _catch_up(known: Known) -> dict[str, Any] | None:
    if known.behind is None or known.reached is None:
        return None
    return {
        "since": iso(known.behind.since),
        "at": iso(known.reached),
        "until": iso(known.behind.until),
        "percent": known.behind.percent(known.reached),
    }
