"""The twelve sections, in the order in which they are read."""

from monitor.content.report.blocks import Chart, Document, Section
from monitor.content.report.facts import ReportFacts
from monitor.content.report.housekeeping import (
    behind_words,
    data_health,
    foot,
    late_words,
    waiting_words,
)
from monitor.content.report.phrases import as_of, day_words
from monitor.content.report.pictures import KEYS
from monitor.content.report.rotations import misses, notes, rotations, scorecard
from monitor.content.report.sectors import members, movers_section, sectors
from monitor.content.report.verdict import quote, report_subject, verdict
from monitor.content.wording.safe_text import one_line


def document_of(facts: ReportFacts) -> Document:
    """Verdict, quote, sectors, rotations, charts, movers, members, scorecard, misses, notes, data, foot.

    Without a single step of the day, those that would have nothing to say are left out.
    """
    found = (
        verdict(facts),
        quote(facts),
        sectors(facts),
        rotations(facts),
        _charts(facts),
        movers_section(facts),
        members(facts),
        scorecard(facts),
        misses(facts),
        notes(facts),
        data_health(facts),
        foot(facts),
    )
    lead = (
        one_line(facts.banner, 200),
        late_words(facts),
        behind_words(facts),
        *(waiting_words(waiting) for waiting in facts.health.waiting),
    )
    return Document(
        subject=report_subject(facts),
        heading=f"Sector rotations, {day_words(facts)}{as_of(facts)}",
        lead=tuple(words for words in lead if words),
        sections=tuple(section for section in found if section is not None),
    )


def _charts(facts: ReportFacts) -> Section | None:
    if facts.close is None:
        return None
    return Section("Charts", tuple(Chart(key) for key in KEYS))
