"""How alarms are judged against labelled episodes: hits, false alarms, recall, delay (METHOD, chapter 10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from monitor.research.labels import Label
from monitor.research.rates import rate_interval, wilson

IGNORED_AFTER = timedelta(hours=24)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, order=True)
class Alarm:
    """What a detector said: when, and from which sector into which."""

    at: datetime
    from_sector: str
    to_sector: str


class Verdict(StrEnum):
    """What an alarm was worth."""

    HIT = "hit"
    DUPLICATE = "duplicate"
    WRONG_PAIR = "wrong_pair"
    IGNORED = "ignored"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class SeriesScore:
    """One series: a verdict per alarm, a delay in hours per label (None: missed), and quiet time in months of 30 days
    times unordered pairs, in which an alarm is a false one."""

    verdicts: tuple[Verdict, ...]
    delays_h: tuple[float | None, ...]
    pair_months: float

    def count(self, verdict: Verdict) -> int:
        """How many alarms were that."""
        return sum(found is verdict for found in self.verdicts)

    def only(self, label: int) -> "SeriesScore":
        """The same series as if only that label's delay were asked for."""
        return SeriesScore(self.verdicts, self.delays_h[label : label + 1], self.pair_months)


@dataclass(frozen=True, slots=True)
class Score:
    """Many series together. None where nothing can be said: no event, no alarm, no quiet time.

    ``far``: false alarms per unordered pair per 30 days, ``far_interval`` its 90 % interval over series that differ;
    ``recall_interval``: Wilson's 90 % interval.
    """

    events: int
    recall: float | None
    recall_interval: tuple[float, float] | None
    precision: float | None
    delay_median_h: float | None
    delay_p90_h: float | None
    wrong_per_event: float | None
    false_alarms: int
    pair_months: float
    far: float | None
    far_interval: tuple[float, float] | None


def score_series(
    alarms: Sequence[Alarm],
    labels: Sequence[Label],
    *,
    since: datetime,
    until: datetime,
    pairs: int,
) -> SeriesScore:
    """Judge the alarms of ``[since, until)``; ``pairs`` is the number of unordered pairs that were watched."""
    judged = sorted(alarm for alarm in alarms if since <= alarm.at < until)
    hit: dict[str, datetime] = {}
    verdicts = tuple(_verdict(alarm, labels, hit) for alarm in judged)
    delays = tuple(
        (hit[label.id] - label.start) / timedelta(hours=1) if label.id in hit else None
        for label in labels
    )
    quiet = (until - since) - _covered(labels, since, until)
    return SeriesScore(verdicts, delays, quiet / MONTH * pairs)


def _verdict(alarm: Alarm, labels: Sequence[Label], hit: dict[str, datetime]) -> Verdict:
    open_now = [label for label in labels if label.opens <= alarm.at <= label.closes]
    for label in open_now:
        if (label.from_sector, label.to_sector) == (alarm.from_sector, alarm.to_sector):
            if label.id in hit:
                return Verdict.DUPLICATE
            hit[label.id] = alarm.at
            return Verdict.HIT
    if open_now:
        return Verdict.WRONG_PAIR
    if any(label.closes < alarm.at <= label.closes + IGNORED_AFTER for label in labels):
        return Verdict.IGNORED
    return Verdict.FALSE


def _covered(labels: Sequence[Label], since: datetime, until: datetime) -> timedelta:
    """Time of the range in which no alarm can be a false one; overlaps count once."""
    total, reached = timedelta(0), since
    for label in sorted(labels, key=lambda label: label.opens):
        begin = max(label.opens, reached)
        end = min(label.closes + IGNORED_AFTER, until)
        if end > begin:
            total += end - begin
            reached = end
    return total


def combine(series: Sequence[SeriesScore]) -> Score:
    """All series as one."""
    delays = [d for one in series for d in one.delays_h]
    found = [d for d in delays if d is not None]
    false = [one.count(Verdict.FALSE) for one in series]
    months = [one.pair_months for one in series]
    hits = sum(one.count(Verdict.HIT) for one in series)
    wrong = sum(one.count(Verdict.WRONG_PAIR) for one in series)
    total_false, total_months = sum(false), sum(months)
    return Score(
        events=len(delays),
        recall=len(found) / len(delays) if delays else None,
        recall_interval=wilson(len(found), len(delays)),
        precision=hits / (hits + total_false) if hits + total_false else None,
        delay_median_h=float(np.median(found)) if found else None,
        delay_p90_h=float(np.quantile(found, 0.9)) if found else None,
        wrong_per_event=wrong / len(delays) if delays else None,
        false_alarms=total_false,
        pair_months=total_months,
        far=total_false / total_months if total_months else None,
        far_interval=rate_interval(false, months) if total_months else None,
    )
