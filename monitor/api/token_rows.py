"""Each watched token's newest bar, and what of its markets is not seen, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.content.wording.silences import (
    never_seen_words,
    quiet_words,
    unlisted_words,
    unseen_words,
)
from monitor.model.universe import Market, Token, Universe

PATIENCE = 3
"""Intervals without a bar, or an answer, before a word is said of it."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """``age_s``: seconds since the close of its newest bar; ``gaps``: of polled markets, in words; ``is_never_seen``: it is
    listed, and no answer ever spoke for it."""

    token: str
    sector: str | None
    age_s: float | None
    gaps: tuple[str, ...]
    is_never_seen: bool


def token_rows(
    universe: Universe,
    width: timedelta,
    now: datetime,
    opened: Mapping[str, datetime],
    spoken: Mapping[str, datetime],
) -> list[TokenRow]:
    """By id. ``opened``: open of each market's newest bar; ``spoken``: until when answers spoke for a market."""
    closed = {market_id: at + width for market_id, at in opened.items()}
    heard = closed | {m: max(at, closed.get(m, at)) for m, at in spoken.items()}
    seen = {m for m, at in heard.items() if now - at <= PATIENCE * width}
    rows = []
    for token in sorted(universe.tokens, key=lambda t: t.id):
        listed = [m for m in token.markets if m.listed_at(now)]
        of_token = [closed[m.id] for m in listed if m.id in closed]
        rows.append(
            TokenRow(
                token.id,
                universe.sector_of(token.id, now),
                (now - max(of_token)).total_seconds() if of_token else None,
                tuple(_gaps(token, now, PATIENCE * width, closed, heard, seen)),
                any(m.polled for m in listed) and not any(m.id in heard for m in token.markets),
            )
        )
    return rows


def _gaps(
    token: Token,
    now: datetime,
    patience: timedelta,
    closed: Mapping[str, datetime],
    heard: Mapping[str, datetime],
    seen: set[str],
) -> list[str]:
    polled = [m for m in token.markets if m.polled]
    listed = [m for m in polled if m.listed_at(now)]
    if not listed:
        return [unlisted_words(m.id, m.listed_to) for m in polled if m.listed_to <= now]
    found = []
    for market in listed:
        if market.id not in heard:
            found.append(never_seen_words(market.id))
        elif market.id not in seen:
            others = _others(market, listed, seen)
            found.append(unseen_words(market.id, now - heard[market.id], others))
        elif market.id not in closed:
            found.append(quiet_words(market.id, None))
        elif now - closed[market.id] > patience:
            found.append(quiet_words(market.id, now - closed[market.id]))
    return found


def _others(market: Market, listed: Sequence[Market], seen: set[str]) -> list[str]:
    return sorted({m.venue for m in listed if m.id in seen and m.venue != market.venue})
