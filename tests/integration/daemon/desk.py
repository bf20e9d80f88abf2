"""Steps with changes, stored and told as the pipeline does it: one transaction a batch."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.alerting.enrich import Enricher
from monitor.alerting.maker import NoticeMaker
from monitor.alerting.policy import AlertPolicy
from monitor.detection.parameters import DetectionParameters
from monitor.model.notice import Channel, Notice
from monitor.model.rotation import ChangeReason, Rotation, RotationChange, StepOutput
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.store import outbox, rotations, steps
from monitor.store.database import Database
from monitor.store.outbox_rows import StoredNotice
from tests.integration.store import samples as stored
from tests.kit import rotations as samples

HOUR = timedelta(hours=1)
START = datetime(2025, 1, 18, 12, tzinfo=UTC)
NAMES = {"ai-agents": "AI agents", "memes": "Memes", "benchmark": "Market"}
UNIVERSE = Universe(
    sectors=(
        Sector("ai-agents", "AI agents", (Membership("VIRTUAL"),), "#0072B2"),
        Sector("memes", "Memes", (Membership("DOGE"),), "#E69F00"),
        Sector("benchmark", "Market", (Membership("BTC"),), "#7F7F7F", benchmark=True),
    ),
    tokens=(
        Token("BTC", "Bitcoin", (Market("binance", "BTC/USDT", "BTC"),)),
        Token("DOGE", "Doge", (Market("gate", "DOGE/USDT", "DOGE"),)),
        Token(
            "VIRTUAL",
            "Virtuals",
            (Market("bybit", "VIRTUAL/USDT", "VIRTUAL"), Market("gate", "VIRTUAL/USDT", "VIRTUAL")),
        ),
    ),
)


def index_at(sector: str, close: datetime) -> float:
    """AI agents fall by one hundredth an hour from ``START`` on, memes rise by half of that, the market stands."""
    hours = (close - START) / HOUR
    return 1000.0 * (1 + {"ai-agents": -0.01, "memes": 0.005, "benchmark": 0.0}[sector] * hours)


def step(close: datetime, *changes: RotationChange, seen: Sequence[str] = ("bybit",)) -> StepOutput:
    """The interval that ends then; ``seen``: venues whose price of VIRTUAL counted."""
    sectors = tuple(
        stored.sector(name, index=index_at(name, close), beta=1.0, share=0.3) for name in NAMES
    )
    tokens = (
        stored.token("VIRTUAL", sector="ai-agents", venues=tuple(seen)),
        stored.token("DOGE", venues=("gate",) if "gate" in seen else ()),
    )
    made = stored.output(close - HOUR, sectors=sectors, tokens=tokens)
    return replace(made, changes=tuple(changes))


def confirmed(at: datetime, **changes: object) -> Rotation:
    """AI agents into memes, opened and confirmed then."""
    standing = {"detected_at": at, "confirmed_at": at, "started_at": at - 4 * HOUR}
    return samples.confirmed(**(standing | changes))


def turned(rotation: Rotation, reason: ChangeReason, at: datetime) -> RotationChange:
    """Known then."""
    return RotationChange(rotation, reason, at)


class Desk:
    """A pipeline without an engine: what the engine says is given."""

    def __init__(
        self, database: Database, policy: AlertPolicy, live_from: datetime | None = None
    ) -> None:
        self.database = database
        self.enricher = Enricher(UNIVERSE, NAMES, DetectionParameters())
        self.maker = NoticeMaker(policy, self.enricher, live_from)

    def batch(self, *outputs: StepOutput) -> list[Notice]:
        """Store them and what they make; the notices that were made."""
        with self.database.write() as conn:
            steps.save_steps(conn, [(output, output.step.close_time) for output in outputs])
            rotations.save_changes(conn, [c for output in outputs for c in output.changes])
            made = self.maker(conn, outputs)
            outbox.enqueue(conn, made)
        return made

    def hours(self, since: datetime, count: int) -> list[Notice]:
        """So many quiet hours, each stepped on its own."""
        return [n for k in range(count) for n in self.batch(step(since + k * HOUR))]

    def stored(self, channel: Channel = "slack") -> list[StoredNotice]:
        """What is in the outbox."""
        with self.database.read() as conn:
            found = outbox.list_notices(conn, START - 999 * HOUR, START + 999 * HOUR)
        return [s for s in found if s.notice.channel == channel]
