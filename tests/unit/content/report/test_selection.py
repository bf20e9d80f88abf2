"""What of a day is told: expected values are worked by hand."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from monitor.analytics.index import chained
from monitor.analytics.own import own_move
from monitor.content.report.pictures import _marks, tails
from monitor.content.report.selection import hourly_flows, movers, nearest_misses, record
from monitor.model.rotation import ChangeReason, Outcome, Status, states_at
from monitor.model.state import MarketStep, MemberEvent, MemberEventKind
from tests.kit import rotations as samples
from tests.unit.content.report import days
from tests.unit.content.report.days import HOUR, SINCE, UNTIL


def test_misses_rank_by_conditions_then_score_one_a_pair() -> None:
    readings = [
        days.reading("memes", "ai-agents", 4, 1.0),
        days.reading("memes", "ai-agents", 4, 2.0),
        days.reading("ai-agents", "memes", 5, None),
        days.reading("memes", "*", 4, 1.5),
        days.reading("defi", "memes", 2, 9.0),
    ]
    found = nearest_misses(days.quiet(readings=readings))
    assert [(r.from_sector, r.to_sector, r.score) for r in found] == [
        ("ai-agents", "memes", None),
        ("memes", "ai-agents", 2.0),
        ("memes", "*", 1.5),
    ]


def test_a_pair_that_was_on_is_no_miss() -> None:
    readings = [days.reading("ai-agents", "memes", 5), days.reading("memes", "ai-agents", 1)]
    found = nearest_misses(days.rotating(readings=readings))
    assert [(r.from_sector, r.to_sector) for r in found] == [("memes", "ai-agents")]


def test_movers_are_three_that_lifted_and_three_that_weighed() -> None:
    parts = (0.05, 0.04, 0.03, 0.02, 0.0, -0.01, -0.02, -0.03, -0.04)
    tokens = tuple(days.token(f"T{k}", "memes", 0.1, part) for k, part in enumerate(parts))
    close = MarketStep(UNTIL - HOUR, HOUR, days.STATES, tokens, ())
    assert [t.id for t in movers(days.quiet(close=close), "memes")] == [
        "T0", "T1", "T2", "T6", "T7", "T8",
    ]  # fmt: skip


def test_a_token_of_unknown_part_moved_nothing() -> None:
    lost = replace(days.token("X", "memes", 0.1, 0.0), contribution_24h=None)
    close = MarketStep(UNTIL - HOUR, HOUR, days.STATES, (lost,), ())
    assert movers(days.quiet(close=close), "memes") == []


def test_the_record_counts_what_became_of_ninety_days() -> None:
    def flagged(k: int, hours: int, after: float | None, **changes: object) -> object:
        outcome = None if after is None else Outcome(after, None, held=after > 0)
        return samples.confirmed(
            id=f"r{k}", detected_at=UNTIL - hours * HOUR, outcomes={"24h": outcome}, **changes
        )

    past = [
        flagged(1, 48, 0.06),
        flagged(2, 72, -0.02),
        flagged(3, 90, 0.01),
        flagged(4, 100, None, confirmed_at=None, status=Status.FADED),
        flagged(5, 91 * 24, 0.5),  # too long ago
        flagged(6, 60, 0.5, joins="r1"),  # a leg of another
    ]
    found = record(past, UNTIL)  # type: ignore[arg-type]
    assert (found.flagged, found.confirmed, found.faded, found.n) == (4, 3, 1, 3)
    assert found.median_24h == pytest.approx(0.01)


def test_a_record_without_outcomes_has_no_median() -> None:
    assert record([], UNTIL).median_24h is None


def test_rotations_stand_as_they_did_at_the_days_end() -> None:
    changes = [
        samples.change(samples.faded(), ChangeReason.FADED, UNTIL + HOUR),
        samples.change(samples.confirmed(), ChangeReason.CONFIRMED, SINCE + 12 * HOUR),
        samples.change(samples.opened(), ChangeReason.OPENED, SINCE + 11 * HOUR),
    ]
    (at_noon,) = states_at(changes, SINCE + 11.5 * HOUR)
    (at_end,) = states_at(changes, UNTIL)
    (later,) = states_at(changes, UNTIL + HOUR)
    assert [r.status for r in (at_noon, at_end, later)] == [
        Status.OPEN, Status.CONFIRMED, Status.FADED,
    ]  # fmt: skip
    assert states_at(changes, SINCE) == []


def test_the_own_move_takes_beta_times_the_market_out() -> None:
    """Index 1000 → 880 with a market of 100 → 98 → 96.04 (twice ln 0.98) and beta 2, then 1: exp(3 ln 0.98) - 1."""
    levels = ((1000.0, 100.0, 2.0), (930.0, 98.0, 1.0), (880.0, 96.04, 9.0))
    series = []
    for k, (own, market, beta) in enumerate(levels):
        at = SINCE + k * HOUR
        series.append((at, replace(days.STATES[0], index=own, beta=beta)))
        series.append((at, replace(days.STATES[2], index=market)))
    found = own_move(series, "ai-agents", "benchmark", SINCE)
    assert found == pytest.approx(-0.12 - (0.98**3 - 1.0))
    assert own_move(series, "ai-agents", None, SINCE) is None
    assert own_move(series, "ai-agents", "benchmark", SINCE + 2 * HOUR) is None


def test_an_hour_of_flow_needs_seventy_per_cent_of_its_steps() -> None:
    quarter = timedelta(minutes=15)

    def steps(flows: list[float | None]) -> list[object]:
        return [
            (SINCE + (k + 1) * quarter, replace(days.STATES[0], net_flow_step_usd=flow))
            for k, flow in enumerate(flows)
        ]

    facts = days.quiet(steps=steps([1.0, 2.0, None, 3.0, None, None, 5.0, 5.0, 7.0, 7.0, 7.0, 7.0]))
    told = hourly_flows(facts, "ai-agents")
    assert len(told) == 24
    assert told[0][0] == SINCE + HOUR
    assert told[0][1] == pytest.approx(8.0)  # 6 of three steps, scaled to four
    assert told[1] == (SINCE + 2 * HOUR, None)
    assert told[2][1] == 28.0
    assert told[3][1] is None


def test_the_chain_of_all_sectors_weighs_each_step_by_the_shares_at_its_beginning() -> None:
    index = np.array([[100.0, 100.0], [110.0, 100.0], [110.0, 90.0]])
    shares = np.array([[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]])
    assert chained(index, shares).tolist() == pytest.approx([100.0, 102.5, 102.5 * 0.95])


def test_the_chain_leaves_out_a_sector_that_is_not_there_yet() -> None:
    index = np.array([[100.0, np.nan], [110.0, 50.0], [110.0, 100.0]])
    shares = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, np.nan]])
    assert chained(index, shares).tolist() == pytest.approx([100.0, 110.0, 110.0])


def test_tails_need_history_and_end_at_the_last_step() -> None:
    assert all(math.isnan(x) for t in tails(days.quiet()) for point in t.points for x in point)
    (first, second) = tails(days.quiet(series=days.series(days=25)))
    assert (len(first.points), first.days[0], first.days[-1]) == (8, "13 Jan", "20 Jan")
    assert first.points[-1] == (100.0, 100.0)  # nothing moved: the deviation is 0
    assert [first.name, second.name] == ["AI agents", "Memes"]
    assert tails(days.empty())[0].points == ()


def test_a_picture_is_marked_only_with_what_lies_in_its_range() -> None:
    def launched(at: datetime, kind: MemberEventKind = MemberEventKind.LAUNCH) -> MemberEvent:
        return MemberEvent(at, kind, "memes", f"{at:%d}", 0.1, None)

    week = UNTIL - 7 * 24 * HOUR
    facts = days.quiet(
        events=[
            launched(week - HOUR),
            launched(SINCE),
            launched(UNTIL + 24 * HOUR),
            launched(SINCE, MemberEventKind.SUPPLY),
        ],
        notes=[(week - HOUR, "old"), (SINCE, "now"), (UNTIL, "ahead")],
        past=[
            samples.faded(id="gone", closed_at=week - HOUR),
            samples.opened(id="watch"),
            samples.confirmed(detected_at=week - 5 * HOUR),
        ],
        banner="demo",
    )
    marks = _marks(facts, week, "7 days", notes=True)
    assert marks.launches == [(SINCE, "19")]
    assert marks.notes == [(SINCE, "now")]
    assert marks.spans == [(week, UNTIL, "#E69F00")]
    assert marks.subtitle == "demo; 7 days to 20 Jan 2025, 00:00 UTC"
    assert _marks(facts, week, "7 days", notes=False).notes == []
