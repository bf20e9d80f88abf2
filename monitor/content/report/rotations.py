"""Rotations of the day, what became of earlier ones, what came nearest, what people noted."""

from urllib.parse import quote

from monitor.content.report.blocks import Block, Card, Paragraph, Section
from monitor.content.report.facts import GREY, ReportFacts
from monitor.content.report.selection import RECORD_DAYS, conditions_met, nearest_misses, record
from monitor.content.wording.figures import UNKNOWN, duration, percent, points, pp, stamp
from monitor.content.wording.launches import launch_part
from monitor.content.wording.phrases import condition_words, moved, pair_words, split_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import MARKET, ChangeReason, PairReading, Rotation, RotationChange

_OUTCOMES = {ChangeReason.OUTCOME_24H: "24h", ChangeReason.OUTCOME_72H: "72h"}


def rotations(facts: ReportFacts) -> Section:
    """Open, closed and new ones: what needs a decision."""
    told = sorted(facts.rotations, key=lambda r: (not r.is_on, r.detected_at, r.id))
    if not told:
        words = "None was on in this day." if facts.close else "Unknown: nothing was judged."
        return Section("Rotations", (Paragraph(words),))
    return Section("Rotations", tuple(_card(rotation, facts) for rotation in told))


def _card(rotation: Rotation, facts: ReportFacts) -> Card:
    heading = " · ".join(
        [
            pair_words(rotation.pair, facts.names),
            rotation.severity.value.upper(),
            rotation.status.value,
            *(["already on at start"] if rotation.at_start else []),
        ]
    )
    color = facts.colors.get(rotation.to_sector, GREY)
    return Card(
        heading,
        (_times(rotation), *_moves(rotation, facts), _how(rotation)),
        color,
        _link(rotation, facts),
    )


def _times(rotation: Rotation) -> str:
    parts = []
    if rotation.started_at is not None:
        parts.append(f"began about {stamp(rotation.started_at)}")
    parts.append(f"seen {stamp(rotation.detected_at)}")
    if rotation.confirmed_at is not None:
        parts.append(f"confirmed {stamp(rotation.confirmed_at)}")
    if rotation.closed_at is not None:
        lasted = duration((rotation.closed_at - rotation.detected_at).total_seconds())
        parts.append(f"over {stamp(rotation.closed_at)}, after {lasted}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


def _moves(rotation: Rotation, facts: ReportFacts) -> list[str]:
    side, other = rotation.evidence.from_side, rotation.evidence.to_side
    source = facts.name(rotation.from_sector)
    at = rotation.figures_until
    first = (
        f"{source} {moved(side.total_return)} in the {rotation.evidence.window_h} h to {stamp(at)}:"
        f" {split_words(side.market_part, side.own_return, side.beta)};"
        f" {side.breadth_behind} of {side.breadth_of} behind the market."
    )
    lines = [first]
    if other is not None and rotation.to_sector != MARKET:
        target = facts.name(rotation.to_sector)
        launch = launch_part(rotation, other.sector)
        by_launch = f" (of which {launch})" if launch else ""
        lines.append(
            f"{target}: share of cap {points(other.share_change_pp)}{by_launch},"
            f" of volume {points(other.volume_share_change_pp)}."
        )
    if rotation.is_on:
        now = facts.own_since.get(rotation.id, {}).get(rotation.from_sector)
        lines.append(f"Own move of {source} since it was seen: {pp(now)}.")
    return lines


def _how(rotation: Rotation) -> str:
    words = f"{_scores(rotation)}{one_line(rotation.id)}"
    if rotation.reversed_by:
        words += f"; reversed by {one_line(rotation.reversed_by)}"
    if rotation.reverses:
        words += f"; reverses {one_line(rotation.reverses)}"
    return f"{words}."


def _link(rotation: Rotation, facts: ReportFacts) -> tuple[str, str] | None:
    """Only to a page of the web: nothing else may become an address."""
    if not facts.page_url.startswith(("http://", "https://")):
        return None
    return "page", f"{facts.page_url.rstrip('/')}/?rotation={quote(rotation.id, safe='')}"


def scorecard(facts: ReportFacts) -> Section:
    """Outcomes that came due in the day, and the running count: the monitor's own record, good or bad."""
    due = [c for c in facts.changes if c.reason in _OUTCOMES]
    blocks: list[Block] = [
        Paragraph(_outcome(change, facts))
        for change in sorted(due, key=lambda c: (c.changed_at, c.rotation.id, c.reason.value))
    ]
    if not due:
        blocks.append(Paragraph("No outcome came due."))
    found = record(facts.past, facts.until)
    count = (
        f"{RECORD_DAYS} days: {found.flagged} flagged, {found.confirmed} confirmed,"
        f" {found.faded} faded unconfirmed."
    )
    if found.n:
        small = " n is too small to lean on." if found.n < 5 else ""
        count += (
            f' "to" over "from" 24 h after it was seen: median {percent(found.median_24h)}'
            f" (n = {found.n}).{small}"
        )
    blocks.append(Paragraph(count))
    return Section("Scorecard", tuple(blocks))


def _outcome(change: RotationChange, facts: ReportFacts) -> str:
    rotation = change.rotation
    after = _OUTCOMES[change.reason]
    outcome = rotation.outcomes.get(after)
    relative = outcome.relative_return if outcome else None
    held = {True: "held", False: "did not hold", None: "unknown whether it held"}[
        outcome.held if outcome else None
    ]
    source, target = pair_words(rotation.pair, facts.names).split(" → ", 1)
    return (
        f"{after.removesuffix('h')} h after {stamp(rotation.detected_at)}: {target} over {source}"
        f" {percent(relative)}; {held} ({one_line(rotation.id)})."
    )


def misses(facts: ReportFacts) -> Section | None:
    """Up to three pairs that came nearest: makes silence checkable."""
    if facts.close is None:
        return None
    found = nearest_misses(facts)
    if not found:
        judged = "Every pair that was judged had a rotation on."
        words = judged if facts.readings else "Unknown: no pair could be judged in this day."
        return Section("Nearest misses", (Paragraph(words),))
    return Section("Nearest misses", tuple(Paragraph(_miss(r, facts)) for r in found))


def _miss(reading: PairReading, facts: ReportFacts) -> str:
    pair = pair_words((reading.from_sector, reading.to_sector), facts.names)
    lacking = [condition_words(c) for c in reading.conditions if not c.met]
    head = (
        f"{pair}, {stamp(reading.at)}: {conditions_met(reading)} of {len(reading.conditions)}"
        f" conditions over {reading.window_h} h"
    )
    if not lacking:
        return f"{head}; all held, but not for long enough."
    score = "" if any(c.name == "score" for c in reading.conditions) else _score(reading)
    return f"{head}. Lacking: {'; '.join(lacking)}{score}."


def _score(reading: PairReading) -> str:
    return f"; score {UNKNOWN if reading.score is None else f'{reading.score:+.1f}'}"


def notes(facts: ReportFacts) -> Section | None:
    """The day's annotations, and those known to come: causes told by people, never guessed."""
    today = [(at, text) for at, text in facts.notes if facts.since <= at < facts.until]
    ahead = [(at, text) for at, text in facts.notes if at >= facts.until]
    lines = [f"{stamp(at)}: {one_line(text, 300)}" for at, text in sorted(today)]
    lines += [f"Ahead, {stamp(at)}: {one_line(text, 300)}" for at, text in sorted(ahead)]
    lines = lines or ["None."]
    if facts.later_notes:
        were = "1 note was" if facts.later_notes == 1 else f"{facts.later_notes} notes were"
        lines.append(f"{were} written after this report was due: not told here.")
    return Section("Notes", tuple(Paragraph(line) for line in lines))


def _scores(rotation: Rotation) -> str:
    """Empty for a rule that has no score."""
    if rotation.score is None or rotation.peak_score is None:
        return ""
    return f"Score {rotation.score:.1f}, strongest {rotation.peak_score:.1f}; "
