"""Alarms against labels, counted by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.research.labels import Label
from monitor.research.scoring import Alarm, SeriesScore, Verdict, combine, score_series

DAY0 = datetime(2024, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SINCE, UNTIL = DAY0, DAY0 + timedelta(days=30)
LABEL = Label("one", "ai", "memes", DAY0 + 100 * HOUR, DAY0 + 124 * HOUR)


def alarm(hour: float, source: str = "ai", target: str = "memes") -> Alarm:
    return Alarm(DAY0 + hour * HOUR, source, target)


def verdicts(*alarms: Alarm, labels: tuple[Label, ...] = (LABEL,)) -> list[str]:
    found = score_series(alarms, labels, since=SINCE, until=UNTIL, pairs=3)
    return [verdict.value for verdict in found.verdicts]


@pytest.mark.parametrize(
    ("hour", "verdict"),
    [
        (93.9, "false"),  # six hours of tolerance before the start at 100
        (94.0, "hit"),
        (136.0, "hit"),  # twelve hours after the end at 124
        (136.1, "ignored"),
        (160.0, "ignored"),  # a day after the window
        (160.1, "false"),
    ],
)
def test_what_an_alarm_is_worth_depends_on_when_it_comes(hour: float, verdict: str) -> None:
    assert verdicts(alarm(hour)) == [verdict]


def test_only_the_first_hit_counts_and_the_next_is_a_duplicate() -> None:
    assert verdicts(alarm(110), alarm(104)) == ["hit", "duplicate"]


def test_another_pair_in_the_window_is_the_wrong_one_also_when_it_is_the_opposite() -> None:
    assert verdicts(alarm(110, "defi", "memes")) == ["wrong_pair"]
    assert verdicts(alarm(110, "memes", "ai")) == ["wrong_pair"]


def test_an_alarm_outside_of_the_judged_range_is_not_judged() -> None:
    assert verdicts(alarm(-1.0), alarm(30 * 24.0)) == []


def test_the_delay_runs_from_the_start_of_the_episode() -> None:
    found = score_series([alarm(95), alarm(103)], [LABEL], since=SINCE, until=UNTIL, pairs=3)
    assert found.delays_h == (-5.0,)
    missed = score_series([], [LABEL], since=SINCE, until=UNTIL, pairs=3)
    assert missed.delays_h == (None,)


def test_time_in_which_no_alarm_can_be_false_is_no_quiet_time() -> None:
    found = score_series([], [LABEL], since=SINCE, until=UNTIL, pairs=3)
    # from 94 to 160: 66 h of 720
    assert found.pair_months == pytest.approx(3 * (720 - 66) / 720)


def test_overlapping_episodes_are_taken_out_of_the_quiet_time_once() -> None:
    other = Label("two", "memes", "ai", DAY0 + 150 * HOUR, DAY0 + 174 * HOUR)
    found = score_series([], [LABEL, other], since=SINCE, until=UNTIL, pairs=1)
    # from 94 to 174 + 36 = 210
    assert found.pair_months == pytest.approx((720 - 116) / 720)


def test_series_are_combined_into_rates_by_hand() -> None:
    hit, false, wrong = Verdict.HIT, Verdict.FALSE, Verdict.WRONG_PAIR
    series = [
        SeriesScore((hit, false), (4.0,), 3.0),
        SeriesScore((hit, wrong), (8.0,), 3.0),
        SeriesScore((false, false), (None,), 3.0),
    ]
    found = combine(series)
    assert (found.events, found.false_alarms, found.pair_months) == (3, 3, 9.0)
    assert found.recall == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(2 / 5)
    assert found.delay_median_h == pytest.approx(6.0)
    assert found.delay_p90_h == pytest.approx(7.6)
    assert found.wrong_per_event == pytest.approx(1 / 3)
    assert found.far == pytest.approx(1 / 3)


def test_rates_and_recalls_come_with_intervals() -> None:
    series = [SeriesScore((Verdict.FALSE,) * n, (4.0,), 1.0) for n in (0, 0, 1, 3)]
    found = combine(series)
    assert found.far_interval is not None
    assert found.far_interval[0] < 1.0 < found.far_interval[1]
    assert found.recall_interval is not None
    assert found.recall_interval[0] == pytest.approx(0.597, abs=1e-3)  # Wilson, 4 of 4
    alike = combine([SeriesScore((Verdict.FALSE,), (), 1.0)] * 4).far_interval
    assert alike is not None
    assert alike[1] < found.far_interval[1]


def test_nothing_to_say_is_none_and_not_nought() -> None:
    found = combine([SeriesScore((), (), 3.0)])
    assert (found.recall, found.precision, found.delay_median_h) == (None, None, None)
    assert found.far == 0.0
    assert combine([]).far is None
