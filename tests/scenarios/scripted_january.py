"""A January from the script of the synthetic market: a launch drains the AI agents, and 72 h later they come back."""

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from monitor.episodes import Episode
from monitor.model.bars import Bar, Slot
from monitor.model.grid import iso
from monitor.model.interval import IntervalInput, Layout
from monitor.model.universe import Market, Supply, Token, Universe
from monitor.research.feed import Feed
from monitor.research.script import SCENARIOS, Kind
from monitor.research.synthetic import make_market

HOUR = timedelta(hours=1)
TO_2025 = timedelta(days=366)
VENUES = {"east": "bybit", "north": "gate", "south": "okx"}
"""The script's venues, played by real venues' wire formats."""


def scripted_january(seed: int) -> Episode:
    """The series of that seed in hourly bars; taker volume is left out, since these venues do not give it."""
    scenario = next(s for s in SCENARIOS if s.kind is Kind.JANUARY)
    market = make_market(scenario, seed)
    feed = Feed(market, HOUR)
    layout = Layout.of(feed.universe)
    bars: list[Bar] = []
    last = None
    first: dict[str, IntervalInput] = {}
    for told in feed.intervals():
        interval = replace(told, open_time=told.open_time + TO_2025)
        for i in np.flatnonzero(interval.slot == Slot.TRADED).tolist():
            bars.append(_bar(layout.markets[i], interval, i))
            first.setdefault(layout.tokens[int(layout.market_token[i])], interval)
        last = interval
    assert last is not None
    universe = replace(
        feed.universe, tokens=tuple(_token(token, first) for token in feed.universe.tokens)
    )
    position = {token: i for i, token in enumerate(layout.tokens)}
    supplies = tuple(
        Supply(
            t,
            float(at.supply[position[t]]),
            at.open_time,
            at.open_time,
            "script",
            dated_by_operator=True,
        )
        for t, at in sorted(first.items())
    )
    return Episode(
        universe=_named(universe),
        width=HOUR,
        bars=tuple(sorted(bars, key=lambda bar: (bar.open_time, bar.market_id))),
        supplies=supplies,
        notes=(),
        description="scripted",
        since=bars[0].open_time,
        history_from=market.judged_from + TO_2025,
        until=last.open_time + HOUR,
    )


def write_bars(episode: Episode, path: Path) -> Path:
    """As the exchange server loads them."""
    with path.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(
            [
                "ts",
                "exchange",
                "symbol",
                "open",
                "high",
                "low",
                "close",
                "base_volume",
                "quote_volume",
                "taker_buy_quote",
            ]
        )
        for bar in episode.bars:
            venue, _, symbol = bar.market_id.partition(":")
            figures = (bar.open, bar.high, bar.low, bar.close, bar.base_volume, bar.quote_volume)
            writer.writerow([iso(bar.open_time), venue, symbol, *map(repr, figures), ""])
    return path


def _bar(market_id: str, interval: IntervalInput, i: int) -> Bar:
    venue, _, symbol = market_id.partition(":")
    close, high, low = (float(x[i]) for x in (interval.close, interval.high, interval.low))
    quote = float(interval.quote_volume[i])
    return Bar(
        f"{VENUES[venue]}:{symbol}", interval.open_time, close, max(high, close), min(low, close), close,
        quote / close, quote, None,
    )  # fmt: skip


def _token(token: Token, first: dict[str, IntervalInput]) -> Token:
    markets = tuple(
        sorted(
            (
                Market(VENUES[m.venue], m.symbol, m.token, m.multiplier, m.listed_from, m.listed_to)
                for m in token.markets
            ),
            key=lambda m: m.id,
        )
    )
    return replace(token, markets=markets, first_trade=first[token.id].open_time)


def _named(universe: Universe) -> Universe:
    """The sectors' ids as the script writes them, with names for the messages."""
    names = {"ai-agents": "AI agents", "memes": "Memes", "defi": "DeFi"}
    return replace(
        universe, sectors=tuple(replace(s, name=names.get(s.id, s.name)) for s in universe.sectors)
    )
