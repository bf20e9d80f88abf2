"""Sentences and small parts of them that several sections share."""

from datetime import datetime, timedelta

from monitor.content.report.facts import Outage, ReportFacts
from monitor.content.wording.figures import share
from monitor.content.wording.safe_text import one_line


def clock_span(since: datetime, until: datetime | None, facts: ReportFacts) -> str:
    """``03:10-09:40``; with its day where it reaches beyond the report's."""
    begin = f"{since:%H:%M}" if since >= facts.since else "before the day"
    if until is None:
        return f"since {begin}" if since >= facts.since else "since before the day"
    end = f"{until:%H:%M}" if until < facts.until else "the day's end"
    return f"{begin}-{end}" if begin[0].isdigit() and end[0].isdigit() else f"{begin} to {end}"


def outage_words(outage: Outage, facts: ReportFacts) -> str:
    """``gate down 03:10-09:40``."""
    return f"{one_line(outage.venue)} down {clock_span(outage.since, outage.until, facts)}"


def partial_words(facts: ReportFacts) -> str:
    """Why a day is partial, the worst first: blind spells, lost tokens, low coverage."""
    begins = facts.health.begins
    told = [f"record begins {begins:%H:%M}"] if begins is not None else []
    told += [f"nothing seen {clock_span(a, b, facts)}" for a, b in facts.health.blind]
    told += [outage_words(outage, facts) for outage in facts.health.outages if outage.lost]
    if not told:
        worst = min(facts.health.coverage.items(), key=lambda item: (item[1], item[0]))
        name = facts.names.get(worst[0], one_line(worst[0]))
        told = [f"coverage of {name} {share(worst[1], 0)}"]
    more = f" and {len(told) - 2} more" if len(told) > 2 else ""
    return ", ".join(told[:2]) + more


def day_words(facts: ReportFacts) -> str:
    """``14 March 2026``."""
    return f"{facts.day.day} {facts.day:%B %Y}"


def as_of(facts: ReportFacts) -> str:
    """``, as of 14:00 UTC`` where the last step is not the day's end."""
    if facts.close is None or facts.until - facts.close.close_time < timedelta(minutes=1):
        return ""
    return f", as of {facts.close.close_time:%H:%M} UTC"
