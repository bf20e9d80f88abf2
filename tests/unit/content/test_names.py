"""Names from outside: nothing in them may call people, link, format, turn the text round or hide."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.content.alert_text import PREVIEW, alert_text, name_of, preview_line
from monitor.content.figures import duration, money, percent, points, pp, price, share
from monitor.content.notices import AlertPolicy, notices_for
from monitor.content.plain_words import one_line, slack_name, slack_safe
from monitor.delivery.slack_webhook import rendered
from monitor.model.rotation import ChangeReason, Severity, Status
from tests.unit.content import samples
from tests.unit.content.samples import DETECTED, change

NASTY = st.text(st.sampled_from("<>&*_~`@!#|:\u202e\u200b\u2066\n\t\x07AIé漢"), max_size=60)
NAMES = st.text(max_size=250) | NASTY
FIGURES = st.none() | st.floats(-1e13, 1e13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  AI\n\tagents ", "AI agents"),
        ("AI\u202estnega", "AIstnega"),  # would turn the rest of the line round
        ("AI\u200b\u200d agents\ufeff", "AI agents"),
        ("\x1b[31mred", "[31mred"),
        ("a" * 41, "a" * 39 + "…"),
        ("a" * 40, "a" * 40),
        ("a" * 38 + " bcd", "a" * 38 + "…"),
    ],
)
def test_a_name_becomes_one_clean_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_slack_can_neither_be_made_to_call_nor_to_format() -> None:
    assert slack_safe("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
    assert slack_name("*bold* _it_ ~no~ `x` <b>") == "∗bold∗ ‗it‗ ∼no∼ ′x′ &lt;b&gt;"


def test_a_name_of_nothing_visible_is_told_by_its_id() -> None:
    assert name_of("memes", {"memes": "\u200b\u202e"}) == "memes"
    assert name_of("*", {"*": "everything"}) == "market"


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


@given(first=NAMES, second=NAMES, token=NAMES)
def test_names_bring_no_markup_into_slack(first: str, second: str, token: str) -> None:
    launch = samples.with_launch().evidence.launches[0]
    made = samples.confirmed(
        evidence=samples.evidence(
            from_side=samples.side(contributors=((token, -0.05),)),
            launches=(replace(launch, token=token),),
            conditions=samples.MET[-1:],  # names of ours with an underscore left out
        ),
    )
    names = {"ai-agents": first, "memes": second}
    changes = [
        change(replace(made, id=name, from_sector=sector), ChangeReason.CONFIRMED)
        for name, sector in (("a", "ai-agents"), ("b", "defi"), ("c", "gaming"))
    ]
    for some in (changes[:1], changes):
        for notice in notices_for(some, AlertPolicy(), names, set()):
            text, blocks = rendered(notice, DETECTED)
            for shown in (text, *(block["text"]["text"] for block in blocks)):
                assert not re.search(r"[<>*_~`\u202a-\u202e\u2066-\u2069\u200b-\u200f]", shown)
                assert not re.search(r"&(?!amp;|lt;|gt;)", shown)


def test_long_names_are_cut_before_a_figure_is_left_out() -> None:
    names = {
        "ai-agents": "Autonomous agents and their launchpads",
        "memes": "Coins about animals, mostly dogs",
    }
    assert preview_line(samples.confirmed(), names, DETECTED) == (
        "WARNING Autonomous ag… → Coins about a…: Autonomous ag… -10.4 % in 24 h (market -3.2 %),"
        " volume share -18.0 pp, net flow -$31.2 M. 11:05 UTC"
    )


def test_every_figure_of_a_preview_is_of_the_sector_that_lost() -> None:
    loser = samples.side(volume_share_change_pp=-7.0, net_flow_usd=-1e6)
    winner = samples.gaining(volume_share_change_pp=44.0, net_flow_usd=9e9)
    made = samples.confirmed(evidence=samples.evidence(from_side=loser, to_side=winner))
    line = preview_line(made, samples.NAMES, DETECTED)
    assert "Memes: AI agents -10.4 %" in line
    assert "volume share -7.0 pp, net flow -$1.00 M" in line


def test_what_is_unknown_is_said() -> None:
    loser = samples.side(
        total_return=None, own_return=None, market_part=None, breadth_of=0, contributors=()
    )
    made = samples.confirmed(evidence=samples.evidence(from_side=loser))
    assert "AI agents return unknown in 24 h (market unknown)" in preview_line(
        made, samples.NAMES, DETECTED
    )
    text = alert_text(made, samples.NAMES)
    assert "AI agents moved by an unknown amount in the 24 h" in text
    assert "how much of it is the market's is unknown." in text
    assert "Breadth: unknown." in text


def test_beta_is_said_only_where_it_is_far_from_one() -> None:
    far = samples.confirmed(evidence=samples.evidence(from_side=samples.side(beta=1.7)))
    assert "-3.2 % (beta 1.7)" in alert_text(far, samples.NAMES)
    assert "beta" not in alert_text(samples.confirmed(), samples.NAMES)


def test_the_data_line_says_what_is_wrong_with_the_data() -> None:
    quality = replace(samples.confirmed().quality, benchmark_missing=True, venue_conflict=True)
    text = alert_text(samples.confirmed(quality=quality, held=True), samples.NAMES)
    assert text.splitlines()[-1] == (
        "coverage 98% · stale 1% · benchmark missing, beta 1 · venues disagree"
        " · held: too little data to judge · rot-7f3a · monitor explain rot-7f3a"
    )


def test_a_closed_rotation_says_first_that_it_is_over() -> None:
    lines = alert_text(samples.faded(status=Status.EXPIRED), samples.NAMES).splitlines()
    assert lines[:3] == [
        "AI agents → Memes · WARNING · expired",
        "Over after 26 h; strongest score 4.8.",
        "When flagged:",
    ]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(-0.104), "-10.4 %"),
        (percent(-0.0004), "+0.0 %"),
        (percent(None), "unknown"),
        (pp(0.101), "+10.1 pp"),
        (points(-4.1), "-4.1 pp"),
        (share(0.069), "6.9 %"),
        (money(-31_240_000.0), "-$31.2 M"),
        (money(999_600_000.0), "+$1.00 B"),
        (money(4.1e9, sign=False), "$4.10 B"),
        (money(312.0), "+$312"),
        (money(99_960.0), "+$100 k"),
        (money(None), "unknown"),
        (price(2.53124), "$2.531"),
        (price(104_250.0), "$104,250.00"),
        (duration(59), "59 s"),
        (duration(59 * 60 + 40), "1 h"),
        (duration(7_800), "2 h 10 min"),
        (duration(26 * 3600), "26 h"),
        (duration(76 * 3600), "3 d 4 h"),
    ],
)
def test_figures_have_sign_unit_and_three_digits(shown: str, expected: str) -> None:
    assert shown == expected
