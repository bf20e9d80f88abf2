"""Labelled episodes and random splits of one history: counted, matched and put into words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.detection.parameters import DetectionParameters
from monitor.research.calibration import Calibration, Candidate, at, calibration, candidates
from monitor.research.evaluation import Subject
from monitor.research.fold import fold_history
from monitor.research.history import HistoryError
from monitor.research.labels import Label, LabelKind
from monitor.research.own_history import judge_labels, judge_nulls, judged_range
from monitor.research.results import Rate
from monitor.research.scoring import Alarm, Verdict
from monitor.research.telling import judge_telling, move_over
from monitor.research.workers import Inline
from tests.kit.histories import LOOSE, history

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.timeout(1200)  # whole folds, on whatever machine

BASE = history()
FOLDED = fold_history(BASE, [LOOSE], Subject().analytics)
START = BASE.judged_from + 24 * HOUR


def label(kind: LabelKind = LabelKind.ROTATION, *, name: str = "one", **more: object) -> Label:
    plain = Label(name, "ai-agents", "memes", START, START + 12 * HOUR, kind)
    return replace(plain, **more)  # type: ignore[arg-type]


def told(labels: list[Label], *alarms: tuple[float, str, str]) -> list[str]:
    found = judge_telling(
        [Alarm(START + h * HOUR, a, b) for h, a, b in alarms],
        labels,
        FOLDED,
        since=BASE.judged_from,
        until=BASE.until,
    )
    return [verdict.value for _, verdict in found.alarms]


def test_a_rise_against_the_market_tells_every_open_gain_of_the_sector() -> None:
    gains = [
        label(LabelKind.GAIN),
        label(LabelKind.GAIN, name="two", from_sector="defi"),
        label(LabelKind.GAIN, name="three", from_sector="memes", to_sector="defi"),
    ]
    alarms = [Alarm(START + 3 * HOUR, "*", "memes")]
    found = judge_telling(alarms, gains, FOLDED, since=BASE.judged_from, until=BASE.until)
    assert [t.at is not None for t in found.episodes] == [True, True, False]
    assert all(t.one_sided for t in found.episodes if t.at)
    assert told(gains, (3, "*", "memes"), (4, "*", "memes")) == ["hit", "duplicate"]


def test_a_move_against_the_market_does_not_tell_a_rotation() -> None:
    assert told([label()], (3, "*", "memes")) == ["wrong_pair"]
    assert told([label(LabelKind.LOSS)], (3, "ai-agents", "*")) == ["hit"]


def test_an_alarm_hits_the_next_open_episode_of_its_pair_that_is_not_told_yet() -> None:
    two = [label(), label(name="two", start=START + 13 * HOUR, end=START + 30 * HOUR)]
    pair = ("ai-agents", "memes")
    assert told(two, (3, *pair), (14, *pair), (15, *pair)) == ["hit", "hit", "duplicate"]
    assert told(two, (-20, *pair)) == ["false"]


def test_the_part_of_the_move_that_was_over_is_read_off_the_indices() -> None:
    line = FOLDED.level[:, FOLDED.sectors.index("memes")]
    line = line - FOLDED.level[:, FOLDED.sectors.index("ai-agents")]
    # a rise of the ratio over some 12 hours of the judged range
    first = next(i for i in range(14 * 24, len(line) - 13) if line[i + 12] > line[i] + 0.01)
    episode = label(start=FOLDED.closes[first], end=FOLDED.closes[first + 12])
    half = move_over(FOLDED, episode, FOLDED.closes[first + 6])
    want = (line[first + 6] - line[first]) / (line[first + 12] - line[first])
    assert half == pytest.approx(min(max(want, 0.0), 1.0))
    assert move_over(FOLDED, episode, FOLDED.closes[first + 12]) == 1.0
    assert move_over(FOLDED, episode, FOLDED.closes[first]) == 0.0
    outside = label(start=BASE.since - HOUR)
    assert move_over(FOLDED, outside, START) is None


def test_losses_are_grey_and_the_whole_range_is_watched() -> None:
    found = judge_telling(
        [], [label(LabelKind.LOSS)], FOLDED, since=BASE.judged_from, until=BASE.until
    )
    assert found.asked() == []
    assert found.pair_months == pytest.approx(3 * 3 / 30)
    assert found.count(Verdict.FALSE) == 0


def test_the_table_holds_product_and_rules_over_the_same_range() -> None:
    judged = judged_range(BASE)
    found = judge_labels(BASE, [label()], Subject(LOOSE), judged, {"rolling z": 3.4})
    assert next(iter(found.tellings)) == "product 1.2"
    assert "rolling z 3.4" in found.tellings
    words = found.words()
    assert words[0].startswith("Labelled episodes, 2024-01-15 00:00 to 2024-01-18 00:00.")
    assert words[-1].lstrip().startswith("one ")
    assert found.to_json()["detectors"][0]["asked"] == 1
    early = label(name="early", start=BASE.since, end=BASE.since + HOUR)
    both = judge_labels(BASE, [label(), early], Subject(LOOSE), judged)
    assert both.outside == 1
    assert "1 more episodes start outside of this range and are not judged." in both.words()


def test_splits_tune_on_some_seeds_and_report_others() -> None:
    judged = judged_range(BASE)
    found = judge_nulls(BASE, Subject(LOOSE), judged, Inline(), splits=1, first_seed=9000)
    assert (found.tuning_seeds, found.reporting_seeds) == ((0, 0), (9000, 9000))
    assert found.ons == (1.2, 2.4, 2.7, 3.0, 3.3, 3.6)
    counts = [rate.false_alarms for rate in found.tuning]
    assert counts[0] > counts[-1]
    text = "\n".join(found.words())
    assert "n = 1" in text
    assert "Seeds 9000-9000; thresholds matched on seeds 0-0." in text
    with pytest.raises(HistoryError, match="reporting splits 0-0"):
        judge_nulls(BASE, Subject(LOOSE), judged, Inline(), splits=1, first_seed=0)


def test_a_range_with_nothing_left_after_the_warm_up_is_said() -> None:
    with pytest.raises(HistoryError, match="nothing is left to judge after its warm-up"):
        judged_range(BASE, until=BASE.judged_from)
    assert judged_range(BASE, BASE.since).since == BASE.judged_from


def rate(high: float) -> Rate:
    return Rate(3, 10.0, 0.3, 0.1, high)


def test_the_smallest_score_is_proposed_whose_bounds_both_hold() -> None:
    rows = (
        Candidate(2.7, rate(0.7), rate(0.9)),
        Candidate(3.0, rate(0.8), rate(0.5)),
        Candidate(3.3, rate(0.4), rate(0.4)),
    )
    assert Calibration(rows).proposal == 3.0
    assert Calibration(rows).words()[-1] == "Proposed: [detection] on = 3"
    assert Calibration(rows[:1]).proposal is None
    assert "none of these; more splits" in Calibration(rows[:1]).words()[-1]


def test_without_a_synthetic_market_the_splits_alone_propose() -> None:
    rows = calibration([2.7, 3.0], [rate(0.9), rate(0.7)], None)
    assert rows.proposal == 3.0
    assert "not run" in rows.words()[2]


def test_candidates_keep_the_order_of_the_bounds() -> None:
    tried = candidates(DetectionParameters(on=3.1))
    assert [p.on for p in tried] == [2.4, 2.7, 3.0, 3.1, 3.3, 3.6]
    assert all(p.off < p.watch_on <= p.on <= p.critical for p in tried)
    assert at(DetectionParameters(), 2.0).watch_on == 2.0
