"""Single sections where a wrong word would mislead: unknown is said, and nothing is claimed that nobody looked at."""

from dataclasses import replace

import pytest

from monitor.content.report import DataHealth, Outage, ReportFacts
from monitor.content.report.blocks import Card, Paragraph, Section, Table
from monitor.content.report.housekeeping import data_health
from monitor.content.report.rotations import misses, notes, rotations, scorecard
from monitor.content.report.sectors import members, movers_section, sectors
from monitor.content.wording.phrases import condition_words
from monitor.model.rotation import ChangeReason, Condition, Outcome
from monitor.model.state import MarketStep, MemberEvent, MemberEventKind
from tests.kit import rotations as samples
from tests.unit.content.report import days
from tests.unit.content.report.days import HOUR, SINCE, UNTIL


def lines(section: Section | None) -> list[str]:
    assert section is not None
    return [b.text for b in section.blocks if isinstance(b, Paragraph)]


def tables(section: Section | None, medium: str) -> list[Table]:
    assert section is not None
    return [b for b in section.blocks if isinstance(b, Table) and b.medium == medium]


def test_the_narrow_tables_and_the_wide_one_hold_the_same_figures() -> None:
    section = sectors(days.quiet())
    narrow = [cell for table in tables(section, "html") for cell in table.rows[1][1:]]
    wide = [cell for table in tables(section, "text") for cell in table.rows[1][1:]]
    assert narrow == [
        "$18.3 B", "31.0 %", "-0.6 pp", "+1.1 pp", "+0.1 %", "-1.2 %", "+5.0 %", "-2.6 pp", "49.0 %", "-3.1 pp",
        "-$12.0 M", "4 of 9", "0.5 %", "-$1.90 M", "0.012 %",
    ]  # fmt: skip
    assert wide == [
        "$18.3B", "31.0%", "-0.6", "-1.2%", "-2.6", "49.0%", "-3.1", "-$12.0M", "4/9", "+1.1", "+0.1%", "+5.0%",
        "0.5%", "-$1.90M", "0.012%",
    ]  # fmt: skip


def test_no_table_is_wider_than_a_phone_allows() -> None:
    for section in (sectors(days.quiet()), movers_section(days.quiet())):
        for table in (*tables(section, "html"), *tables(section, "both")):
            assert len(table.columns) <= 5


def test_the_market_row_stands_last_and_has_no_share() -> None:
    (table, *_) = tables(sectors(days.quiet()), "html")
    assert [row[0] for row in table.rows] == ["AI agents", "Memes", "Market"]
    assert table.rows[-1][2:] == ("-", "-", "-")


def test_an_unknown_flow_is_unknown_and_not_nought() -> None:
    states = (replace(days.STATES[0], net_flow_24h_usd=None), *days.STATES[1:])
    facts = days.quiet(close=MarketStep(UNTIL - HOUR, HOUR, states, (), ()))
    assert tables(sectors(facts), "html")[2].rows[0][3] == "unknown"
    assert tables(sectors(facts), "text")[0].rows[0][8] == "?"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (MemberEventKind.LAUNCH, "TRUMP launched and joined Memes"),
        (MemberEventKind.ENTRY, "TRUMP joined Memes"),
        (MemberEventKind.EXIT, "TRUMP left Memes"),
        (MemberEventKind.SUPPLY, "TRUMP supply restated in Memes"),
        (MemberEventKind.REDENOMINATION, "TRUMP redenominated in Memes"),
    ],
)
def test_what_changed_the_members_is_told_with_its_effect(
    kind: MemberEventKind, words: str
) -> None:
    events = [MemberEvent(SINCE + HOUR, kind, "memes", "TRUMP", -0.02, None)]
    assert lines(members(days.quiet(events=events))) == [
        f"{words}, 19 Jan 2025, 01:00 UTC: share -2.0 pp, none on the index."
    ]


def test_events_of_other_days_are_not_of_this_one() -> None:
    events = [
        MemberEvent(at, MemberEventKind.LAUNCH, "memes", "TRUMP", 0.1, None)
        for at in (SINCE, UNTIL + HOUR)
    ]
    assert lines(members(days.quiet(events=events)))[0].startswith("None:")


def test_a_day_without_data_claims_nothing_about_what_it_did_not_see() -> None:
    facts = days.empty()
    assert lines(members(facts)) == ["Unknown: no interval was stepped."]
    assert lines(rotations(facts)) == ["Unknown: nothing was judged."]
    assert lines(misses(days.quiet(readings=()))) == [
        "Unknown: no pair could be judged in this day."
    ]


def test_all_conditions_met_without_a_flag_was_not_long_enough() -> None:
    facts = days.quiet(readings=[days.reading("memes", "ai-agents", 6)])
    assert lines(misses(facts)) == [
        "Memes → AI agents, 19 Jan 2025, 14:00 UTC: 6 of 6 conditions over 12 h; all held, but not for long enough."
    ]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            Condition("relative_return", 0.026, -0.05, met=False),
            "return of the loser relative to the gainer +2.6 % (needs -5.0 % or less)",
        ),
        (
            Condition("breadth_from", 0.5, 0.6, met=False),
            "part of the loser behind the market 50 % (needs 60 % or more)",
        ),
        (Condition("score", None, 2.4, met=False), "score unknown (needs +2.4 or more)"),
        (
            Condition("volume_shift", -0.01, 1.0, met=False),
            "shift of volume to the gainer +0.0 (needs +1.0 or more)",
        ),
        (Condition("new_thing", 3.0, 4.0, met=False), "new thing +3.0 (needs +4.0)"),
    ],
)
def test_a_lacking_condition_is_told_with_its_bound_and_side(
    condition: Condition, words: str
) -> None:
    assert condition_words(condition) == words


@pytest.mark.parametrize(
    ("value", "told"), [(-0.0498, "-4.98 %"), (-0.05, "-5.0 %"), (-0.04, "-4.0 %")]
)
def test_what_is_just_short_of_its_bound_does_not_read_as_the_bound(
    value: float, told: str
) -> None:
    condition = Condition("relative_return", value, -0.05, met=value <= -0.05, unit="return")
    assert f"{told} (needs -5.0 % or less)" in condition_words(condition)


def test_an_outcome_is_told_good_or_bad() -> None:
    def outcome(reason: ChangeReason, name: str, told: Outcome | None) -> ReportFacts:
        judged = samples.faded(outcomes={name: told})
        return days.quiet(changes=[samples.change(judged, reason, UNTIL - HOUR)])

    bad = outcome(ChangeReason.OUTCOME_72H, "72h", Outcome(-0.031, None, held=False))
    assert lines(scorecard(bad))[0] == (
        "72 h after 19 Jan 2025, 11:05 UTC: Memes over AI agents -3.1 %; did not hold (rot-7f3a)."
    )
    unknown = outcome(ChangeReason.OUTCOME_24H, "24h", None)
    assert "unknown; unknown whether it held" in lines(scorecard(unknown))[0]


def test_a_median_of_few_is_called_too_small() -> None:
    def past(count: int) -> ReportFacts:
        flagged = [
            samples.confirmed(id=f"r{k}", outcomes={"24h": Outcome(0.05, None, held=True)})
            for k in range(count)
        ]
        return days.quiet(past=flagged)

    assert "(n = 4). n is too small to lean on." in lines(scorecard(past(4)))[-1]
    assert lines(scorecard(past(5)))[-1].endswith("median +5.0 % (n = 5).")


def test_open_rotations_come_first_and_say_their_move_so_far() -> None:
    gone = samples.faded(id="rot-gone", detected_at=SINCE)
    cards = rotations(days.rotating(rotations=[gone, samples.confirmed()])).blocks
    titles = [card.title for card in cards if isinstance(card, Card)]
    assert titles == [
        "AI agents → Memes · WARNING · confirmed",
        "AI agents → Memes · WARNING · faded",
    ]
    first, second = (card.lines for card in cards if isinstance(card, Card))
    assert any(line.startswith("Own move of AI agents since it was seen") for line in first)
    assert not any("since it was seen" in line for line in second)


def test_what_was_on_at_the_start_says_so() -> None:
    (card,) = rotations(days.rotating(rotations=[samples.confirmed(at_start=True)])).blocks
    assert isinstance(card, Card)
    assert card.title.endswith("already on at start")


def test_notes_of_the_day_come_before_those_ahead() -> None:
    assert lines(notes(days.rotating())) == [
        "19 Jan 2025, 21:00 UTC: MELANIA announced",
        "Ahead, 21 Jan 2025, 22:00 UTC: Stargate expected",
    ]


def test_a_covered_outage_leaves_the_day_whole_and_is_still_told() -> None:
    covered = Outage("gate", SINCE + 3 * HOUR, SINCE + 9 * HOUR, "", ("bybit", "mexc"))
    facts = days.quiet(health=DataHealth(coverage={"memes": 0.985}, outages=(covered,)))
    assert lines(data_health(facts))[:3] == [
        "Whole.",
        "Gate down 03:00-09:00; bybit and mexc covered it.",
        "Coverage 98 % or more for every sector.",
    ]


def test_coverage_names_what_was_missing_only() -> None:
    facts = days.quiet(health=DataHealth(coverage={"ai-agents": 0.82, "memes": 0.9}))
    assert "Coverage of the day: AI agents 82 % and Memes 90 %." in lines(data_health(facts))
    assert "Coverage unknown." in lines(data_health(days.quiet(health=DataHealth())))
