"""One case of the gallery: what is told in it, on every surface."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console

from monitor.content.alert import AlertFacts
from monitor.content.mail import Inline
from monitor.content.report import ReportFacts
from monitor.model.notice import Notice
from monitor.model.rotation import RotationChange

Turn = tuple[RotationChange, AlertFacts]
Print = Callable[[Console], None]
Draw = Callable[[Notice], Inline | None]


@dataclass(frozen=True, slots=True)
class Case:
    """``turns``: changes of rotations that became knowable one after the other; those of ``crowd`` all at once.

    ``draw``: the chart of a rotation's notice. ``late``: how long after the event everything is sent. ``words``:
    notices that are only words. ``report``: the day's. ``prints``: what else a terminal shows, by title.
    """

    name: str
    title: str
    turns: Sequence[Turn] = ()
    crowd: Sequence[Turn] = ()
    draw: Draw | None = None
    late: timedelta = timedelta(0)
    words: Sequence[Notice] = ()
    report: ReportFacts | None = None
    prints: Sequence[tuple[str, Print]] = ()

    @property
    def alert(self) -> Turn | None:
        """The turn whose whole message is shown as a mail and in the terminal."""
        told = [*self.turns, *self.crowd]
        return told[0] if told else None
