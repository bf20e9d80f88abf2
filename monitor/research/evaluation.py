"""`evaluate`: the real engine and plain rules over the synthetic market, on seeds that nothing was tuned on.

The detector is stepped with its default parameters. The plain rules get the market's own clean sector indices and
volumes, without a venue's faults, which favours them; their thresholds are moved so that on the tuning seeds they raise
as many false alarms as the method's target, since a comparison at unequal false alarms proves nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

import numpy as np

from monitor.detection.parameters import DetectionParameters
from monitor.engine import Engine
from monitor.model.rotation import MARKET, ChangeReason, RotationChange
from monitor.research.feed import Feed
from monitor.research.matching import BASELINES, PAIRS, Baseline, Seen, match_threshold, rule_alarms
from monitor.research.results import Evaluation, Row
from monitor.research.scoring import Alarm, SeriesScore, combine, score_series
from monitor.research.script import QUICK, SCENARIOS, Scenario
from monitor.research.synthetic import SyntheticMarket, make_market

TUNING_SEED = 0
REPORT_SEED = 9000
MATCHING_SERIES = 60
HOUR = timedelta(hours=1)
NULL = SCENARIOS[0]

Tell = Callable[[str], None]


def evaluate(
    *,
    series: int = 12,
    interval: timedelta = HOUR,
    parameters: DetectionParameters | None = None,
    scenarios: Sequence[Scenario] = QUICK,
    first_seed: int = REPORT_SEED,
    tell: Tell = lambda _: None,
) -> Evaluation:
    """Run everything: ``series`` of each scenario. ``tell`` is handed a line before each scenario.

    Raises ValueError when the reporting seeds would touch the tuning seeds.
    """
    parameters = parameters or DetectionParameters()
    tuning = (TUNING_SEED, TUNING_SEED + MATCHING_SERIES - 1)
    reporting = (first_seed, first_seed + series - 1)
    if reporting[0] <= tuning[1] and tuning[0] <= reporting[1]:
        raise ValueError(f"found reporting seeds {reporting}, expected none of the tuning {tuning}")
    tell("matching the plain rules on the tuning seeds")
    rules = _rules(range(tuning[0], tuning[1] + 1))
    found: dict[str, dict[str, list[SeriesScore]]] = {}
    for scenario in scenarios:
        tell(f"{scenario.name}: {series} series")
        for seed in range(reporting[0], reporting[1] + 1):
            market = make_market(scenario, seed)
            for name, alarms in _said(market, interval, parameters, rules).items():
                by_scenario = found.setdefault(name, {})
                for column, score in _score(market, alarms).items():
                    by_scenario.setdefault(column, []).append(score)
    rng = np.random.default_rng(first_seed)
    rows = tuple(_row(name, by_scenario, rng) for name, by_scenario in found.items())
    return Evaluation(interval, series, tuning, reporting, parameters.fingerprint(), rows)


def _rules(seeds: Iterable[int]) -> dict[str, tuple[Baseline, float]]:
    """Each plain rule twice: at its textbook threshold, and at the one that matches the target on these seeds."""
    quiet = [Seen.of(make_market(NULL, seed)) for seed in seeds]
    rules = {}
    for base in BASELINES:
        matched = match_threshold(base, quiet)
        rules[f"{base.name}, textbook {base.textbook:g}"] = (base, base.textbook)
        rules[f"{base.name}, matched {matched:g}"] = (base, matched)
    return rules


def _said(
    market: SyntheticMarket,
    interval: timedelta,
    parameters: DetectionParameters,
    rules: Mapping[str, tuple[Baseline, float]],
) -> dict[str, list[Alarm]]:
    """Alarms of the detector and of every rule on one series."""
    changes = run_engine(market, interval, parameters)
    seen = Seen.of(market)
    return {
        f"proposed, confirmed ({parameters.on:g})": alarms_of(changes),
        f"proposed, open ({parameters.watch_on:g})": openings_of(changes),
    } | {name: rule_alarms(base, threshold, seen) for name, (base, threshold) in rules.items()}


def run_engine(
    market: SyntheticMarket, interval: timedelta, parameters: DetectionParameters
) -> list[RotationChange]:
    """All changes that the real engine decides over a series."""
    feed = Feed(market, interval)
    engine = Engine(feed.universe, interval, detection=parameters)
    state = engine.new_state()
    return [change for step in feed.intervals() for change in engine.step(state, step).changes]


def alarms_of(changes: Iterable[RotationChange]) -> list[Alarm]:
    """Confirmations; a further leg is no alarm of its own."""
    return [
        Alarm(c.changed_at, *c.rotation.pair) for c in changes if c.reason is ChangeReason.CONFIRMED
    ]


def openings_of(changes: Iterable[RotationChange]) -> list[Alarm]:
    """First flags of pairs; a loss to nobody in particular names no pair and is left out."""
    return [
        Alarm(c.changed_at, *c.rotation.pair)
        for c in changes
        if c.reason is ChangeReason.OPENED and c.rotation.to_sector != MARKET
    ]


def _score(market: SyntheticMarket, alarms: Sequence[Alarm]) -> dict[str, SeriesScore]:
    """Scores by column: a scenario with a way back has one for each way."""
    labels = market.labels
    name = market.scenario.name
    whole = score_series(alarms, labels, since=market.judged_from, until=market.until, pairs=PAIRS)
    if len(labels) < 2:
        return {name: whole}
    return {f"{name}: {way}": whole.only(i) for i, way in enumerate(("there", "back"))}


def _row(name: str, by_scenario: Mapping[str, list[SeriesScore]], rng: np.random.Generator) -> Row:
    return Row(
        name,
        combine(by_scenario.get(NULL.name, []), rng),
        {
            column: combine(scores, rng)
            for column, scores in by_scenario.items()
            if column != NULL.name
        },
    )
