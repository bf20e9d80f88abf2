"""A file's bars beside those that the store holds already: the same, more, or another figure."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.model.bar_columns import BarColumns
from monitor.model.bars import Bar
from monitor.store import bars as stored
from monitor.store.types import from_us

PRICE_ROUNDING = 1e-4
VOLUME_ROUNDING = 1e-3
"""Sources round; further apart than this, two figures are two facts."""

_PRICES = ("open", "high", "low", "close")
_VOLUMES = ("base_volume", "quote_volume", "taker_buy_quote")


def known_bars(
    conn: Connection, bars: BarColumns, width: timedelta
) -> dict[tuple[str, datetime], Bar]:
    """(market, open) -> what the store holds in the span of each market's bars."""
    found: dict[tuple[str, datetime], Bar] = {}
    for market_id, places in bars.by_market().items():
        first, last = (from_us(int(bars.opens[place])) for place in places[[0, -1]])
        until = last + width
        if market_id not in stored.markets_with_bars(conn, width, first, until):
            continue
        rows = stored.read_bars(conn, width=width, since=first, until=until, market_ids=[market_id])
        found |= {(market_id, bar.open_time): bar for bar, _ in rows}
    return found


def disagreement(before: Bar, bar: Bar) -> str | None:
    """The figure that is furthest apart, in words; None where all that both give are the same but for rounding."""
    worst, text = 1.0, None
    for names, rounding in ((_PRICES, PRICE_ROUNDING), (_VOLUMES, VOLUME_ROUNDING)):
        for name in names:
            known, found = getattr(before, name), getattr(bar, name)
            if known is None or found is None:
                continue
            apart = abs(found - known) / max(abs(known), abs(found), 1e-300)
            if apart > rounding and apart / rounding > worst:
                worst = apart / rounding
                change = f" ({found / known - 1:+.2%})" if known else ""
                text = f"{name} {found:.8g}, known {known:.8g}{change}"
    return text


def filled(before: Bar, bar: Bar) -> Bar:
    """The known bar with what only the file gives; a rounding is no revision."""
    quote = bar.quote_volume if before.quote_volume is None else before.quote_volume
    taker = bar.taker_buy_quote if before.taker_buy_quote is None else before.taker_buy_quote
    if quote is not None and taker is not None:
        taker = min(taker, quote)
    return replace(before, quote_volume=quote, taker_buy_quote=taker)
