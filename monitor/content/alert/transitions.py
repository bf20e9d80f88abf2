"""What a change of a rotation's life is, in one clause that its names can stand before."""

from collections.abc import Callable

from monitor.content.alert.facts import AlertFacts, Told
from monitor.content.alert.footer import missing_words
from monitor.content.alert.preview import name_of
from monitor.content.wording.figures import UNKNOWN, duration, net_flow, percent, points, pp
from monitor.content.wording.phrases import listed
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import MARKET, ChangeReason, Outcome, Rotation, RotationChange

OUTCOMES = {ChangeReason.OUTCOME_24H: "24h", ChangeReason.OUTCOME_72H: "72h"}
_NAMED = 3


def turn_words(change: RotationChange, around: AlertFacts) -> str:
    """``confirmed after 30 min, WARNING: own move -7.2 pp in 24 h, ...``; ``over after 26 h (faded): ...``."""
    return _TURNS[change.reason](change, around)


def over_words(rotation: Rotation, around: AlertFacts) -> str:
    """``over after 26 h (faded): strongest score 4.8; own move since detection ...``."""
    return f"over{_after(rotation)} ({rotation.status.value}): {peak_words(rotation, around)}"


def since_words(rotation: Rotation, around: AlertFacts) -> str:
    """What both sides did since detection: the own part where it is known, else the index; empty where not looked up."""
    sides = [s for s in rotation.pair if s in around.own_since]
    if rotation.from_sector in sides:
        told = [f"{pp(around.own_since[s])} ({name_of(s, around.names)})" for s in sides]
        return f"own move since detection {', '.join(told)}"
    sides = [s for s in rotation.pair if s in around.since]
    if sides:
        told = [f"{name_of(s, around.names)} {percent(around.since[s])}" for s in sides]
        return f"since detection {', '.join(told)}"
    return f"move since detection {UNKNOWN}" if around.since or around.own_since else ""


def peak_words(rotation: Rotation, around: AlertFacts) -> str:
    """``strongest score 4.8; own move since detection -11.0 pp (AI agents)``."""
    since = since_words(rotation, around)
    peak = rotation.peak_score
    told = [*([] if peak is None else [f"strongest score {peak:.1f}"]), *([since] if since else [])]
    return "; ".join(told) or f"move since detection {UNKNOWN}"


def scorecard_words(change: RotationChange, around: AlertFacts) -> str:
    """``24 h scorecard: Memes over AI agents +6.4 % since detection; Memes cap share +1.2 pp; held``."""
    after = OUTCOMES[change.reason]
    source, target = (name_of(sector, around.names) for sector in change.rotation.pair)
    outcome = change.rotation.outcomes.get(after) or Outcome(None, None, None)
    share = f"{target} cap share {points(outcome.share_change_pp)}; "
    held = {True: "held", False: "did not hold", None: "unknown whether it held"}[outcome.held]
    return (
        f"{after.removesuffix('h')} h scorecard: {target} over {source}"
        f" {percent(outcome.relative_return)} since detection;"
        f" {'' if change.rotation.to_sector == MARKET else share}{held}"
    )


def figures_words(rotation: Rotation) -> str:
    """``own move -7.2 pp and net flow -$31.2 M in 24 h, score 3.4``: of the sector that lost, or alone gained."""
    side = rotation.evidence.told_side
    score = "" if rotation.score is None else f", score {rotation.score:.1f}"
    return (
        f"own move {pp(side.own_return)} and net flow {net_flow(side.net_flow_usd, side.flow_grade)}"
        f" in {rotation.evidence.window_h} h{score}"
    )


def _smaller(rotation: Rotation, before: Told | None) -> str:
    """A raise with a smaller own move than was told before: which window each is over, and what rose instead."""
    evidence = rotation.evidence
    now = evidence.told_side.own_return
    if before is None or now is None or abs(now) >= abs(before.own):
        return ""
    if before.window_h == evidence.window_h:
        return f"; told before: {pp(before.own)} in the {before.window_h} h to then"
    return (
        f"; told before: {pp(before.own)}, in {before.window_h} h; these are the last"
        f" {evidence.window_h} h alone"
    )


def _after(rotation: Rotation) -> str:
    until = rotation.closed_at or rotation.confirmed_at
    if until is None:
        return ""
    return f" after {duration(max(0.0, (until - rotation.detected_at).total_seconds()))}"


def _loud(rotation: Rotation) -> str:
    return rotation.severity.value.upper()


def _opened(change: RotationChange, around: AlertFacts) -> str:
    del around
    start = ", already on at start" if change.rotation.at_start else ""
    return f"seen, {_loud(change.rotation)}{start}: {figures_words(change.rotation)}"


def _confirmed(change: RotationChange, around: AlertFacts) -> str:
    rotation = change.rotation
    return (
        f"confirmed{_after(rotation)}, {_loud(rotation)}: {figures_words(rotation)}"
        f"{_others(rotation, around)}"
    )


def _severity(change: RotationChange, around: AlertFacts) -> str:
    rotation = change.rotation
    smaller = _smaller(rotation, around.told_before)
    return f"now {_loud(rotation)}: {figures_words(rotation)}{smaller}{_others(rotation, around)}"


def _leg(change: RotationChange, around: AlertFacts) -> str:
    rotation = change.rotation
    source, target = (name_of(sector, around.names) for sector in rotation.pair)
    joined = f" (a further leg of {one_line(rotation.joins)})" if rotation.joins else ""
    return (
        f"confirmed, {_loud(rotation)}: {source} lost to {target} too{joined};"
        f" {figures_words(rotation)}"
    )


def _others(rotation: Rotation, around: AlertFacts) -> str:
    """Who else lost to the same destination, where the facts say so."""
    names = [name_of(s, around.names) for s in around.also_from if s != rotation.from_sector]
    if not names:
        return ""
    more = len(names) - _NAMED
    told = listed([*names[:_NAMED], f"{more} more"] if more > 0 else names)
    return f"; {told} lost to {name_of(rotation.to_sector, around.names)} too"


def _over(change: RotationChange, around: AlertFacts) -> str:
    return over_words(change.rotation, around)


def _reversed(change: RotationChange, around: AlertFacts) -> str:
    """What happened; the id of the reversal is said last."""
    rotation = change.rotation
    source, target = (name_of(sector, around.names) for sector in rotation.pair)
    lost, back = rotation.evidence.told_side.own_return, around.won_back
    if back is None:
        news = f"{target} → {source} is confirmed"
    else:
        of = (
            f" (it was flagged at {pp(lost)} in {rotation.evidence.window_h} h)"
            if lost is not None
            else ""
        )
        verb = "won back" if back.own > 0 else "moved by"
        news = f"{source} {verb} {_amount(back.own)} own in {back.window_h} h{of}"
    which = f"; the reversal is {one_line(rotation.reversed_by)}" if rotation.reversed_by else ""
    return f"reversed{_after(rotation)}: {news}; {peak_words(rotation, around)}{which}"


def _amount(value: float) -> str:
    return pp(value).removeprefix("+")


def _held(change: RotationChange, around: AlertFacts) -> str:
    missing = missing_words(around)
    why = f" ({missing})" if missing else ""
    return (
        f"held: too little data to judge{why}; it stays {change.rotation.status.value},"
        f" {_loud(change.rotation)}, until the data is back"
    )


def _resumed(change: RotationChange, around: AlertFacts) -> str:
    del around
    return (
        f"judged again, the data is back: still {change.rotation.status.value},"
        f" {_loud(change.rotation)}"
    )


def _revived(change: RotationChange, around: AlertFacts) -> str:
    """What was told to be over holds again: the same rotation, not a new one."""
    del around
    rotation = change.rotation
    return f"resumed, {_loud(rotation)}: its conditions hold again; {figures_words(rotation)}"


_TURNS: dict[ChangeReason, Callable[[RotationChange, AlertFacts], str]] = {
    ChangeReason.OPENED: _opened,
    ChangeReason.CONFIRMED: _confirmed,
    ChangeReason.SEVERITY: _severity,
    ChangeReason.LEG: _leg,
    ChangeReason.FADED: _over,
    ChangeReason.EXPIRED: _over,
    ChangeReason.REVERSED: _reversed,
    ChangeReason.HELD: _held,
    ChangeReason.RESUMED: _resumed,
    ChangeReason.REVIVED: _revived,
    ChangeReason.OUTCOME_24H: scorecard_words,
    ChangeReason.OUTCOME_72H: scorecard_words,
}
