"""Which inputs of a judgement are not there, in words, and how to get each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.model.grid import format_duration
from monitor.model.rates import assumed_rates
from monitor.model.universe import Market, Sector, Token, Universe
from monitor.store import bars, closes, engine_state, supplies

_NAMED = 8
_LEAST_HISTORY = timedelta(hours=48)  # the longest window, and the same length before it


@dataclass(frozen=True, slots=True)
class MissingInput:
    """``vital``: without it nothing can be flagged."""

    what: str
    remedy: str
    vital: bool = True


def missing_inputs(
    conn: Connection,
    universe: Universe,
    width: timedelta,
    since: datetime | None,
    until: datetime | None,
) -> list[MissingInput]:
    """What the bars that open in ``[since, until)`` cannot be judged without; None: from the first, to the last."""
    span = bars.time_span(conn, width)
    if span is None:
        return [_no_bar_of(conn, width)]
    begin = span[0] if since is None else max(since, span[0])
    end = span[1] + width if until is None else min(until, span[1] + width)
    there = bars.markets_with_bars(conn, width, begin, end) if begin < end else set()
    if not there:
        held = f"the store holds {_day(span[0])} to {_day(span[1])}"
        return [
            MissingInput(f"no bar in this range: {held}", "--since, --until, or monitor import")
        ]
    seen = [t for t in universe.tokens if any(m.id in there for m in t.markets)]
    found = [*_history(span[0], end)]  # what lies before the range fills its windows
    found += _supplies(conn, universe, seen, begin, end)
    found += _volume(conn, universe, width, begin, end)
    found += _benchmark(universe, {t.id for t in seen})
    found += _rates(universe, there)
    return found


def no_steps(conn: Connection, width: timedelta, at: datetime | None = None) -> MissingInput:
    """Why there is no step (at or before ``at``), and which verb makes some."""
    first = closes.first_close(conn, at) if at is not None else None
    if first is not None:
        return MissingInput(
            f"no interval has been stepped at or before then: the record begins {_day(first)}",
            "ask for a later time",
        )
    what = "no interval has been stepped yet"
    if bars.time_span(conn, width) is None:
        nothing = _no_bar_of(conn, width)
        return MissingInput(f"{what}, and {nothing.what}", nothing.remedy)
    if engine_state.live_from(conn) is None:
        return MissingInput(what, "monitor replay --store (imported history), or monitor run")
    return MissingInput(what, "monitor run, or monitor poll")


def _no_bar_of(conn: Connection, width: timedelta) -> MissingInput:
    others = [format_duration(w) for w in bars.widths(conn) if w != width]
    held = f"; the store holds bars of {', '.join(others)}" if others else ""
    return MissingInput(
        f"no bar of {format_duration(width)} (engine.interval) is stored{held}",
        "monitor import FILE..., or monitor backfill --since 30d",
    )


def _history(begin: datetime, end: datetime) -> Iterator[MissingInput]:
    if end - begin < _LEAST_HISTORY:
        hours = (end - begin) / timedelta(hours=1)
        yield MissingInput(
            f"only {hours:.0f} h of bars: a window of 24 h and the 24 h before it are needed",
            "import or backfill more history",
        )


def _supplies(
    conn: Connection, universe: Universe, seen: Sequence[Token], begin: datetime, end: datetime
) -> Iterator[MissingInput]:
    first: dict[str, datetime] = {}
    for row in supplies.read_supplies(conn):
        first.setdefault(row.token, row.valid_from)
    members = [t for t in seen if universe.sector_of(t.id, begin) or universe.sector_of(t.id, end)]
    without = [t.id for t in members if t.id not in first or first[t.id] >= end]
    remedy = (
        "tokens.*.supplies in the configuration, monitor import of supplies, or sources.coingecko"
    )
    if without:
        yield MissingInput(
            f"no supply for {_names(without)}: without it a token has no market cap and counts for nothing",
            remedy,
            vital=len(without) == len(members),
        )
    for token in members:
        if token.id not in without and begin < first[token.id] and not token.first_trade:
            yield MissingInput(
                f"the supply of {token.id} begins {_day(first[token.id])}, its bars earlier",
                remedy,
                vital=False,
            )


def _volume(
    conn: Connection, universe: Universe, width: timedelta, begin: datetime, end: datetime
) -> Iterator[MissingInput]:
    traded = bars.markets_with_bars(conn, width, begin, end, traded=True)
    blind = [
        sector.id for sector in universe.watched if not _any(_markets(universe, sector), traded)
    ]
    if blind:
        yield MissingInput(
            f"volume unknown for {_names(blind)}: no bar of the range has any",
            "import bars with base_volume or quote_volume",
        )


def _benchmark(universe: Universe, seen: set[str]) -> Iterator[MissingInput]:
    sector = next((s for s in universe.sectors if s.benchmark), None)
    if sector is None:
        yield MissingInput(
            "no benchmark: the market's own move cannot be told from a sector's",
            "a sector with benchmark = true (BTC, ETH)",
            vital=False,
        )
        return
    tokens = sorted({member.token for member in sector.members})
    if not seen & set(tokens):
        yield MissingInput(
            f"no benchmark: no bar of {_names(tokens)} in this range",
            "import or backfill bars of the benchmark's tokens",
            vital=False,
        )


def _rates(universe: Universe, there: set[str]) -> Iterator[MissingInput]:
    assumed = assumed_rates(universe, there)
    if assumed:
        yield MissingInput(
            f"{_names(assumed)} counted as 1 dollar: nothing watches the rate",
            f"[tokens.{assumed[0]}] with a market such as {assumed[0]}/USD",
            vital=False,
        )


def _markets(universe: Universe, sector: Sector) -> list[Market]:
    tokens = {member.token for member in sector.members}
    return [market for market in universe.markets if market.token in tokens]


def _any(markets: Sequence[Market], there: set[str]) -> bool:
    return any(market.id in there for market in markets)


def _names(found: Sequence[str]) -> str:
    shown = ", ".join(found[:_NAMED])
    return shown if len(found) <= _NAMED else f"{shown} and {len(found) - _NAMED} more"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
