"""The line that a phone shows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.content.alert import PREVIEW, preview_line
from monitor.model.rotation import Severity
from tests.kit import rotations as samples
from tests.kit.rotations import DETECTED

NASTY = st.text(st.sampled_from("<>&*_~`@!#|:\u202e\u200b\u2066\n\t\x07AIé漢"), max_size=60)
NAMES = st.text(max_size=250) | NASTY
FIGURES = st.none() | st.floats(-1e13, 1e13)


@given(first=NAMES, second=NAMES, total=FIGURES, flow=FIGURES, volume=FIGURES, closed=st.booleans())
def test_a_preview_is_one_line_of_at_most_150_characters(
    first: str,
    second: str,
    total: float | None,
    flow: float | None,
    volume: float | None,
    closed: bool,
) -> None:
    loser = samples.side(total_return=total, net_flow_usd=flow, volume_share_change_pp=volume)
    made = samples.faded() if closed else samples.confirmed(severity=Severity.CRITICAL)
    made = replace(made, evidence=samples.evidence(from_side=loser))
    line = preview_line(made, {"ai-agents": first, "memes": second}, DETECTED)
    assert len(line) <= PREVIEW == 150
    assert line.splitlines() == [line]
    assert line.endswith(". 11:05 UTC")
    assert line.startswith(("FADED ", "CRITICAL "))


def test_long_names_are_cut_before_a_figure_is_left_out() -> None:
    names = {
        "ai-agents": "Autonomous agents and their launchpads",
        "memes": "Coins about animals, mostly dogs",
    }
    assert preview_line(samples.confirmed(), names, DETECTED) == (
        "WARNING Autonomous ag… → Coins about a…: Autonomous ag… in 24 h -10.4 % (market -3.2 %),"
        " volume share -18 pp, net flow -$31.2 M. 11:05 UTC"
    )


def test_every_figure_of_a_preview_is_of_the_sector_that_lost() -> None:
    loser = samples.side(volume_share_change_pp=-7.0, net_flow_usd=-1e6)
    winner = samples.gaining(volume_share_change_pp=44.0, net_flow_usd=9e9)
    made = samples.confirmed(evidence=samples.evidence(from_side=loser, to_side=winner))
    line = preview_line(made, samples.NAMES, DETECTED)
    assert "Memes: AI agents in 24 h -10.4 % (" in line
    assert "volume share -7.0 pp, net flow -$1.00 M" in line


def test_what_is_unknown_is_said_in_the_preview() -> None:
    loser = samples.side(total_return=None, market_part=None)
    made = samples.confirmed(evidence=samples.evidence(from_side=loser))
    line = preview_line(made, samples.NAMES, DETECTED)
    assert "AI agents in 24 h return unknown (market unknown)" in line
