"""Values that the tests of the store hand in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from monitor.model.bars import Bar
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import (
    ChangeReason,
    Condition,
    PairReading,
    Rotation,
    RotationChange,
    StepOutput,
)
from monitor.model.state import (
    FlowGrade,
    MarketStep,
    MemberEvent,
    SectorState,
    ShareSplit,
    TokenState,
)
from monitor.store.database import Database
from tests.kit import rotations

HOUR = timedelta(hours=1)
FIVE = timedelta(minutes=5)


def at(text: str) -> datetime:
    """``2025-01-19`` or ``2025-01-19T05:00``, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def killed_write(database: Database) -> Iterator[Connection]:
    """A writing transaction that fails after all its statements."""
    with pytest.raises(RuntimeError, match="killed"), database.write() as conn:  # noqa: PT012
        yield conn
        raise RuntimeError("killed")


def bar(market_id: str, open_time: datetime, close: float = 10.0, **changes: Any) -> Bar:
    """A bar around ``close`` with volume."""
    made = Bar(
        market_id=market_id,
        open_time=open_time,
        open=close,
        high=close * 1.01,
        low=close * 0.99,
        close=close,
        base_volume=100.0,
        quote_volume=100.0 * close,
        taker_buy_quote=60.0 * close,
    )
    return replace(made, **changes)


def notice(key: str, **changes: Any) -> Notice:
    """A rotation's notice for Slack, due since midnight."""
    made = Notice(
        dedup_key=key,
        channel="slack",
        kind=NoticeKind.ROTATION,
        text=f"text of {key}",
        event_at=at("2025-01-19"),
        due_at=at("2025-01-19"),
        thread="rotation-1",
        payload={"key": key},
    )
    return replace(made, **changes)


def sector(name: str, **changes: Any) -> SectorState:
    """A sector's state with every figure known."""
    made = SectorState(
        id=name,
        index=1012.25,
        market_cap_usd=3.5e9,
        share=0.125,
        return_step=0.001,
        return_1h=-0.01,
        return_24h=0.1 + 0.2,  # 0.30000000000000004: comes back to the last bit
        return_7d=0.5,
        own_return_24h=0.02,
        market_part_24h=0.28,
        beta=1.3,
        share_change_24h=-0.01,
        share_change_7d=0.03,
        share_split_24h=ShareSplit(price=-0.02, supply=0.0, membership=0.005, launch=0.005),
        volume_24h_usd=1e8,
        volume_share=0.2,
        volume_share_change_24h=0.01,
        net_flow_24h_usd=-2.5e6,
        flow_grade=FlowGrade.B,
        volume_step_usd=1e5,
        net_flow_step_usd=-3e3,
        breadth_behind=3,
        breadth_of=4,
        members=5,
        coverage=0.98,
        stale_weight=0.01,
        supply_age_h=12.5,
        venue_conflict=True,
    )
    return replace(made, **changes)


def unknown_sector(name: str) -> SectorState:
    """A sector's state where nothing is known that may be unknown."""
    names = [
        "market_cap_usd share return_step return_1h return_24h return_7d own_return_24h beta",
        "market_part_24h share_change_24h share_change_7d share_split_24h volume_24h_usd",
        "volume_share volume_share_change_24h net_flow_24h_usd flow_grade volume_step_usd",
        "net_flow_step_usd supply_age_h",
    ]
    return sector(name, **dict.fromkeys(" ".join(names).split()), coverage=0.0)


def token(name: str, **changes: Any) -> TokenState:
    """A token's state with every figure known."""
    made = TokenState(
        id=name,
        sector="memes",
        price_usd=0.1 + 0.2,
        market_cap_usd=1e9,
        supply=3e9,
        supply_age_h=5.0,
        return_1h=0.01,
        return_24h=0.02,
        own_return_24h=-0.01,
        contribution_24h=0.005,
        volume_24h_usd=5e7,
        net_flow_24h_usd=1e6,
        flow_grade=FlowGrade.A,
        venues=("binance", "gate"),
        age_s=0.0,
    )
    return replace(made, **changes)


def reading(at_close: datetime, score: float | None = 2.5, **changes: Any) -> PairReading:
    """A near miss of ai-agents to memes."""
    made = PairReading(
        from_sector="ai-agents",
        to_sector="memes",
        at=at_close,
        window_h=24,
        score=score,
        qualified=False,
        conditions=(
            Condition("score", score, 3.0, met=False),
            Condition("relative_return", 0.1 + 0.2, 0.05, met=True),
        ),
        price_witness=1.5,
        volume_witness=None,
        flow_witness=-0.25,
    )
    return replace(made, **changes)


def output(
    open_time: datetime,
    width: timedelta = HOUR,
    *,
    sectors: tuple[SectorState, ...] = (),
    tokens: tuple[TokenState, ...] = (),
    events: tuple[MemberEvent, ...] = (),
    readings: tuple[PairReading, ...] = (),
) -> StepOutput:
    """One step."""
    return StepOutput(MarketStep(open_time, width, sectors, tokens, events), readings, ())


def rotation(name: str = "r1", detected_at: datetime | None = None, **changes: Any) -> Rotation:
    """An open rotation of ai-agents into memes."""
    moment = detected_at or at("2025-01-19T05:00")
    made = rotations.opened(
        id=name,
        detected_at=moment,
        started_at=None,
        score=4.2,
        peak_score=4.2,
        peak_at=moment,
        evidence=rotations.evidence(volume_witness=None, flow_witness=None),
    )
    return replace(made, **changes)


def change(
    found: Rotation, reason: ChangeReason, changed_at: datetime | None = None
) -> RotationChange:
    """A change of the rotation."""
    return RotationChange(found, reason, changed_at or found.detected_at)
