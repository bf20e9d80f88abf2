"""`evaluate`: what it runs, what it counts as an alarm, and what it prints."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.detection.parameters import DetectionParameters
from monitor.research.baselines import Call
from monitor.research.evaluation import alarms_of, evaluate, openings_of, run_engine
from monitor.research.matching import Baseline, Seen, match_threshold
from monitor.research.results import Evaluation, Row
from monitor.research.scoring import Score
from monitor.research.script import SCENARIOS
from monitor.research.synthetic import make_market

HOUR = timedelta(hours=1)


def score(**more: object) -> Score:
    blank = Score(0, None, None, None, None, None, 0, 90.0, 0.8, (0.7, 0.91))
    return replace(blank, **more)  # type: ignore[arg-type]


def evaluation() -> Evaluation:
    found = score(events=80, recall=0.525, delay_median_h=12.6)
    rows = (
        Row("proposed", score(), {"10 % in 24 h": found}),
        Row("plain", score(far=None, far_interval=None), {"10 % in 24 h": score()}),
    )
    return Evaluation(HOUR, 20, (0, 59), (9000, 9019), "9f4a419d", rows)


def test_the_table_says_what_it_rests_on() -> None:
    text = "\n".join(evaluation().words())
    for part in ("n = 20", "seeds 9000-9019", "seeds 0-59", "9f4a419d", "bars of 1h", "11 points"):
        assert part in text


def test_each_row_has_its_false_alarms_and_its_cells() -> None:
    rows = {line.split("  ")[0]: line for line in evaluation().words() if line}
    assert "0.80 [0.70, 0.91]" in rows["proposed"]
    assert rows["proposed"].endswith("0.53/13")
    assert rows["plain   "[:5]].split()[1:] == ["-", "-"]


def test_machines_get_numbers_and_null() -> None:
    found = json.loads(json.dumps(evaluation().to_json()))
    assert found["reporting_seeds"] == [9000, 9019]
    assert found["detectors"][0]["scenarios"]["10 % in 24 h"]["recall"] == 0.525
    assert found["detectors"][1]["null"]["far"] is None


def test_reporting_seeds_may_not_touch_the_tuning_seeds() -> None:
    with pytest.raises(ValueError, match="none of the tuning"):
        evaluate(series=5, first_seed=59)


def test_matching_takes_the_loosest_threshold_that_keeps_to_the_target() -> None:
    quiet = [Seen.of(make_market(SCENARIOS[0], seed)) for seed in range(2)]
    # a rule that calls as many times as its threshold says, days apart, after the warm-up: the target is 0.8 false
    # alarms a pair-month, two series hold 6 pair-months, so 4.8 alarms are allowed: two a series, not three
    rule = Baseline(
        "by number",
        lambda _index, _volume, _hour, x: [
            Call(4 * 24 * (16 + 3 * i), 0, 1) for i in range(int(x))
        ],
        9.0,
        (9.0, 3.0, 2.0, 1.0),
    )
    assert match_threshold(rule, quiet) == 2.0


def test_a_loud_rotation_is_found_by_the_real_engine_in_its_window() -> None:
    loud = replace(SCENARIOS[1], size=0.35, volume=5.0)
    market = make_market(loud, 9500)
    changes = run_engine(market, HOUR, DetectionParameters())
    (label,) = market.labels
    found = [a for a in alarms_of(changes) if label.opens <= a.at <= label.closes]
    assert (found[0].from_sector, found[0].to_sector) == ("ai-agents", "memes")
    assert {a.to_sector for a in openings_of(changes)} <= {"ai-agents", "defi", "memes"}
    assert len(alarms_of(changes)) <= len(openings_of(changes))
