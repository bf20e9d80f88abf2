"""The day in one line (the mail's subject), in two sentences (the verdict), and in one to be quoted."""

from dataclasses import dataclass

from monitor.content.report.blocks import Paragraph, Quote, Section
from monitor.content.report.facts import ReportFacts
from monitor.content.report.phrases import as_of, day_words, partial_words
from monitor.content.report.selection import (
    conditions_met,
    largest_own_move,
    main_rotation,
    nearest_misses,
)
from monitor.content.wording.figures import day, percent, pp
from monitor.content.wording.phrases import listed, moved, pair_words, split_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import MARKET, Rotation
from monitor.model.state import SectorState, TokenState

SUBJECT = 150
_NEWS = {"critical": "now critical"}
MARKET_WIDE = 0.05
"""A day in which the watched market moved so much is not called quiet."""


def report_subject(facts: ReportFacts) -> str:
    """One line that makes sense in a list of thirty, at most 150 characters."""
    head = f"[rotation] {day(facts.midnight)}: "
    if facts.banner:
        head = f"[rotation] {one_line(facts.banner)}: {day(facts.midnight)}: "
    if facts.close is None:
        return one_line(f"{head}NO DATA; {facts.why_empty}", SUBJECT)
    parts = [] if facts.health.whole else [f"PARTIAL DATA ({partial_words(facts)})"]
    main = main_rotation(facts)
    if main is not None:
        parts.append(_rotation_line(*main, facts))
    elif parts:
        parts.append(_largest_move(facts))
    else:
        parts.append(_quiet(facts))
    return one_line(head + "; ".join(part for part in parts if part), SUBJECT)


def verdict(facts: ReportFacts) -> Section:
    """The day, and what changed against yesterday."""
    if facts.close is None:
        return Section("", (Paragraph(f"No data for {day_words(facts)}: {facts.why_empty}."),))
    words = [_day_sentence(facts), _since_yesterday(facts)]
    if not facts.health.whole:
        words.insert(0, f"Partial data: {partial_words(facts)}.")
    return Section("", (Paragraph(" ".join(word for word in words if word)),))


def quote(facts: ReportFacts) -> Section | None:
    """The newsletter's line, correct as it stands: the sector that moved most, its leaders, window, method."""
    states = [s for s in _watched_states(facts) if s.return_24h is not None]
    if facts.close is None or not states:
        return None
    state = max(states, key=lambda s: (abs(s.return_24h or 0.0), s.id))
    at = facts.close.close_time
    text = (
        f"{facts.names[state.id]} {moved(state.return_24h)} in the 24 h to {at:%H:%M} UTC on"
        f" {at.day} {at:%B %Y}{_market(facts)}{_led_by(facts, state)}; index of {state.members}"
        f" {'token' if state.members == 1 else 'tokens'} weighted by circulating market cap{_venues(facts)}."
    )
    if facts.banner:
        text += f" ({one_line(facts.banner)}: not figures of the market.)"
    return Section("To quote", (Quote(text),))


def _rotation_line(rotation: Rotation, did: str, facts: ReportFacts) -> str:
    told = _figures(rotation, did, facts)
    line = (
        f"{pair_words(rotation.pair, facts.names)} {_NEWS.get(did, did)}; {facts.name(told.sector)}"
        f" {percent(told.total)} (own {pp(told.own)})"
    )
    if rotation.to_sector != MARKET:
        line += f", {facts.name(rotation.to_sector)} share {pp(told.share_change)}"
    return line


@dataclass(frozen=True, slots=True)
class _Figures:
    """Fractions of ``sector`` over ``window`` (words). ``share_change`` and ``volume_change`` are of *to*."""

    sector: str
    window: str
    total: float | None
    market: float | None
    own: float | None
    beta: float | None
    share_change: float | None
    volume_change: float | None


def _figures(rotation: Rotation, did: str, facts: ReportFacts) -> _Figures:
    """Of what was seen when it was flagged in this day; of the day itself where it is older."""
    older = did in ("critical", "still on", "over", "reversed")
    sector = largest_own_move(rotation, facts, of_day=older)[1]
    source, target = facts.state(sector), facts.state(rotation.to_sector)
    if older and source is not None and facts.close is not None:
        at = facts.close.close_time
        return _Figures(
            sector,
            f"24 h to {at:%H:%M} UTC on {at.day} {at:%b}",
            source.return_24h,
            source.market_part_24h,
            source.own_return_24h,
            source.beta,
            target.share_change_24h if target else None,
            target.volume_share_change_24h if target else None,
        )
    other = rotation.evidence.to_side
    of_target = other is not None and sector == rotation.to_sector
    side = other if of_target and other is not None else rotation.evidence.from_side
    at = rotation.figures_until
    return _Figures(
        sector,
        f"{rotation.evidence.window_h} h to {at:%H:%M} UTC on {at.day} {at:%b}",
        side.total_return,
        side.market_part,
        side.own_return,
        side.beta,
        _fraction(other.share_change_pp if other else None),
        _fraction(other.volume_share_change_pp if other else None),
    )


def _fraction(points: float | None) -> float | None:
    return None if points is None else points / 100


def _largest_move(facts: ReportFacts) -> str:
    known = [s for s in _watched_states(facts) if s.return_24h is not None]
    if not known:
        return "no return known"
    state = max(known, key=lambda s: (abs(s.return_24h or 0.0), s.id))
    return f"{facts.names[state.id]} {percent(state.return_24h)}"


def _quiet(facts: ReportFacts) -> str:
    nearest = nearest_misses(facts, 1)
    wide = _market_wide(facts)
    head = "quiet" if wide is None else f"no rotation, market {percent(wide)}"
    if not nearest:
        return f"{head}; {_largest_move(facts)}"
    reading = nearest[0]
    pair = pair_words((reading.from_sector, reading.to_sector), facts.names)
    return (
        f"{head}; nearest was {pair}, {conditions_met(reading)} of"
        f" {len(reading.conditions)} conditions"
    )


def _day_sentence(facts: ReportFacts) -> str:
    main = main_rotation(facts)
    if main is None:
        return (
            f"No rotation began or ended on {day_words(facts)} ({one_line(facts.zone)}{as_of(facts)});"
            f" none is open.{_with_the_market(facts)}"
        )
    rotation, did = main
    told = _figures(rotation, did, facts)
    sentence = (
        f"On {day_words(facts)} {pair_words(rotation.pair, facts.names)} {_did(did, rotation)}:"
        f" {facts.name(told.sector)} {moved(told.total)} in the"
        f" {told.window} ({split_words(told.market, told.own, told.beta)})"
    )
    if rotation.to_sector != MARKET:
        sentence += f"; {facts.name(rotation.to_sector)}: share of volume {pp(told.volume_change)}"
    more = len({r.id for r in facts.rotations} - {rotation.id})
    return f"{sentence}.{_more(more)}"


def _with_the_market(facts: ReportFacts) -> str:
    """A market-wide move must not read like a rotation: what is left of it as own parts."""
    wide = _market_wide(facts)
    own = [(s.own_return_24h, s.id) for s in _watched_states(facts) if s.own_return_24h is not None]
    if wide is None:
        return ""
    text = f" The watched market {moved(wide)} in 24 h"
    if not own:
        return f"{text}."
    largest, sector = max(own, key=lambda part: (abs(part[0]), part[1]))
    return f"{text}; the largest own part is {pp(largest)} ({facts.names[sector]})."


def _did(did: str, rotation: Rotation) -> str:
    if did == "critical":
        return "became critical"
    words = {"over": "ended", "still on": "was still on"}.get(did, f"was {did}")
    return f"{words} ({rotation.severity.value})"


def _more(count: int) -> str:
    if not count:
        return ""
    return f" {count} more rotation{' is' if count == 1 else 's are'} told below."


def _since_yesterday(facts: ReportFacts) -> str:
    """The largest change of a share, of market cap or of volume."""
    found = [
        (abs(change), f"share of {what} of {facts.names[state.id]} {pp(change)}")
        for state in _watched_states(facts)
        for what, change in (
            ("market cap", state.share_change_24h),
            ("volume", state.volume_share_change_24h),
        )
        if change is not None
    ]
    return f"Since yesterday: {max(found)[1]}, the largest change." if found else ""


def _watched_states(facts: ReportFacts) -> list[SectorState]:
    return [state for s in facts.watched if (state := facts.state(s.id)) is not None]


def _market(facts: ReportFacts) -> str:
    moved_by = _market_return(facts)
    return "" if moved_by is None else f" (watched market {percent(moved_by)})"


def _market_return(facts: ReportFacts) -> float | None:
    state = facts.state(facts.benchmark.id) if facts.benchmark else None
    return None if state is None else state.return_24h


def _market_wide(facts: ReportFacts) -> float | None:
    """The watched market's return where it is large."""
    found = _market_return(facts)
    return found if found is not None and abs(found) >= MARKET_WIDE else None


def _led_by(facts: ReportFacts, state: SectorState) -> str:
    """Up to two tokens that moved the index most in its own direction."""
    sign = 1.0 if (state.return_24h or 0.0) > 0 else -1.0
    tokens: list[TokenState] = [
        t
        for t in (facts.close.tokens if facts.close else ())
        if t.sector == state.id and t.contribution_24h is not None and t.return_24h is not None
    ]
    leaders = sorted(tokens, key=lambda t: (-sign * (t.contribution_24h or 0.0), t.id))
    told = [
        f"{one_line(t.id)} ({percent(t.return_24h)})"
        for t in leaders[:2]
        if sign * (t.contribution_24h or 0.0) > 0
    ]
    return f", led by {listed(told)}" if told else ""


def _venues(facts: ReportFacts) -> str:
    count = len(facts.venues)
    if not count:
        return ""
    return f", prices and volume from {count} {'exchange' if count == 1 else 'exchanges'}"
