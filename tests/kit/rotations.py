"""A rotation with every figure known, and its turns of life."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model.rotation import (
    MARKET,
    ChangeReason,
    Condition,
    Evidence,
    Launch,
    Quality,
    Rotation,
    RotationChange,
    Severity,
    SideEvidence,
    Status,
)
from monitor.model.state import FlowGrade, ShareSplit

NAMES: Mapping[str, str] = {
    "ai-agents": "AI agents",
    "memes": "Memes",
    "defi": "DeFi",
    "gaming": "Gaming",
}
DETECTED = datetime(2025, 1, 19, 11, 5, tzinfo=UTC)
CONFIRMED = DETECTED + timedelta(minutes=30)
NOT_MET = Condition("breadth_from", 0.5, 0.6, met=False)
MET = tuple(
    Condition(name, 1.0, 0.5, met=True)
    for name in ("relative_return", "from_own_return", "volume_shift", "coverage", "score")
)


def side(sector: str = "ai-agents", **changes: Any) -> SideEvidence:
    """The losing side: -10.4 % of which -3.2 % are the market's."""
    made = SideEvidence(
        sector=sector,
        total_return=-0.104,
        own_return=-0.072,
        market_part=-0.032,
        beta=1.05,
        market_cap_usd=4.1e9,
        share_pp=6.9,
        share_change_pp=-4.1,
        share_split_pp=ShareSplit(-4.1, 0.0, 0.0, 0.0),
        volume_usd=5.2e8,
        volume_share_pp=11.0,
        volume_share_change_pp=-18.0,
        net_flow_usd=-3.12e7,
        flow_grade=FlowGrade.A,
        breadth_behind=9,
        breadth_of=10,
        contributors=(("VIRTUAL", -0.063), ("AI16Z", -0.023), ("ARC", -0.009)),
    )
    return replace(made, **changes)


def gaining(sector: str = "memes", **changes: Any) -> SideEvidence:
    """The gaining side."""
    made = side(
        sector,
        total_return=0.023,
        own_return=0.055,
        market_part=-0.032,
        beta=1.4,
        share_pp=31.0,
        share_change_pp=4.1,
        share_split_pp=ShareSplit(4.1, 0.0, 0.0, 0.0),
        volume_usd=2.2e9,
        volume_share_pp=52.0,
        volume_share_change_pp=18.0,
        net_flow_usd=8.8e7,
        flow_grade=FlowGrade.C,
        breadth_behind=3,
        breadth_of=13,
        contributors=(("DOGE", 0.012),),
    )
    return replace(made, **changes)


def evidence(**changes: Any) -> Evidence:
    """AI agents against memes over 24 h."""
    made = Evidence(
        window_h=24,
        relative_return=-0.127,
        market_return=-0.03,
        from_side=side(),
        to_side=gaining(),
        moved_before_detection_pp=4.1,
        conditions=(*MET, NOT_MET),
        price_witness=2.0,
        volume_witness=1.9,
        flow_witness=0.8,
        score_rank=1,
        score_rank_of=720,
    )
    return replace(made, **changes)


def opened(**changes: Any) -> Rotation:
    """As it is first flagged."""
    made = Rotation(
        id="rot-7f3a",
        from_sector="ai-agents",
        to_sector="memes",
        status=Status.OPEN,
        severity=Severity.WATCH,
        detected_at=DETECTED,
        confirmed_at=None,
        closed_at=None,
        started_at=DETECTED - timedelta(hours=6, minutes=5),
        score=2.9,
        peak_score=2.9,
        peak_at=DETECTED,
        evidence=evidence(),
        quality=Quality(coverage=0.98, stale_weight=0.01),
        parameters="fingerprint",
    )
    return replace(made, **changes)


def confirmed(**changes: Any) -> Rotation:
    """Half an hour later, a warning."""
    standing: dict[str, Any] = {
        "status": Status.CONFIRMED,
        "severity": Severity.WARNING,
        "confirmed_at": CONFIRMED,
        "score": 3.4,
        "peak_score": 3.4,
    }
    return opened(**(standing | changes))


def faded(**changes: Any) -> Rotation:
    """Over, 26 hours after its detection."""
    standing: dict[str, Any] = {
        "status": Status.FADED,
        "closed_at": DETECTED + timedelta(hours=26),
        "peak_score": 4.8,
    }
    return confirmed(**(standing | changes))


def one_sided() -> Rotation:
    """Into nobody in particular."""
    alone = evidence(to_side=None, relative_return=-0.072, score_rank=None, score_rank_of=None)
    return confirmed(to_sector=MARKET, evidence=alone)


def with_launch() -> Rotation:
    """The gaining side had a launch."""
    target = gaining(share_change_pp=11.3, share_split_pp=ShareSplit(1.2, 0.0, 0.0, 10.1))
    launch = Launch("TRUMP", "memes", DETECTED - timedelta(hours=33), 10.1)
    return confirmed(evidence=evidence(to_side=target, launches=(launch,)))


def unknown_flow() -> Rotation:
    """Nobody says who bought."""
    return confirmed(
        evidence=evidence(
            from_side=side(net_flow_usd=None, flow_grade=None),
            to_side=gaining(net_flow_usd=None, flow_grade=None, volume_share_change_pp=None),
        )
    )


def change(rotation: Rotation, reason: ChangeReason, at: datetime | None = None) -> RotationChange:
    """At its last turn."""
    moment = at or rotation.closed_at or rotation.confirmed_at or rotation.detected_at
    return RotationChange(rotation, reason, moment)
