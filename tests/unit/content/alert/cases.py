"""Turns of a rotation with all that can stand around it, and the hard cases."""

from dataclasses import replace
from datetime import timedelta

from monitor.content.alert import AlertFacts, PastFlags, spark_line
from monitor.content.alert.facts import Among, Told
from monitor.model.rotation import ChangeReason, Launch, Outcome, RotationChange, Severity, Status
from monitor.model.state import ShareSplit
from tests.kit import rotations as samples
from tests.kit.rotations import CONFIRMED, DETECTED, NAMES, change

RAISED = CONFIRMED + timedelta(hours=3)
TURN = DETECTED + timedelta(hours=50)
DAY_ON = DETECTED + timedelta(hours=24)
AROUND = AlertFacts(
    names=NAMES,
    spark=spark_line([100, 101, 100.5, 99, 97, 96, 93, 92, 91, 89.6]),
    notes=((DETECTED - timedelta(hours=14), "MELANIA launched"),),
    past=PastFlags(8, 6),
    venues=(3, 4),
    missing=("gate",),
    interval="5m",
    page="http://127.0.0.1:8787",
    ends_at=(1.2, 6.0),
    ends_level=-0.041,
    among=Among(2, 9, whole=True),
)
LATER = replace(
    AROUND,
    since={"ai-agents": -0.14, "memes": 0.01},
    own_since={"ai-agents": -0.11, "memes": 0.031},
    won_back=Told(0.08, 24),
)
CRITICAL = samples.confirmed(
    severity=Severity.CRITICAL,
    score=4.8,
    peak_score=4.8,
    evidence=samples.evidence(
        at=RAISED, from_side=samples.side(own_return=-0.098, net_flow_usd=-5.24e7)
    ),
)
OPPOSITE = samples.confirmed(
    id="rot-81c2",
    from_sector="memes",
    to_sector="ai-agents",
    detected_at=TURN - timedelta(hours=1),
    confirmed_at=TURN,
    started_at=TURN - timedelta(hours=4),
    reverses="rot-7f3a",
    evidence=samples.evidence(
        from_side=samples.side("memes", contributors=(("DOGE", -0.05),)),
        to_side=samples.gaining("ai-agents"),
    ),
)
REVERSED = samples.faded(
    status=Status.REVERSED, closed_at=TURN, reversed_by="rot-81c2", peak_at=RAISED
)
SCORED = samples.confirmed(outcomes={"24h": Outcome(0.064, 1.2, held=True), "72h": None})
LAUNCHED = samples.confirmed(
    evidence=samples.evidence(
        from_side=samples.side(share_split_pp=ShareSplit(-1.7, 0.0, 0.0, -2.4)),
        to_side=samples.gaining(share_change_pp=11.3, share_split_pp=ShareSplit(1.2, 0, 0, 10.1)),
        launches=(Launch("TRUMP", "memes", CONFIRMED - timedelta(hours=20), 10.1),),
    )
)
LAUNCHED_BEFORE = samples.confirmed(
    evidence=samples.evidence(
        launches=(Launch("TRUMP", "memes", CONFIRMED - timedelta(hours=33), 10.1),)
    )
)
ONE_COIN = samples.confirmed(
    evidence=samples.evidence(
        from_side=samples.side(
            breadth_behind=1, contributors=(("VIRTUAL", -0.101), ("AI16Z", -0.002))
        )
    )
)
NOTHING_KNOWN = samples.confirmed(
    started_at=None,
    evidence=samples.evidence(
        relative_return=None,
        market_return=None,
        moved_before_detection_pp=None,
        score_rank=None,
        score_rank_of=None,
        from_side=samples.side(
            total_return=None, own_return=None, market_part=None, beta=None, market_cap_usd=None,
            share_pp=None, share_change_pp=None, share_split_pp=None, volume_usd=None,
            volume_share_pp=None, volume_share_change_pp=None, net_flow_usd=None, flow_grade=None,
            breadth_behind=0, breadth_of=0, contributors=(),
        ),
        to_side=samples.gaining(
            total_return=None, own_return=None, market_part=None, beta=None, market_cap_usd=None,
            share_pp=None, share_change_pp=None, share_split_pp=None, volume_usd=None,
            volume_share_pp=None, volume_share_change_pp=None, net_flow_usd=None, flow_grade=None,
            breadth_behind=0, breadth_of=0, contributors=(),
        ),
    ),
)  # fmt: skip

SINGLE: dict[str, tuple[RotationChange, AlertFacts]] = {
    "opened": (change(samples.opened(), ChangeReason.OPENED), AROUND),
    "confirmed": (change(samples.confirmed(), ChangeReason.CONFIRMED), AROUND),
    "critical": (change(CRITICAL, ChangeReason.SEVERITY, RAISED), AROUND),
    "faded": (change(samples.faded(), ChangeReason.FADED), LATER),
    "reversing": (change(OPPOSITE, ChangeReason.CONFIRMED), AROUND),
    "reversed": (change(REVERSED, ChangeReason.REVERSED, TURN), LATER),
    "one-sided": (change(samples.one_sided(), ChangeReason.CONFIRMED), AROUND),
    "launch": (change(LAUNCHED, ChangeReason.CONFIRMED), AROUND),
    "launch-before": (change(LAUNCHED_BEFORE, ChangeReason.CONFIRMED), AROUND),
    "unknown-flow": (change(samples.unknown_flow(), ChangeReason.CONFIRMED), AROUND),
    "held": (change(samples.confirmed(held=True), ChangeReason.HELD, RAISED), AROUND),
    "one-coin": (change(ONE_COIN, ChangeReason.CONFIRMED), AROUND),
    "nothing-known": (change(NOTHING_KNOWN, ChangeReason.CONFIRMED), AlertFacts(names=NAMES)),
    "scored": (change(SCORED, ChangeReason.OUTCOME_24H, DAY_ON), LATER),
    "already-on": (change(samples.confirmed(at_start=True), ChangeReason.CONFIRMED), AROUND),
}
