"""Vendors' figures beside ours: a protocol's activity beside its token's trading, a vendor's sector beside our own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from monitor.model.json_form import Json, to_json
from monitor.model.state import MarketStep, SectorState
from monitor.model.vendor_reading import VendorFigure, VendorReading

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Activity:
    """Of the UTC day that begins at ``day``, in USD, None unknown. ``volume_from_fees``: the volume was told from fees and
    their rate. ``token_volume_24h_usd``: ours of the token, over the 24 h of the step."""

    token: str
    source: str
    day: datetime
    asked_at: datetime
    volume_usd: float | None
    volume_from_fees: bool
    fees_usd: float | None
    revenue_usd: float | None
    token_volume_24h_usd: float | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A vendor's sector ``at`` a time, beside our step of then; fractions, and USD. None is unknown."""

    sector: str
    source: str
    at: datetime
    market_cap_usd: float | None
    our_market_cap_usd: float | None
    change_24h: float | None
    our_return_24h: float | None

    @property
    def cap_over_theirs(self) -> float | None:
        """Our market cap over theirs, less 1: their sector usually holds more coins than ours."""
        if self.our_market_cap_usd is None or not self.market_cap_usd:
            return None
        return self.our_market_cap_usd / self.market_cap_usd - 1

    @property
    def change_difference(self) -> float | None:
        """Our return of 24 h less theirs."""
        if self.our_return_24h is None or self.change_24h is None:
            return None
        return self.our_return_24h - self.change_24h


@dataclass(frozen=True, slots=True)
class Outside:
    """All of it, as of a step."""

    activity: tuple[Activity, ...] = ()
    references: tuple[Reference, ...] = ()


NOTHING_OUTSIDE = Outside()


def activity_beside(readings: Iterable[VendorReading], step: MarketStep) -> tuple[Activity, ...]:
    """A row for each token and source, of the newest day of which any figure is known."""
    volumes = {token.id: token.volume_24h_usd for token in step.tokens}
    return tuple(
        _activity(token, source, list(rows), volumes.get(token))
        for (token, source), rows in _by_subject(readings)
    )


def references_beside(
    readings: Iterable[VendorReading], ours: Mapping[datetime, Mapping[str, SectorState]]
) -> tuple[Reference, ...]:
    """A row for each sector and source. ``ours``: by the time of a reading the states of our step of then."""
    return tuple(
        _reference(sector, source, list(rows), ours)
        for (sector, source), rows in _by_subject(readings)
    )


def outside_to_json(outside: Outside) -> Json:
    """The keys ``activity`` and ``references`` of `sectors --json`."""
    return {
        "activity": [to_json(row) for row in outside.activity],
        "references": [
            to_json(row)
            | {
                "cap_over_theirs": row.cap_over_theirs,
                "change_difference": row.change_difference,
            }
            for row in outside.references
        ],
    }


def _by_subject(readings: Iterable[VendorReading]) -> Any:
    def key(reading: VendorReading) -> tuple[str, str]:
        return reading.subject, reading.source

    return groupby(sorted(readings, key=key), key=key)


def _activity(token: str, source: str, rows: list[VendorReading], volume: float | None) -> Activity:
    day = max(row.at for row in rows)
    of_day = {row.figure: row for row in rows if row.at == day}

    def value(figure: VendorFigure) -> float | None:
        return of_day[figure].value if figure in of_day else None

    told, from_fees = value(VendorFigure.DAILY_VOLUME), value(VendorFigure.DAILY_VOLUME_FROM_FEES)
    return Activity(
        token=token,
        source=source,
        day=day,
        asked_at=max(row.asked_at for row in of_day.values()),
        volume_usd=from_fees if told is None else told,
        volume_from_fees=told is None and from_fees is not None,
        fees_usd=value(VendorFigure.DAILY_FEES),
        revenue_usd=value(VendorFigure.DAILY_REVENUE),
        token_volume_24h_usd=volume,
    )


def _reference(
    sector: str,
    source: str,
    rows: list[VendorReading],
    ours: Mapping[datetime, Mapping[str, SectorState]],
) -> Reference:
    at = max(row.at for row in rows)
    now = {row.figure: row.value for row in rows if row.at == at}
    state = ours.get(at, {}).get(sector)
    return Reference(
        sector=sector,
        source=source,
        at=at,
        market_cap_usd=now.get(VendorFigure.MARKET_CAP),
        our_market_cap_usd=state.market_cap_usd if state else None,
        change_24h=now.get(VendorFigure.CHANGE_24H),
        our_return_24h=state.return_24h if state else None,
    )
