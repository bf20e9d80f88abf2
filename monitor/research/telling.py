"""What was told of labelled real episodes: found, how late, how much of the move was over, and what else was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from monitor.model.rotation import MARKET
from monitor.research.fold import Folded
from monitor.research.labels import Label, LabelKind
from monitor.research.scoring import IGNORED_AFTER, MONTH, Alarm, Verdict

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Told:
    """How one episode was told: when first (None: never), and the part of its move that was over by then.

    ``over``: of the change of the log index of *to* over *from* between the label's start and end, in [0, 1]; 1 after the
    end. ``one_sided``: told as a sector's rise or fall against the market, which names only one of the two.
    """

    label: Label
    at: datetime | None = None
    over: float | None = None
    one_sided: bool = False

    @property
    def delay_h(self) -> float | None:
        """Hours from the label's start to the message."""
        return None if self.at is None else (self.at - self.label.start) / HOUR


@dataclass(frozen=True, slots=True)
class Telling:
    """A detector over one history: each episode, each alarm's worth, and the whole time watched.

    ``pair_months``: months of 30 days times unordered pairs, of the whole range, since real episodes leave little quiet.
    """

    episodes: tuple[Told, ...]
    alarms: tuple[tuple[Alarm, Verdict], ...]
    pair_months: float

    def count(self, verdict: Verdict) -> int:
        """How many alarms were that."""
        return sum(found is verdict for _, found in self.alarms)

    def asked(self, *kinds: LabelKind, sure: bool = False) -> list[Told]:
        """Episodes of the kinds (of all but losses where none is named); ``sure``: only of sure labels."""
        wanted = kinds or tuple(kind for kind in LabelKind if kind is not LabelKind.LOSS)
        return [
            told
            for told in self.episodes
            if told.label.kind in wanted and (told.label.confidence == "sure" or not sure)
        ]

    @property
    def over(self) -> float | None:
        """Median part of the move that was over at the message, of the episodes found that were asked for."""
        found = [told.over for told in self.asked() if told.over is not None]
        return float(np.median(found)) if found else None


def judge_telling(
    alarms: Sequence[Alarm],
    labels: Sequence[Label],
    folded: Folded,
    *,
    since: datetime,
    until: datetime,
) -> Telling:
    """Judge the alarms of ``[since, until)`` against the labels that start in it.

    An alarm hits the first episode of its ordered pair that is open and not yet told; a rise told against the market
    (``"*"`` into a sector) hits every open gain of that sector, a fall (into ``"*"``) every open loss. A further one is
    a duplicate, another pair while an episode is open a wrong pair, what comes within 24 h after one is ignored, and all
    else is false.
    """
    mine = [label for label in labels if since <= label.start < until]
    found: dict[str, Told] = {}
    judged = []
    for alarm in sorted(a for a in alarms if since <= a.at < until):
        hits, verdict = _verdict(alarm, mine, found)
        for label in hits:
            part = move_over(folded, label, alarm.at)
            one_sided = MARKET in (alarm.from_sector, alarm.to_sector)
            found[label.id] = Told(label, alarm.at, part, one_sided)
        judged.append((alarm, verdict))
    episodes = tuple(found.get(label.id, Told(label)) for label in mine)
    return Telling(episodes, tuple(judged), (until - since) / MONTH * folded.pairs)


def _verdict(
    alarm: Alarm, labels: Sequence[Label], found: dict[str, Told]
) -> tuple[list[Label], Verdict]:
    open_now = [label for label in labels if label.opens <= alarm.at <= label.closes]
    about = [label for label in open_now if _names(alarm, label)]
    fresh = [label for label in about if label.id not in found]
    if fresh:
        one_sided = MARKET in (alarm.from_sector, alarm.to_sector)
        return fresh if one_sided else fresh[:1], Verdict.HIT
    if about:
        return [], Verdict.DUPLICATE
    if open_now:
        return [], Verdict.WRONG_PAIR
    if any(label.closes < alarm.at <= label.closes + IGNORED_AFTER for label in labels):
        return [], Verdict.IGNORED
    return [], Verdict.FALSE


def _names(alarm: Alarm, label: Label) -> bool:
    """Whether the alarm says what the label says."""
    if alarm.from_sector == MARKET:
        return label.kind is LabelKind.GAIN and alarm.to_sector == label.to_sector
    if alarm.to_sector == MARKET:
        return label.kind is LabelKind.LOSS and alarm.from_sector == label.from_sector
    return (alarm.from_sector, alarm.to_sector) == (label.from_sector, label.to_sector)


def move_over(folded: Folded, label: Label, at: datetime) -> float | None:
    """Part of the label's move that lay behind at ``at``; None where the history does not hold the move."""
    source, target = (folded.sectors.index(s) for s in (label.from_sector, label.to_sector))
    line = folded.level[:, target] - folded.level[:, source]
    if not folded.closes[0] <= label.start <= label.end <= folded.closes[-1]:
        return None
    start, end, now = (_value(folded, line, moment) for moment in (label.start, label.end, at))
    if at >= label.end:
        return 1.0
    return float(np.clip((now - start) / (end - start), 0.0, 1.0)) if end > start else None


def _value(folded: Folded, line: np.ndarray, moment: datetime) -> float:
    """The line at the last close that is not after the moment."""
    width = folded.closes[1] - folded.closes[0]
    place = (moment - folded.closes[0]) // width
    return float(line[min(max(place, 0), len(line) - 1)])
