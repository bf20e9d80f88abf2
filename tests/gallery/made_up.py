"""The other cases: figures made up and worked by hand, as hard as a reader's patience allows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.alerting.digests import outage_digest
from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.policy import AlertPolicy
from monitor.alerting.start_digest import start_digest
from monitor.content.alert import AlertFacts, told_facts
from monitor.content.charts import render_alert_png
from monitor.content.mail import Inline
from monitor.content.report import ReportFacts
from monitor.content.wording.outages import outage_words
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.notice import Notice
from monitor.model.rotation import (
    ChangeReason,
    PairReading,
    Quality,
    Rotation,
    Severity,
)
from monitor.model.state import MarketStep, MemberEvent, MemberEventKind
from monitor.model.universe import Membership, Sector
from tests.gallery.case import Case, Draw, Turn
from tests.gallery.channel_play import BY_WEBHOOK
from tests.gallery.market import around_rotation, wandering
from tests.kit import rotations as samples
from tests.kit.rotations import CONFIRMED, DETECTED, change
from tests.unit.alerting.desk import Desk
from tests.unit.content.alert import cases as alerts
from tests.unit.content.alert.cases import AROUND, LATER, RAISED, SINGLE
from tests.unit.content.report import days
from tests.unit.content.report import test_golden_reports as reports
from tests.unit.content.report.days import HOUR, SINCE, UNTIL

SIX = (
    days.SECTORS[0],
    Sector("defi", "DeFi", (Membership("UNI"),), "#009E73"),
    Sector("gaming", "Gaming", (Membership("AXS"),), "#CC79A7"),
    Sector("layer-2", "Layer 2", (Membership("ARB"),), "#56B4E9"),
    days.SECTORS[1],
    Sector("rwa", "Real-world assets", (Membership("ONDO"),), "#D55E00"),
    days.SECTORS[2],
)
LONG = (
    Sector(
        "ai-agents", "AI <agents> & *autonomous* _on-chain_ co", (Membership("VIRTUAL"),), "#0072B2"
    ),
    Sector("memes", "Memes `of` ~the~ <!channel> & their dogs", (Membership("TRUMP"),), "#E69F00"),
    days.SECTORS[2],
)
LONG_TOKEN = "A_TOKEN*WITH<A>NAME&OF_FORTY_CHARACTERS_"


def made_up_cases() -> list[Case]:
    """In the order in which the product names them."""
    return [
        Case("quiet", "a quiet day", report=_alive(days.quiet())),
        Case(
            "crash", "everything falls with the market, no rotation", report=_alive(reports.crash())
        ),
        _dead_venue(),
        _one_token(),
        _five(),
        _late(),
        _names(),
        _no_trades(),
        _no_history(),
        _life(),
    ]


def _alive(facts: ReportFacts) -> ReportFacts:
    """With thirty days that wander instead of standing still."""
    if facts.close is None:
        return facts
    series = wandering(facts.close.sectors, facts.until)
    return replace(facts, series=series, steps=[row for row in series if row[0] > facts.since])


def _drawing(sectors: Sequence[Sector], *, history: bool = True) -> Draw:
    def draw(notice: Notice) -> Inline | None:
        if "change" not in notice.payload:
            return None
        told, around = told_facts(notice.payload)
        series = around_rotation(told.rotation, sectors, told.changed_at) if history else []
        png, alt = render_alert_png(series, told.rotation, sectors, banner=around.banner)
        return Inline("chart", png, alt)

    return draw


def _dead_venue() -> Case:
    quality = Quality(coverage=0.82, stale_weight=0.11)
    hurt = samples.confirmed(quality=quality)
    around = replace(AROUND, venues=(2, 4), missing=("binance", "gate"))
    turns = [
        (change(hurt, ChangeReason.CONFIRMED), around),
        (change(replace(hurt, held=True), ChangeReason.HELD, RAISED), around),
    ]
    away = VenueHealth(
        "gate",
        VenueState.DOWN,
        since=CONFIRMED,
        last_success=CONFIRMED - timedelta(hours=6, minutes=30),
        next_try=CONFIRMED + timedelta(minutes=5),
    )
    told = outage_words(
        "gate is down: answers HTTP 503 Service Unavailable",
        away,
        {"AI16Z": ("bybit", "mexc"), "PIPPIN": ()},
        deadline=timedelta(seconds=90),
        carry=timedelta(hours=1),
    )
    down = operator_notice("venue gate", told, CONFIRMED)
    return Case(
        "dead-venue", "a venue is dead, nobody else has one of its tokens",
        turns=turns, draw=_drawing(days.SECTORS), words=[down], report=_alive(days.partial()),
    )  # fmt: skip


def _one_token() -> Case:
    flagged = alerts.ONE_COIN
    day = replace(
        _alive(reports.one_token()),
        rotations=[flagged],
        past=[flagged],
        own_since={flagged.id: {flagged.from_sector: -0.061}},
    )
    return Case(
        "one-token", "one token makes the whole move",
        turns=[SINGLE["one-coin"]], draw=_drawing(days.SECTORS), report=day,
    )  # fmt: skip


def _five() -> Case:
    losers = [s for s in SIX if not s.benchmark and s.id != "memes"]
    flagged = [_loser(sector.id, k) for k, sector in enumerate(losers)]
    names = {s.id: s.name for s in SIX}
    around = replace(AROUND, names=names)
    changes = [change(r, ChangeReason.CONFIRMED) for r in flagged]
    states = [
        replace(days.STATES[0], id=s.id, return_24h=-0.05 - 0.01 * k, own_return_24h=-0.03, share=0.05 + 0.02 * k,
                market_cap_usd=3e9 + 1e9 * k, index=800.0 + 100 * k)
        for k, s in enumerate(losers)
    ]  # fmt: skip
    close = MarketStep(UNTIL - HOUR, HOUR, (*states, *days.STATES[1:]), days.TOKENS, ())
    report = days.rotating(
        sectors=SIX, close=close, rotations=flagged, past=flagged, changes=changes
    )
    return Case(
        "five", "five rotations at once",
        crowd=[(c, around) for c in changes], draw=_drawing(SIX), report=_alive(report),
    )  # fmt: skip


def _loser(sector: str, k: int) -> Rotation:
    loss = -0.062 - 0.011 * k
    return samples.confirmed(
        id=f"rot-5e0{k}",
        from_sector=sector,
        severity=Severity.CRITICAL if k == 0 else Severity.WARNING,
        score=4.6 - 0.3 * k,
        peak_score=4.6 - 0.3 * k,
        evidence=samples.evidence(
            from_side=samples.side(sector, total_return=loss - 0.032, own_return=loss)
        ),
    )


def _late() -> Case:
    desk = Desk(BY_WEBHOOK)
    waited = []
    for told, around in (SINGLE["confirmed"], SINGLE["critical"]):
        waited += desk.tell(told, around=around)
    for k, other in enumerate(("defi", "gaming")):
        flagged = _loser(other, k + 1)
        at = CONFIRMED + timedelta(minutes=20 * (k + 1))
        waited += desk.tell(change(flagged, ChangeReason.CONFIRMED, at), around=AROUND)
    report = replace(days.rotating(), due_at=UNTIL, built_at=UNTIL + timedelta(hours=2, minutes=10))
    return Case(
        "late", "Slack was down: a notice two hours late, and a digest of what waited",
        turns=[SINGLE["confirmed"]], draw=_drawing(days.SECTORS), late=timedelta(hours=2, minutes=10),
        words=[outage_digest(waited, refused=True)], report=_alive(report),
    )  # fmt: skip


def _names() -> Case:
    parts = ((LONG_TOKEN, -0.063), ("*BOLD*", -0.023), ("<b>ARC</b>", -0.009))
    flagged = samples.confirmed(
        evidence=samples.evidence(
            from_side=samples.side(contributors=parts),
            to_side=samples.gaining(contributors=((LONG_TOKEN, 0.012),)),
        )
    )
    notes = (
        (
            DETECTED - timedelta(hours=2),
            "<!channel> *MELANIA* & _friends_ launched <https://x.example|here>",
        ),
    )
    around = replace(AROUND, names={s.id: s.name for s in LONG}, notes=notes)
    tokens = (
        days.token(LONG_TOKEN, "ai-agents", 0.09, 0.014),
        days.token("*BOLD*", "ai-agents", 0.031, 0.004),
        days.token("<b>ARC</b>", "memes", -0.015, -0.010, 6e7),
    )
    close = MarketStep(UNTIL - HOUR, HOUR, days.STATES, tokens, ())
    report = days.rotating(
        sectors=LONG, close=close, rotations=[flagged], notes=notes,
        events=[MemberEvent(SINCE + 3 * HOUR, MemberEventKind.LAUNCH, "memes", LONG_TOKEN, 0.101, 1e9)],
    )  # fmt: skip
    raised = replace(alerts.CRITICAL, evidence=flagged.evidence)
    return Case(
        "names", "names of forty characters with <, &, *, _",
        turns=[(change(flagged, ChangeReason.CONFIRMED), around), (change(raised, ChangeReason.SEVERITY, RAISED), around)],
        draw=_drawing(LONG), report=_alive(report),
    )  # fmt: skip


def _no_trades() -> Case:
    facts = reports.nothing_traded()
    return Case(
        "no-trades", "a sector without trades, flow unknown",
        turns=[SINGLE["unknown-flow"]], draw=_drawing(days.SECTORS), report=facts,
    )  # fmt: skip


def _no_history() -> Case:
    first = samples.confirmed(at_start=True)
    second = samples.opened(id="rot-90aa", from_sector="defi", at_start=True)
    around = {r.id: AlertFacts(names=samples.NAMES) for r in (first, second)}
    words = start_digest(
        [first, second],
        around,
        DETECTED,
        AlertPolicy(receivers=(replace(BY_WEBHOOK, minimum=Severity.WATCH),)),
    )[:1]
    return Case(
        "no-history", "no history yet: nothing is known, nothing to draw",
        turns=[SINGLE["nothing-known"]], draw=_drawing(days.SECTORS, history=False),
        words=words, report=days.empty(),
    )  # fmt: skip


def _life() -> Case:
    names: tuple[str, ...] = ("confirmed", "critical", "scored", "reversed")
    turns: list[Turn] = [SINGLE[name] for name in names]
    scored = replace(LATER, notes=AROUND.notes)
    turns[2] = (turns[2][0], scored)
    readings: list[PairReading] = [days.reading("memes", "ai-agents", 4)]
    return Case(
        "life", "confirmed, raised, scored, reversed; a critical rotation that began elsewhere",
        turns=turns, draw=_drawing(days.SECTORS), report=_alive(days.rotating(readings=readings)),
    )  # fmt: skip
