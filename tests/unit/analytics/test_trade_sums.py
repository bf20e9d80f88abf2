"""Trades of overlapping answers: each counted once, gaps known, sums by bar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analytics.trade_sums import sums_by_bar, uncounted
from monitor.model.grid import to_ms
from monitor.model.trades import Counted, Trade

WIDTH = timedelta(minutes=5)
NOON = datetime(2025, 1, 20, 12, tzinfo=UTC)
START = to_ms(NOON)


def trade(second: int, key: str = "", *, quote: float = 10.0, bought: bool = True) -> Trade:
    return Trade(key or str(second), START + 1000 * second, quote, bought)


def counted(second: int, *keys: str) -> Counted:
    return Counted(START + 1000 * second, frozenset(keys))


def test_the_first_answer_is_all_new() -> None:
    found, gap, until = uncounted([trade(1), trade(2)], None)
    assert ([t.key for t in found], gap) == (["1", "2"], None)
    assert until == counted(2, "2")


def test_an_answer_that_reaches_back_leaves_no_gap_and_counts_the_rest() -> None:
    found, gap, until = uncounted([trade(1), trade(2), trade(3)], counted(2, "2"))
    assert ([t.key for t in found], gap, until) == (["3"], None, counted(3, "3"))


def test_an_answer_that_does_not_reach_back_leaves_a_gap() -> None:
    found, gap, until = uncounted([trade(9), trade(10)], counted(2, "2"))
    assert ([t.key for t in found], until) == (["9", "10"], counted(10, "10"))
    assert gap == (START + 2000, START + 9000)


def test_trades_of_one_millisecond_are_told_apart_across_answers() -> None:
    first, _, until = uncounted([trade(1, "a"), trade(1, "b")], None)
    found, gap, later = uncounted([trade(1, "b"), trade(1, "c")], until)
    assert ([t.key for t in first], [t.key for t in found], gap) == (["a", "b"], ["c"], None)
    assert later == counted(1, "a", "b", "c")


def test_a_trade_twice_in_an_answer_is_one() -> None:
    found, _, _ = uncounted([trade(1), trade(1), trade(2)], None)
    assert [t.key for t in found] == ["1", "2"]


def test_an_old_answer_changes_nothing() -> None:
    until = counted(5, "5")
    assert uncounted([trade(3), trade(5)], until) == ([], None, until)
    assert uncounted([], until) == ([], None, until)


def test_sums_are_by_bar_and_side_and_know_what_lies_in_a_gap() -> None:
    trades = [trade(290, bought=False), trade(299), trade(300, quote=7.0)]
    before, after = sums_by_bar(trades, (START + 280_000, START + 290_000), WIDTH)
    assert (before.open_time, before.buy_quote, before.sell_quote) == (NOON, 10.0, 10.0)
    assert (before.trades, before.gap_s) == (2, 10.0)
    assert (after.open_time, after.buy_quote, after.trades, after.gap_s) == (
        NOON + WIDTH,
        7.0,
        1,
        0.0,
    )


def test_a_gap_over_several_bars_is_told_of_its_two_ends() -> None:
    found = sums_by_bar([trade(1000)], (START + 100_000, START + 1_000_000), WIDTH)
    assert [(s.open_time - NOON, s.trades, s.gap_s) for s in found] == [
        (timedelta(0), 0, 200.0),
        (3 * WIDTH, 1, 100.0),
    ]


def test_before_the_first_trade_that_was_ever_read_lies_a_gap() -> None:
    (found,) = sums_by_bar([trade(120)], None, WIDTH, begun_ms=START + 120_000)
    assert (found.open_time, found.gap_s) == (NOON, 120.0)


@given(
    times=st.lists(st.integers(0, 900), min_size=1, max_size=60),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), max_size=8),
)
def test_however_answers_overlap_no_trade_is_counted_twice(
    times: list[int], cuts: list[tuple[int, int]]
) -> None:
    every = [trade(second, f"{n}") for n, second in enumerate(sorted(times))]
    until: Counted | None = None
    taken: list[str] = []
    for end, length in cuts:
        found, _, until = uncounted(every[max(0, end - length) : end], until)
        taken += [t.key for t in found]
    assert len(taken) == len(set(taken))


@given(st.lists(st.integers(0, 900), min_size=1, max_size=60), st.data())
def test_answers_that_each_reach_back_lose_nothing(times: list[int], data: st.DataObject) -> None:
    every = [trade(second, f"{n}") for n, second in enumerate(sorted(times))]
    until: Counted | None = None
    quote, end = 0.0, 0
    while end < len(every):
        # each answer holds the last one counted before it, or begins with the first of all
        begin = data.draw(st.integers(0, max(0, end - 1)))
        end = data.draw(st.integers(end + 1, len(every)))
        found, gap, until = uncounted(every[begin:end], until)
        assert gap is None
        quote += sum(t.quote for t in found)
    assert quote == pytest.approx(10.0 * len(every))
