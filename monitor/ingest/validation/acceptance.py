"""Which sound bars are believed: each market against its own past, and the markets of one coin against each other.

A market that is established (an accepted bar within 24 h) and moved plausibly is accepted at once. One that is new, was
silent or jumped is judged together with the other markets of its coin, once these have been heard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.ingest.answers import MarketAnswer
from monitor.ingest.validation.plausibility import (
    Known,
    is_established,
    split_by_level,
    wrong_coins,
)
from monitor.model.bars import Bar, Refusal
from monitor.model.universe import DOLLARS, Market

SAME_TIME = timedelta(hours=1)
"""Closes this far apart still tell coins apart; further apart, the market itself may have moved."""


class PriceBoard:
    """The newest accepted close of every market, as a price of one coin in dollars."""

    def __init__(self, markets: Iterable[Market], known: Mapping[str, Known]) -> None:
        self._markets = {market.id: market for market in markets}
        self._known = dict(known)

    def known(self, market_id: str) -> Known | None:
        """The market's newest accepted bar."""
        return self._known.get(market_id)

    def note(self, bars: Sequence[Bar]) -> None:
        """Remember accepted bars of a market, ascending."""
        if not bars:
            return
        last = bars[-1]
        before = self._known.get(last.market_id)
        if before is None or before.open_time <= last.open_time:
            self._known[last.market_id] = Known(last.open_time, last.close)

    def coin_prices(self, token: str, near: datetime, *, without: Iterable[str]) -> list[float]:
        """Prices of one coin on its markets, of bars that open within an hour of ``near``."""
        left_out = set(without)
        return [
            known.close / self._markets[market_id].multiplier
            for market_id, known in self._known.items()
            if market_id in self._markets
            and market_id not in left_out
            and self._markets[market_id].token == token
            and self._markets[market_id].quote in DOLLARS
            and abs(known.open_time - near) <= SAME_TIME
        ]


@dataclass(slots=True)
class Verdict:
    """What is stored of one market's answer, and what is kept out of it with the reason."""

    answer: MarketAnswer
    bars: Sequence[Bar]
    refusals: list[Refusal] = field(default_factory=list)


def accept_at_once(answer: MarketAnswer, known: Known | None) -> Verdict | None:
    """The verdict for an established market that moved plausibly; None where other venues must be heard first."""
    if not answer.bars:
        return Verdict(answer, ())
    if not is_established(known, answer.bars[0].open_time):
        return None
    kept, refusals = split_by_level(answer.bars, answer.market.venue, known, ())
    return None if refusals else Verdict(answer, kept)


def judge_together(
    answers: Iterable[MarketAnswer], board: PriceBoard, references: Mapping[str, float]
) -> list[Verdict]:
    """Verdicts for markets that could not be accepted alone; every answer holds bars.

    ``references``: token -> price of a coin in dollars now from a data provider, where there is one.
    """
    by_token: dict[str, list[MarketAnswer]] = {}
    for answer in answers:
        by_token.setdefault(answer.market.token, []).append(answer)
    verdicts: list[Verdict] = []
    for token, group in by_token.items():
        strange = _strangers(group, board, references.get(token))
        believed = [answer for answer in group if answer.market.id not in strange]
        verdicts.extend(_level(answer, believed, board) for answer in believed)
        verdicts.extend(
            _kept_out(answer, strange[answer.market.id])
            for answer in group
            if answer.market.id in strange
        )
    return verdicts


def _strangers(
    group: Sequence[MarketAnswer], board: PriceBoard, reference: float | None
) -> dict[str, str]:
    new = {
        answer.market.id: _coin_price(answer)
        for answer in group
        if answer.market.quote in DOLLARS
        and not is_established(board.known(answer.market.id), answer.bars[0].open_time)
    }
    if not new:
        return {}
    near = max(answer.bars[-1].open_time for answer in group)
    others = board.coin_prices(group[0].market.token, near, without=new)
    if not others and reference is not None:
        others = [reference]
    return wrong_coins(new, others)


def _level(answer: MarketAnswer, believed: Sequence[MarketAnswer], board: PriceBoard) -> Verdict:
    market = answer.market
    others: list[float] = []
    if market.quote in DOLLARS:
        asked = {a.market.id for a in believed}
        near = answer.bars[-1].open_time
        prices = board.coin_prices(market.token, near, without=asked)
        prices += [
            _coin_price(a) for a in believed if a is not answer and a.market.quote in DOLLARS
        ]
        others = [price * market.multiplier for price in prices]
    kept, refusals = split_by_level(answer.bars, market.venue, board.known(market.id), others)
    return Verdict(answer, kept, refusals)


def _kept_out(answer: MarketAnswer, reason: str) -> Verdict:
    market = answer.market
    newest = answer.bars[-1].open_time
    refusal = Refusal(market.venue, market.id, newest, "wrong_coin", reason)
    return Verdict(answer, (), [refusal])


def _coin_price(answer: MarketAnswer) -> float:
    return answer.bars[-1].close / answer.market.multiplier
