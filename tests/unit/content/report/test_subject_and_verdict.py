"""The line in the list of thirty, the two sentences, and the one that is quoted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.content.report import DataHealth, ReportFacts, report_subject
from monitor.content.report.blocks import Paragraph, Quote
from monitor.content.report.phrases import clock_span
from monitor.content.report.verdict import SUBJECT, quote, verdict
from monitor.content.wording.phrases import listed, moved
from monitor.model.rotation import ChangeReason, Severity
from monitor.model.state import MarketStep
from monitor.model.universe import Sector
from tests.kit import rotations as samples
from tests.unit.content.report import days
from tests.unit.content.report.days import HOUR, SINCE, UNTIL


def sentence(facts: ReportFacts) -> str:
    (block,) = verdict(facts).blocks
    assert isinstance(block, Paragraph)
    return block.text


def quoted(facts: ReportFacts) -> str:
    section = quote(facts)
    assert section is not None
    (block,) = section.blocks
    assert isinstance(block, Quote)
    return block.text


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            days.rotating(),
            "[rotation] 19 Jan 2025: AI agents → Memes confirmed; AI agents -10.4 % (own -7.2 pp), Memes share +4.1 pp",
        ),
        (
            days.quiet(),
            "[rotation] 19 Jan 2025: quiet; nearest was Memes → AI agents, 4 of 6 conditions",
        ),
        (days.quiet(readings=()), "[rotation] 19 Jan 2025: quiet; AI agents +2.1 %"),
        (
            days.partial(),
            "[rotation] 19 Jan 2025: PARTIAL DATA (nothing seen 05:00-06:00, gate down 03:10-09:40); AI agents +2.1 %",
        ),
        (
            days.empty(),
            "[rotation] 19 Jan 2025: NO DATA; the monitor was not running from 18 Jan 22:10 to 20 Jan 06:00 UTC",
        ),
        (
            days.quiet(banner="demo · reconstruction", readings=()),
            "[rotation] demo · reconstruction: 19 Jan 2025: quiet; AI agents +2.1 %",
        ),
    ],
)
def test_the_subject_is_the_verdict(facts: ReportFacts, expected: str) -> None:
    assert report_subject(facts) == expected


def test_a_rotation_on_a_partial_day_is_told_with_both() -> None:
    line = report_subject(days.rotating(health=days.partial().health))
    assert line.startswith("[rotation] 19 Jan 2025: PARTIAL DATA (nothing seen 05:00-06:00")
    assert "AI agents → Memes confirmed" in line
    assert len(line) <= SUBJECT


def test_no_name_can_break_the_header_line() -> None:
    sectors = (
        Sector("ai-agents", "A\r\nBcc: x@y\u202e" + "z" * 200, (), "#0072B2"),
        *days.SECTORS[1:],
    )
    line = report_subject(days.rotating(sectors=sectors))
    assert line.splitlines() == [line]
    assert "\u202e" not in line
    assert len(line) <= SUBJECT


def test_low_coverage_alone_makes_a_day_partial() -> None:
    health = DataHealth(coverage={"ai-agents": 0.9, "memes": 1.0})
    assert "PARTIAL DATA (coverage of AI agents 90 %)" in report_subject(days.quiet(health=health))
    assert "PARTIAL" not in report_subject(
        days.quiet(health=DataHealth(coverage={"ai-agents": 0.985}))
    )


def test_the_verdict_splits_market_and_own_part_and_names_the_largest_change() -> None:
    assert sentence(days.rotating()) == (
        "On 19 January 2025 AI agents → Memes was confirmed (warning): AI agents lost 10.4 % in the 24 h to"
        " 11:35 UTC on 19 Jan (market part -3.2 %, own -7.2 pp); Memes: share of volume +18.0 pp."
        " Since yesterday: share of volume of Memes -3.1 pp, the largest change."
    )


def test_a_quiet_day_says_that_nothing_is_open() -> None:
    assert sentence(days.quiet()) == (
        "No rotation began or ended on 19 January 2025 (UTC); none is open."
        " Since yesterday: share of volume of Memes -3.1 pp, the largest change."
    )


def test_a_partial_day_says_so_first() -> None:
    assert sentence(days.partial()).startswith(
        "Partial data: nothing seen 05:00-06:00, gate down 03:10-09:40. No rotation"
    )


def test_a_rotation_of_an_earlier_day_is_told_with_the_figures_of_this_day() -> None:
    old = samples.confirmed(detected_at=SINCE - 30 * HOUR, confirmed_at=SINCE - 29 * HOUR)
    facts = days.quiet(rotations=[old], past=[old])
    assert report_subject(facts).endswith(
        "AI agents → Memes still on; Memes -1.2 % (own -2.6 pp), Memes share -0.6 pp"
    )
    assert "was still on (warning): Memes lost 1.2 % in the 24 h to 00:00 UTC on 20 Jan" in (
        sentence(facts)
    )


def test_the_news_is_the_largest_own_move_of_a_rotation_and_not_the_last_to_be_confirmed() -> None:
    critical = samples.confirmed(severity=Severity.CRITICAL, confirmed_at=SINCE - 9 * HOUR)
    small = samples.side("defi", own_return=-0.016, total_return=-0.02)
    show = samples.confirmed(
        id="rot-side",
        from_sector="defi",
        peak_score=9.0,
        evidence=samples.evidence(from_side=small, to_side=samples.side("gaming", own_return=0.01)),
        to_sector="gaming",
    )
    moved_most = replace(days.STATES[0], own_return_24h=-0.2, return_24h=-0.23)
    facts = days.rotating(
        rotations=[show, critical],
        changes=[
            samples.change(show, ChangeReason.CONFIRMED),
            samples.change(critical, ChangeReason.SEVERITY),
        ],
        close=MarketStep(UNTIL - HOUR, HOUR, (moved_most, *days.STATES[1:]), days.TOKENS, ()),
    )
    assert "AI agents → Memes now critical; AI agents -23.0 % (own -20.0 pp)" in report_subject(
        facts
    )
    assert "became critical (critical)" not in sentence(facts)


def test_a_gain_is_told_by_the_side_that_gained() -> None:
    back = samples.confirmed(from_sector="memes", to_sector="ai-agents")
    sides = samples.evidence(
        from_side=samples.side("memes", own_return=-0.01, total_return=-0.035),
        to_side=samples.gaining("ai-agents", own_return=0.22, total_return=0.241),
    )
    facts = days.rotating(rotations=[replace(back, evidence=sides)])
    assert "Memes → AI agents confirmed; AI agents +24.1 % (own +22.0 pp)" in report_subject(facts)
    assert "AI agents rose 24.1 %" in sentence(facts)


def test_a_confirmed_rotation_that_is_on_comes_before_a_watch_that_opened() -> None:
    old = samples.confirmed(confirmed_at=SINCE - HOUR, detected_at=SINCE - 2 * HOUR)
    watch = samples.opened(id="rot-w", from_sector="memes", to_sector="*", peak_score=9.0)
    facts = days.quiet(rotations=[watch, old], changes=[samples.change(watch, ChangeReason.OPENED)])
    assert "AI agents → Memes still on" in report_subject(facts)
    assert "1 more rotation is told below." in sentence(facts)


def test_a_rotation_that_opened_and_ended_in_the_day_is_over() -> None:
    gone = samples.faded(closed_at=UNTIL - HOUR, confirmed_at=None, severity=Severity.WATCH)
    facts = days.quiet(
        rotations=[gone],
        changes=[
            samples.change(samples.opened(), ChangeReason.OPENED),
            samples.change(gone, ChangeReason.FADED),
        ],
    )
    assert "AI agents → Memes over; " in report_subject(facts)
    assert "ended (watch)" in sentence(facts)


def test_beta_is_said_where_it_is_far_from_one() -> None:
    far = samples.confirmed(evidence=samples.evidence(from_side=samples.side(beta=1.7)))
    facts = days.rotating(rotations=[far])
    assert "(market part -3.2 % (beta 1.7), own -7.2 pp)" in sentence(facts)


def test_a_rotation_into_the_market_names_no_share_of_it() -> None:
    alone = samples.one_sided()
    line = report_subject(days.quiet(rotations=[alone]))
    assert "AI agents → market still on; AI agents +2.1 % (own +0.7 pp)" in line
    assert "share" not in line


def test_the_quote_names_window_leaders_market_members_and_venues() -> None:
    assert quoted(days.quiet()) == (
        "AI agents rose 2.1 % in the 24 h to 00:00 UTC on 20 January 2025 (watched market +1.4 %), led by ARC"
        " (+9.0 %) and AI16Z (+1.2 %); index of 4 tokens weighted by circulating market cap, prices and volume"
        " from 3 exchanges."
    )


def test_the_quote_of_a_fall_is_led_by_those_that_fell() -> None:
    states = (days.STATES[0], replace(days.STATES[1], return_24h=-0.12), days.STATES[2])
    close = MarketStep(UNTIL - HOUR, HOUR, states, days.TOKENS, ())
    assert "Memes lost 12.0 %" in quoted(days.quiet(close=close))
    assert "led by DOGE (-1.5 %); index of 9 tokens" in quoted(days.quiet(close=close))


def test_the_quote_of_a_reconstruction_cannot_pass_for_the_market() -> None:
    facts = days.quiet(banner="demo · reconstruction")
    assert quoted(facts).endswith("(demo · reconstruction: not figures of the market.)")


def test_without_data_nothing_is_quoted() -> None:
    assert quote(days.empty()) is None
    unknown = tuple(replace(s, return_24h=None) for s in days.STATES)
    close = MarketStep(UNTIL - HOUR, HOUR, unknown, days.TOKENS, ())
    assert quote(days.quiet(close=close)) is None
    assert "no return known" in report_subject(days.partial(close=close))


def test_a_day_that_is_not_over_says_as_of_when() -> None:
    close = MarketStep(SINCE + 13 * HOUR, HOUR, days.STATES, days.TOKENS, ())
    assert "(UTC, as of 14:00 UTC); none is open" in sentence(days.quiet(close=close))


def test_spans_that_reach_beyond_the_day_say_so() -> None:
    facts = days.quiet()
    assert clock_span(SINCE - HOUR, SINCE + HOUR, facts) == "before the day to 01:00"
    assert clock_span(SINCE + HOUR, UNTIL + HOUR, facts) == "01:00 to the day's end"
    assert clock_span(SINCE + HOUR, None, facts) == "since 01:00"
    assert clock_span(SINCE + HOUR, SINCE + timedelta(minutes=90), facts) == "01:00-01:30"


def test_small_words() -> None:
    assert [listed(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert moved(None) == "moved by an unknown amount"
    assert moved(0.0004) == "stood still"
    assert moved(-0.1044) == "lost 10.4 %"


def test_a_market_wide_crash_is_not_called_quiet_and_shows_no_own_part() -> None:
    states = tuple(
        replace(s, return_24h=-0.118, own_return_24h=0.002, market_part_24h=-0.12)
        for s in days.STATES
    )
    facts = days.quiet(close=MarketStep(UNTIL - HOUR, HOUR, states, days.TOKENS, ()))
    assert "no rotation, market -11.8 %; nearest was Memes" in report_subject(facts)
    assert "The watched market lost 11.8 % in 24 h; the largest own part is +0.2 pp" in sentence(
        facts
    )
