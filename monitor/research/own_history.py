"""What the configured detector and plain rules do on a user's own history: labelled episodes, and random splits.

Every rule is held against the product at the same false alarms: its threshold is the loosest at which it raises no more
of them on the tuning splits than the product does there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from monitor.model.grid import iso
from monitor.research.calibration import candidates
from monitor.research.evaluation import Subject
from monitor.research.fold import Folded, confirmed, fold_history
from monitor.research.history import History, HistoryError
from monitor.research.labels import Label, LabelKind
from monitor.research.matching import baselines, loosest, rule_calls, rule_named
from monitor.research.nulls import NullRuns, rate_of, run_nulls
from monitor.research.results import Rate
from monitor.research.scoring import Alarm, Verdict
from monitor.research.splits import Dealing, launched
from monitor.research.telling import Telling, judge_telling
from monitor.research.workers import Workers

PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Range:
    """The times that are judged: ``[since, until)``."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Nulls:
    """False alarms on random splits. ``tuning`` by candidate score, ``reporting`` by detector at the thresholds that
    ``thresholds`` names; seeds are first and last."""

    judged: Range
    splits: int
    sectors: int
    left_out: tuple[str, ...]
    pair_days: float
    tuning_seeds: tuple[int, int]
    reporting_seeds: tuple[int, int]
    ons: tuple[float, ...]
    tuning: tuple[Rate, ...]
    thresholds: Mapping[str, float]
    reporting: Mapping[str, Rate]

    def to_json(self) -> dict[str, Any]:
        """Machine output."""
        return {
            "since": iso(self.judged.since),
            "until": iso(self.judged.until),
            "splits": self.splits,
            "sectors": self.sectors,
            "left_out": list(self.left_out),
            "pair_days": self.pair_days,
            "tuning_seeds": list(self.tuning_seeds),
            "reporting_seeds": list(self.reporting_seeds),
            "detectors": [
                {"detector": name, "threshold": self.thresholds[name], **_rate_json(rate)}
                for name, rate in self.reporting.items()
            ],
        }

    def words(self) -> list[str]:
        """A table for people."""
        new = (
            f"; launched within it, so left out: {', '.join(self.left_out)}"
            if self.left_out
            else ""
        )
        lines = [
            (
                f"Random splits of the store's tokens into {self.sectors} pretended sectors, n ="
                f" {self.splits}, {_day(self.judged.since)} to {_day(self.judged.until)},"
                f" {self.pair_days:.0f} pair-days{new}."
            ),
            (
                f"Seeds {_seeds(self.reporting_seeds)}; thresholds matched on seeds {_seeds(self.tuning_seeds)}."
                " FAR: confirmations, further legs included, per pair and 30 days."
            ),
        ]
        wide = max(map(len, self.reporting))
        for name, rate in self.reporting.items():
            lines.append(
                f"{name:<{wide}}  at {self.thresholds[name]:<6g}  FAR {rate.words()},"
                f" {rate.false_alarms} in {rate.pair_months:.1f} pair-months"
            )
        return lines


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Each detector over the labelled episodes, by its shown name. ``outside``: episodes that start beyond the range."""

    judged: Range
    outside: int
    tellings: Mapping[str, Telling]

    def to_json(self) -> dict[str, Any]:
        """Machine output: every episode and every alarm."""
        return {
            "since": iso(self.judged.since),
            "until": iso(self.judged.until),
            "outside": self.outside,
            "detectors": [
                {"detector": name, **_telling_json(found)} for name, found in self.tellings.items()
            ],
        }

    def words(self) -> list[str]:
        """A table for people, then the product's episodes one by one."""
        wide = max(map(len, self.tellings))
        lines = [
            (
                f"Labelled episodes, {_day(self.judged.since)} to {_day(self.judged.until)}. Found: of those"
                " that start in it, losses apart (grey). FAR: false per pair and 30 days of the whole range."
            ),
            (
                f"{'':<{wide}}  found  rotation    gain  return  sure  loss  false   FAR  wrong  again"
                "  delay h  over"
            ),
        ]
        lines += [
            f"{name:<{wide}}  {_telling_words(found)}" for name, found in self.tellings.items()
        ]
        product = next(iter(self.tellings.values()))
        lines.append("")
        if self.outside:
            lines.append(
                f"{self.outside} more episodes start outside of this range and are not judged."
            )
        for told in product.episodes:
            label = told.label
            how = "never"
            if told.at is not None:
                part = "?" if told.over is None else f"{100 * told.over:.0f} %"
                side = ", as a move against the market" if told.one_sided else ""
                how = f"told {told.at:%d %b %H:%M}, {part} of the move over{side}"
            lines.append(f"  {label.id:<22} {label.kind.value:<9} {label.confidence:<6} {how}")
        return lines


def judged_range(
    history: History, since: datetime | None = None, until: datetime | None = None
) -> Range:
    """The part of the history that is judged: never the warm-up. Raises HistoryError where nothing is left."""
    found = Range(
        max(since or history.judged_from, history.judged_from),
        min(until or history.until, history.until),
    )
    if found.since >= found.until:
        raise HistoryError(
            f"found a history from {iso(history.since)} to {iso(history.until)} of which nothing is"
            f" left to judge after its warm-up (until {iso(history.judged_from)}) in the range asked for",
            remedy="ask for another range, or store a longer history",
        )
    return found


def judge_nulls(
    history: History,
    subject: Subject,
    judged: Range,
    workers: Workers,
    *,
    splits: int,
    first_seed: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Nulls:
    """Every candidate and rule on the tuning splits, then the configured detector and the matched rules on others."""
    sectors = len(history.universe.watched)
    tuning_seeds, reporting_seeds = (0, splits - 1), (first_seed, first_seed + splits - 1)
    if reporting_seeds[0] <= tuning_seeds[1]:
        raise HistoryError(
            f"found reporting splits {_seeds(reporting_seeds)}, expected none of the tuning splits"
            f" {_seeds(tuning_seeds)}",
            remedy=f"give --first-seed {splits} or above",
        )

    def run(first: int, methods: Sequence[Any], what: str) -> NullRuns:
        dealings = [Dealing(sectors, seed) for seed in range(first, first + splits)]
        return run_nulls(
            history,
            methods,
            subject.analytics,
            dealings,
            workers,
            since=judged.since,
            until=judged.until,
            tell=lambda n: tell(f"{what}: {n} of {splits}"),
        )

    tried = candidates(subject.all_pairs)
    ons = tuple(parameters.on for parameters in tried)
    tuning = run(0, tried, "splits to tune on")
    rates = tuple(rate_of(alarms, tuning.months) for alarms in tuning.methods)
    target = rates[ons.index(subject.detection.on)].far
    thresholds = {PRODUCT: subject.detection.on}
    for base in baselines():
        false = [float(tuning.rules[base.name, choice].sum()) for choice in base.choices]
        thresholds[base.name] = loosest(base, false, float(tuning.months.sum()), target)
    reporting = run(first_seed, [subject.all_pairs], "splits to report")
    shown = {PRODUCT: rate_of(reporting.methods[0], reporting.months)}
    for base in baselines():
        alarms = reporting.rules[base.name, thresholds[base.name]]
        shown[base.name] = rate_of(alarms, reporting.months)
    return Nulls(
        judged,
        splits,
        sectors,
        launched(history),
        reporting.pair_days,
        tuning_seeds,
        reporting_seeds,
        ons,
        rates,
        thresholds,
        shown,
    )


def judge_labels(
    history: History,
    labels: Sequence[Label],
    subject: Subject,
    judged: Range,
    thresholds: Mapping[str, float] | None = None,
) -> Labelled:
    """The configured detector and the rules at their thresholds (textbook where none is given) over real episodes."""
    folded = fold_history(history, [subject.detection], subject.analytics)
    said = {f"{PRODUCT} {subject.detection.on:g}": confirmed(folded.changes[0])}
    for base in baselines():
        threshold = (thresholds or {}).get(base.name, base.textbook)
        said[f"{base.name} {threshold:g}"] = said_by_rule(history, folded, base.name, threshold)
    tellings = {
        name: judge_telling(alarms, labels, folded, since=judged.since, until=judged.until)
        for name, alarms in said.items()
    }
    inside = len(next(iter(tellings.values())).episodes)
    return Labelled(judged, len(labels) - inside, tellings)


def said_by_rule(history: History, folded: Folded, name: str, threshold: float) -> list[Alarm]:
    """What a plain rule says of the same sectors."""
    calls = rule_calls(rule_named(name), threshold, folded.level, folded.volume, history.width)
    names = folded.sectors
    return [Alarm(folded.closes[c.step], names[c.source], names[c.target]) for c in calls]


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {
        "false_alarms": rate.false_alarms,
        "pair_months": rate.pair_months,
        "far": rate.far,
        "far_interval": [rate.low, rate.high],
    }


def _telling_json(found: Telling) -> dict[str, Any]:
    return {
        "found": sum(told.at is not None for told in found.asked()),
        "asked": len(found.asked()),
        "false_alarms": found.count(Verdict.FALSE),
        "pair_months": found.pair_months,
        "far": found.count(Verdict.FALSE) / found.pair_months,
        "over_median": found.over,
        "episodes": [
            {
                "id": told.label.id,
                "kind": told.label.kind.value,
                "confidence": told.label.confidence,
                "told_at": iso(told.at) if told.at else None,
                "delay_h": told.delay_h,
                "over": told.over,
                "one_sided": told.one_sided,
            }
            for told in found.episodes
        ],
        "alarms": [
            {
                "at": iso(alarm.at),
                "from_sector": alarm.from_sector,
                "to_sector": alarm.to_sector,
                "verdict": verdict.value,
            }
            for alarm, verdict in found.alarms
        ],
    }


def _telling_words(found: Telling) -> str:
    def part(*kinds: LabelKind, sure: bool = False) -> str:
        asked = found.asked(*kinds, sure=sure)
        return f"{sum(told.at is not None for told in asked)}/{len(asked)}"

    delays = [t.delay_h for t in found.asked() if t.delay_h is not None]
    delay = f"{np.median(delays):.0f}" if delays else "-"
    over = "-" if found.over is None else f"{found.over:.2f}"
    false = found.count(Verdict.FALSE)
    cells = (
        f"{part():>5}",
        f"{part(LabelKind.ROTATION):>8}",
        f"{part(LabelKind.GAIN):>6}",
        f"{part(LabelKind.RETURN):>6}",
        f"{part(sure=True):>4}",
        f"{part(LabelKind.LOSS):>4}",
        f"{false:>5}",
        f"{false / found.pair_months:>4.2f}",
        f"{found.count(Verdict.WRONG_PAIR):>5}",
        f"{found.count(Verdict.DUPLICATE):>5}",
        f"{delay:>7}",
        f"{over:>4}",
    )
    return "  ".join(cells)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _seeds(found: tuple[int, int]) -> str:
    return f"{found[0]}-{found[1]}"
