"""False alarms between pretended sectors, of the detector and of plain rules: the grounds for choosing a bound."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.model.interval import FloatArray
from monitor.research.fold import confirmed, fold_history
from monitor.research.history import History
from monitor.research.matching import baselines, rule_calls, rule_named
from monitor.research.rates import rate_interval
from monitor.research.results import Rate
from monitor.research.scoring import MONTH
from monitor.research.splits import Dealing, pretended
from monitor.research.workers import Workers, each

WEEK = timedelta(days=7)
LEAST_BLOCKS = 6
"""A short range is cut into this many blocks, a long one into weeks: few blocks tell little of how they differ."""


@dataclass(frozen=True, slots=True, eq=False)
class NullRuns:
    """What was said between pretended sectors. ``alarms``: per detector (splits, blocks of time): counts.

    Detectors are the parameter sets by number, then ``(rule, threshold)``. ``months``: pair-months a (split, block).
    """

    dealings: tuple[Dealing, ...]
    since: datetime
    until: datetime
    pairs: int
    months: FloatArray
    methods: tuple[FloatArray, ...]
    rules: Mapping[tuple[str, float], FloatArray]

    @property
    def pair_days(self) -> float:
        """Days times unordered pairs."""
        return float(self.months.sum()) * 30.0


@dataclass(frozen=True, slots=True, eq=False)
class NullJob:
    """What every split has in common."""

    history: History
    methods: tuple[DetectionParameters, ...]
    analytics: AnalyticsParameters
    since: datetime
    until: datetime
    rules: tuple[str, ...]


def run_nulls(
    history: History,
    methods: Sequence[DetectionParameters],
    analytics: AnalyticsParameters,
    dealings: Sequence[Dealing],
    workers: Workers,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    rules: Sequence[str] | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> NullRuns:
    """Deal, fold and count every confirmation in ``[since, until)``, by default all but the warm-up.

    ``methods`` must watch all pairs: configured pairs name sectors that a split does not have. ``rules``: plain
    rules to run over the same pretended sectors at every threshold that matching may choose; by default all that can
    be run here. Raises HistoryError.
    """
    begin, end = since or history.judged_from, until or history.until
    for dealing in dealings:  # every fault of a deal is told before hours are spent
        pretended(history, dealing)
    named = [base.name for base in baselines()] if rules is None else rules
    job = NullJob(history, tuple(methods), analytics, begin, end, tuple(named))
    found = list(each(workers.run(_split, job, tuple(dealings)), tell))
    blocks = _blocks(begin, end)
    pairs = [d.sectors * (d.sectors - 1) // 2 for d in dealings]
    return NullRuns(
        tuple(dealings),
        begin,
        end,
        max(pairs, default=0),
        np.outer(pairs, blocks),
        tuple(np.array([one[0][i] for one in found]) for i in range(len(methods))),
        {key: np.array([one[1][key] for one in found]) for key in found[0][1]} if found else {},
    )


def rate_of(alarms: FloatArray, months: FloatArray) -> Rate:
    """The rate of counts (splits, blocks), with the wider of two intervals: splits as the units that differ, or times.

    All splits share the same weeks, so a stormy one counts in each of them.
    """
    by_split = rate_interval(alarms.sum(axis=1).tolist(), months.sum(axis=1).tolist())
    by_time = rate_interval(alarms.sum(axis=0).tolist(), months.sum(axis=0).tolist())
    whole = float(months.sum())
    return Rate(
        int(alarms.sum()),
        whole,
        float(alarms.sum()) / whole,
        min(by_split[0], by_time[0]),
        max(by_split[1], by_time[1]),
    )


def _split(
    job: NullJob, dealing: Dealing
) -> tuple[list[list[int]], dict[tuple[str, float], list[int]]]:
    """Alarms by block of time: of every parameter set, and of every rule and threshold."""
    folded = fold_history(
        job.history, job.methods, job.analytics, universe=pretended(job.history, dealing)
    )
    methods = [_by_block(job, [a.at for a in confirmed(c)]) for c in folded.changes]
    rules = {}
    for base in map(rule_named, job.rules):
        for threshold in base.choices:
            calls = rule_calls(base, threshold, folded.level, folded.volume, job.history.width)
            times = [folded.closes[call.step] for call in calls]
            rules[base.name, threshold] = _by_block(job, times)
    return methods, rules


def _by_block(job: NullJob, times: Sequence[datetime]) -> list[int]:
    counts, block = [0] * len(_blocks(job.since, job.until)), _block(job.since, job.until)
    for moment in times:
        if job.since <= moment < job.until:
            counts[(moment - job.since) // block] += 1
    return counts


def _block(since: datetime, until: datetime) -> timedelta:
    return min(WEEK, (until - since) / LEAST_BLOCKS)


def _blocks(since: datetime, until: datetime) -> FloatArray:
    """Months of 30 days in each block of the range; the last may be short."""
    block = _block(since, until)
    count = -((since - until) // block)
    ends = [min(since + (i + 1) * block, until) for i in range(count)]
    return np.array([(end - (since + i * block)) / MONTH for i, end in enumerate(ends)])
