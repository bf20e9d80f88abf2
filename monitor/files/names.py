"""What a file's name tells: the pair and the width of its bars; and which configured market a foreign name means."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from monitor.files.hints import Hints
from monitor.files.reading import refuse
from monitor.files.tables import Sheet
from monitor.model.universe import Market, Universe

_WIDTH = re.compile(r"(?:^|[_\- ,])(\d+)(mo|min|m|h|d|w)(?=$|[_\-. ,])", re.IGNORECASE)
_UNITS = {"min": 60, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_OTHER_NAMES = {"XBT": "BTC", "XDG": "DOGE"}


def width_in(title: str) -> timedelta | None:
    """``1h`` of ``VIRTUALUSDT-1h-2025-01.csv`` or ``VIRTUAL_USDT-1h.feather``; None where there is none."""
    found = _WIDTH.search(title)
    if found is None or found[2].lower() == "mo" or found[2] == "M":
        return None
    return int(found[1]) * timedelta(seconds=_UNITS[found[2].lower()])


def compact(symbol: str) -> str:
    """``VIRTUALUSDT`` of ``VIRTUAL/USDT``, ``VIRTUAL_USDT``, ``VIRTUAL-USDT`` and ``VIRTUAL/USDT:USDT``."""
    text = re.sub(r"[^A-Za-z0-9]", "", symbol.partition(":")[0]).upper()
    for theirs, ours in _OTHER_NAMES.items():
        if text.startswith(theirs):
            return ours + text[len(theirs) :]
    return text


def market_of(
    universe: Universe, sheet: Sheet, hints: Hints, *, exchange: str | None, symbol: str | None
) -> Market:
    """The one configured market that a foreign file means; ``exchange`` and ``symbol`` are what it or its name says.

    Raises FileRefusedError where none or several fit: a market is never guessed.
    """
    venue, pair = hints.exchange or exchange, hints.symbol or symbol
    if pair is None:
        raise refuse(sheet, "does not say which market its bars are of", "--symbol VIRTUAL/USDT")
    known = [m for m in universe.markets if venue is None or m.venue.lower() == venue.lower()]
    exact = [m for m in known if m.symbol == pair]
    fitting = exact or [m for m in known if compact(m.symbol) == compact(pair)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        where = f" of {venue}" if venue else ""
        near = ", ".join(m.id for m in known if m.token in pair.upper()) or "none like it"
        raise refuse(
            sheet,
            f"found bars of {pair}{where}, expected a configured market ({near})",
            "--exchange and --symbol, or a market of it under tokens.*.markets",
        )
    names = " or ".join(m.id for m in fitting)
    which = "--symbol" if len({m.venue for m in fitting}) == 1 else "--exchange"
    raise refuse(sheet, f"found bars of {pair}, which may be {names}", f"say which by {which}")


def token_of(universe: Universe, sheet: Sheet, hints: Hints, names: Sequence[str]) -> str:
    """The configured token that one of ``names`` (a vendor's id, a name, a ticker) means; else --symbol must say it."""
    if hints.symbol is not None:
        wanted = hints.symbol.partition("/")[0]
        if any(token.id == wanted for token in universe.tokens):
            return wanted
        raise refuse(sheet, f"found --symbol {hints.symbol!r}, expected the id of a token")
    said = {name.lower() for name in names}
    fitting = [
        t.id for t in universe.tokens if said & {(t.coingecko_id or "").lower(), t.name.lower()}
    ]
    if len(fitting) == 1:
        return fitting[0]
    raise refuse(
        sheet, f"found figures of {' or '.join(names)}, which no token of the configuration is",
        "--symbol VIRTUAL (a token's id), or tokens.*.coingecko",
    )  # fmt: skip


def venue_above(path: Path, universe: Universe) -> str | None:
    """A folder above the file that bears a venue's name, as data folders do."""
    venues = {market.venue for market in universe.markets}
    return next((p.name for p in path.absolute().parents if p.name in venues), None)
