"""`evaluate`: what it runs, what it counts as an alarm, and what it prints."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from monitor.detection.parameters import DetectionParameters
from monitor.model.interval import Layout
from monitor.model.universe import Universe
from monitor.research.evaluation import (
    NULL,
    Series,
    Subject,
    evaluate,
    openings_of,
    quiet_rates,
)
from monitor.research.fold import confirmed
from monitor.research.matching import Baseline, Seen, loosest
from monitor.research.results import Evaluation, Row
from monitor.research.scoring import Score
from monitor.research.script import SCENARIOS, Kind
from monitor.research.synthetic import make_market
from monitor.research.workers import Inline

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.timeout(1200)  # whole folds, on whatever machine


def score(**more: object) -> Score:
    blank = Score(0, None, None, None, None, None, None, 0, 90.0, 0.8, (0.7, 0.91))
    return replace(blank, **more)  # type: ignore[arg-type]


def evaluation() -> Evaluation:
    found = score(events=80, recall=0.525, recall_interval=(0.43, 0.61), delay_median_h=12.6)
    rows = (
        Row("proposed", score(), {"10 % in 24 h": found}),
        Row("plain", score(far=None, far_interval=None), {"10 % in 24 h": score()}),
    )
    return Evaluation(HOUR, 20, (0, 59), (9000, 9019), 1, rows)


def test_the_table_says_what_it_rests_on() -> None:
    text = "\n".join(evaluation().words())
    for part in ("n = 20", "seeds 9000-9019", "seeds 0-59", "bars of 1h", "1 of 3 venues"):
        assert part in text


def test_each_row_has_its_false_alarms_and_its_cells() -> None:
    rows = {line.split("  ")[0]: line for line in evaluation().words() if line}
    assert "0.80 [0.70, 0.91]" in rows["proposed"]
    assert rows["proposed"].endswith("0.53 [0.43, 0.61]/13")
    assert rows["plain   "[:5]].split()[1:] == ["-", "-"]


def test_machines_get_numbers_and_null() -> None:
    found = json.loads(json.dumps(evaluation().to_json()))
    assert found["reporting_seeds"] == [9000, 9019]
    assert found["detectors"][0]["scenarios"]["10 % in 24 h"]["recall"] == 0.525
    assert found["detectors"][1]["null"]["far"] is None


def test_reporting_seeds_may_not_touch_the_tuning_seeds() -> None:
    with pytest.raises(ValueError, match="none of the tuning"):
        evaluate(Subject(), Inline(), series=5, first_seed=59)


def test_matching_takes_the_loosest_threshold_that_keeps_to_the_target() -> None:
    rule = Baseline("any", lambda *_: [], 9.0, (9.0, 3.0, 2.0, 1.0))
    # the target is 0.8 a pair-month: of six, 4.8 alarms are allowed
    assert loosest(rule, [12, 5, 4, 0], 6.0) == 2.0
    assert loosest(rule, [12, 5, 4, 0], 6.0, target=1.0) == 3.0
    assert loosest(rule, [12, 9, 9, 9], 6.0) == 1.0


def test_a_quiet_series_counts_in_pair_months() -> None:
    seen = Seen.of(make_market(NULL, 0))
    assert seen.pair_months == pytest.approx(3.0)


def test_a_loud_rotation_is_found_by_the_real_engine_in_its_window() -> None:
    loud = replace(SCENARIOS[1], size=0.35, volume=5.0)
    series = Series(Subject(), loud, 9500)
    (changes,) = series.fold([DetectionParameters()]).changes
    (label,) = series.market.labels
    found = [a for a in confirmed(changes) if label.opens <= a.at <= label.closes]
    assert (found[0].from_sector, found[0].to_sector) == ("ai-agents", "memes")
    assert {a.to_sector for a in openings_of(changes)} <= {"ai-agents", "defi", "memes"}


def test_what_is_configured_is_what_is_judged() -> None:
    deaf = Subject(DetectionParameters(on=9.0, critical=9.0))
    heard, silent = quiet_rates(
        Subject(),
        [
            DetectionParameters(on=2.0, watch_on=2.0, bounds={"min_volume_shift": 0.01}),
            deaf.detection,
        ],
        [3],
        Inline(),
    )
    assert heard.false_alarms > 0 == silent.false_alarms
    assert silent.pair_months == pytest.approx(3.0)


def test_venues_that_tell_no_taker_volume_leave_the_flow_unknown_in_the_feed() -> None:
    with_two = Series(Subject(taker_venues=2), NULL, 0).history.intervals[5]
    told = [name.partition(":")[0] for name in Layout.of(feed_universe()).markets]
    known = {
        v for v, x in zip(told, with_two.taker_buy_quote.tolist(), strict=True) if not np.isnan(x)
    }
    assert known == {"east", "north"}


def test_bars_finer_than_a_quarter_of_an_hour_have_a_market_of_their_own() -> None:
    series = Series(Subject(interval=timedelta(minutes=5)), NULL, 0)
    assert series.market.grid.steps == 44 * 288
    hourly = Series(Subject(), NULL, 0).market
    for market, a_day in ((series.market, 288), (hourly, 96)):
        spread = np.diff(np.log(market.price[:, 18 + 1])).std() * np.sqrt(a_day)
        assert 0.015 < spread < 0.05  # the benchmark's daily sd is 2.8 %


def feed_universe() -> Universe:
    return Series(Subject(), NULL, 0).history.universe


def test_every_detector_is_judged_on_the_same_series() -> None:
    lines: list[str] = []
    found = evaluate(
        Subject(), Inline(), series=1, scenarios=SCENARIOS[:2], matching=2, tell=lines.append
    )
    assert (found.tuning, found.reporting) == ((0, 1), (9000, 9000))
    names = [row.detector for row in found.rows]
    assert names[:2] == ["product, confirmed (3)", "product, open (2.4)"]
    assert len(names) == 2 + 2 * 6  # each plain rule at its textbook and at its matched threshold
    assert {round(row.null.pair_months, 6) for row in found.rows} == {3.0}
    assert {row.scenarios["10 % in 24 h"].events for row in found.rows} == {1}
    assert lines[-1] == "synthetic series: 2 of 2"
    assert len(found.words()) == 4 + len(names) + 3


def test_a_launch_that_drains_one_of_three_sectors_is_told_of_that_one() -> None:
    launch = next(s for s in SCENARIOS if s.kind is Kind.LAUNCH)
    subject, told = Subject(), []
    for seed in (400, 401, 402):
        series = Series(subject, launch, seed)
        (changes,) = series.fold([subject.all_pairs]).changes
        score = series.score(confirmed(changes))
        drains = {a.from_sector for a in confirmed(changes) if a.to_sector == "launches"}
        print(seed, score.delays_h, sorted(drains))
        told += [delay for delay in score.delays_h if delay is not None]
        (label,) = series.market.labels
        near = [a for a in confirmed(changes) if label.opens <= a.at <= label.closes]
        assert {a.from_sector for a in near if a.to_sector == "launches"} <= {"ai-agents"}
    assert len(told) >= 2
    assert max(told) <= 24
