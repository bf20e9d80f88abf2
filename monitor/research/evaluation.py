"""The configured detector and plain rules over the synthetic market, on seeds that nothing was tuned on.

The plain rules get the market's own clean sector indices and volumes, without a venue's faults, which favours them; their
thresholds are moved so that on the tuning seeds they raise as many false alarms as the method's target, since a
comparison at unequal false alarms proves nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.model.rotation import MARKET, ChangeReason, RotationChange
from monitor.research.feed import VENUES, Feed
from monitor.research.fold import Folded, confirmed, fold_history
from monitor.research.history import History
from monitor.research.matching import (
    Seen,
    baselines,
    false_alarms,
    loosest,
    rule_alarms,
    rule_named,
)
from monitor.research.rates import rate_interval
from monitor.research.results import Evaluation, Rate, Row
from monitor.research.scoring import Alarm, SeriesScore, Verdict, combine, score_series
from monitor.research.script import QUICK, SCENARIOS, Scenario
from monitor.research.synthetic import STEP, make_market
from monitor.research.workers import Workers, each

TUNING_SEED = 0
REPORT_SEED = 9000
MATCHING_SERIES = 60
NULL = SCENARIOS[0]

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: the parameters, the bars' width, and how many of three venues tell the takers' side.

    Scripted and pretended sectors are not the configured ones, so all of their pairs are watched.
    """

    detection: DetectionParameters = field(default_factory=DetectionParameters)
    analytics: AnalyticsParameters = field(default_factory=AnalyticsParameters)
    interval: timedelta = timedelta(hours=1)
    taker_venues: int = len(VENUES)

    @property
    def all_pairs(self) -> DetectionParameters:
        """The parameters, with every pair watched."""
        return replace(self.detection, pairs=None)

    @property
    def step(self) -> timedelta:
        """Steps in which a market is made for bars of this width."""
        return min(STEP, self.interval)


def evaluate(
    subject: Subject,
    workers: Workers,
    *,
    series: int = 12,
    scenarios: Sequence[Scenario] = QUICK,
    first_seed: int = REPORT_SEED,
    matching: int = MATCHING_SERIES,
    tell: Tell = lambda _: None,
) -> Evaluation:
    """Run everything: ``series`` of each scenario, the plain rules matched on ``matching`` quiet ones. ``tell`` is handed a line as the work goes on.

    Raises ValueError when the reporting seeds would touch the tuning seeds.
    """
    tuning = (TUNING_SEED, TUNING_SEED + matching - 1)
    reporting = (first_seed, first_seed + series - 1)
    if reporting[0] <= tuning[1] and tuning[0] <= reporting[1]:
        raise ValueError(
            f"found reporting seeds {reporting[0]}-{reporting[1]}, expected none of the tuning seeds"
            f" {tuning[0]}-{tuning[1]}"
        )
    rules = _matched(subject, range(tuning[0], tuning[1] + 1), workers, tell)
    items = [(s, seed) for s in scenarios for seed in range(reporting[0], reporting[1] + 1)]
    found: dict[str, dict[str, list[SeriesScore]]] = {}
    results = workers.run(_series, SeriesJob(subject, rules), items)
    for scores in each(results, _counting(tell, "synthetic series", len(items))):
        for detector, by_column in scores.items():
            for column, score in by_column.items():
                found.setdefault(detector, {}).setdefault(column, []).append(score)
    rows = tuple(_row(name, by_scenario) for name, by_scenario in found.items())
    return Evaluation(subject.interval, series, tuning, reporting, subject.taker_venues, rows)


def quiet_rates(
    subject: Subject,
    methods: Sequence[DetectionParameters],
    seeds: Sequence[int],
    workers: Workers,
    tell: Tell = lambda _: None,
) -> list[Rate]:
    """False alarms of each parameter set on the scripted market without a rotation."""
    job = QuietJob(subject, tuple(methods))
    results = workers.run(_quiet, job, tuple(seeds))
    found = list(each(results, _counting(tell, "quiet synthetic series", len(seeds))))
    rates = []
    for i in range(len(methods)):
        false, months = [one[i][0] for one in found], [one[i][1] for one in found]
        whole = sum(months)
        low, high = rate_interval(false, months)
        rates.append(Rate(sum(false), whole, sum(false) / whole, low, high))
    return rates


@dataclass(frozen=True, slots=True)
class SeriesJob:
    """What every series has in common. ``rules``: shown name -> (rule, threshold)."""

    subject: Subject
    rules: Mapping[str, tuple[str, float]]


@dataclass(frozen=True, slots=True)
class QuietJob:
    """What every quiet series has in common."""

    subject: Subject
    methods: tuple[DetectionParameters, ...]


@dataclass(frozen=True, slots=True)
class RulesJob:
    """What the quiet series on which plain rules are matched have in common: the rules, by name."""

    subject: Subject
    rules: tuple[str, ...]


class Series:
    """One series: the market, and what the engine sees of it."""

    def __init__(self, subject: Subject, scenario: Scenario, seed: int) -> None:
        self.subject = subject
        self.market = make_market(scenario, seed, step=subject.step)

    @cached_property
    def history(self) -> History:
        """Its bars."""
        feed = Feed(self.market, self.subject.interval, taker_venues=self.subject.taker_venues)
        return History(feed.universe, self.subject.interval, tuple(feed.intervals()))

    def fold(self, methods: Sequence[DetectionParameters]) -> Folded:
        """The engine's own fold over it."""
        return fold_history(self.history, methods, self.subject.analytics)

    def score(self, alarms: Sequence[Alarm]) -> SeriesScore:
        """The alarms against the script."""
        m = self.market
        return score_series(alarms, m.labels, since=m.judged_from, until=m.until, pairs=m.pairs)


def _series(job: SeriesJob, item: tuple[Scenario, int]) -> dict[str, dict[str, SeriesScore]]:
    """Scores by detector and column: a scenario with a way back has one for each way."""
    series = Series(job.subject, *item)
    parameters = job.subject.all_pairs
    (changes,) = series.fold([parameters]).changes
    said = {
        f"product, confirmed ({parameters.on:g})": confirmed(changes),
        f"product, open ({parameters.watch_on:g})": openings_of(changes),
    }
    seen = Seen.of(series.market)
    for shown, (name, threshold) in job.rules.items():
        said[shown] = rule_alarms(rule_named(name), threshold, seen)
    return {shown: _columns(series, alarms) for shown, alarms in said.items()}


def _columns(series: Series, alarms: Sequence[Alarm]) -> dict[str, SeriesScore]:
    whole, name = series.score(alarms), series.market.scenario.name
    if len(series.market.labels) < 2:
        return {name: whole}
    return {f"{name}: {way}": whole.only(i) for i, way in enumerate(("there", "back"))}


def _quiet(job: QuietJob, seed: int) -> list[tuple[int, float]]:
    """(false alarms, pair-months) of each parameter set."""
    series = Series(job.subject, NULL, seed)
    scores = [series.score(confirmed(changes)) for changes in series.fold(job.methods).changes]
    return [(score.count(Verdict.FALSE), score.pair_months) for score in scores]


def _matched(
    subject: Subject, seeds: Iterable[int], workers: Workers, tell: Tell
) -> dict[str, tuple[str, float]]:
    """Each plain rule twice: at its textbook threshold, and at the one that matches the target on these seeds."""
    tell("matching the plain rules on the tuning seeds")
    job = RulesJob(subject, tuple(base.name for base in baselines()))
    found = list(workers.run(_quiet_rules, job, tuple(seeds)))
    rules = {}
    for base in map(rule_named, job.rules):
        false = np.array([counts[base.name] for counts, _ in found]).sum(axis=0)
        matched = loosest(base, false.tolist(), sum(months for _, months in found))
        rules[f"{base.name}, textbook {base.textbook:g}"] = (base.name, base.textbook)
        rules[f"{base.name}, matched {matched:g}"] = (base.name, matched)
    return rules


def _quiet_rules(job: RulesJob, seed: int) -> tuple[dict[str, list[int]], float]:
    """False alarms of every rule at every threshold on a quiet series, and its pair-months."""
    seen = Seen.of(make_market(NULL, seed, step=job.subject.step))
    return {name: false_alarms(rule_named(name), seen) for name in job.rules}, seen.pair_months


def openings_of(changes: Iterable[RotationChange]) -> list[Alarm]:
    """First flags of pairs; a move against nobody in particular names no pair and is left out."""
    return [
        Alarm(c.changed_at, *c.rotation.pair)
        for c in changes
        if c.reason is ChangeReason.OPENED and MARKET not in c.rotation.pair
    ]


def _counting(tell: Tell, what: str, of: int) -> Callable[[int], None]:
    """A line at every tenth of the way."""
    every = max(1, of // 10)

    def count(number: int) -> None:
        if number % every == 0 or number == of:
            tell(f"{what}: {number} of {of}")

    return count


def _row(name: str, by_scenario: Mapping[str, list[SeriesScore]]) -> Row:
    scenarios = {c: combine(scores) for c, scores in by_scenario.items() if c != NULL.name}
    return Row(name, combine(by_scenario.get(NULL.name, [])), scenarios)
