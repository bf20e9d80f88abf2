"""The synthetic market and its way to the engine: seeded, as scripted, and faulty on purpose."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from monitor.engine import Engine
from monitor.model.bars import Slot
from monitor.model.interval import IntervalInput, Layout
from monitor.research.feed import Feed, universe_of
from monitor.research.labels import LabelKind
from monitor.research.script import (
    LENGTH_H,
    SCENARIOS,
    WARM_UP_H,
    Kind,
    write_script,
)
from monitor.research.synthetic import NEW, Grid, SyntheticMarket, make_market, profile

HOUR = timedelta(hours=1)
NULL, ROTATION = SCENARIOS[0], SCENARIOS[1]
JANUARY = next(s for s in SCENARIOS if s.kind is Kind.JANUARY)
LAUNCH = next(s for s in SCENARIOS if s.kind is Kind.LAUNCH)


def bars(market: SyntheticMarket) -> list[IntervalInput]:
    return list(Feed(market, HOUR).intervals())


def null_with(part: str) -> SyntheticMarket:
    """The first quiet series in which that mishap was drawn."""
    return next(m for seed in range(40) if getattr((m := make_market(NULL, seed)).script, part))


def test_a_seed_gives_one_series_and_another_gives_another() -> None:
    first, same, other = (make_market(ROTATION, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.price, same.price, equal_nan=True)
    assert np.array_equal(first.volume, same.volume, equal_nan=True)
    assert not np.array_equal(first.price, other.price, equal_nan=True)


def test_a_rotation_is_labelled_when_and_where_it_was_scripted() -> None:
    market = make_market(ROTATION, 3)
    (label,) = market.labels
    assert (label.from_sector, label.to_sector) == ("ai-agents", "memes")
    assert label.end - label.start == timedelta(hours=24)
    assert label.start >= market.judged_from + timedelta(hours=48)
    assert label.end <= market.until - timedelta(hours=48)


def test_january_has_a_way_there_and_72_hours_later_a_way_back() -> None:
    there, back = make_market(JANUARY, 1).labels
    assert (there.from_sector, there.to_sector) == (back.to_sector, back.from_sector)
    assert back.start - there.start == timedelta(hours=72)


def test_the_scripted_move_is_in_the_indices() -> None:
    """Mean over many series of the move within the window: the noise averages out, 0.3 + 0.7 of the size stays."""
    moves = []
    for seed in range(60):
        market = make_market(replace(ROTATION, size=0.20), seed)
        index, _ = market.sector_series()
        begin = round(market.script.episodes[0].start_h * 4)
        change = index[begin + 96] - index[begin]
        moves.append(change[[0, 2]])
    source, target = np.mean(moves, axis=0)
    # one standard error of a mean of 60 is about 1 pp
    assert target - source == pytest.approx(0.20, abs=0.04)
    assert source == pytest.approx(-0.14, abs=0.04)


def test_trading_surges_where_the_script_says() -> None:
    ratios = []
    for seed in range(20):
        market = make_market(replace(ROTATION, volume=4.0), seed)
        _, volume = market.sector_series()
        begin = round(market.script.episodes[0].start_h * 4)
        ratios.append(
            volume[begin + 12 : begin + 96, 2].sum() / volume[begin - 84 : begin, 2].sum()
        )
    assert np.median(ratios) == pytest.approx(4.0, rel=0.3)


def test_the_spread_of_two_sectors_is_that_of_a_wild_market() -> None:
    spreads = []
    for seed in range(30):
        index, _ = make_market(NULL, seed).sector_series()
        daily = np.diff(index[::96], axis=0)
        spreads.append((daily[:, 2] - daily[:, 0]).std())
    assert 0.065 <= np.mean(spreads) <= 0.085


def test_a_launch_moves_no_index() -> None:
    market = null_with("launches")
    at = round(market.script.launches[0].start_h * 4)
    assert np.isnan(market.price[:at, NEW]).all()
    assert not np.isnan(market.price[at:, NEW]).any()
    index, _ = market.sector_series()
    sector = market.script.launches[0].sector
    columns = np.flatnonzero(market.sector == sector)[:-1]
    before = market.price[at - 1, columns] * market.supply[at - 1, columns]
    by_hand = np.log((before * market.price[at, columns] / market.price[at - 1, columns]).sum())
    assert index[at, sector] - index[at - 1, sector] == pytest.approx(
        by_hand - np.log(before.sum())
    )


def test_a_profile_is_parts_of_one_whole() -> None:
    parts = profile(Grid(0.25), 6.0, np.random.default_rng(2))
    assert len(parts) == 24
    assert parts.sum() == pytest.approx(1.0)
    assert (parts >= 0).all()


def test_a_quiet_series_has_mishaps_and_no_episode() -> None:
    scripts = [write_script(NULL, np.random.default_rng(seed)) for seed in range(60)]
    assert all(script.episodes == [] for script in scripts)
    for part, share in (("launches", 1 / 3), ("splits", 1 / 3), ("drifts", 1 / 2)):
        found = np.mean([bool(getattr(script, part)) for script in scripts])
        assert found == pytest.approx(share, abs=0.2)


def test_the_feed_has_every_bar_in_order_and_in_the_layouts_shape() -> None:
    market = make_market(NULL, 0)
    found = bars(market)
    layout = Layout.of(universe_of(market))
    assert len(found) == LENGTH_H
    assert found[0].open_time + HOUR == found[1].open_time
    assert {len(bar.close) for bar in found} == {len(layout.markets)}
    assert {len(bar.supply) for bar in found} == {len(layout.tokens)}


def test_unseen_markets_say_nothing_and_quiet_ones_stand_still() -> None:
    found = bars(make_market(NULL, 0))
    kinds = set()
    for earlier, bar in pairwise(found):
        unseen, quiet = bar.slot == Slot.UNSEEN, bar.slot == Slot.QUIET
        kinds |= set(np.unique(bar.slot).tolist())
        assert np.isnan(bar.close[unseen]).all()
        assert np.isnan(bar.quote_volume[unseen]).all()
        assert (bar.quote_volume[quiet] == 0.0).all()
        stood = quiet & (earlier.slot != Slot.UNSEEN)
        assert np.array_equal(bar.close[stood], earlier.close[stood], equal_nan=True)
    assert {int(Slot.UNSEEN), int(Slot.QUIET), int(Slot.TRADED)} <= kinds


def test_each_series_has_an_outage_of_our_own() -> None:
    for seed in range(5):
        market = make_market(NULL, seed)
        assert any((bar.slot != Slot.TRADED).all() for bar in bars(market))


def test_a_split_hands_the_line_to_the_successor_at_a_sixth_of_the_price() -> None:
    market = null_with("splits")
    split = market.script.splits[0]
    universe = universe_of(market)
    (change,) = universe.redenominations
    found = bars(market)
    layout = Layout.of(universe)
    at = round(split.start_h)
    old = [i for i, m in enumerate(layout.markets) if f":{change.old}/" in m]
    new = [i for i, m in enumerate(layout.markets) if f":{change.new}/" in m]
    assert (found[at].slot[old] == Slot.UNLISTED).all()
    assert (found[at - 1].slot[new] == Slot.UNLISTED).all()
    ratio = np.nanmedian(found[at - 1].close[old]) / np.nanmedian(found[at].close[new])
    assert ratio == pytest.approx(6.0, rel=0.1)
    token_old, token_new = (layout.tokens.index(t) for t in (change.old, change.new))
    assert found[at].supply[token_new] == pytest.approx(6.0 * found[at].supply[token_old])


def test_the_engine_sees_the_markets_own_index() -> None:
    """Venue faults, a launch and a split on the way leave the sector index where the market's own numbers put it."""
    market = next(
        m
        for seed in range(40)
        if (m := make_market(NULL, seed)).script.launches and m.script.splits
    )
    feed = Feed(market, HOUR)
    engine = Engine(feed.universe, HOUR)
    state = engine.new_state()
    last = [engine.step(state, bar) for bar in feed.intervals()][-1]
    index, _ = market.sector_series()
    hourly = index[3::4]
    for s, name in enumerate(("ai-agents", "defi", "memes")):
        truth = np.exp(hourly[-1, s] - hourly[0, s])
        assert last.step.sector(name).index / 1000.0 == pytest.approx(truth, rel=0.02)


def test_scripts_keep_clear_of_the_warm_up_and_the_end() -> None:
    for seed in range(50):
        script = write_script(NULL, np.random.default_rng(seed))
        starts = [drift.start_h for drift in script.drifts]
        starts += [launch.start_h for launch in script.launches]
        starts += [split.start_h for split in script.splits]
        assert all(WARM_UP_H <= start <= LENGTH_H - 48.0 for start in starts)


def test_an_entry_brings_half_of_the_sectors_cap_and_five_times_its_turnover() -> None:
    entry = next(s for s in SCENARIOS if s.kind is Kind.ENTRY)
    (launch,) = write_script(entry, np.random.default_rng(0)).launches
    assert (launch.sector, launch.cap_part, launch.turnover) == (2, 0.5, 5.0)
    market = make_market(entry, 5)
    at = round(market.script.launches[0].start_h * 4)
    caps = market.price[at] * market.supply[at]
    assert caps[NEW] / caps[12:18].sum() == pytest.approx(0.5)


def test_a_launch_alone_stands_in_a_sector_of_its_own() -> None:
    market = make_market(LAUNCH, 5)
    members = {s.id: [m.token for m in s.members] for s in universe_of(market).watched}
    assert members["launches"] == ["NEW"]
    assert "NEW" not in members["memes"]
    assert market.pairs == 6
    (label,) = market.labels
    assert (label.from_sector, label.to_sector) == ("ai-agents", "launches")
    assert label.kind is LabelKind.LAUNCH_DRAIN


def test_a_launch_alone_takes_trading_out_of_its_source_and_of_nobody_else() -> None:
    """Means over series of the trading in its day over the trading of the day before."""
    found = []
    for seed in range(20):
        market = make_market(LAUNCH, seed)
        at = market.grid.at(market.script.launches[0].start_h)
        _, volume = market.sector_series()
        day = round(market.grid.a_day)
        found.append(
            np.log(
                volume[at + day // 2 : at + day].mean(axis=0) / volume[at - day : at].mean(axis=0)
            )
        )
    ai, defi, memes = np.mean(found, axis=0).tolist()
    assert ai < np.log(0.8)
    assert min(defi, memes) > np.log(0.85)
