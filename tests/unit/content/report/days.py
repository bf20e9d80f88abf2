"""Days to report: a rotation, a quiet one, a partial one, one without data. Figures are made up and worked by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitor.content.report import (
    DataHealth,
    Outage,
    Refused,
    ReportFacts,
    WaitingNotices,
)
from monitor.model.outside import Outside, Reference
from monitor.model.rotation import ChangeReason, Condition, PairReading
from monitor.model.state import (
    FlowGrade,
    MarketStep,
    MemberEvent,
    MemberEventKind,
    SectorState,
    TokenState,
)
from monitor.model.universe import Membership, Sector
from tests.kit import rotations as samples

DAY = date(2025, 1, 19)
SINCE = datetime(2025, 1, 19, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=1)
HOUR = timedelta(hours=1)
SECTORS = (
    Sector("ai-agents", "AI agents", (Membership("VIRTUAL"),), "#0072B2"),
    Sector("memes", "Memes", (Membership("TRUMP"),), "#E69F00"),
    Sector("benchmark", "Market", (Membership("BTC"),), "#7F7F7F", benchmark=True),
)
_QUIET = SectorState(
    id="", index=1000.0, market_cap_usd=1e9, share=0.5, return_step=0.0, return_1h=0.001, return_24h=0.021,
    return_7d=0.05, own_return_24h=0.007, market_part_24h=0.014, beta=1.0, share_change_24h=0.003,
    share_change_7d=0.011, share_split_24h=None, volume_24h_usd=1e8, volume_share=0.14, volume_share_change_24h=0.02,
    net_flow_24h_usd=3.1e6, flow_grade=FlowGrade.A, volume_step_usd=1e6, net_flow_step_usd=1e5, breadth_behind=3,
    breadth_of=4, members=4, coverage=1.0, stale_weight=0.0, supply_age_h=1.0, abnormal_volume_24h_usd=1.9e6, illiquidity_24h=0.00012,
)  # fmt: skip
STATES = (
    replace(_QUIET, id="ai-agents", market_cap_usd=4.1e9, share=0.069),
    replace(
        _QUIET, id="memes", market_cap_usd=18.3e9, share=0.31, return_24h=-0.012, own_return_24h=-0.026,
        share_change_24h=-0.006, volume_share=0.49, volume_share_change_24h=-0.031, net_flow_24h_usd=-12.0e6,
        breadth_behind=4, breadth_of=9, members=9, abnormal_volume_24h_usd=-1.9e6,
    ),
    replace(
        _QUIET, id="benchmark", market_cap_usd=59.0e9, share=None, return_24h=0.014, share_change_24h=None,
        share_change_7d=None, volume_share=None, volume_share_change_24h=None, net_flow_24h_usd=None, breadth_of=0,
        breadth_behind=0, members=2, abnormal_volume_24h_usd=None,
    ),
)  # fmt: skip


def token(name: str, sector: str, moved: float, part: float, volume: float = 2e7) -> TokenState:
    return TokenState(
        id=name, sector=sector, price_usd=1.0, market_cap_usd=1e9, supply=1e9, supply_age_h=1.0, return_1h=0.0,
        return_24h=moved, own_return_24h=0.0, contribution_24h=part, volume_24h_usd=volume, net_flow_24h_usd=0.0,
        flow_grade=FlowGrade.A, venues=("gate",), age_s=0.0,
    )  # fmt: skip


TOKENS = (
    token("ARC", "ai-agents", 0.090, 0.014),
    token("PIPPIN", "ai-agents", 0.031, 0.004),
    token("AI16Z", "ai-agents", 0.012, 0.005),
    token("VIRTUAL", "ai-agents", -0.004, -0.002),
    token("DOGE", "memes", -0.015, -0.010, 6e7),
    token("PEPE", "memes", 0.020, 0.003),
)


def conditions(met: int, **values: float | None) -> tuple[Condition, ...]:
    """Six, the first ``met`` of them met."""
    bounds = {
        "breadth_from": 0.6, "coverage": 0.7, "relative_return": -0.05, "from_own_return": -0.025, "score": 2.4,
        "volume_shift": 1.0,
    }  # fmt: skip
    return tuple(
        Condition(name, values.get(name, 0.3), bound, met=k < met)
        for k, (name, bound) in enumerate(bounds.items())
    )


def reading(source: str, target: str, met: int, score: float | None = 1.1) -> PairReading:
    return PairReading(
        source, target, SINCE + 14 * HOUR, 12, score, met == 6, conditions(met, score=score), 1.0, 0.4, 0.2,
    )  # fmt: skip


def series(days: int = 1) -> list[tuple[datetime, SectorState]]:
    """Hourly to the day's end, all at the day's last figures."""
    count = 24 * days + 1
    return [(UNTIL - (count - 1 - k) * HOUR, state) for k in range(count) for state in STATES]


def quiet(**changes: Any) -> ReportFacts:
    """Nothing was flagged; memes came nearest."""
    made = ReportFacts(
        day=DAY,
        zone="UTC",
        since=SINCE,
        until=UNTIL,
        sectors=SECTORS,
        close=MarketStep(UNTIL - HOUR, HOUR, STATES, TOKENS, ()),
        series=series(),
        steps=series()[3:],
        readings=[reading("memes", "ai-agents", 4), reading("ai-agents", "memes", 3)],
        volume_medians={"ARC": 1e7, "DOGE": 8e7},
        venues=("binance", "bybit", "gate"),
        health=DataHealth(coverage={"ai-agents": 1.0, "memes": 0.99}, late_notices=0),
        configuration="7c1f09",
        version="0.1.0",
        how_to_stop="To stop this mail, write to the operator.",
    )
    since = {r.id: {r.from_sector: -0.061} for r in changes.get("rotations", ())}
    return replace(made, **({"own_since": since} | changes))


def rotating(**changes: Any) -> ReportFacts:
    """AI agents into memes, confirmed in the day and still on; TRUMP was launched; an older flag was judged."""
    now = samples.confirmed()
    old = samples.faded(
        id="rot-1d0c",
        from_sector="memes",
        to_sector="ai-agents",
        detected_at=SINCE - 20 * HOUR,
        closed_at=SINCE - 2 * HOUR,
        outcomes={"24h": _outcome(0.064), "72h": None},
    )
    told = [
        samples.change(samples.opened(), ChangeReason.OPENED),
        samples.change(now, ChangeReason.CONFIRMED),
        samples.change(old, ChangeReason.OUTCOME_24H, SINCE + 4 * HOUR),
    ]
    made: dict[str, Any] = {
        "rotations": [now],
        "changes": told,
        "past": [old, now],
        "events": [
            MemberEvent(SINCE + 3 * HOUR, MemberEventKind.LAUNCH, "memes", "TRUMP", 0.101, 1e9)
        ],
        "notes": [
            (SINCE + 21 * HOUR, "MELANIA announced"),
            (UNTIL + 46 * HOUR, "Stargate expected"),
        ],
        "page_url": "https://monitor.example/",
    }
    return quiet(**(made | changes))


def partial(**changes: Any) -> ReportFacts:
    """Gate was silent for hours, and nobody else had PIPPIN; the monitor itself was blind for one."""
    health = DataHealth(
        coverage={"ai-agents": 0.82, "memes": 1.0},
        blind=((SINCE + 5 * HOUR, SINCE + 6 * HOUR),),
        outages=(
            Outage(
                "gate", SINCE + timedelta(hours=3, minutes=10), SINCE + timedelta(hours=9, minutes=40),
                "503 from the exchange", ("bybit",), ("PIPPIN",),
            ),
        ),
        refused=(Refused("okx", "not_finite", 2), Refused("gate", "off_grid", 1)),
        late_notices=1,
        undelivered=1,
        waiting=(WaitingNotices("Slack", 3, SINCE + 20 * HOUR),),
    )  # fmt: skip
    theirs = Reference("ai-agents", "sosovalue", SINCE + 23 * HOUR, None, 5.2e9, 0.0347, 0.021)
    outside = Outside(references=(theirs,))
    return quiet(**({"health": health, "outside": outside} | changes))


def empty(**changes: Any) -> ReportFacts:
    """The monitor did not run."""
    made: dict[str, Any] = {
        "close": None, "series": (), "steps": (), "readings": (), "venues": (), "health": DataHealth(),
        "why_empty": "the monitor was not running from 18 Jan 22:10 to 20 Jan 06:00 UTC",
    }  # fmt: skip
    return quiet(**(made | changes))


def _outcome(relative: float) -> Any:
    from monitor.model.rotation import Outcome

    return Outcome(relative, 1.2, held=relative > 0)
