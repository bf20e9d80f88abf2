"""Funding and open interest by token and sector, of the perpetuals that are read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.model.derivatives import DerivativeReading
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Universe

LARGEST_RATE = 0.10
"""Of a funding interval, either way: venues cap theirs at 4 % or less."""
LARGEST_OPEN_INTEREST = 1e12


@dataclass(frozen=True, slots=True)
class Sums:
    """``funding_rate_8h``: mean of the perpetuals by their open interest, plain where none is known; ``coverage``: part of
    the perpetuals that were read."""

    open_interest_usd: float | None
    funding_rate_8h: float | None
    coverage: float


def why_implausible(reading: DerivativeReading) -> str | None:
    """In words; None where nothing speaks against it."""
    rate, usd = reading.funding_rate, reading.open_interest_usd
    if rate is not None and not abs(rate) <= LARGEST_RATE:
        return f"found a funding rate of {rate:g}, expected {-LARGEST_RATE:g} to {LARGEST_RATE:g}"
    if usd is not None and not 0 <= usd <= LARGEST_OPEN_INTEREST:
        return f"found an open interest of {usd:g} USD, expected 0 to {LARGEST_OPEN_INTEREST:g}"
    return None


def sums_of(read: Sequence[DerivativeReading], expected: int) -> Sums | None:
    """Of perpetuals of one token or sector; None where none was read."""
    if not read:
        return None
    interests = [r.open_interest_usd for r in read if r.open_interest_usd is not None]
    rates = [(r.funding_rate_8h, r.open_interest_usd) for r in read]
    weighted = [(rate, usd) for rate, usd in rates if rate is not None and usd]
    plain = [rate for rate, _ in rates if rate is not None]
    funding: float | None = None
    if weighted:
        funding = sum(rate * usd for rate, usd in weighted) / sum(usd for _, usd in weighted)
    elif plain:
        funding = sum(plain) / len(plain)
    return Sums(sum(interests) if interests else None, funding, len(read) / expected)


def with_derivatives(
    step: MarketStep,
    universe: Universe,
    perpetuals: Iterable[Market],
    found: Mapping[str, DerivativeReading],
) -> MarketStep:
    """The step with open interest and funding of its tokens and sectors. ``found``: by market the newest reading."""
    if not found:
        return step
    listed = [market for market in perpetuals if market.listed_at(step.open_time)]
    home = {t.id: universe.sector_of(t.id, step.open_time) for t in universe.tokens}

    def of(markets: list[Market]) -> Sums | None:
        return sums_of([found[m.id] for m in markets if m.id in found], len(markets))

    tokens = {token.id: of([m for m in listed if m.token == token.id]) for token in step.tokens}
    sectors = {
        state.id: of([m for m in listed if home[m.token] == state.id]) for state in step.sectors
    }
    return replace(
        step,
        tokens=tuple(
            replace(token, open_interest_usd=s.open_interest_usd, funding_rate_8h=s.funding_rate_8h)
            if (s := tokens[token.id]) is not None
            else token
            for token in step.tokens
        ),
        sectors=tuple(
            replace(
                state,
                open_interest_usd=s.open_interest_usd,
                funding_rate_8h=s.funding_rate_8h,
                derivatives_coverage=s.coverage,
            )
            if (s := sectors[state.id]) is not None
            else state
            for state in step.sectors
        ),
    )
