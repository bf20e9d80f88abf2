"""How whole the data was, and the report's foot."""

from datetime import timedelta

from monitor.content.report.blocks import Paragraph, Section
from monitor.content.report.facts import (
    WHOLE,
    Outage,
    Refused,
    ReportFacts,
    WaitingNotices,
)
from monitor.content.report.phrases import clock_span, outage_words
from monitor.content.wording.figures import duration, share, stamp
from monitor.content.wording.outside import outside_words
from monitor.content.wording.phrases import listed
from monitor.content.wording.safe_text import one_line

LATE = timedelta(minutes=15)
SPELLS = 6


def data_health(facts: ReportFacts) -> Section:
    """Coverage by sector, blind hours, venues, quarantine, late notices, vendors' figures beside ours."""
    health = facts.health
    if facts.close is None:
        lines = [f"None: {facts.why_empty}."]
    else:
        lines = ["Whole." if health.whole else "Not whole."]
    if facts.close is not None:
        lines += _spells(facts)
        lines += [_outage(outage, facts) for outage in health.outages]
        lines += _coverage(facts)
    lines.append(_refused(health.refused))
    if health.late_notices is not None:
        lines.append(f"Late notices: {health.late_notices}.")
    if health.undelivered:
        lines.append(f"Notices that their channel refused for good: {health.undelivered}.")
    lines += outside_words(facts.outside, facts.names, facts.token_names)
    return Section("Data", tuple(Paragraph(line) for line in lines))


def foot(facts: ReportFacts) -> Section:
    """Window, fingerprint, version, how to change or stop the mail."""
    lines = [
        f"Window {stamp(facts.since)} to {stamp(facts.until)} (the day in {one_line(facts.zone)})."
    ]
    if facts.configuration:
        lines.append(f"Configuration {one_line(facts.configuration, 80)}.")
    lines.append(f"Sector rotation monitor {one_line(facts.version)}.")
    if facts.how_to_stop:
        lines.append(one_line(facts.how_to_stop, 300))
    return Section("", tuple(Paragraph(line, soft=True) for line in lines))


def late_words(facts: ReportFacts) -> str:
    """Said first where the report comes more than a quarter of an hour after its time."""
    if facts.due_at is None or facts.built_at is None or facts.built_at - facts.due_at < LATE:
        return ""
    return f"Late by {duration((facts.built_at - facts.due_at).total_seconds())}."


def behind_words(facts: ReportFacts) -> str:
    """Said first as well: what is missing is not what did not happen."""
    if facts.due_at is None or facts.behind_at is None:
        return ""
    return f"The daemon is behind: up to {stamp(facts.behind_at)}. What came later is not in this report."


def waiting_words(waiting: WaitingNotices) -> str:
    """Said first too: who relies on the channel must know that it is behind."""
    notices = "1 notice waits" if waiting.count == 1 else f"{waiting.count} notices wait"
    return (
        f"{one_line(waiting.channel)} is late: {notices}, the oldest since {stamp(waiting.since)}."
    )


def _spells(facts: ReportFacts) -> list[str]:
    health = facts.health
    lines = []
    if health.begins is not None:
        lines.append(f"The record begins {stamp(health.begins)}.")
    told = [clock_span(a, b, facts) for a, b in health.blind]
    if told:
        more = f" and {len(told) - SPELLS} more" if len(told) > SPELLS else ""
        lines.append(f"Blind {', '.join(told[:SPELLS])}{more}: nothing was seen.")
    return lines


def _outage(outage: Outage, facts: ReportFacts) -> str:
    words = outage_words(outage, facts)
    if outage.why:
        words += f" ({one_line(outage.why, 120)})"
    if outage.covered_by:
        words += f"; {listed([one_line(v) for v in outage.covered_by])} covered it"
    if outage.lost:
        words += f"; not seen elsewhere: {listed([one_line(token) for token in outage.lost])}"
    return f"{words[0].upper()}{words[1:]}."


def _coverage(facts: ReportFacts) -> list[str]:
    """Sectors by name only where something was missing."""
    coverage = facts.health.coverage
    low = sorted((value, sector) for sector, value in coverage.items() if value < WHOLE)
    if not coverage:
        return ["Coverage unknown."]
    if not low:
        full = min(coverage.values()) > 0.9995
        return [f"Coverage {'full' if full else f'{share(WHOLE, 0)} or more'} for every sector."]
    told = [f"{facts.name(sector)} {share(value, 0)}" for value, sector in low]
    rest = f"; the other sectors {share(WHOLE, 0)} or more" if len(low) < len(coverage) else ""
    return [f"Coverage of the day: {listed(told)}{rest}."]


def _refused(rows: tuple[Refused, ...]) -> str:
    if not rows:
        return "Rows quarantined: none."
    told = [
        f"{row.count} {one_line(row.venue)} {one_line(row.reason.replace('_', ' '))}"
        for row in rows
    ]
    return f"Rows quarantined: {sum(row.count for row in rows)} ({', '.join(told[:6])})."
