"""Loads the bundled reconstruction of January 2025."""

import csv
import gzip
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.episodes.build import DATA, FACTS, HOUR, SINCE, UNTIL
from monitor.episodes.markets import COLORS, NAMES, SECTORS, VENUES_OF, listed_from
from monitor.model.bars import Bar
from monitor.model.grid import parse_iso
from monitor.model.universe import BEGINNING, Market, Membership, Sector, Supply, Token, Universe

DESCRIPTION = (
    "a reconstruction of 1 December 2024 to 31 January 2025 that is bundled with the program: hourly, pinned to"
    " published prices, volumes, supplies and launches (january_2025_facts.toml), a seeded bridge between the pins,"
    " taker volume unknown; not a recording and not a live feed"
)


@dataclass(frozen=True, slots=True)
class Episode:
    """Bars are sorted by open time and market. ``history_from``: where the story begins; before it is warm-up."""

    universe: Universe
    width: timedelta
    bars: tuple[Bar, ...]
    supplies: tuple[Supply, ...]
    notes: tuple[tuple[datetime, str], ...]
    description: str
    since: datetime
    history_from: datetime
    until: datetime


def load_episode() -> Episode:
    """The whole episode; takes well under a second."""
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    tokens = tuple(sorted((_token(entry) for entry in facts["tokens"]), key=lambda t: t.id))
    sectors = tuple(
        Sector(
            name,
            NAMES[name],
            tuple(Membership(t) for t in sorted(members)),
            COLORS[name],
            name == "benchmark",
        )
        for name, members in sorted(SECTORS.items())
    )
    return Episode(
        universe=Universe(sectors, tokens),
        width=HOUR,
        bars=_bars(),
        supplies=tuple(_supply(entry) for entry in facts["tokens"]),
        notes=tuple(
            (parse_iso(at), text.partition(" (")[0]) for at, text in facts["events"].items()
        ),
        description=DESCRIPTION,
        since=SINCE,
        history_from=datetime(2025, 1, 1, tzinfo=SINCE.tzinfo),
        until=UNTIL,
    )


def _token(entry: dict[str, Any]) -> Token:
    name = entry["id"]
    markets = tuple(
        Market(venue, f"{name}/USDT", name, listed_from=_begin(entry, venue))
        for venue in sorted(VENUES_OF[name])
    )
    return Token(name, name, markets, entry.get("first_trade"))


def _begin(entry: dict[str, Any], venue: str) -> datetime:
    return listed_from(entry["id"], venue) or entry.get("first_trade") or BEGINNING


def _supply(entry: dict[str, Any]) -> Supply:
    begin = entry.get("first_trade") or SINCE
    return Supply(
        entry["id"],
        entry["supply"],
        begin,
        begin,
        f"facts: {entry['supply_source']}",
        dated_by_operator=True,
    )


def _bars() -> tuple[Bar, ...]:
    with gzip.open(DATA, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return tuple(_bar(row) for row in rows)


def _bar(row: list[str]) -> Bar:
    ts, venue, symbol, o, h, low, c, base, quote, _ = row
    return Bar(
        f"{venue}:{symbol}",
        parse_iso(ts),
        float(o),
        float(h),
        float(low),
        float(c),
        float(base),
        float(quote),
        None,
    )
