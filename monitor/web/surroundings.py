"""What every path answers from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.alerting.enrich import Enricher
from monitor.clock import Clock
from monitor.model.universe import Universe
from monitor.store.database import Database
from monitor.web.daemon_link import DaemonLink
from monitor.web.metrics import Gauges


@dataclass(frozen=True)
class Surroundings:
    """``token`` is demanded of every caller but `/healthz` when it is set; ``channels``: those that are set up."""

    database: Database
    universe: Universe
    clock: Clock
    width: timedelta
    deadline: timedelta
    enricher: Enricher
    link: DaemonLink = field(default_factory=DaemonLink)
    gauges: Gauges = field(default_factory=Gauges)
    token: str | None = None
    channels: Sequence[str] = ()
