"""False alarms between pretended sectors: the very engine, counted by hand, and the same wherever it runs."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from dask.distributed import LocalCluster

from monitor.analytics.parameters import AnalyticsParameters
from monitor.engine import Engine
from monitor.model.rotation import ChangeReason, Status
from monitor.research.fold import confirmed, fold_history
from monitor.research.history import History
from monitor.research.nulls import NullRuns, rate_of, run_nulls
from monitor.research.script import SCENARIOS
from monitor.research.splits import Dealing, pretended
from monitor.research.workers import Dask, Inline, Processes, Workers, WorkersError
from tests.kit.histories import LOOSE, history

pytestmark = pytest.mark.timeout(1200)  # whole folds, on whatever machine

METHODS = (LOOSE, replace(LOOSE, on=2.0))
ANALYTICS = AnalyticsParameters()
DEALINGS = [Dealing(3, seed) for seed in range(2)]


def test_many_parameter_sets_on_one_pass_decide_as_engines_of_their_own() -> None:
    loud = history(replace(SCENARIOS[1], size=0.35, volume=5.0), 9500, 30 * 24)
    folded = fold_history(loud, METHODS, ANALYTICS)
    for parameters, found in zip(METHODS, folded.changes, strict=True):
        engine = Engine(loud.universe, loud.width, detection=parameters)
        state = engine.new_state()
        outputs = [engine.step(state, interval) for interval in loud.intervals]
        assert list(found) == [change for output in outputs for change in output.changes]
        index = [s.index for s in outputs[-1].step.sectors]
        assert (1000 * np.exp(folded.level[-1])).tolist() == index[:3]
    assert len(folded.changes[0]) > len(folded.changes[1]) > 0


def runs(workers: Workers) -> NullRuns:
    return run_nulls(history(), METHODS, ANALYTICS, DEALINGS, workers)


@pytest.fixture(scope="module")
def inline() -> NullRuns:
    return runs(Inline())


def test_what_is_counted_is_every_confirmation_after_the_warm_up(inline: NullRuns) -> None:
    base = history()
    for number, dealing in enumerate(DEALINGS):
        folded = fold_history(base, METHODS, ANALYTICS, universe=pretended(base, dealing))
        for i, changes in enumerate(folded.changes):
            late = [a for a in confirmed(changes) if base.judged_from <= a.at < base.until]
            assert inline.methods[i][number].sum() == len(late)
    assert inline.methods[0].sum() > 0
    assert inline.pair_days == pytest.approx(
        3 * 3 * 2
    )  # three judged days, two splits of three pairs


def test_plain_rules_are_counted_between_the_same_sectors(inline: NullRuns) -> None:
    by_rule = {name: v.sum() for (name, _), v in inline.rules.items()}
    plain = {"naive -x in 24 h", "naive + volume", "rolling z", "CUSUM"}
    assert set(by_rule) == plain | {"Page-Hinkley", "ADWIN"}
    first = inline.rules["naive -x in 24 h", 0.10].sum()
    assert first >= inline.rules["naive -x in 24 h", 0.30].sum()


def assert_same(one: NullRuns, other: NullRuns) -> None:
    for a, b in zip(one.methods, other.methods, strict=True):
        assert np.array_equal(a, b)
    assert one.rules.keys() == other.rules.keys()
    assert all(np.array_equal(one.rules[key], other.rules[key]) for key in one.rules)


def test_processes_give_the_same(inline: NullRuns) -> None:
    assert_same(inline, runs(Processes(2)))


@pytest.mark.filterwarnings("default")  # the cluster's own, on shutting down
def test_a_dask_cluster_gives_the_same_and_says_when_its_workers_are_gone(inline: NullRuns) -> None:
    with LocalCluster(
        n_workers=2,
        processes=True,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        workers = Dask(cluster.scheduler_address)
        try:
            assert_same(inline, runs(workers))
            cluster.scale(0)
            cluster.sync(cluster._correct_state)
            with pytest.raises(WorkersError, match="has no worker"):
                runs(workers)
        finally:
            workers.close()


def test_no_scheduler_at_the_address_is_said() -> None:
    with pytest.raises(WorkersError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        Dask("tcp://127.0.0.1:1", timeout_s=1.0)


def test_a_worker_process_that_dies_is_an_error_and_no_smaller_sample() -> None:
    with pytest.raises(WorkersError, match="died while 4 jobs"):
        list(Processes(2).run(_dies, None, [0, 1, 2, 3]))


def _dies(_shared: None, item: int) -> int:
    import os

    if item == 2:
        os._exit(1)
    return item


def test_a_rate_has_the_wider_of_two_intervals() -> None:
    months = np.full((4, 3), 1.0)
    one_week = np.zeros((4, 3))
    one_week[:, 1] = 3.0  # alike over splits, all in one week
    stormy, calm = rate_of(one_week, months), rate_of(np.ones((4, 3)), months)
    assert (stormy.far, calm.far) == (1.0, 1.0)
    assert stormy.high > calm.high
    assert stormy.low < calm.low


def test_a_range_of_its_own_is_counted_alone() -> None:
    base = history()
    since = base.until - timedelta(days=2)
    found = run_nulls(base, METHODS, ANALYTICS, DEALINGS[:1], Inline(), since=since, rules=())
    assert found.pair_days == pytest.approx(6.0)
    assert found.rules == {}
    assert isinstance(base, History)


def test_what_is_taken_up_again_after_it_was_over_is_told_again() -> None:
    loud = history(replace(SCENARIOS[1], size=0.35, volume=5.0), 9500, 30 * 24)
    (changes,) = fold_history(loud, METHODS[:1], ANALYTICS).changes
    told = next(c for c in changes if c.reason is ChangeReason.CONFIRMED)
    later = [replace(told, changed_at=told.changed_at + timedelta(hours=h)) for h in range(4)]
    held = replace(later[1], reason=ChangeReason.RESUMED)
    closed = replace(told.rotation, status=Status.FADED)
    over = replace(later[2], reason=ChangeReason.FADED, rotation=closed)
    again = replace(later[3], reason=ChangeReason.REVIVED)
    assert [a.at for a in confirmed([told, held])] == [told.changed_at]
    assert [a.at for a in confirmed([told, over, again])] == [told.changed_at, again.changed_at]
