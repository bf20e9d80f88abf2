"""Whole reports, word by word: read them, then trust them.

``MONITOR_GOLDEN=write pytest ...`` writes them anew; the difference is to be read before it is kept.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.content.report import ReportFacts, ReportPicture, report_text
from monitor.model.rotation import Status
from monitor.model.state import FlowGrade, MarketStep
from tests.kit import rotations as samples
from tests.unit.content.report import days
from tests.unit.content.report.days import HOUR, SINCE, UNTIL

GOLDEN = Path(__file__).parents[1] / "golden"
PICTURES = [ReportPicture(key, b"", f"(the chart of {key})") for key in ("indices", "shares")]


def crash() -> ReportFacts:
    """Everything fell with the market: nothing is flagged, and no own part looks like a rotation."""
    states = tuple(
        replace(s, return_24h=-0.118, own_return_24h=0.002, market_part_24h=-0.12)
        for s in days.STATES
    )
    tokens = tuple(
        replace(t, return_24h=-0.118 + 0.1 * (t.contribution_24h or 0.0), contribution_24h=-0.03)
        for t in days.TOKENS
    )
    return days.quiet(close=MarketStep(UNTIL - HOUR, HOUR, states, tokens, ()))


def one_token() -> ReportFacts:
    """One coin made the whole move, and the day is told by estimated flow."""
    tokens = (days.token("VIRTUAL", "ai-agents", -0.31, -0.121, 9e7), *days.TOKENS[:2])
    states = (
        replace(
            days.STATES[0],
            return_24h=-0.12,
            own_return_24h=-0.134,
            breadth_behind=1,
            flow_grade=FlowGrade.C,
        ),
        *days.STATES[1:],
    )
    return days.quiet(
        close=MarketStep(UNTIL - HOUR, HOUR, states, tokens, ()), volume_medians={"VIRTUAL": 2e7}
    )


def five() -> ReportFacts:
    """Five at once, late by two hours, of which one joined another and one was reversed."""
    told = [
        samples.confirmed(),
        samples.with_launch(),
        samples.one_sided(),
        samples.unknown_flow(),
        samples.faded(status=Status.REVERSED, reversed_by="rot-81c2"),
    ]
    flagged = [replace(rotation, id=f"rot-{k}") for k, rotation in enumerate(told)]
    return days.rotating(
        rotations=flagged, past=flagged, changes=(), due_at=UNTIL, built_at=UNTIL + 2 * HOUR
    )


def nothing_traded() -> ReportFacts:
    """A sector without a trade, and no history yet."""
    blank = dict.fromkeys(("return_1h", "return_24h", "return_7d", "own_return_24h", "market_part_24h", "share_change_24h", "share_change_7d", "volume_share", "volume_share_change_24h", "net_flow_24h_usd", "market_cap_usd"))  # fmt: skip
    states = (replace(days.STATES[0], breadth_of=0, **blank), *days.STATES[1:])  # type: ignore[arg-type]
    return days.quiet(close=MarketStep(UNTIL - HOUR, HOUR, states, (), ()), series=(), readings=())


DAYS = {
    "quiet": days.quiet(),
    "rotating": days.rotating(),
    "partial": days.partial(),
    "empty": days.empty(),
    "crash": crash(),
    "one-token": one_token(),
    "five": five(),
    "nothing-traded": nothing_traded(),
    "demo": days.rotating(
        banner="demo · reconstruction", notes=[(SINCE, "TRUMP <b>announced</b>")]
    ),
}


@pytest.mark.parametrize("name", DAYS)
def test_report_of_a_day(name: str) -> None:
    text = report_text(DAYS[name], PICTURES)
    file = GOLDEN / f"report-{name}.txt"
    if os.environ.get("MONITOR_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
