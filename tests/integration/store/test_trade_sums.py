"""Sums of trades on both databases: each trade once, nothing after its bar's step, and what the engine is handed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import event

from monitor.api.status import status_json, what_is_known
from monitor.clock import ManualClock
from monitor.commands.status import trade_gap_words
from monitor.model.bars import Coverage
from monitor.model.grid import to_ms
from monitor.model.interval import IntervalInput
from monitor.model.rotation import StepOutput
from monitor.model.state import MarketStep
from monitor.model.trades import RecentTrades, Trade, TradeSum
from monitor.model.universe import Market, Token, Universe
from monitor.store.bars import save_bars, save_coverage
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals
from monitor.store.prune import prune_in_turns
from monitor.store.rollup import roll_up
from monitor.store.trade_sums import add_trades
from tests.integration.store.samples import FIVE, HOUR, at, bar, sector
from tests.kit.stored import save_step, sums_between

NOON = at("2025-01-19T12:00")
ARC, TRUMP = "gate:ARC/USDT", "gate:TRUMP/USDT"
SECOND = timedelta(seconds=1)
UNIVERSE = Universe((), (Token("ARC", "Arc", (Market("gate", "ARC/USDT", "ARC"),)),))


def trade(moment: datetime, *, quote: float = 10.0, bought: bool = True) -> Trade:
    return Trade(f"{to_ms(moment)}", to_ms(moment), quote, bought)


def answer(seconds: Sequence[int], market: str = ARC, **more: bool) -> RecentTrades:
    return RecentTrades(market, tuple(trade(NOON + s * SECOND, **more) for s in seconds))


def add(database: Database, *answers: RecentTrades, received: datetime) -> None:
    with database.write() as conn:
        add_trades(conn, answers, width=FIVE, received_at=received)


def stored(database: Database, width: timedelta = FIVE) -> list[tuple[str, TradeSum]]:
    with database.read() as conn:
        return list(sums_between(conn, width, NOON - HOUR, NOON + 2 * HOUR))


def stepped(database: Database, open_time: datetime, stepped_at: datetime) -> None:
    step = MarketStep(open_time, FIVE, (sector("ai"),), (), ())
    with database.write() as conn:
        save_step(conn, StepOutput(step, (), ()), stepped_at)


def handed(database: Database, *, as_known: bool = False) -> list[IntervalInput]:
    with database.read() as conn:
        return list(
            read_intervals(
                conn, UNIVERSE, width=FIVE, since=NOON, until=NOON + 2 * FIVE, as_known=as_known
            )
        )


def test_overlapping_answers_are_counted_once_and_by_market(database: Database) -> None:
    add(database, answer([0, 60, 120]), answer([30], TRUMP, bought=False), received=NOON + FIVE)
    add(database, answer([60, 120, 180, 310]), received=NOON + FIVE + SECOND)
    assert stored(database) == [
        (ARC, TradeSum(NOON, 40.0, 0.0, 4, 0.0)),
        (TRUMP, TradeSum(NOON, 0.0, 10.0, 1, 30.0)),
        (ARC, TradeSum(NOON + FIVE, 10.0, 0.0, 1, 0.0)),
    ]


def test_the_same_answer_again_changes_nothing(database: Database) -> None:
    add(database, answer([0, 60]), received=NOON + FIVE)
    before = stored(database)
    add(database, answer([0, 60]), answer([]), received=NOON + FIVE + SECOND)
    assert stored(database) == before


def test_a_failure_leaves_neither_sums_nor_how_far_is_counted(database: Database) -> None:
    def cut_off() -> None:
        with database.write() as conn:
            add_trades(conn, [answer([0, 60])], width=FIVE, received_at=NOON + FIVE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()
    add(database, answer([0, 60]), received=NOON + FIVE)
    assert stored(database) == [(ARC, TradeSum(NOON, 20.0, 0.0, 2, 0.0))]


def test_an_answer_that_does_not_reach_back_leaves_a_gap(database: Database) -> None:
    add(database, answer([0]), received=NOON + SECOND)
    add(database, answer([200, 210]), received=NOON + FIVE)
    assert stored(database) == [(ARC, TradeSum(NOON, 30.0, 0.0, 3, 200.0))]


def test_status_says_of_the_last_day_which_trades_fell_out(database: Database) -> None:
    add(database, answer([0]), answer([0], TRUMP), received=NOON + SECOND)
    add(database, answer([200, 210]), answer([400]), received=NOON + 2 * FIVE)
    known = what_is_known(database, FIVE, NOON + HOUR)
    assert [trade_gap_words(gaps) for gaps in known.trade_gaps] == [
        f"{ARC}: trades fell out between two answers in 2 bars of the last 24 h, 6 min of them"
    ]
    assert status_json(known, UNIVERSE, FIVE)["trade_gaps"] == [
        {"market": ARC, "bars": 2, "seconds": 390.0}
    ]
    assert what_is_known(database, FIVE, NOON + 25 * HOUR).trade_gaps == ()


def test_many_markets_are_counted_in_as_many_statements_as_few(database: Database) -> None:
    def statements(*answers: RecentTrades) -> int:
        with database.write() as conn:
            made: list[str] = []
            event.listen(conn, "before_cursor_execute", lambda _c, _u, text, *_: made.append(text))
            add_trades(conn, answers, width=FIVE, received_at=NOON + FIVE)
            return len(made)

    names = [f"gate:T{k}/USDT" for k in range(40)]
    statements(answer([0], ARC), *(answer([0], name) for name in names))  # all are known from now
    alone = statements(answer([0, 60, 310], ARC))
    assert statements(*(answer([0, 60, 310], name) for name in names)) == alone
    assert sum(found.trades for market, found in stored(database) if market != ARC) == 3 * len(
        names
    )


def test_what_is_read_after_a_bars_step_is_not_counted_in_it(database: Database) -> None:
    add(database, answer([0, 60]), received=NOON + FIVE)
    stepped(database, NOON, NOON + FIVE + 5 * SECOND)
    add(database, answer([60, 299, 301]), received=NOON + FIVE + 10 * SECOND)
    assert stored(database) == [
        (ARC, TradeSum(NOON, 20.0, 0.0, 2, 0.0)),
        (ARC, TradeSum(NOON + FIVE, 10.0, 0.0, 1, 0.0)),
    ]


def test_the_engine_is_handed_what_was_read_and_as_known_what_was_read_in_time(
    database: Database,
) -> None:
    with database.write() as conn:
        save_bars(
            conn, [bar(ARC, NOON), bar(ARC, NOON + FIVE)], width=FIVE, received_at=NOON + FIVE
        )
    add(database, answer([0, 60]), answer([90], TRUMP), received=NOON + FIVE)
    add(database, answer([60, 400], bought=False), received=NOON + 2 * FIVE + 100 * SECOND)
    first, second = handed(database)
    assert first.trades is not None
    assert second.trades is not None
    assert (first.trades.quote.tolist(), first.trades.buy_quote.tolist()) == ([20.0], [20.0])
    assert (second.trades.quote.tolist(), second.trades.buy_quote.tolist()) == ([10.0], [0.0])
    known, late = handed(database, as_known=True)
    assert known.trades is not None
    assert np.array_equal(known.trades.quote, first.trades.quote)
    assert late.trades is None  # it came over 90 s after the close, and nobody stepped it
    stepped(database, NOON + FIVE, NOON + 2 * FIVE + 101 * SECOND)
    _, then = handed(database, as_known=True)
    assert then.trades is not None


def test_without_trades_the_engine_is_handed_none(database: Database) -> None:
    assert [interval.trades for interval in handed(database)] == [None, None]


def test_sums_go_with_their_bars(database: Database) -> None:
    with database.write() as conn:
        save_bars(conn, [bar(ARC, NOON), bar(ARC, NOON + FIVE)], width=FIVE, received_at=NOON)
    add(database, answer([0, 310]), received=NOON + FIVE)
    gone = prune_in_turns(database, now=NOON + FIVE + HOUR, retention={"bars": HOUR})
    assert gone == {"bars": 2}
    assert [found.open_time for _, found in stored(database)] == [NOON + FIVE]


def test_sums_of_five_minutes_become_those_of_the_hour(database: Database) -> None:
    opens = [NOON + i * FIVE for i in range(12)]
    spoken = [Coverage(ARC, FIVE, NOON, NOON + HOUR)]
    with database.write() as conn:
        save_bars(conn, [bar(ARC, moment) for moment in opens], width=FIVE, received_at=NOON)
        save_coverage(conn, spoken, fetched_at=NOON)
    add(database, answer([0, 310]), received=NOON + FIVE)
    add(database, answer([700], bought=False), received=NOON + 3 * FIVE)
    clock = ManualClock(NOON + timedelta(days=3))
    roll_up(database, clock=clock, width=FIVE, after={"bars": timedelta(days=1)})
    assert stored(database) == []
    assert stored(database, HOUR) == [(ARC, TradeSum(NOON, 20.0, 10.0, 3, 390.0))]
