"""Pretended sectors: dealt by seed, of like size, whole lines, and said when it cannot be."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from monitor.model.universe import Universe
from monitor.research.history import History, HistoryError, check_history
from monitor.research.splits import Dealing, pretended
from tests.kit.histories import history, launch_history


def hands(universe: Universe) -> list[set[str]]:
    return [{m.token for m in sector.members} for sector in universe.watched]


def test_every_watched_token_is_dealt_once_and_the_benchmark_stays() -> None:
    found = pretended(history(), Dealing(3, 1))
    assert [s.id for s in found.watched] == ["split-1", "split-2", "split-3"]
    assert sorted(t for hand in hands(found) for t in hand) == sorted(
        t for hand in hands(history().universe) for t in hand
    )
    assert {len(hand) for hand in hands(found)} == {6}
    assert [s.id for s in found.sectors if s.benchmark] == ["watched-market"]
    assert found.tokens == history().universe.tokens


def test_a_seed_deals_the_same_and_another_one_otherwise() -> None:
    same = [hands(pretended(history(), Dealing(3, 7))) for _ in range(2)]
    assert same[0] == same[1]
    assert hands(pretended(history(), Dealing(3, 8))) != same[0]


def test_a_migrated_token_stays_with_its_successor() -> None:
    base = launch_history()
    moved = base.universe.redenominations[0]
    for seed in range(20):
        together = [hand for hand in hands(pretended(base, Dealing(3, seed))) if moved.old in hand]
        assert moved.new in together[0]


def test_too_few_tokens_are_said() -> None:
    with pytest.raises(HistoryError, match=r"18 tokens to deal into 10 sectors, expected at least"):
        pretended(history(), Dealing(10, 0))
    with pytest.raises(HistoryError, match="2 sectors"):
        pretended(history(), Dealing(1, 0))


def test_a_deal_that_would_leave_a_sector_with_one_priced_token_is_dealt_again_or_said() -> None:
    base = history()
    nearly_all = np.arange(len(base.intervals[0].close)) >= 5  # prices of five tokens
    silent = tuple(replace(i, close=np.where(nearly_all, np.nan, i.close)) for i in base.intervals)
    poor = History(base.universe, base.width, silent)
    for seed in range(5):
        assert len(pretended(poor, Dealing(2, seed)).watched) == 2
    with pytest.raises(HistoryError, match="with a price at the end of the warm-up"):
        pretended(poor, Dealing(3, 0))


def test_a_history_says_what_it_lacks() -> None:
    base = history()
    short = History(base.universe, base.width, base.intervals[:100])
    with pytest.raises(HistoryError, match=r"4\.2 days of bars, expected at least 15"):
        check_history(short)
    bare = tuple(replace(i, supply=np.full_like(i.supply, np.nan)) for i in base.intervals)
    with pytest.raises(HistoryError, match="no circulating supply"):
        check_history(History(base.universe, base.width, bare))
    still = tuple(
        replace(i, quote_volume=np.full_like(i.quote_volume, np.nan)) for i in base.intervals
    )
    with pytest.raises(HistoryError, match="no traded volume"):
        check_history(History(base.universe, base.width, still))
    check_history(base)
    assert base.until - base.since == timedelta(hours=len(base.intervals))
