"""What a process holds, looked at from outside once an hour of its clock."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """``rss``: resident memory in MB; ``descriptors`` are open, ``sockets`` of them."""

    at: datetime
    rss: float
    descriptors: int
    sockets: int
    threads: int


@dataclass
class Watch:
    """Samples of one process; its tasks are what it logs when it is asked by SIGUSR1."""

    pid: int
    log: Path
    samples: list[Sample] = field(default_factory=list)

    def look(self, at: datetime) -> None:
        """One more sample."""
        links = self._links()
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
        )
        sockets = sum(link.startswith("socket:") for link in links)
        rss, threads = int(fields["VmRSS"].split()[0]) / 1024, int(fields["Threads"])
        self.samples.append(Sample(at, rss, len(links), sockets, threads))
        os.kill(self.pid, signal.SIGUSR1)

    def tasks(self) -> list[int]:
        """What it said, in order."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line)["count"] for line in lines if '"event": "tasks"' in line]

    def slope(self, since: datetime) -> float:
        """MB of resident memory a day, by least squares over the samples from then on."""
        late = [s for s in self.samples if s.at >= since]
        days = [(s.at - since) / DAY for s in late]
        return float(np.polyfit(days, [s.rss for s in late], 1)[0])

    def drift(self, of: Callable[[Sample], float], hours: int = 24) -> float:
        """By how much the least of the last so many samples is over that of the second so many."""
        values = [of(sample) for sample in self.samples]
        return drift(values, hours)

    def _links(self) -> list[str]:
        found = []
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found.append(str(link.readlink()))
        return found


def drift(values: Sequence[float], count: int) -> float:
    """Least of the last ``count`` less that of the second ``count``: what is held while nothing is under way."""
    return min(values[-count:]) - min(values[count : 2 * count])
