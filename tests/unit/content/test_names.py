"""Names from outside made safe for one line, and figures as people read them."""

import pytest

from monitor.content.alert.preview import name_of
from monitor.content.wording.figures import (
    duration,
    level,
    money,
    net_flow,
    percent,
    points,
    pp,
    price,
    rough_money,
    share,
    wide_points,
)
from monitor.content.wording.safe_text import neutral_name, one_line, slack_safe
from monitor.model.state import FlowGrade


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
    assert slack_safe(neutral_name("*bold* _it_ ~no~ `x` <b>")) == "∗bold∗ ‗it‗ ∼no∼ ′x′ &lt;b&gt;"


def test_a_name_of_nothing_visible_is_told_by_its_id() -> None:
    assert name_of("memes", {"memes": "\u200b\u202e"}) == "memes"
    assert name_of("*", {"*": "everything"}) == "market"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(-0.104), "-10.4 %"),
        (percent(-0.0004), "+0.0 %"),
        (percent(None), "unknown"),
        (pp(0.101), "+10.1 pp"),
        (points(-4.1), "-4.1 pp"),
        (wide_points(-18.04), "-18 pp"),
        (wide_points(9.94), "+9.9 pp"),
        (wide_points(None), "unknown"),
        (share(0.069), "6.9 %"),
        (level(6.9), "6.9 %"),
        (level(52.04), "52 %"),
        (level(None), "unknown"),
        (money(-31_240_000.0), "-$31.2 M"),
        (money(999_600_000.0), "+$1.00 B"),
        (money(4.1e9, sign=False), "$4.10 B"),
        (money(312.0), "+$312"),
        (money(99_960.0), "+$100 k"),
        (money(None), "unknown"),
        (rough_money(-312_000_000.0), "-$0.3 B"),
        (rough_money(-4.14e9), "-$4 B"),
        (rough_money(38.6e6), "+$40 M"),
        (rough_money(96.0e6), "+$0.1 B"),
        (rough_money(1_240.0), "+$1 k"),
        (rough_money(0.2), "+$0"),
        (rough_money(None), "unknown"),
        (net_flow(-31_240_000.0, FlowGrade.A), "-$31.2 M"),
        (net_flow(-312_000_000.0, FlowGrade.C), "about -$0.3 B, estimated"),
        (net_flow(-312_000_000.0, FlowGrade.C, short=True), "~-$0.3 B"),
        (net_flow(None, FlowGrade.C), "unknown"),
        (price(2.53124), "$2.531"),
        (price(2.5), "$2.500"),
        (price(0.00002), "$0.00002000"),
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
